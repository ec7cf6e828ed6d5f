"""Compile parse: how one element is read, in one pass over its attributes and one over its children."""

from __future__ import annotations

from collections.abc import Container
from contextlib import nullcontext
from functools import partial

from xform.codecs import Codec
from xform.compile.layout import Node, Slot
from xform.compile.writer import Writer, holder, path, value
from xform.table.model import ANY, Path, Row, Step
from xform.table.walk import joins

FEW = 2  # up to so many attributes are asked for one by one


class ElementWriter(Writer):
    """Writes how an element is read along a node of the layout.

    `e` is the entity's element, `c` and `t` with a number an element so far below it and its tag, `k` and `v` an
    attribute.
    """

    given = "context"  # what each function is given beside an element

    def call(self, function: str, e: str) -> str:
        """An expression for what a function makes of an element."""
        return f"{function}({e}, {self.given})"

    def parse(self, name: str) -> str:
        """The function that reads an entity."""
        raise NotImplementedError

    def element(self, node: Node, e: str, depth: int) -> None:
        """Read the element in the variable `e`, `depth` below the entity's own."""
        self.attributes(self.asked(node), e, depth)
        self.each(
            (slot.owners, partial(self.value, slot, e, "''", own_text(slot.row.codec, e), depth))
            for slot in node.text
            if self.reads(slot)
        )
        self.each((slot.owners, partial(self.whole, slot, e)) for slot in node.whole if self.reads(slot))
        if node.children:
            self.children(node, e, depth + 1)

    def asked(self, node: Node) -> dict[str, list[Slot]]:
        """What rows read of an element's attributes."""
        asked: dict[str, list[Slot]] = {}
        for slot in node.attributes:
            if slot.kind == "value" and self.reads(slot):
                asked.setdefault(slot.path.attribute or "", []).append(slot)
        return asked

    @staticmethod
    def reads(slot: Slot) -> bool:
        """A constant is written and checked, but no field is read from it."""
        row = slot.row
        return slot.join is not None or (not row.generated and (row.constant is None or row.when is not None))

    def attributes(self, asked: dict[str, list[Slot]], e: str, depth: int) -> None:
        out = self.source
        if len(asked) <= FEW:
            for name, slots in asked.items():
                self.each((slot.owners, partial(self.attribute, slot, e, name, depth)) for slot in slots)
            return
        with out.block(f"for k, v in {e}.items():"):
            for at, (name, slots) in enumerate(asked.items()):
                with out.block(f"{'elif' if at else 'if'} k == {name!r}:"):
                    self.each((slot.owners, partial(self.value, slot, e, "k", "v", depth)) for slot in slots)

    def attribute(self, slot: Slot, e: str, name: str, depth: int) -> None:
        """Ask for one attribute."""
        tests = [f"(v := {e}.get({name!r})) is not None"]
        if depth and self.once(slot.row):
            tests.insert(0, f"{variable(slot)} is None")
        with self.source.block(f"if {' and '.join(tests)}:"):
            self.value(slot, e, "k", "v", 0)

    def children(self, node: Node, e: str, depth: int) -> None:
        out = self.source
        c, t = f"c{depth}", f"t{depth}"
        exact_first = sorted(node.children.values(), key=_exactness)
        # to ask for the length is cheaper than to begin a loop
        with nullcontext() if depth == 1 else out.block(f"if len({e}):"), out.block(f"for {c} in {e}:"):
            start = len(out.lines)
            out(f"{t} = {c}.tag")
            self.behind(node, c, e)
            for at, child in enumerate(exact_first):
                assert child.step
                with out.block(f"{'elif' if at else 'if'} {means(child.step, c, t, node.children)}:"):
                    before = len(out.lines)
                    self.child(child, c, depth)
                    if len(out.lines) == before:
                        out("pass")
            with out.block("else:"):
                self.stranger(c)
            if len(out.lines) == start + 1:
                out.lines.pop()

    def child(self, node: Node, c: str, depth: int) -> None:
        """Read a child that a step means."""
        self.element(node, c, depth)

    def behind(self, node: Node, c: str, e: str) -> None:
        """What stands behind a child is nobody's."""

    def stranger(self, c: str) -> None:
        """What no step means is nobody's."""

    @staticmethod
    def once(row: Row) -> bool:
        """Whether the first node that a row admits is the only one."""
        return row.constant is None and not needy(row)

    def value(self, slot: Slot, e: str, name: str, text: str, depth: int) -> None:
        """Decode a text into the row's field, unless an earlier node gave it a value."""
        row, out, field = slot.row, self.source, variable(slot)
        if row.when:
            with out.block(f"if {text} == {row.constant!r}:"):
                out(f"{holder(slot.owners)}.{row.when} = True")
        elif needy(row):
            out(f"{field}.append({text})")
        else:
            with out.block(f"if {field} is None:") if depth else nullcontext():
                out(f"{field} = {self.decoded(slot, e, text)}")

    def decoded(self, slot: Slot, e: str, text: str) -> str:
        """An expression for the value of a text, or None where the row does not admit it."""
        codec = slot.row.codec
        assert codec
        if codec.name in ("str", "text"):
            return text
        read = self.of_codec("read", slot)
        return f"{read}({text}, {e}.get({codec.unit!r}))" if codec.unit else f"{read}({text})"

    def of_codec(self, kind: str, slot: Slot) -> str:
        codec = slot.row.codec
        assert codec
        return self.source.of_codec(kind, codec, self.owner(slot), slot.row.name)

    def owner(self, slot: Slot) -> str:
        """The name of the table that a row is of."""
        return slot.owners[-1][1].name if slot.owners else self.table_name

    table_name = ""

    def whole(self, slot: Slot, e: str) -> None:
        """Read a whole element: presence, an entity, kept XML, an item of a list or map, a join's entry."""
        row, out, field = slot.row, self.source, value(slot)
        codec = row.codec
        if slot.join:
            at = next(n for n, (_, join, _) in enumerate(joins(self.tables)) if join is slot.join[1])
            out(f"entries{at}.append({e})")
        elif codec and codec.shape == "present":
            out(f"{f'{holder(slot.owners)}.{row.when}' if row.when else field} = True")
        elif row.form == "map":
            self.entry(slot, e)
        elif codec and codec.shape != "xml":
            self.scalar(slot, row.path, e, f"{field}.append(v)")
        else:
            made = self.call(self.parse(row.entity), e) if row.entity else f"canonical({e})"
            if row.form == "list":
                out(f"{field}.append({made})")
            else:
                with out.block(f"if {field} is None:"):
                    out(f"{field} = {made}")

    def scalar(self, slot: Slot, at: Path, e: str, then: str) -> None:
        """The value in an attribute or in the text of one element, if the row admits it, as `v`."""
        out, codec = self.source, slot.row.codec
        text = own_text(codec, e) if at.attribute is None else f"{e}.get({at.attribute!r})"
        tests = [f"(v := {text}) is not None"] if at.attribute is not None else []
        if not tests:
            out(f"v = {text}")
        if (decoded := self.decoded(slot, e, "v")) != "v":
            tests.append(f"(v := {decoded}) is not None")
        with out.block(f"if {' and '.join(tests)}:") if tests else nullcontext():
            out(then)

    def entry(self, slot: Slot, e: str) -> None:
        out, row, field = self.source, slot.row, value(slot)
        with out.block(f"if (k := {key(row, e)}) is not None and k not in {field}:"):
            if not row.value.steps:
                self.scalar(slot, row.value, e, f"{field}[k] = v")
                return
            at = out.ref(f"path_{self.owner(slot)}_{row.name}", "value", self.owner(slot), row.name)
            with out.block(f"if ({e}_ := first({e}, {at})) is not None:"):
                self.scalar(slot, row.value, f"{e}_", f"{field}[k] = v")


