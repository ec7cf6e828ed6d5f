"""What is wrong with a document, and what is allowed in its place: said by the tables, judged by the schema."""

from xform.faults.check import by_schema, check
from xform.faults.fault import Fault
from xform.faults.places import Located, locate

__all__ = ["Fault", "Located", "by_schema", "check", "locate"]
