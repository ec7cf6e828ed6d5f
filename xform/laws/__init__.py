"""The laws that every dialect obeys, as functions: each returns what it found, and nothing where the law holds."""

from xform.laws.creating import create, create_get
from xform.laws.entity import unequal
from xform.laws.finding import Finding
from xform.laws.matching import match
from xform.laws.naming import named, residue
from xform.laws.twin import twins, twins_entity

__all__ = ["Finding", "create", "create_get", "match", "named", "residue", "twins", "twins_entity", "unequal"]
