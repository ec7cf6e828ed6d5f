"""The laws that every dialect obeys, as functions: each returns what it found, and nothing where the law holds."""

from xform.entities import unequal
from xform.laws.creating import create, create_get
from xform.laws.defining import define
from xform.laws.finding import Finding
from xform.laws.matching import match
from xform.laws.naming import named, residue
from xform.laws.putting import get_put, least_edit, put_entity, put_get, put_put
from xform.laws.twin import twins, twins_entity
from xform.laws.valid import valid

__all__ = [
    "Finding",
    "create",
    "create_get",
    "define",
    "get_put",
    "least_edit",
    "match",
    "named",
    "put_entity",
    "put_get",
    "put_put",
    "residue",
    "twins",
    "twins_entity",
    "unequal",
    "valid",
]
