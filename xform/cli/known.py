"""What is known of a VM: an entity file, or what a monitor's store holds of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xform.cli.common import read_entity

if TYPE_CHECKING:
    from xform.dialect import Dialect

Ids = Mapping[str, Sequence[str]]


def read_known(dialect: Dialect, known: str, xml: bytes) -> tuple[Any, Ids | None]:
    """The known entity of a file, or that of the document's VM in a store, with the ids that this keeps.

    Raises XformError.
    """
    return read_entity(dialect, known), None
