"""What is wrong with a document, and what is allowed in its place: said by the tables, judged by the schema."""

from xform.faults.check import check
from xform.faults.fault import Fault
from xform.faults.places import Places

__all__ = ["Fault", "Places", "check"]