def means(step: Step, c: str, t: str, beside: Container[tuple[str, tuple[tuple[str, str], ...]]]) -> str:
    """The condition that an element `c` with the tag `t` is the one of a step."""
    space = step.tag[: -len(ANY)]
    found = f"{t} == {step.tag!r}"
    if step.wild:
        found = f"{t}.__class__ is str" + (f" and {t}.startswith({space!r})" if space else "")
    found += "".join(f" and {c}.get({name!r}) == {text!r}" for name, text in step.where)
    # what stands beside it in this layout was asked for before; what an embedded entity's rows say was not
    missed = [other for other in step.but if other.wild or (other.tag, other.where) not in beside]
    if others := " or ".join(means(other, c, t, ()) for other in missed):
        found += f" and not ({others})"
    return found


def variable(slot: Slot) -> str:
    """What holds a row's value, or its texts, until all of its places were seen."""
    row = slot.row
    if needy(row) or slot.place:
        return f"place{slot.place + 1}{path(slot.owners)}_{row.name}"
    return value(slot)


def needy(row: Row) -> bool:
    """Its rule needs others, so its texts wait until these are decoded."""
    return bool(row.codec and row.codec.needs)


def own_text(codec: Codec | None, e: str) -> str:
    """Only `text` and `str` keep the white space around an element's text."""
    return f"own_text({e})" if codec and codec.word in ("text", "str") else f"own_text({e}).strip()"


def key(row: Row, e: str) -> str:
    """An expression for the key of a map's entry."""
    if not row.key.steps:
        return f"{e}.get({row.key.attribute!r})"
    space = len(row.path.steps[-1].tag) - len(ANY)
    return f"{e}.tag[{space}:]" if space else f"{e}.tag if '{{' not in {e}.tag else None"


def _exactness(node: Node) -> tuple[bool, int]:
    assert node.step
    return node.step.wild, -len(node.step.where)
