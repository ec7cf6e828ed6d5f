"""Compile the detailed twin of parse: it notes in `d` what no row takes, on its way through each element.

Where there is more to it (a second node of one value, a constant or places that have drifted, an item or an embedded
entity that cannot be, text behind a child) the oracle reads the entity, and knows why; and so it does with tables of
which several rows may meet at one node.  Who took a node is not noted: the oracle tells that as well.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from itertools import combinations

from xform.compile.elements import needy, own_text, variable
from xform.compile.layout import Node, Slot
from xform.compile.overlap import odd
from xform.compile.parse import ParseWriter
from xform.compile.source import Unit
from xform.compile.writer import Part, holder, path, value
from xform.entities import Classes
from xform.table.model import Choice, Join, Row, Table
from xform.table.walk import Owners, late


def units(classes: Classes) -> dict[str, Unit]:
    """The source of ``parse_ENTITY(element, context, d)`` for every entity that the root can hold."""
    writer = DetailWriter(classes)
    writer.parse(classes.tables.root)
    return writer.units()


class DetailWriter(ParseWriter):
    """Writes the functions.  In them `n` notes were there before, and `took` nodes were taken."""

    given = "context, d"
    opaque, nothing = "whole(e, d, n)", "forget(d, n)"
    telling: tuple[str, ...] = ()  # attributes of the entity's own element that say what it is
    otherwise = ""  # has the oracle read

    # --- entities ---------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.source("n, took = len(d), 0")

    def table(self, table: Table) -> None:
        choice = self.classes.choice(table.name)
        self.telling = choice.attributes if choice else ()
        known = self.source.ref(f"table_{table.name}", "table", table.name)
        if odd(self.tables, table):
            with self.source.block(f"def parse_{table.name}(e, {self.given}):"):
                self.source(f"return slowly({known}, e, context, d, len(d))")
            return
        self.otherwise = f"return slowly({known}, e, context, d, n)"
        super().table(table)

    def entry_rows(self, table: Table, join: Join) -> None:
        told = [name for name, _ in join.path.steps[-1].where] + [where.attribute or "" for where, _ in join.on]
        self.telling, self.otherwise = tuple(told), "return d.append((e, None))"
        super().entry_rows(table, join)

    def doubt(self, *tests: str) -> None:
        """Leave the entity to the oracle, if all tests hold."""
        with self.source.block(f"if {' and '.join(tests)}:") if tests else nullcontext():
            self.source(self.otherwise)

    # --- what is embedded, and what is known when all nodes were seen -----------------------------------------------

    def embed(self, slot: Slot, apart: bool) -> None:
        super().embed(slot, apart)
        if self.loses(slot.row):
            self.source(f"held{path(slot.owners)}__{slot.row.name} = False")

    def loses(self, row: Row) -> bool:
        """Whether what a row embeds may turn out not to be there."""
        return any(map(self.lacks, self.tables.shapes[row.entity or ""].tables))

    def lost(self, here: Owners, table: Table) -> None:
        self.doubt(f"held{path(here)}")
        super().lost(here, table)

    def unknown(self, slot: Slot, table: Table) -> None:
        self.doubt()

    def places(self, slots: list[Slot]) -> None:
        super().places(slots)
        for slot in slots:
            if slot.kind == "value" and slot.row.constant is not None:
                self.source(f"{seen(slot)} = False")

    def settle(self, table: Table, owners: Owners) -> None:
        for row in table.rows:
            if row.form == "one" and row.constant is None and not row.computed and not needy(row):
                places = [variable(Slot(row, at, "value", owners, place)) for place, at in enumerate(row.paths)]
                for one, other in combinations(places, 2):
                    self.doubt(f"{one} is not None", f"{other} is not None", f"{one} != {other}")
            for name in row.behind:
                self.doubt(f"{holder(owners)}.{name} is not None", f"{holder(owners)}.{row.name} is not None")
        super().settle(table, owners)

    def decide(self, table: Table, owners: Owners) -> None:
        super().decide(table, owners)
        for row in late(table.rows):
            slots = [Slot(row, at, "value", owners, place) for place, at in enumerate(row.paths)]
            texts = ", ".join(f"*{variable(slot)}" for slot in slots)
            self.doubt(f"(x := [{texts}])", f"(len(x) > 1 or {value(slots[0])} is None)")

    def join(self) -> None:
        self.source("m = len(d)")
        super().join()
        self.doubt("len(d) > m")

    def linked(self, link: str) -> None:
        self.doubt(link)

    # --- nodes ------------------------------------------------------------------------------------------------------

    @staticmethod
    def reads(slot: Slot) -> bool:
        return True

    def take(self, slot: Slot) -> None:
        self.source("took += 1")
        for at, (row, _) in enumerate(slot.owners, 1):
            if self.loses(row):
                self.source(f"held{path(slot.owners[:at])} = True")

    def leave(self, e: str, name: str) -> None:
        self.source(f"d.append(({e}, {name}))")

    def element(self, node: Node, e: str, depth: int) -> None:
        out = self.source
        if node.whole:
            parts = [(slot.owners, partial(self.whole, slot, e)) for slot in node.whole]
            self.each(parts, partial(self.leave, e, "None"))
            return
        self.attributes_of(node, e, depth)
        self.each(((slot.owners, partial(self.text, slot, e, depth)) for slot in node.text), partial(self.left_text, e))
        if node.children:
            if not node.text:
                self.left_text(e)
            self.children(node, e, depth + 1)
        elif node.text:
            self.doubt(f"len({e})")
        else:
            with out.block(f"if len({e}) or {e}.text:"):
                out(f"inside({e}, d)")

    def attributes_of(self, node: Node, e: str, depth: int) -> None:
        """Read the attributes of an element."""
        out, nothing = self.source, partial(self.source, "pass")
        told = [name for name, _ in node.step.where] if node.step else self.telling
        wanted: dict[str, list[Part]] = {name: [((), nothing)] for name in told}
        for slot in node.attributes:
            shape = self.tables.shapes[slot.row.entity or ""] if slot.kind == "word" else None
            if isinstance(shape, Choice):
                for name in shape.attributes:
                    wanted.setdefault(name, []).append((slot.owners, nothing))
            elif slot.kind == "value":
                read = partial(self.value, slot, e, "k", "v", depth)
                wanted.setdefault(slot.path.attribute or "", []).append((slot.owners, read))
            elif unit := unit_of(slot):
                wanted.setdefault(unit, []).append((slot.owners, nothing))
        leave = partial(self.leave, e, "k")
        with out.block(f"for k, v in {e}.items():"):
            for at, (name, parts) in enumerate(wanted.items()):
                with out.block(f"{'elif' if at else 'if'} k == {name!r}:"):
                    self.each(parts, leave if all(owners for owners, _ in parts) else None)
            with out.block("else:") if wanted else nullcontext():
                leave()
        for slot in node.attributes:
            if (unit := unit_of(slot)) and slot.path.attribute is not None:
                lonely = (f"{e}.get({unit!r}) is not None", f"{e}.get({slot.path.attribute!r}) is None")
                self.each([(slot.owners, partial(self.doubt, *lonely))])

    def left_text(self, e: str) -> None:
        with self.source.block(f"if {e}.text and not {e}.text.isspace():"):
            self.leave(e, "''")

    def behind(self, node: Node, c: str, e: str) -> None:
        self.doubt(f"{c}.tail", f"not {c}.tail.isspace()")

    def stranger(self, c: str) -> None:
        self.leave(c, "None")

    def child(self, node: Node, c: str, depth: int) -> None:
        out = self.source
        if node.whole:
            self.element(node, c, depth)
            return
        out(f"n{depth}, took{depth} = len(d), took")
        self.element(node, c, depth)
        with out.block(f"if took == took{depth}:"):
            out(f"hollow({c}, d, n{depth})")

    def text(self, slot: Slot, e: str, depth: int) -> None:
        self.source(f"v = {own_text(slot.row.codec, e)}")
        self.value(slot, e, "''", "v", depth)

    def value(self, slot: Slot, e: str, name: str, text: str, depth: int) -> None:
        row, out, field = slot.row, self.source, variable(slot)
        if row.constant is not None:
            self.doubt(f"({seen(slot)} or {text} != {row.constant!r})")
            out(f"{seen(slot)} = True")
            if row.when:
                out(f"{holder(slot.owners)}.{row.when} = True")
        elif needy(row) and not row.generated:
            out(f"{field}.append({text})")
        elif not row.generated and not row.computed:
            left = [f"{holder(slot.owners)}.{first} is None" for first in row.behind]
            with out.block(f"if {' and '.join(left)}:") if left else nullcontext():
                self.read(slot, e, name, text, depth)
            return
        self.take(slot)

    def read(self, slot: Slot, e: str, name: str, text: str, depth: int) -> None:
        """Decode a text, and note whether the row takes it."""
        out, field = self.source, variable(slot)
        if depth:
            self.doubt(f"{field} is not None")
        if (decoded := self.decoded(slot, e, text)) != text:
            with out.block(f"if (x := {decoded}) is None:"):
                self.refuse(slot, e, name, text)
            with out.block("else:"):
                out(f"{field} = x")
                self.take(slot)
            return
        out(f"{field} = {text}")
        self.take(slot)

    def refuse(self, slot: Slot, e: str, name: str, text: str) -> None:
        """A row does not admit a text; a size has a unit beside it, and a rule may take a text for nothing."""
        owner, codec = self.owner(slot), slot.row.codec
        table = self.classes.shape(owner)
        if codec and (codec.unit or codec.word == "rule"):
            self.doubt()
        elif isinstance(table, Table) and table.leaves(slot.row):
            self.source("pass")  # another row may
        else:
            row = self.source.ref(f"row_{owner}_{slot.row.name}", "row", owner, slot.row.name)
            self.source(f"refuse({row}, {e}, {name}, {text}, d)")

    def whole(self, slot: Slot, e: str) -> None:
        row, out, codec = slot.row, self.source, slot.row.codec
        if slot.join:
            super().whole(slot, e)
            self.take(slot)
            return
        flag = f"{holder(slot.owners)}.{row.when}" if row.when else value(slot)
        scalar = row.form != "one" and codec and codec.shape == "value"
        if codec and codec.shape == "present":
            self.doubt(flag)
        elif row.form == "one":
            self.doubt(f"{flag} is not None")
        told = [name for name, _ in row.path.steps[-1].where]
        if scalar or (row.entity and told):
            out(f"m = len({flag if scalar else 'd'})")
        super().whole(slot, e)
        self.take(slot)
        if row.entity:
            if told:
                out(f"known({', '.join([e, 'd', 'm', *map(repr, told)])})")
        elif codec and codec.shape == "xml":
            out(f"comments({e}, d)")
        else:
            if scalar and codec:
                self.doubt(f"len({flag}) == m")
                at = row.value if row.form == "map" else row.path
                told += [at.attribute or "", *(name for name in (row.key.attribute, codec.unit) if name)]
            out(f"rest({', '.join([e, 'd', *map(repr, told)])})")


def seen(slot: Slot) -> str:
    """The variable that says whether a constant's node was met."""
    return f"seen{path(slot.owners)}__{slot.row.name}"


def unit_of(slot: Slot) -> str | None:
    """The attribute that is a size's unit."""
    return slot.row.codec.unit if slot.kind == "unit" and slot.row.codec else None
