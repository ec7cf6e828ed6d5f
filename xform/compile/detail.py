"""Compile the detailed twin of parse: it notes which row took which node, what was refused, and what nobody took.

Each function is given `d`, three lists of notes, and `at`, the place of its entity (see `xform.compile.notes`).  What
cannot be noted while it is read, for a node that several rows might take, is left to the oracle.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

from xform.compile.elements import key, needy, own_text, variable
from xform.compile.layout import Node, Owners, Slot, tables_of
from xform.compile.overlap import conditions, odd, present
from xform.compile.parse import ParseWriter
from xform.compile.source import Unit
from xform.compile.writer import holder, path, value
from xform.entities import Classes, empty
from xform.table.model import Choice, Join, Path, Row, Step, Table
from xform.table.walk import joins, late


def units(classes: Classes) -> dict[str, Unit]:
    """The source of ``parse_ENTITY(element, context, d, at)`` for every entity that the root can hold."""
    writer = DetailWriter(classes)
    writer.parse(classes.tables.root)
    return writer.units()


class DetailWriter(ParseWriter):
    """Writes the functions, which note what they do in `took`, `left` and `refused`."""

    signature = "e, context, d, at"

    def __init__(self, classes: Classes) -> None:
        super().__init__(classes)
        # attributes of the entity's own element that say what it is: no row reads them
        self.telling: dict[str, str] = {}
        self._conditions = conditions(classes.tables)

    # --- functions --------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.source("took, left, refused = d")
        self.source("n, m, r = len(took), len(left), len(refused)")

    def forget(self) -> None:
        """Take back what was noted since the begin of the function."""
        self.source("del took[n:], left[m:], refused[r:]")

    def choice(self, choice: Choice) -> None:
        out = self.source
        with out.block(f"def parse_{choice.name}({self.signature}):"):
            out(f"x = {self.pass_on(self.variant(choice))}")
            out("return whole(e, d, at) if x is None else x")

    def table(self, table: Table) -> None:
        if not odd(self.tables, table):
            choice = self.classes.choice(table.name)
            took = "took.append((e, k, None, at))"
            self.telling = dict.fromkeys(self._conditions.get(table.name, ()), "pass")
            self.telling |= dict.fromkeys(choice.attributes if choice else (), took)
            super().table(table)
            return
        with self.source.block(f"def parse_{table.name}({self.signature}):"):
            self.slowly(table)

    def slowly(self, table: Table) -> None:
        """Have the oracle read an entity."""
        out = self.source
        others = tuple(sorted(self._conditions.get(table.name, ())))
        made = f"slowly({out.ref(f'table_{table.name}', 'table', table.name)}, e, context, d, at, {others!r})"
        if self.classes.choice(table.name) or table.name == self.tables.root:
            out(f"return {made}")
        else:
            out(f"x = {made}")
            out("return whole(e, d, at) if x is None else x")

    def required(self, table: Table) -> None:
        if lacks := self.lacks(table):
            with self.source.block(f"if {' or '.join(lacks)}:"):
                self.forget()
                self.source(f"return {'None' if self.classes.choice(table.name) else 'whole(e, d, at)'}")

    def embed(self, slot: Slot, apart: bool) -> None:
        super().embed(slot, apart)
        shape = self.tables.shapes[slot.row.entity or ""]
        within = (*slot.owners, (slot.row, tables_of(shape)[0]))
        self.source(f"{at(within)} = ({at(slot.owners)}, {slot.row.name!r})")
        if isinstance(shape, Choice):
            self.telling |= dict.fromkeys(shape.attributes, "took.append((e, k, None, at))")

    def lost(self, here: Owners, table: Table) -> None:
        if self.word(here):
            self.forget()
            self.slowly(table)
            return
        with self.source.block(f"if noted(d, n, r, {at(here)}):"):
            self.forget()
            self.slowly(table)
        super().lost(here, table)

    def unknown(self, slot: Slot, table: Table) -> None:
        self.forget()
        self.slowly(table)

    def entry_rows(self, table: Table, join: Join) -> None:
        told = [name for name, _ in join.path.steps[-1].where] + [path.attribute or "" for path, _ in join.on]
        self.telling = dict.fromkeys(told, "took.append((e, k, None, at))")
        super().entry_rows(table, join)

    def join(self) -> None:
        out = self.source
        for number, (joined, _, row) in enumerate(joins(self.tables)):
            on = out.ref(f"on{number}", "on", str(number))
            held = f"o.{row.name}" if row.form == "list" else f"[o.{row.name}]"
            place = f"(at, {row.name!r}, x)" if row.form == "list" else f"(at, {row.name!r})"
            with out.block(f"if entries{number}:"):
                out(f"places = {{id(v): {place} for x, v in enumerate({held})}}")
                out(f"read = lambda e, o, context: read_join{number}(e, o, context, d, places[id(o)])")
                stale = f"link(entries{number}, {held}, {out.cls(joined.name)}, {on}, read, context)"
                with out.block(f"for x in {stale}:"):
                    out(f"retract(d, x, {ELEMENT})")

    def decide(self, table: Table, owners: Owners) -> None:
        out, o = self.source, holder(owners)
        for row in late(table.rows):
            assert row.codec
            slots = [Slot(row, where, "value", owners, place) for place, where in enumerate(row.paths)]
            texts = ", ".join(map(variable, slots))
            rule = out.of_codec("rule", row.codec, table.name, row.name)
            noted = f"d, {self.row(slots[0])}, {at(owners)}"
            needs = self.needs(table, row, o)
            out(f"{o}.{row.name} = settled({', '.join([rule, f'[{texts}]', repr(empty(row)), noted, *needs])})")

    # --- nodes ------------------------------------------------------------------------------------------------------

    def row(self, slot: Slot) -> str:
        """The global that is a row."""
        owner = self.owner(slot)
        return self.source.ref(f"row_{owner}_{slot.row.name}", "row", owner, slot.row.name)

    def take(self, slot: Slot, e: str, name: str, place: str = "") -> None:
        self.source(f"took.append(({e}, {name}, {self.row(slot)}, {place or at(slot.owners)}))")

    def leave(self, e: str, name: str) -> None:
        # a text that is left may be blank, or stand behind a child
        self.source(f"spare({e}, left)" if name == TEXT else f"left.append(({e}, {name}))")

    @staticmethod
    def reads(slot: Slot) -> bool:
        return slot.join is not None or slot.row.constant is not None or not slot.row.generated

    def places(self, slots: list[Slot]) -> None:
        super().places(slots)
        for slot in slots:
            if slot.kind in ("value", "whole") and not slot.join and (slot.row.constant is not None or slot.row.when):
                self.source(f"{seen(slot)} = False")

    def element(self, node: Node, e: str, depth: int) -> None:
        out = self.source
        self.named(node, e, depth)
        texts = [slot for slot in node.text if self.reads(slot)]
        parts = [
            (slot.owners, partial(self.value, slot, e, TEXT, own_text(slot.row.codec, e), depth)) for slot in texts
        ]
        self.each(parts, partial(self.leave, e, TEXT))
        for slot in node.attributes:
            if slot.kind == "unit":
                assert slot.row.codec
                self.each(
                    [(slot.owners, partial(out, f"with_unit({e}, {slot.row.codec.unit!r}, {self.row(slot)}, d)"))]
                )
        self.each((slot.owners, partial(self.whole, slot, e)) for slot in node.whole if self.reads(slot))
        if node.children:
            if not texts:
                self.blank_text(e)
            self.children(node, e, depth + 1)
        elif texts:
            with out.block(f"if len({e}):"):
                out(f"left += [(x, None) for x in {e}]")
        else:
            with out.block(f"if len({e}) or {e}.text:"):
                out(f"strangers({e}, left)")

    def named(self, node: Node, e: str, depth: int) -> None:
        """Read the attributes of an element."""
        out, wanted = self.source, self.asked(node)
        others = {} if depth else dict(self.telling)
        others |= {name: "pass" for name, _ in (node.step.where if node.step else ())}
        others |= {
            slot.row.codec.unit or "": "pass" for slot in node.attributes if slot.kind == "unit" and slot.row.codec
        }
        with out.block(f"for k, v in {e}.items():"):
            word = "if"
            for name, slots in wanted.items():
                with out.block(f"{word} k == {name!r}:"):
                    parts = [(slot.owners, partial(self.value, slot, e, "k", "v", depth)) for slot in slots]
                    self.each(parts, partial(self.leave, e, "k"))
                word = "elif"
            for name, then in others.items():
                if name not in wanted:
                    with out.block(f"{word} k == {name!r}:"):
                        out(then)
                    word = "elif"
            with out.block("else:") if word == "elif" else nullcontext():
                self.leave(e, "k")

    def blank_text(self, e: str) -> None:
        with self.source.block(f"if {e}.text and not {e}.text.isspace():"):
            self.source(f"left.append(({e}, ''))")

    def behind(self, node: Node, c: str, e: str) -> None:
        """What stands behind a child."""
        if not any(self.reads(slot) for slot in node.text):
            with self.source.block(f"if {c}.tail and not {c}.tail.isspace():"):
                self.source(f"left.append(({e}, ''))")

    def stranger(self, c: str) -> None:
        """A child that no row names."""
        self.leave(c, "None")

    def child(self, node: Node, c: str, depth: int) -> None:
        out = self.source
        assert node.step
        wholes = [slot for slot in node.whole if self.reads(slot) and not present(slot)]
        if wholes:
            parts = [(slot.owners, partial(self.whole, slot, c)) for slot in wholes]
            self.each(parts, partial(self.leave, c, "None"))
            return
        out(f"n{depth} = len(took)")
        self.element(node, c, depth)
        with out.block(f"if len(took) == n{depth}:"):
            out(f"hollow({c}, left)")
        if node.step.where:
            with out.block("else:"):
                self.meant(node.step, c)

    def meant(self, step: Step, c: str) -> None:
        """The conditions of a step are no row's."""
        for name, _ in step.where:
            self.source(f"took.append(({c}, {name!r}, None, at))")

    def value(self, slot: Slot, e: str, name: str, text: str, depth: int) -> None:
        row, out, field = slot.row, self.source, variable(slot)
        if needy(row):
            self.take(slot, e, name)
            out(f"{field}.append(({text}, {e}, {name}))")
            return
        if text != "v":
            out(f"v = {text}")
        if row.constant is not None:
            with out.block(f"if {seen(slot)}:"):
                self.leave(e, name)
            with out.block(f"elif v == {row.constant!r}:"):
                out(f"{seen(slot)} = True")
                if row.when:
                    out(f"{holder(slot.owners)}.{row.when} = True")
                self.take(slot, e, name)
            with out.block("else:"):
                self.refuse(slot, e, name, e)
            return
        word = "if"
        if depth:
            with out.block(f"if {field} is not None:"):
                self.leave(e, name)
            word = "elif"
        decoded = self.decoded(slot, e, "v")
        if decoded != "v":
            with out.block(f"{word} (x := {decoded}) is None:"):
                self.refuse(slot, e, name, e)
            word = "elif"
        with out.block("else:") if word == "elif" else nullcontext():
            out(f"{field} = {'v' if decoded == 'v' else 'x'}")
            self.take(slot, e, name)

    def refuse(self, slot: Slot, e: str, name: str, left: str) -> None:
        """Note that a row does not admit the text `v`, and what is left for it."""
        unit = slot.row.codec.unit if slot.row.codec else None
        more = f", {e}.get({unit!r})" if unit else ""
        self.source(f"refuse({self.row(slot)}, {e}, v{more}, d=d, at={at(slot.owners)})")
        self.leave(left, name)

    def whole(self, slot: Slot, e: str) -> None:
        row, out, field, place = slot.row, self.source, value(slot), at(slot.owners)
        step = row.path.steps[-1] if row.path.steps and not slot.join else None
        if slot.join:
            super().whole(slot, e)
            out(f"took.append(({e}, {ELEMENT}, None, None))")
        elif present(slot):
            flag = seen(slot) if row.when else field
            with out.block(f"if not {flag}:"):
                out(f"{flag} = True")
                if row.when:
                    out(f"{holder(slot.owners)}.{row.when} = True")
                self.take(slot, e, ELEMENT)
        elif row.form == "map":
            self.entry(slot, e)
        elif row.codec and row.codec.shape != "xml":
            self.scalar(slot, row.path, e, f"{field}.append(x)")
        else:
            assert step
            with out.block(f"if {field} is None:") if row.form == "one" else nullcontext():
                if row.form == "list":
                    out(f"p = ({place}, {row.name!r}, len({field}))")
                else:
                    out(f"p = ({place}, {row.name!r})" if row.entity else f"p = {place}")
                self.take(slot, e, ELEMENT if row.entity else WHOLE, "p")
                made = f"{self.parse(row.entity)}({e}, context, d, p)" if row.entity else f"canonical({e})"
                out(f"x = {made}")
                out(f"{field}.append(x)" if row.form == "list" else f"{field} = x")
                self.meant(step, e)
                self.others(row, step, e)
            if row.form == "one":
                with out.block("else:"):
                    self.leave(e, "None")

    def others(self, row: Row, step: Step, e: str) -> None:
        """Attributes that say what an entity is where it stands elsewhere."""
        own = [name for name, _ in step.where]
        tables = tables_of(self.tables.shapes[row.entity]) if row.entity else ()
        names = {name for table in tables for name in self._conditions.get(table.name, ()) if name not in own}
        for name in sorted(names):
            with self.source.block(f"if {e}.get({name!r}) is not None and x.__class__ is not Opaque:"):
                self.leave(e, repr(name))

    def scalar(self, slot: Slot, where: Path, e: str, then: str, element: str = "") -> None:
        """The value in an attribute or in the text of one element; `element` is what it is all about."""
        out, row, element = self.source, slot.row, element or e
        name = TEXT if where.attribute is None else repr(where.attribute)
        out(f"v = {own_text(row.codec, e) if where.attribute is None else f'{e}.get({name})'}")
        place = f"({at(slot.owners)}, {row.name!r}, {'k' if row.form == 'map' else f'len({value(slot)})'})"
        with out.block("if v is None:"):
            self.leave(element, "None")
        with out.block(f"elif (x := {self.decoded(slot, e, 'v')}) is None:"):
            self.refuse(slot, e, "None", element)
        with out.block("else:"):
            out("x0 = len(took)")
            self.take(slot, e, name, place)
            if row.form == "map":
                self.take(slot, element, repr(row.key.attribute) if row.key.attribute else ELEMENT, place)
            if row.codec and row.codec.unit:
                out(f"with_unit({e}, {row.codec.unit!r}, {self.row(slot)}, d)")
            self.meant(row.path.steps[-1], element)
            out(then)
            out(f"remainder({element}, took[x0:], left)")

    def entry(self, slot: Slot, e: str) -> None:
        out, row, field = self.source, slot.row, value(slot)
        out(f"k = {key(row, e)}")
        with out.block(f"if k is None or k in {field}:"):
            self.leave(e, "None")
        if not row.value.steps:
            with out.block("else:"):
                self.scalar(slot, row.value, e, f"{field}[k] = x")
            return
        known = out.ref(f"path_{self.owner(slot)}_{row.name}", "value", self.owner(slot), row.name)
        with out.block(f"elif ({e}_ := first({e}, {known})) is None:"):
            self.leave(e, "None")
        with out.block("else:"):
            self.scalar(slot, row.value, f"{e}_", f"{field}[k] = x", e)


TEXT, ELEMENT, WHOLE = "''", "'.'", "'*'"


def at(owners: Owners) -> str:
    """The variable of the place of an entity."""
    return f"at{path(owners)}"


def seen(slot: Slot) -> str:
    """The variable that says whether a constant's node was met."""
    return f"seen{path(slot.owners)}_{slot.row.name}"
