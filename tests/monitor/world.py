"""A host whose VMs change step by step, always in the same way: what monitors are killed, cut off and raced over."""

from __future__ import annotations

import random
from itertools import chain, repeat
from typing import Any

import attrs
from lxml import etree

from tests.monitor.hosts import Host, vm_id
from tests.monitor.sequences import VM, Model, managed
from xform.monitor.manager import tell
from xform.monitor.source import State
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

NAMES = ("a", "b", "c")
# What happens first: all that can, once.
FIRST = [
    ("a", "start"),
    ("b", "start"),
    ("a", "tell"),
    ("a", "plug"),
    ("b", "twins"),
    ("a", "instead"),
    ("b", "change"),
    ("a", "unplug"),
    ("a", "stop"),
    ("b", "pause"),
    ("a", "start without"),
    ("b", "resume"),
    ("b", "gone"),
    ("b", "start"),
]
# What may happen to a VM in a state; most of it while it runs.
RUNNING = ["plug", "unplug", "change", "change", "instead", "sort", "restart", "restart without", "twins", "tell"]
WORDS: dict[State | None, list[str]] = {
    "running": [*RUNNING, *RUNNING, "stop", "pause", "gone"],
    "paused": ["resume"],
    "off": ["start", "start", "start without", "tell", "gone"],
    None: ["start"],
}
# Two that nothing tells apart.
TWIN = "<interface type='user'><mac address='52:54:00:00:00:99'/><link state='{0}'/></interface>"


@attrs.frozen
class Seen:
    """A VM as the host shows it."""

    state: State
    run: str | None
    xml: bytes = attrs.field(repr=False)


@attrs.frozen
class Step:
    """What the host shows of each VM from here on; or a manager tells of one, and the host shows what it did before."""

    word: str
    vms: dict[str, Seen]
    told: bytes = attrs.field(default=b"", repr=False)

    def show(self, host: Host) -> None:
        host.vms = {vm: seen.xml for vm, seen in self.vms.items()}
        host.states = {vm: seen.state for vm, seen in self.vms.items()}
        host.runs = {vm: seen.run for vm, seen in self.vms.items()}


class Guest:
    """One VM of the host."""

    def __init__(self, name: str) -> None:
        self.name, self.id = name, vm_id(name)
        self.model, self.twins = Model.start(), False
        self.state: State | None = None

    def does(self, word: str, number: int) -> None:
        match word:
            case "stop" | "gone":
                self.state = "off" if word == "stop" else None
            case "pause" | "resume":
                self.state = "paused" if word == "pause" else "running"
            case "twins":
                self.twins = not self.twins
            case "start" | "start without":
                self.state = "running"
                self.model.step(f"re{word}", number)
            case "tell":
                pass
            case _:
                self.model.step(word, number)

    def seen(self) -> Seen:
        assert self.state
        twins = [TWIN.format("down" if self.model.plugs % 2 else "up")] * 2 if self.twins else []
        xml = self.written(self.model.look().xml, *twins)
        return Seen(self.state, None if self.state == "off" else str(self.model.run), xml)

    def written(self, xml: bytes, *more: str) -> bytes:
        """A document as this VM's, and as libvirt lays it out."""
        root = etree.fromstring(xml.replace(VM.encode(), self.id.encode()), etree.XMLParser(remove_blank_text=True))
        name, devices = root.find("name"), root.find("devices")
        assert name is not None
        assert devices is not None
        name.text = self.name
        devices.extend(map(etree.fromstring, more))
        etree.indent(root)
        return etree.tostring(root).replace(b'"', b"'")


def script(count: int, prefix: str = "", seed: int = 6) -> list[Step]:
    """So many steps; each changes what the host shows, or is a manager's.  The VMs are named behind the prefix."""
    draw = random.Random(seed)
    guests = {name: Guest(f"{prefix}{name}") for name in NAMES}
    steps: list[Step] = []
    coming: Any = chain(FIRST, repeat((None, None)))
    vms: dict[str, Seen] = {}
    while len(steps) < count:
        name, word = next(coming)
        guest = guests[name or draw.choice(NAMES)]
        word = word or draw.choice(WORDS[guest.state])
        guest.does(word, draw.randrange(60))
        now = {one.id: one.seen() for one in guests.values() if one.state}
        if word == "tell":
            steps.append(Step(word, vms, guest.written(managed().xml)))
        elif now != vms:
            steps.append(Step(word, now))
        vms = now
    return steps


def followed(dialect: Any, store: Store, host: Host, step: Step) -> bool:
    """Follow a step into a store; whether nothing failed."""
    step.show(host)
    if step.told:
        tell(dialect, store, dialect.parse(step.told))
        return True
    return looked(dialect, store, host)


def looked(dialect: Any, store: Store, host: Host) -> bool:
    """Look at every VM once; whether nothing failed.  Devices that cannot be told apart are no failure."""
    monitor = Monitor(dialect, store, [host])
    monitor.once()
    [progress] = monitor.progress
    return bool(progress.passed) and not progress.fault and not progress.failed
