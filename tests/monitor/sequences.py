"""Sequences of documents of one VM, drawn from a small model of what happens to its devices."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st

from .looks import Look, Managed, Sequence
from .original import Row
from .parts import PARTS, Part

VM = "00000000-0000-4000-8000-000000000000"
BY_NAME = {part.name: part for part in PARTS}
FIRST = [part.name for part in PARTS if part.fixed] + ["disk", "nic", "rng", "vgpu", "dimm"]
Sequenced = list[list[tuple[str, int]]] | list[list[tuple[str, str]]]
WORDS = ["plug", "unplug", "change", "instead", "sort", "restart", "restart without"]
steps = st.lists(
    st.lists(st.tuples(st.sampled_from(WORDS), st.integers(0, 59)), min_size=1, max_size=3), min_size=1, max_size=6
)


@attrs.define
class Model:
    """A VM.  `shown` are its devices in the document's order, `kept` those that it starts with the next time."""

    shown: list[str]
    kept: list[str]
    run: int = 1
    plugs: int = 0
    forms: dict[str, int] = attrs.field(factory=dict)
    slots: dict[str, int] = attrs.field(factory=dict)
    aliases: dict[str, str] = attrs.field(factory=dict)

    @classmethod
    def start(cls) -> Model:
        model = cls([], list(FIRST))
        for name in FIRST:
            model.put(name)
        return model

    def put(self, name: str) -> None:
        """Plug a device: where there is room, under the first number that is free."""
        self.plugs += 1
        self.slots[name] = self.plugs
        part, taken = BY_NAME[name], {self.aliases[one] for one in self.shown}
        aliases = (part.alias.format(number=number) for number in range(99))
        self.aliases[name] = (
            f"ua-{part.id}" if part.id and not part.alias else next(a for a in aliases if a not in taken)
        )
        self.shown.append(name)

    def step(self, word: str, which: int | str) -> None:
        """Do what a word says to a device, or to the one that a number hits; an odd one changes the next start too."""
        number = which if isinstance(which, int) else 1

        def one(names: list[str]) -> list[str]:
            if isinstance(which, str):
                return [which]
            return [names[number % len(names)]] if names else []

        movable = [name for name in self.shown if not BY_NAME[name].fixed]
        rivals = {part.name: part.instead for part in PARTS if part.instead}
        rivals |= {old: new for new, old in rivals.items()}
        match word:
            case "plug":
                absent = [name for name in BY_NAME if name not in self.shown and rivals.get(name) not in self.shown]
                for name in one([name for name in absent if not BY_NAME[name].fixed]):
                    self.put(name)
                    if number % 2 and name not in self.kept:
                        self.kept = [*(other for other in self.kept if other != rivals.get(name)), name]
            case "unplug":
                for name in one(movable):
                    self.shown.remove(name)
                    if number % 2 and name in self.kept:
                        self.kept.remove(name)
            case "change":
                for name in one([name for name in self.shown if len(BY_NAME[name].forms) > 1]):
                    self.forms[name] = (self.forms.get(name, 0) + 1 + number // 2 % 2) % len(BY_NAME[name].forms)
            case "instead":
                for name in one([name for name in self.shown if name in rivals]):
                    self.shown.remove(name)
                    self.put(rivals[name])
            case "sort":
                self.shown.sort(key=lambda name: (hash_of(name) * (number + 1)) % 61)
            case _:
                names = self.kept if number % 2 else self.kept[::-1]
                missing = one(names) if word == "restart without" else []
                self.run, slots, self.shown = self.run + 1, dict(self.slots), []
                for name in names:
                    if name not in missing:
                        self.put(name)
                        self.slots[name] = slots.get(name, self.slots[name])

    def look(self) -> Look:
        names = {(BY_NAME[name].kind, mark_in(name, self.aliases[name])): name for name in self.shown}
        texts = []
        for name in self.shown:
            part = BY_NAME[name]
            index = 10 * self.run + len(texts) % 10
            texts.append(text_of(part, self.forms.get(name, 0), self.aliases[name], self.slots[name], index))
        return Look(document(texts, self.run), self.run, names)


def hash_of(name: str) -> int:
    """A number of a name, the same in every process."""
    return sum(ord(letter) * (at + 1) for at, letter in enumerate(name))


def mark_in(name: str, alias: str) -> str:
    return "vnc" if name == "screen" else alias


def text_of(part: Part, form: int, alias: str, slot: int, index: int) -> str:
    tail = (f"<alias name='{alias}'/>" if alias else "") + part.address.format(slot=slot)
    return part.forms[form].format(tail=tail, index=index)


def document(devices: list[str], run: int | None) -> bytes:
    number = "" if run is None else f" id='{run}'"
    return (
        f"<domain type='kvm'{number}>\n  <name>x</name>\n  <uuid>{VM}</uuid>\n  <memory unit='KiB'>1048576</memory>\n"
        f"  <devices>\n    <emulator>/usr/bin/qemu</emulator>\n    {'    '.join(one + chr(10) for one in devices)}"
        "  </devices>\n</domain>\n"
    ).encode()


def managed() -> Managed:
    parts = [part for part in PARTS if part.id]
    rows = [Row(part.id, *part.row) for part in parts if part.row]
    texts = [text_of(part, 0, f"ua-{part.id}", 40 + at, 0) for at, part in enumerate(parts)]
    return Managed({part.id: part.name for part in parts}, rows, document(texts, None))


def drawn(given: Sequenced) -> Sequence:
    """The documents that a VM has, one after each group of steps."""
    model = Model.start()
    looks = [model.look()]
    for group in given:
        for word, which in group:
            model.step(word, which)
        looks.append(model.look())
    return Sequence(managed(), looks)
