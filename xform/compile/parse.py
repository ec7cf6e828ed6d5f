"""Compile parse: one function per entity, one pass over an element's attributes and one over its children."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from xform.codecs import Codec
from xform.compile.layout import Node, Slot, add_joins, layout
from xform.compile.runtime import for_parse
from xform.compile.source import Source, local
from xform.entities import Classes, empty
from xform.table.model import ANY, Choice, Path, Row, Table
from xform.table.walk import joins, late

FEW = 2  # up to so many attributes are asked for one by one


def compile_parse(classes: Classes) -> Source:
    """The source of ``parse_ENTITY(element, context)`` for every entity that the root can hold."""
    source = Source(for_parse(classes))
    writer = ParseWriter(source, classes)
    writer.shape(classes.tables.root)
    writer.rest()
    return source


class ParseWriter:
    def __init__(self, source: Source, classes: Classes) -> None:
        self.source, self.classes, self.tables = source, classes, classes.tables
        self.todo: list[str] = []
        self.done: set[str] = set()

    def shape(self, name: str) -> str:
        """The function that reads an entity, written when its turn comes."""
        if name not in self.done:
            self.done.add(name)
            self.todo.append(name)
        return f"parse_{name}"

    def rest(self) -> None:
        while self.todo:
            shape = self.tables.shapes[self.todo.pop(0)]
            if isinstance(shape, Choice):
                self.choice(shape)
            else:
                self.table(shape, "opaque(e)")

    def choice(self, choice: Choice) -> None:
        words: list[str] = []
        for key, table in choice.variants.items():
            self.table(table, "None")
            words += [f"{_key(key)}: parse_{table.name}"]
            if key == choice.absent:
                words += [f"{_key((None,) * len(key))}: parse_{table.name}"]
        out = self.source
        out()
        with out.block(f"def parse_{choice.name}(e, context):"):
            out(f"x = {self.pick(choice)}(e, context)")
            out("return opaque(e) if x is None else x")
        out()
        if choice.attributes:
            out(f"variants_{choice.name} = {{{', '.join(words)}}}")
        else:
            with out.block(f"def first_{choice.name}(e, context):"):
                for table in choice.variants.values():
                    with out.block(f"if (x := parse_{table.name}(e, context)) is not None:"):
                        out("return x")
                out("return None")

    @staticmethod
    def pick(choice: Choice) -> str:
        """An expression for the function of the variant that an element is."""
        if not choice.attributes:
            return f"first_{choice.name}"
        asked = ", ".join(f"e.get({name!r})" for name in choice.attributes)
        return f"variants_{choice.name}.get({asked if len(choice.attributes) == 1 else f'({asked})'}, nothing)"

    def table(self, table: Table, missing: str) -> None:
        out = self.source
        root = table.name == self.tables.root
        out()
        with out.block(f"def parse_{table.name}(e, context):"):
            node = layout(self.tables, table)
            if root:
                add_joins(self.tables, node)
                for at, _ in enumerate(joins(self.tables)):
                    out(f"entries{at} = []")
                missing = ""
            self.values(table, table.rows, node, missing)
            fields = [*table.fields, *table.switches]
            joined = {row.name: row for join in table.joins for row in join.rows}
            given = [f"{name}={local(name)}" for name in fields if name not in joined]
            given += [f"{name}={empty(row)!r}" for name, row in joined.items() if row.required]
            out(
                f"x = {self.cls(table)}({', '.join(given)})"
                if root
                else f"return {self.cls(table)}({', '.join(given)})"
            )
            if root:
                self.joins()
                out("return x")
        if root:
            self.join_readers()

    def cls(self, table: Table) -> str:
        self.source.names[table.name] = self.classes[table.name]
        return table.name

    def joins(self) -> None:
        for at, (joined, join, row) in enumerate(joins(self.tables)):
            self.source.names[f"on{at}"] = [
                (path.attribute, name, self._admitted(joined.fields[name].codec)) for path, name in join.on
            ]
            held = f"x.{row.name}" if row.form == "list" else f"[x.{row.name}]"
            with self.source.block(f"if entries{at}:"):
                self.source(f"link(entries{at}, {held}, {self.cls(joined)}, on{at}, read_join{at}, context)")

    def _admitted(self, codec: Codec | None) -> Any:
        assert codec
        return self.source.names[self.source.decoder(codec)]

    def join_readers(self) -> None:
        out = self.source
        for at, (joined, join, _) in enumerate(joins(self.tables)):
            out()
            with out.block(f"def read_join{at}(e, o, context):"):
                out(f"# {joined.name}: {join.path}")
                self.values(joined, join.rows, layout(self.tables, joined, join.rows), "")
                for row in join.rows:
                    if row.constant is None and not row.computed:
                        out(f"o.{row.name} = {local(row.name)}")

    def values(self, table: Table, rows: tuple[Row, ...], node: Node, missing: str) -> None:
        """Locals for the fields of rows, filled from the element `e`."""
        out = self.source
        blank: list[str] = []
        for row in rows:
            if row.constant is not None or row.when:
                continue
            for place in range(len(row.paths)):
                if _needy(row):
                    out(f"{_variable(row, place)} = []  # the texts")
                elif row.form == "one" and not (row.codec and row.codec.shape == "present"):
                    blank.append(_variable(row, place))
                else:
                    out(f"{_variable(row, place)} = {empty(row)!r}")
        for switch in dict.fromkeys(row.when for row in rows if row.when):
            out(f"{local(switch)} = False")
        if blank:
            out(f"{' = '.join(blank)} = None")
        self.element(node, "e", 0, table)
        for row in rows:
            self.settle(row)
        for row in late(rows):
            self.decide(row, rows, table)
        if missing:
            for row in rows:
                if row.required and row.constant is None:
                    test = f"not {local(row.name)}" if row.form != "one" else f"{local(row.name)} is None"
                    with out.block(f"if {test}:"):
                        out(f"return {missing}")

    def settle(self, row: Row) -> None:
        """What is known when all nodes were seen: several places, defaults."""
        if row.constant is not None or row.when or row.form != "one" or _needy(row):
            return
        out, name = self.source, local(row.name)
        for place in range(1, len(row.paths)):
            with out.block(f"if {name} is None:"):
                out(f"{name} = {_variable(row, place)}")
        if row.default is not None:
            with out.block(f"if {name} is None:"):
                out(f"{name} = {empty(row)!r}")

    def decide(self, row: Row, rows: tuple[Row, ...], table: Table) -> None:
        """Decode by a rule, now that what it needs is known."""
        assert row.codec
        own = {other.name for other in rows}

        def value(need: str) -> str:
            return local(need) if need in own else f"o.{need}" if need in table.fields else f"context.get({need!r})"

        needs = ", ".join(f"{need}={value(need)}" for need in row.codec.needs)
        rule = self.source.name("rule", row.codec, lambda: row.codec and row.codec.decode)
        texts = ", ".join(f"*{_variable(row, place)}" for place in range(len(row.paths)))
        self.source(f"{local(row.name)} = decided({rule}, [{texts}], {empty(row)!r}, {needs})")

    def element(self, node: Node, e: str, depth: int, table: Table) -> None:
        """Read the element held by the variable `e` along a node of the layout."""
        out = self.source
        asked: dict[str, list[Slot]] = {}
        for slot in node.attributes:
            if slot.kind == "word":
                self.embedded(slot.row, table)
            elif slot.kind == "value" and _reads(slot):
                asked.setdefault(slot.path.attribute or "", []).append(slot)
        if len(asked) <= FEW:
            for name, slots in asked.items():
                for slot in slots:
                    with out.block(f"if {self.open(slot, depth)}(v := {e}.get({name!r})) is not None:"):
                        self.take(slot, "v", e)
        else:
            with out.block(f"for k, v in {e}.items():"):
                for at, (name, slots) in enumerate(asked.items()):
                    with out.block(f"{'elif' if at else 'if'} k == {name!r}:"):
                        for slot in slots:
                            self.guarded(slot, depth, "v", e)
        for slot in node.text:
            if _reads(slot):
                self.guarded(slot, depth, _text(slot.row.codec, e), e)
        for slot in node.whole:
            if slot.join or _reads(slot):
                self.whole(slot, e)
        if node.children:
            self.children(node, e, depth + 1, table)

    def children(self, node: Node, e: str, depth: int, table: Table) -> None:
        out = self.source
        c, t = f"c{depth}", f"t{depth}"
        with out.block(f"for {c} in {e}:"):
            start = len(out.lines)
            out(f"{t} = {c}.tag")
            exact_first = sorted(node.children.values(), key=_exactness)
            for at, child in enumerate(exact_first):
                assert child.step
                with out.block(f"{'elif' if at else 'if'} {self.test(child, c, t, node.children)}:"):
                    before = len(out.lines)
                    self.element(child, c, depth, table)
                    if len(out.lines) == before:
                        out("pass")
            if len(out.lines) == start + 1:
                out.lines.pop()

    @staticmethod
    def test(child: Node, c: str, t: str, beside: Container[tuple[str, tuple[tuple[str, str], ...]]] = ()) -> str:
        step = child.step
        assert step
        space = step.tag[: -len(ANY)]
        found = f"{t} == {step.tag!r}"
        if step.wild:
            found = f"{t}.__class__ is str" + (f" and {t}.startswith({space!r})" if space else "")
        found += "".join(f" and {c}.get({name!r}) == {value!r}" for name, value in step.where)
        # what stands beside it in this layout was asked for before; an embedded entity's rows were not
        missed = [other for other in step.but if other.wild or (other.tag, other.where) not in beside]
        if others := " or ".join(ParseWriter.test(Node(other), c, t) for other in missed):
            found += f" and not ({others})"
        return found

    def guarded(self, slot: Slot, depth: int, text: str, e: str) -> None:
        if guard := self.open(slot, depth):
            with self.source.block(f"if {guard.removesuffix(' and ')}:"):
                self.take(slot, text, e)
        else:
            self.take(slot, text, e)

    @staticmethod
    def open(slot: Slot, depth: int) -> str:
        """The condition that no earlier node gave this row a value."""
        if slot.row.constant is not None or slot.row.when or depth == 0 or _needy(slot.row):
            return ""
        return f"{_variable(slot.row, slot.place)} is None and "

    def take(self, slot: Slot, text: str, e: str) -> None:
        """Decode a text into the row's local."""
        row, out = slot.row, self.source
        codec = row.codec
        assert codec
        if row.when:
            with out.block(f"if {text} == {row.constant!r}:"):
                out(f"{local(row.when)} = True")
            return
        if _needy(row):
            out(f"{_variable(row, slot.place)}.append({text})")
            return
        value = text
        if codec.unit:
            value = f"{self.source.decoder(codec)}({text}, {e}.get({codec.unit!r}))"
        elif codec.name not in ("str", "text"):
            value = f"{self.source.decoder(codec)}({text})"
        out(f"{_variable(row, slot.place)} = {value}")

    def embedded(self, row: Row, table: Table) -> None:
        out, name = self.source, _variable(row, 0)
        shape = self.tables.shapes[row.entity or ""]
        function = self.shape(shape.name)
        if isinstance(shape, Table):
            out(f"{name} = {function}(e, context)")
            with out.block(f"if {name}.__class__ is Opaque:"):
                out(f"{name} = None")
            return
        out(f"{name} = {self.pick(shape)}(e, context)")
        if shape.attributes:
            there = " or ".join(f"e.get({attribute!r}) is not None" for attribute in shape.attributes)
            with out.block(f"if {name} is None and ({there}):"):
                out.names[f"row_{table.name}_{row.name}"] = row
                out.names[f"table_{table.name}"] = table
                out(f"{name} = project(row_{table.name}_{row.name}, table_{table.name}, e)")

    def whole(self, slot: Slot, e: str) -> None:
        """Read a whole element: presence, an entity, kept XML, an item of a list or map, a join's entry."""
        row, out, name = slot.row, self.source, _variable(slot.row, slot.place)
        codec = row.codec
        if slot.join:
            at = next(n for n, (_, join, _) in enumerate(joins(self.tables)) if join is slot.join[1])
            out(f"entries{at}.append({e})")
            return
        if codec and codec.shape == "present":
            out(f"{local(row.when) if row.when else name} = True")
            return
        if row.form == "map":
            self.entry(row, e, name)
            return
        if row.entity:
            value = f"{self.shape(row.entity)}({e}, context)"
        elif codec and codec.shape == "xml":
            value = f"canonical({e})"
        else:
            self.scalar(row, row.path, e, f"{name}.append(v)")
            return
        if row.form == "list":
            out(f"{name}.append({value})")
        else:
            with out.block(f"if {name} is None:"):
                out(f"{name} = {value}")

    def scalar(self, row: Row, path: Path, e: str, then: str) -> None:
        """The value in an attribute or in the text of one element, if the row admits it, as `v`."""
        out, codec = self.source, row.codec
        assert codec
        text = _text(codec, e) if path.attribute is None else f"{e}.get({path.attribute!r})"
        plain = codec.name in ("str", "text")
        tests = [f"(v := {text}) is not None"] if path.attribute is not None else []
        if not tests:
            out(f"v = {text}")
        if codec.unit:
            tests.append(f"(v := {out.decoder(codec)}(v, {e}.get({codec.unit!r}))) is not None")
        elif not plain:
            tests.append(f"(v := {out.decoder(codec)}(v)) is not None")
        if tests:
            with out.block(f"if {' and '.join(tests)}:"):
                out(then)
        else:
            out(then)

    def entry(self, row: Row, e: str, name: str) -> None:
        out = self.source
        if row.key.steps:
            tag = row.path.steps[-1].tag
            space = len(tag) - len(ANY)
            key = f"{e}.tag[{space}:]" if space else f"{e}.tag if '{{' not in {e}.tag else None"
        else:
            key = f"{e}.get({row.key.attribute!r})"
        with out.block(f"if (k := {key}) is not None and k not in {name}:"):
            holder = e
            if row.value.steps:
                at = f"path_{row.owner.replace('.', '_')}_{row.name}"
                out.names[at] = row.value
                holder = f"{e}_"
                with out.block(f"if ({holder} := first({e}, {at})) is not None:"):
                    self.scalar(row, row.value, holder, f"{name}[k] = v")
            else:
                self.scalar(row, row.value, holder, f"{name}[k] = v")


def _reads(slot: Slot) -> bool:
    """A constant is written and checked, but no field is read from it."""
    return not slot.row.generated and (slot.row.constant is None or slot.row.when is not None)


def _needy(row: Row) -> bool:
    """Its rule needs others, so its texts wait until these are decoded."""
    return bool(row.codec and row.codec.needs)


def _text(codec: Codec | None, e: str) -> str:
    """Only `text` and `str` keep the white space around an element's text."""
    return f"own_text({e})" if codec and codec.word in ("text", "str") else f"own_text({e}).strip()"


def _variable(row: Row, place: int) -> str:
    return f"place{place + 1}_{row.name}" if place else local(row.name)


def _key(words: tuple[str | None, ...]) -> str:
    return repr(words[0] if len(words) == 1 else words)


def _exactness(node: Node) -> tuple[bool, int]:
    assert node.step
    return node.step.wild, -len(node.step.where)
