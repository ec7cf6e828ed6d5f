"""Compile parse: one function per entity, which reads its element and whatever is embedded there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from xform.compile.elements import ElementWriter, needy, variable
from xform.compile.layout import Slot, full_layout
from xform.compile.overlap import read_apart
from xform.compile.source import Unit
from xform.compile.writer import holder, told, value
from xform.entities import Classes, empty
from xform.table.model import Choice, Join, Row, Table
from xform.table.walk import Owners, joins, late


def units(classes: Classes) -> dict[str, Unit]:
    """The source of ``parse_ENTITY(element, context)`` for every entity that the root can hold."""
    writer = ParseWriter(classes)
    writer.parse(classes.tables.root)
    return writer.units()


class ParseWriter(ElementWriter):
    """Writes the functions.  In them `o` is the entity that is made of the element `e`."""

    # what is made of an element whose entity, or whose variant, lacks something
    opaque, nothing = "opaque(e)", "None"

    def parse(self, name: str) -> str:
        shape = self.classes.shape(name)
        if isinstance(shape, Choice):
            return self.ask(f"parse_{name}", partial(self.choice, shape))
        return self.ask(f"parse_{name}", partial(self.table, shape))

    def choice(self, choice: Choice) -> None:
        out = self.source
        with out.block(f"def parse_{choice.name}(e, {self.given}):"):
            self.begin()
            out(f"x = {self.call(self.variant(choice), 'e')}")
            out(f"return {self.opaque} if x is None else x")

    def variant(self, choice: Choice) -> str:
        """An expression for the function that reads the variant that an element is; it gives None for none."""
        functions = [self.parse(table.name) for table in choice.variants.values()]
        if not choice.attributes:
            return self.ask(f"first_{choice.name}", partial(self.first, choice.name, functions))
        out = self.source
        return f"{out.ref(f'variants_{choice.name}', 'variants', choice.name, 'parse')}[{asked(choice)}]"

    def first(self, name: str, functions: list[str]) -> None:
        out = self.source
        with out.block(f"def first_{name}(e, {self.given}):"):
            for function in functions:
                with out.block(f"if (x := {self.call(function, 'e')}) is not None:"):
                    out("return x")
            out("return None")

    def table(self, table: Table) -> None:
        out = self.source
        root = table.name == self.tables.root
        with out.block(f"def parse_{table.name}(e, {self.given}):"):
            self.begin()
            for at, _ in enumerate(joins(self.tables) if root else ()):
                out(f"entries{at} = []")
            self.blank(table)
            self.rows(table, root)
            if not root:
                self.required(table)
            if table.cls:
                out(f"o = {self.made(table, 'o')}")
            if root:
                self.join()
            out("return o")
        for at, (joined, join, _) in enumerate(joins(self.tables) if root else ()):
            out()
            with out.block(f"def read_join{at}(e, o, {self.given}):"):
                out(f"# {joined.name}: {join.path}")
                self.begin()
                self.empty(join.rows)
                self.entry_rows(joined, join)

    def made(self, table: Table, values: str) -> str:
        """An expression for what an embedder's class makes of the fields that were read."""
        known = self.source.ref(f"table_{table.name}", "table", table.name)
        return f"made({self.source.cls(table.name)}, {known}, vars({values}), e)"

    def begin(self) -> None:
        """What stands at the begin of each function."""

    def entry_rows(self, table: Table, join: Join) -> None:
        """Fill fields from an entry of a join."""
        self.rows(table.second(join))

    def new(self, table: Table) -> None:
        """An embedded entity before its rows are read."""
        with self.source.block(f"def new_{table.name}():"):
            self.blank(table)
            self.source("return o")

    def blank(self, table: Table) -> None:
        out = self.source
        out("o = blank()" if table.cls else f"o = new({out.cls(table.name)})")
        self.empty(table.every)
        for row in (row for join in table.joins for row in join.rows if row.default is not None):
            out(f"o.{row.name} = {empty(row)!r}")  # until an entry says something else
        for row in table.known:
            out(f"o.{row.name} = {empty(row)!r}")
        for switch in table.switches:
            out(f"o.{switch} = False")

    def empty(self, rows: Iterable[Row]) -> None:
        """Give fields what they hold when nothing is there, but for defaults."""
        nothing = []
        for row in rows:
            if row.constant is not None or row.when or row.computed:
                continue
            if row.form == "one" and not (row.codec and row.codec.shape == "present"):
                nothing.append(f"o.{row.name}")
            else:
                self.source(f"o.{row.name} = {empty(row)!r}")
        if nothing:
            self.source(f"{' = '.join(nothing)} = None")

    def rows(self, table: Table, root: bool = False) -> None:
        """Fill fields from the element `e`: those of the rows of `o`, and of all that is embedded."""
        self.table_name = table.name
        full = full_layout(self.tables, table, root)
        apart = read_apart(self.tables, full)
        node = full_layout(self.tables, table, root, apart)
        slots = list(node.slots)
        self.places(slots)
        embedded = [slot for slot in slots if slot.kind == "word"]
        for slot in embedded:
            self.embed(slot, id(slot.row) in apart)
        self.element(node, "e", 0)
        self.settle(table, ())
        for slot in reversed(embedded):
            self.settle_embedded(slot, table, id(slot.row) in apart)
        self.decide(table, ())

    def places(self, slots: list[Slot]) -> None:
        """Locals for what one field cannot hold until all was seen: values of further places, texts of rules."""
        for slot in slots:
            if slot.kind == "value" and self.reads(slot) and variable(slot) != value(slot):
                self.source(f"{variable(slot)} = {'[]' if needy(slot.row) else 'None'}")

    def embed(self, slot: Slot, apart: bool) -> None:
        """Begin an embedded entity; one that is read apart is read now."""
        out, owners = self.source, slot.owners
        shape = self.tables.shapes[slot.row.entity or ""]
        within = (*owners, (slot.row, shape.tables[0]))
        if owners and not apart:
            out(f"{holder(within)} = None")
            if isinstance(shape, Choice):
                out(f"{told(within)} = None")

        def begin() -> None:
            if apart:
                function = self.variant(shape) if isinstance(shape, Choice) else self.parse(shape.name)
                out(f"{value(slot)} = {self.call(function, 'e')}")
                return
            for table in shape.tables:
                self.ask(f"new_{table.name}", partial(self.new, table))
            if isinstance(shape, Table):
                out(f"{holder(within)} = {value(slot)} = new_{shape.name}()")
                return
            words = out.ref(f"words_{shape.name}", "words", shape.name)
            made = out.ref(f"new_{shape.name}", "variants", shape.name, "new")
            out(f"{told(within)} = {words}.get({asked(shape)})")
            out(f"{holder(within)} = {value(slot)} = {made}[{asked(shape)}]()")

        self.each([(owners, begin)])

    def settle_embedded(self, slot: Slot, table: Table, apart: bool) -> None:
        """End an embedded entity: one that lacks a required row is not there."""
        out, owners, field = self.source, slot.owners, value(slot)
        shape = self.tables.shapes[slot.row.entity or ""]

        def end(variant: Table) -> None:
            here = (*owners, (slot.row, variant))
            self.settle(variant, here)
            self.decide(variant, here)
            if lacks := self.lacks(variant, here):
                with out.block(f"if {' or '.join(lacks)}:"):
                    self.lost(here, table)
            if variant.cls:
                with out.block(f"if {field} is not None:"):
                    out(f"{field} = {self.made(variant, field)}")

        def project() -> None:
            if isinstance(shape, Table) and apart:
                with out.block(f"if {field}.__class__ is Opaque:"):
                    out(f"{field} = None")
            if isinstance(shape, Choice) and shape.attributes:
                there = " or ".join(f"e.get({attribute!r}) is not None" for attribute in shape.attributes)
                with out.block(f"if {field} is None and ({there}):"):
                    self.unknown(slot, table)

        if not apart:
            self.each(((*owners, (slot.row, variant)), partial(end, variant)) for variant in shape.tables)
        self.each([(owners, project)])

    def lost(self, here: Owners, table: Table) -> None:
        """An embedded entity of a table lacks what is required, and so is not there."""
        self.source(f"{holder(here[:-1])}.{here[-1][0].name} = None")

    def unknown(self, slot: Slot, table: Table) -> None:
        """No variant is what a table embeds here."""
        out, owner = self.source, slot.owners[-1][1].name if slot.owners else table.name
        row = out.ref(f"row_{owner}_{slot.row.name}", "row", owner, slot.row.name)
        out(f"{value(slot)} = project({row}, {out.ref(f'table_{owner}', 'table', owner)}, e)")

    def settle(self, table: Table, owners: Owners) -> None:
        """What is known when all nodes were seen: several places, defaults, who goes first at a node."""
        out = self.source
        for row in table.rows:
            if row.constant is not None or row.when or row.computed or row.form != "one" or needy(row):
                continue
            field = f"{holder(owners)}.{row.name}"
            for place, at in enumerate(row.paths[1:] if not row.generated else (), 1):
                with out.block(f"if {field} is None:"):
                    out(f"{field} = {variable(Slot(row, at, 'value', owners, place))}")
            if row.default is not None:
                with out.block(f"if {field} is None:"):
                    out(f"{field} = {empty(row)!r}")
            if row.behind:
                with out.block(f"if {' or '.join(f'{holder(owners)}.{name} is not None' for name in row.behind)}:"):
                    out(f"{field} = None")

    def decide(self, table: Table, owners: Owners) -> None:
        """Decode by rules, now that what they need is known."""
        out, o = self.source, holder(owners)
        for row in late(table.rows):
            assert row.codec
            needs = self.needs(table, row, o)
            slots = [Slot(row, at, "value", owners, place) for place, at in enumerate(row.paths)]
            texts = ", ".join(f"*{variable(slot)}" for slot in slots)
            rule = out.of_codec("rule", row.codec, table.name, row.name)
            out(f"{o}.{row.name} = decided({', '.join([rule, f'[{texts}]', repr(empty(row)), *needs])})")

    def needs(self, table: Table, row: Row, o: str) -> list[str]:
        """What a row's rule is given."""
        shape = self.classes.shape(table.name)
        own = shape.fields if isinstance(shape, Table) else ()
        asked = row.codec.needs if row.codec else ()
        return [f"{need}={f'{o}.{need}' if need in own else f'context.get({need!r})'}" for need in asked]

    @staticmethod
    def lacks(table: Table, owners: Owners = ()) -> list[str]:
        """The conditions that a required row of a table has no value."""
        fields = [
            (f"{holder(owners)}.{row.name}", row.form) for row in table.rows if row.required and row.constant is None
        ]
        return [f"{field} is None" if form == "one" else f"not {field}" for field, form in fields]

    def required(self, table: Table) -> None:
        if lacks := self.lacks(table):
            with self.source.block(f"if {' or '.join(lacks)}:"):
                self.source(f"return {self.nothing if self.classes.choice(table.name) else self.opaque}")

    def join(self) -> None:
        """Give the entities of the root what their second places say."""
        out = self.source
        for at, (joined, _, row) in enumerate(joins(self.tables)):
            held = f"o.{row.name}" if row.form == "list" else f"[o.{row.name}]"
            on = out.ref(f"on{at}", "on", str(at))
            with out.block(f"if entries{at}:"):
                self.linked(f"link(entries{at}, {held}, {out.cls(joined.name)}, {on}, read_join{at}, {self.given})")

    def linked(self, link: str) -> None:
        """Read the entries of a join; those that are left are nobody's."""
        self.source(link)


def asked(choice: Choice) -> str:
    """An expression for the words of an element."""
    words = ", ".join(f"e.get({name!r})" for name in choice.attributes)
    return words if len(choice.attributes) == 1 else f"({words})"
