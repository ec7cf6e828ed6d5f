"""What is known of a VM: an entity file, or what the store of a monitor holds of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from xform.cli.common import read_entity
from xform.errors import XformError

if TYPE_CHECKING:
    from xform.dialect import Dialect

Ids = Mapping[str, Sequence[str]]


def read_known(dialect: Dialect, known: str, xml: bytes) -> tuple[Any, Ids | None]:
    """The known entity of a file, or that of the document's VM in the store of this URL, with the ids that this keeps.

    Raises XformError.
    """
    if "://" not in known:
        return read_entity(dialect, known), None
    from xform.monitor.known import assembled, called
    from xform.monitor.opening import existing_store

    vm, name = called(dialect, dialect.parse(xml))
    with closing(existing_store(known, dialect)) as store:
        stored = store.load(vm)
        if stored is None:
            raise XformError(
                f"the store knows no VM {vm} ({name}); expected one that xform monitor has followed into it"
            )
        return assembled(dialect, stored.known)
