"""Real VMs under a monitor: a libvirtd for them, `xform monitor`, and the store compared with libvirt's own view.

A scenario is a story: something is done to a VM, then `Eye.sees` waits until the store is as libvirt is and says
whether its history names just that.
"""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
from lxml import etree

from tests.monitor.real_vm import NAME_OF, Vm, until
from xform.dialect import Dialect
from xform.match import held
from xform.match.identity import alias_of
from xform.monitor.records import Change, Device, Known
from xform.monitor.store import Store
from xform.monitor.watch import GONE

# --- monitors -------------------------------------------------------------------------------------------------------


# However a test ends, what it started ends with it.
_WITH_US = ("setpriv", "--pdeathsig", "KILL")


class Process:
    """`xform monitor`, by itself: its lines of JSON go to one file, its words to another."""

    def __init__(self, folder: Path, uri: str, url: str, *options: str) -> None:
        self._lines = folder / f"{uuid.uuid4()}.jsonl"
        self._words = self._lines.with_suffix(".log")
        command = [
            *_WITH_US,
            sys.executable,
            "-m",
            "xform",
            "monitor",
            "--connect",
            uri,
            "--store",
            url,
            "--json",
            *options,
        ]
        with self._lines.open("w") as lines, self._words.open("w") as words:
            self._process = subprocess.Popen(command, stdout=lines, stderr=words)

    def connected(self, times: int = 1) -> None:
        """Wait until it is, so many times."""
        until(lambda: self._words.read_text().count("event=connected") >= times, self._words.read_text)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.terminate()
        return self.end()

    def end(self) -> int:
        return self._process.wait()

    def told(self) -> list[tuple[str, str, str]]:
        """Its changes as another program reads them: what, kind and id."""
        lines = [json.loads(line) for line in self._lines.read_text().splitlines()]
        return [(one["what"], one["kind"], one["id"]) for line in lines for one in line["changes"]]


class Eye:
    """Looks at the store after each step: is it as libvirt is, and does the history have just this step?"""

    def __init__(self, vm: Vm, store: Store, dialect: Dialect, look: Callable[[], object] = lambda: None) -> None:
        self._vm, self._store, self._dialect, self._look = vm, store, dialect, look
        self._before: dict[tuple[str, str], Device] = {}
        self._read = 0

    def begins(self) -> None:
        """The first look: at what its manager knows already, and at what libvirt added."""
        self._until(lambda: (known := self._current()) is not None and bool(known.text))
        self._compare()

    def sees(self, *changes: str) -> None:
        """That this came of the last step, in one or several looks, and no more."""
        self._until(lambda: self._current() is not None and said(self._new()) == sorted(changes))
        assert said(self._new()) == sorted(changes)
        self._compare()

    def _until(self, so: Callable[[], bool]) -> None:
        def done() -> bool:
            self._look()
            return so()

        until(done, lambda: f"not as expected, but: {said(self._new())}; {self._vm.state}")

    def _current(self) -> Known | None:
        """What is stored, if it is of libvirt's present document."""
        stored, state = self._store.load(self._vm.id), self._vm.state
        if stored is None or stored.state != state:
            return None
        known = stored.known
        return known if state in ("off", GONE) or known.text == sha256(self._vm.dump()).digest() else None

    def _new(self) -> list[Change]:
        return [entry.change for entry in self._store.history(self._vm.id)][self._read :]

    def _compare(self) -> None:
        known, changes = self._current(), self._new()
        assert known
        devices = {(one.kind, one.id): one for one in known.devices}
        if self._vm.state in ("off", GONE):
            assert devices == self._before
        else:
            assert differences(self._dialect, known, self._vm.dump()) == []
        if self._before:
            assert unexplained(self._dialect, self._before, devices, changes) == []
            assert managed(devices) == managed(self._before)
        self._before, self._read = devices, self._read + len(changes)


# --- the comparison -------------------------------------------------------------------------------------------------


