"""One row says how an entity's field stands in Domain XML; from the rows come generator, parser and matcher.

>>> import xform
>>> ovirt = xform.load("ovirt")
"""

from xform.dialect import Dialect, load
from xform.entities import Opaque
from xform.errors import DocumentError, EntityError, HostError, TableError, XformError
from xform.rules import Rule

__all__ = [
    "Dialect",
    "DocumentError",
    "EntityError",
    "HostError",
    "Opaque",
    "Rule",
    "TableError",
    "XformError",
    "load",
]
