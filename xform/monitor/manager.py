"""What the manager of a VM tells the store: which devices are its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from xform.monitor.follow import manage

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.monitor.store import Store


def tell(dialect: Dialect, store: Store, entity: Any) -> None:
    """What a manager knows of a VM: the devices of its entity are managed from now on."""
    vm = manage(dialect, None, entity).id
    version = None
    while version is None:
        stored = store.load(vm)
        version = store.save(
            manage(dialect, stored.known if stored else None, entity),
            (),
            stored=stored,
            connection=stored.connection if stored else "",  # until one has it
            state=stored.state if stored else "",
            at=datetime.now(UTC),
        )