def said(changes: Iterable[Change]) -> list[str]:
    """Changes in words: what, which kind, which of the devices that have names here, and which fields of it."""
    words = (
        " ".join(filter(None, (one.what, one.kind, NAME_OF.get(one.id, ""), *sorted(one.fields))))
        for one in net(changes)
    )
    return sorted(words)


def net(changes: Iterable[Change]) -> list[Change]:
    """What changes of several looks come to: an update goes on where the one before ended, or it stands by itself."""
    found: list[Change] = []
    for one in changes:
        at = max((at for at, other in enumerate(found) if (other.kind, other.id) == (one.kind, one.id)), default=None)
        before = found[at] if at is not None else None
        if at is None or before is None or one.what != "updated" or before.what == "unplugged":
            found.append(one)
        elif before.what == "inserted":
            continue
        elif any(before.fields[name][1] != one.fields[name][0] for name in before.fields.keys() & one.fields.keys()):
            found.append(one)
        else:
            both = {name: (was, one.fields.get(name, (was, now))[1]) for name, (was, now) in before.fields.items()}
            both |= {name: pair for name, pair in one.fields.items() if name not in both}
            fields = {name: (was, now) for name, (was, now) in both.items() if was != now}
            found[at] = attrs.evolve(before, fields=fields)
    return [one for one in found if one.fields or one.what != "updated"]


def differences(dialect: Dialect, known: Known, xml: bytes) -> list[str]:
    """Where what is stored as plugged in is not what a document says, read here and now."""
    entity = dialect.parse(xml)
    ours = Counter((one.kind, one.alias, intent(dialect, one.entity)) for one in known.devices if one.plugged)
    theirs = Counter(
        (kind.name, alias_of(dialect, kind, device), intent(dialect, device))
        for kind in dialect.kinds
        for device in held(entity, kind.name)
    )
    aliases = {one.alias for one in known.devices if one.plugged} - {None}
    named = {str(name) for name in etree.fromstring(xml).xpath("devices/*/alias/@name")}
    vm, kinds = intent(dialect, known.entity), {kind.name for kind in dialect.kinds}
    return [
        *(f"only stored: {one}" for one in ours - theirs),
        *(f"only in the document: {one}" for one in theirs - ours),
        *(f"an alias on one side: {one}" for one in aliases ^ named),
        *([] if vm == intent(dialect, entity, kinds) else [f"the VM: {vm}, and {intent(dialect, entity, kinds)}"]),
    ]


def intent(dialect: Dialect, value: Any, but: Iterable[str] = ()) -> str:
    """All that a value says, without what only a running VM has."""
    if isinstance(value, list):
        return f"[{', '.join(intent(dialect, item) for item in value)}]"
    table = dialect.classes.table(type(value)) if attrs.has(type(value)) else None
    if table is None:
        return repr(value)
    names = [name for name, row in table.fields.items() if not row.live and name not in but]
    told = {name: field for name in names if (field := getattr(value, name)) not in (None, [])}
    return f"{type(value).__name__}({', '.join(f'{name}={intent(dialect, told[name])}' for name in sorted(told))})"


def unexplained(
    dialect: Dialect, before: dict[tuple[str, str], Device], now: dict[tuple[str, str], Device], changes: list[Change]
) -> list[str]:
    """Devices that are others than they were, of which the changes say nothing: each id stays the id of its device."""
    told = {(one.kind, one.id) for one in changes}
    return [
        f"{kind} {id}: {was and intent(dialect, was.entity)}, now {device and intent(dialect, device.entity)}"
        for kind, id in (before.keys() | now.keys()) - told
        for was, device in [(before.get((kind, id)), now.get((kind, id)))]
        if was is None
        or device is None
        or was.plugged != device.plugged
        or intent(dialect, was.entity) != intent(dialect, device.entity)
    ]


def managed(devices: dict[tuple[str, str], Device]) -> set[tuple[str, str]]:
    return {name for name, device in devices.items() if device.managed}
