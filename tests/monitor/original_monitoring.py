"""How ovirt-engine follows the devices of VMs, said again: when it looks, what it writes, and in which order.

`Original` holds what the manager's database and memory would, and keeps a journal of its statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import attrs

from .original import Host, Reader, Reported, Row, guest_names, random_ids

FULL_LIST = "UPDATE_HASH"  # remembered in place of a hash after a full list; the next hash is stored and not looked at
NO_ADDRESS = ("graphics", "console", "mdev", "tpm")  # rows of these kinds are never taken for removed
Outcome = Literal["changed", "hash only", "not changed"]


@attrs.define
class Status:
    """What is remembered of a VM in memory: its hash, when it was fetched, and when each single device was."""

    hash: str | None
    time: float | None
    devices: dict[str, float] = attrs.field(factory=dict)


@attrs.define
class Written:
    """What a look at some VMs came to."""

    updated: list[Row] = attrs.field(factory=list)
    deleted: list[str] = attrs.field(factory=list)
    inserted: list[Row] = attrs.field(factory=list)


class Original:
    """The devices of VMs, as the original follows them; `dump` is the host's answer to a question for documents."""

    def __init__(
        self,
        rows: Mapping[str, Iterable[Row]],
        dump: Callable[[list[str]], Mapping[str, bytes | list[Reported]]],
        host: Host | None = None,
        hashes: Mapping[str, str] | None = None,
        now: float = 0,
    ) -> None:
        self.rows = {vm: {row.id: row for row in of_vm} for vm, of_vm in rows.items()}
        self.dump, self.host = dump, host or Host()
        self.saved = dict(hashes or {})
        self.memory = {vm: Status(text, now) for vm, text in self.saved.items()}
        self.new_id = random_ids()
        self.busy: set[str] = set()  # VMs whose devices another command holds
        self.journal: list[tuple[str, object]] = []
        self.to_process: dict[str, list[Reported] | None] = {}
        self.to_save: set[str] = set()

    def status_changed(self, vm: str, hash: str | None, time: float | None) -> Outcome:
        status = self.memory.get(vm)
        if hash is None:
            return "not changed"
        if status is None or status.hash == FULL_LIST or earlier(status.time, time):
            self.memory[vm] = Status(hash, time)
            if status is None or status.hash != hash:
                return "hash only" if status is not None and status.hash == FULL_LIST else "changed"
        return "not changed"

    def update_vm(self, vm: str, hash: str | None, time: float | None) -> None:
        """A hash was reported.  Where another command holds the devices it stays remembered, and nothing is done."""
        outcome = self.status_changed(vm, hash, time)
        if outcome == "changed" and vm not in self.busy:
            self.to_process[vm] = None
            self.to_save.add(vm)
        elif outcome == "hash only":
            self.to_save.add(vm)

    def update_from_full_list(self, vm: str, reported: list[Reported], time: float) -> None:
        if self.status_changed(vm, FULL_LIST, time) == "changed":
            self.to_process[vm] = reported
            self.to_save.add(vm)

    def single_device(self, vm: str, device: str, time: float) -> bool:
        """Whether news of one device are the newest; those of the whole VM count as well."""
        status = self.memory.setdefault(vm, Status(None, None))
        if earlier(time, status.time) or earlier(time, status.devices.get(device)):
            return False
        status.devices[device] = time
        return True

    def update_device(self, vm: str, device: Reported, time: float) -> None:
        if self.single_device(vm, device.id, time):
            written = Written()
            self.process_device(vm, device, {}, written, keep_id=True)
            self.save(vm, written)

    def remove_device(self, vm: str, device: str, time: float) -> None:
        if self.single_device(vm, device, time):
            self.save(vm, Written(deleted=[device]))

    def flush(self) -> None:
        """Ask for all documents at once.  What cannot be had or read is let go, and its hash is saved anyway."""
        asked = sorted(vm for vm, reported in self.to_process.items() if reported is None)
        try:
            answers = dict(self.dump(asked)) if asked else {}
        except OSError:
            answers = {}
        answers |= {vm: reported for vm, reported in self.to_process.items() if reported is not None}
        written: dict[str, Written] = {}
        for vm, answer in sorted(answers.items()):
            try:
                names = guest_names(answer, self.host) if isinstance(answer, bytes) else {}
                reported = self.report(vm, answer) if isinstance(answer, bytes) else answer
            except (ValueError, KeyError, SyntaxError):
                continue
            written[vm] = self.process(vm, reported, names)
        for vm, one in written.items():
            self.save(vm, one)
        if self.to_save:
            hashes = {vm: self.memory[vm].hash or "" for vm in sorted(self.to_save)}
            self.saved |= hashes
            self.journal.append(("save hash", hashes))
        self.to_process, self.to_save = {}, set()

    def report(self, vm: str, xml: bytes) -> list[Reported]:
        return Reader(self.rows.get(vm, {}).values(), self.host, self.new_id).report(xml)

    def process(self, vm: str, reported: list[Reported], names: Mapping[str, str]) -> Written:
        written = Written()
        seen = {self.process_device(vm, device, names, written) for device in reported}
        for row in self.rows.get(vm, {}).values():
            if row.id not in seen and row.type not in NO_ADDRESS:
                if not row.managed:
                    written.deleted.append(row.id)
                elif row.plugged and row.type != "balloon":
                    written.updated.append(attrs.evolve(row, plugged=False, address=""))
        return written

    def process_device(
        self, vm: str, device: Reported, names: Mapping[str, str], written: Written, keep_id: bool = False
    ) -> str | None:
        """Write one device down: of a row alias, address, names and that it is plugged; without one a new row."""
        if device.address is None:
            return None
        rows = self.rows.get(vm, {})
        row = rows.get(device.id)
        if row is None and device.device == "virtio-serial":
            row = next((one for one in rows.values() if one.device == "virtio-serial"), None)
        logical = None
        if device.device in ("disk", "lun"):
            logical = next((name for disk, name in names.items() if device.id[:20] in disk), None)
        facts = {"address": device.address, "alias": device.alias, "logical_name": logical}
        if row is not None:
            written.updated.append(attrs.evolve(row, plugged=True, host_device=device.host_device, **facts))
            return row.id
        if not device.type or not device.device:
            return None
        new = device.id if keep_id else self.new_id()
        written.inserted.append(Row(new, device.type, device.device, managed=False, spec=device.spec, **facts))
        return new

    def save(self, vm: str, written: Written) -> None:
        """Updates in one batch, then deletes, then inserts; matched rows are written whether they changed or not."""
        rows = self.rows.setdefault(vm, {})
        if written.updated:
            self.journal.append(("update", [row.id for row in written.updated]))
            rows.update({row.id: row for row in written.updated})
        for one in written.deleted:
            self.journal.append(("delete", one))
            rows.pop(one, None)
        for row in written.inserted:
            self.journal.append(("insert", row.id))
            rows[row.id] = row


def earlier(one: float | None, other: float | None) -> bool:
    """Whether one time is before another; none is before all."""
    return other is not None and (one is None or one < other)
