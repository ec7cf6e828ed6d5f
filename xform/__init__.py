"""One row says how an entity's field stands in Domain XML; from the rows come generator, parser and matcher.

>>> import xform
>>> ovirt = xform.load("ovirt")
"""

from xform.dialect import Dialect
from xform.entities import Opaque
from xform.errors import DocumentError, EntityError, HostError, StoreError, TableError, XformError
from xform.loader import load
from xform.rules import Rule

__all__ = [
    "Dialect",
    "DocumentError",
    "EntityError",
    "HostError",
    "Opaque",
    "Rule",
    "StoreError",
    "TableError",
    "XformError",
    "load",
]
