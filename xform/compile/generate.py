"""Compile generate: one function per entity, straight to text, laid out as libvirt lays it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from itertools import groupby

from xform.codecs import codec as make_codec
from xform.compile.interpreter import keyless
from xform.compile.layout import Node, Owners, Slot, full_layout
from xform.compile.runtime import for_generate
from xform.compile.source import Source, local
from xform.entities import Classes, empty
from xform.table.model import ANY, Choice, Shape, Step, Table
from xform.table.walk import joins
from xform.xml import escape_attribute, escape_text

# codecs whose text is never empty
_FILLED = frozenset({"uint", "int", "float", "hex", "bool", "enum", "uuid", "mac", "path", "size", "version", "cpuset"})


def compile_generate(classes: Classes) -> Source:
    """The source of ``generate_ENTITY(entity, tag, i, live, context, a)`` for every entity that the root can hold.

    `i` is the indentation, `a` the attributes that the place itself asks for.  Each returns the element's text.
    """
    source = Source(for_generate(classes))
    writer = GenerateWriter(source, classes)
    writer.shape(classes.tables.root)
    writer.rest()
    return source


class GenerateWriter:
    """Writes the functions.  In them `a`, `x` and `b` are an element's attributes, text and children so far, `j` is the
    indentation of its children; a number behind a name is how many containers lie between."""

    def __init__(self, source: Source, classes: Classes) -> None:
        self.source, self.classes, self.tables = source, classes, classes.tables
        self.todo: list[str] = []
        self.done: set[str] = set()
        self.table_of_o: Table | None = None
        self.within: Owners = ()

    def shape(self, name: str) -> None:
        """Have an entity's functions written when their turn comes."""
        if name not in self.done:
            self.done.add(name)
            self.todo.append(name)

    def rest(self) -> None:
        while self.todo:
            shape = self.tables.shapes[self.todo.pop(0)]
            functions = []
            for table in _tables(shape):
                root = table.name == self.tables.root
                self.function(f"generate_{table.name}", table, full_layout(self.tables, table, root))
                functions.append(f"{self.cls(table)}: generate_{table.name}")
                if root:
                    for at, (joined, join, _) in enumerate(joins(self.tables)):
                        rows = Table(joined.name, join.origin, rows=join.rows)
                        self.function(f"generate_join{at}", rows, full_layout(self.tables, rows), joined)
            # what a row may hold; another class is a KeyError
            self.source(f"of_{shape.name} = {{{', '.join(functions)}, Opaque: verbatim}}")

    def cls(self, table: Table) -> str:
        self.source.names[table.name] = self.classes[table.name]
        return table.name

    def function(self, name: str, table: Table, node: Node, of: Table | None = None) -> None:
        out = self.source
        self.table_of_o = of or table
        out()
        with out.block(f"def {name}(o, tag, i, live, context, a=''):"):
            self.embeds(node)
            choice = self.classes.choice(table.name)
            if choice and choice.attributes:
                words = zip(choice.attributes, choice.words(table.name), strict=True)
                out(f"a += {_quoted(''.join(_attribute(name, word) for name, word in words))}")
            self.attributes(node, 0)
            x = self.text(node, 0)
            if node.children:
                out("b = ''")
                out("j = i + '  '")
                for child in node.children.values():
                    self.child(child, 0)
            if node.text:
                out(f"return element(i, tag, a, {x}, {'b' if node.children else repr('')})")
            elif node.children:
                out('return f"{i}<{tag}{a}>\\n{b}{i}</{tag}>\\n" if b else f"{i}<{tag}{a}/>\\n"')
            else:
                out('return f"{i}<{tag}{a}/>\\n"')

    def embeds(self, node: Node) -> None:
        """Locals for embedded entities; what embeds an opaque one, or a wrong one, is left to the oracle."""
        for slot in node.slots:
            if slot.kind != "word":
                continue
            name, value = local(slot.row.name), f"{_holder(slot)}.{slot.row.name}"
            for _, table in slot.owners:
                self.cls(table)
            self.source(f"{name} = {value} if {_guard(slot.owners)} else None" if slot.owners else f"{name} = {value}")
            with self.source.block(f"if {name}.__class__ not in {self.words(slot)}:"):
                self.source("return slow(o, tag, i, live, context, a)")
            if slot.row.required and not slot.owners:
                with self.source.block(f"if {name} is None:"):
                    self.source(f"raise ValueError('{slot.row.name} is missing')")

    def guarded(self, slots: list[Slot]) -> Iterator[Slot]:
        """The slots, with a condition around each run of those that belong to one embedded variant."""
        before: Owners = ()
        for owners, run in groupby(slots, key=lambda slot: slot.owners):
            # one of several variants at most is there
            others = bool(owners and before) and owners[:-1] == before[:-1] and owners[-1][0] is before[-1][0]
            with self.guard(owners, "elif" if others else "if"):
                yield from run
            before = owners

    @contextmanager
    def guard(self, owners: Owners, word: str = "if") -> Iterator[None]:
        if owners == self.within:
            yield
            return
        outer, self.within = self.within, owners
        for _, table in owners:
            self.cls(table)
        with self.source.block(f"{word} {_guard(owners)}:"):
            yield
        self.within = outer

    @contextmanager
    def given(self, slot: Slot) -> Iterator[None]:
        """The condition under which a row is written; then its value is `v`."""
        row, value = slot.row, f"{_holder(slot)}.{slot.row.name}"
        conditions = ["live"] if row.live else []
        always = row.constant is not None or row.form != "one" or row.required
        if row.when:
            conditions.append(f"{_holder(slot)}.{row.when}")
        elif row.codec and row.codec.shape == "present":
            conditions.append(value)
        elif not always:
            conditions.append(f"(v := {value}) is not None")
        with self.source.block(f"if {' and '.join(conditions)}:") if conditions else nullcontext():
            if row.required and row.form == "one":
                self.source(f"v = {value}")  # the codec refuses None
            yield

    def attributes(self, node: Node, level: int) -> None:
        """Add what the rows say to the attributes of this level."""
        out, a = self.source, _at("a", level)
        for slot in self.guarded(node.attributes):
            codec, name = slot.row.codec, self.named(slot.path.attribute or "")
            if slot.kind == "word":
                self.word(slot, a)
                continue
            assert codec
            with self.given(slot):
                if slot.kind == "unit":
                    out(f"{a} += {_quoted(_attribute(codec.unit or '', codec.unit_word))}")
                elif slot.row.constant is not None:
                    out(f"{a} += {_quoted(_attribute(name, slot.row.constant))}")
                else:
                    out(f"{a} += f\" {name}='{{{self.encoded(slot, True)}}}'\"")

    def word(self, slot: Slot, a: str) -> None:
        """The discriminating attributes of an embedded variant."""
        shape = self.tables.shapes[slot.row.entity or ""]
        if isinstance(shape, Choice) and shape.attributes:
            self.source(f"{a} += {self.words(slot)}[{local(slot.row.name)}.__class__]")

    def words(self, slot: Slot) -> str:
        """The name of a dict from each class that an embedding row may hold to its discriminating attributes."""
        shape = self.tables.shapes[slot.row.entity or ""]
        name = f"words_{shape.name}"
        if name not in self.source.names:
            known = self.source.names[name] = {type(None): ""}
            for table in _tables(shape):
                choice = self.classes.choice(table.name)
                pairs = zip(choice.attributes, choice.words(table.name), strict=False) if choice else ()
                known[self.classes[table.name]] = "".join(_attribute(*pair) for pair in pairs)
        return name

    def encoded(self, slot: Slot, attribute: bool) -> str:
        """An expression for the escaped text of `v`."""
        codec = slot.row.codec
        assert codec
        if not codec.needs:
            return self.source.encoded(codec, "v", attribute)
        owner = slot.owners[-1][1] if slot.owners else self.table_of_o
        needs = ", ".join(
            f"{need}={_holder(slot)}.{need}" if owner and need in owner.fields else f"{need}=context.get('{need}')"
            for need in codec.needs
        )
        rule = self.source.name("encode", codec, lambda: codec.encode)
        return f"{'escape_attribute' if attribute else 'escape_text'}({rule}(v, {needs}))"

    def text(self, node: Node, level: int) -> str:
        """The local that holds the element's text; None where no row has one."""
        if not node.text:
            return "None"
        x = _at("x", level)
        self.source(f"{x} = None")
        for slot in self.guarded(node.text):
            with self.given(slot):
                constant = slot.row.constant
                self.source(
                    f"{x} = {self.encoded(slot, False) if constant is None else _quoted(escape_text(constant))}"
                )
        return x

    def child(self, node: Node, level: int) -> None:
        """Add the elements of a node to the children of this level."""
        with self.guard(_common(node)):
            for slot in self.guarded(node.whole):
                self.whole(slot, node, level)
            if node.attributes or node.text or node.children:
                self.container(node, level)

    def container(self, node: Node, level: int) -> None:
        """An element that stands for no entity of its own: written if anything in it is."""
        out, step, inner = self.source, node.step, level + 1
        assert step
        a, b = _at("a", inner), _at("b", inner)
        if not node.children and len(node.attributes) + len(node.text) == 1:
            self.single(node, level)
            return
        if node.attributes:
            out(f"{a} = ''")
            self.attributes(node, inner)
        x = self.text(node, inner)
        if node.children:
            out(f"{b} = ''")
            out(f"{_at('j', inner)} = {_at('j', level)} + '  '")
            for child in node.children.values():
                self.child(child, inner)
        tests = [a] * bool(node.attributes) + [f"{x} is not None"] * bool(node.text) + [b] * bool(node.children)
        with out.block(f"if {' or '.join(tests)}:"):
            attributes = _braced(_where(step)) + (f"{{{a}}}" if node.attributes else "")
            self.add(level, step.shown, attributes, x if node.text else "", b if node.children else "")

    def single(self, node: Node, level: int) -> None:
        """A container that holds one value at most."""
        assert node.step
        slot, where = (node.attributes or node.text)[0], _braced(_where(node.step))
        for _ in self.guarded([slot]):
            with self.given(slot):
                constant, attribute = slot.row.constant, slot.path.attribute
                if constant is None:
                    attributes, text = self.halves(slot, attribute)
                elif attribute is not None:
                    attributes, text = _braced(_attribute(self.named(attribute), constant)), ""
                else:
                    attributes, text = "", _at("x", level + 1)
                    self.source(f"{text} = {_quoted(escape_text(constant))}")
                filled = constant is not None or _never_empty(slot)
                self.add(level, node.step.shown, where + attributes, text, filled=filled)

    def add(
        self, level: int, tag: str, attributes: str, text: str = "", children: str = "", filled: bool = False
    ) -> None:
        """Add an element to the children of this level.

        `attributes` is the inside of an f-string, `text` (never empty if `filled`) and `children` are expressions, or
        nothing where the element has none.
        """
        b, start = _at("b", level), f"{{{_at('j', level)}}}<{tag}{attributes}"
        end = f"{{{_at('j', level)}}}</{tag}>\\n"
        if text and (children or not filled):
            made = f'element({_at("j", level)}, {tag!r}, f"{attributes}", {text}, {children or repr("")})'
        elif text:
            made = f'f"{start}>{{{text}}}</{tag}>\\n"'
        elif children:
            made = f'f"{start}>\\n{{{children}}}{end}"'
            if attributes:
                made += f' if {children} else f"{start}/>\\n"'
        else:
            made = f'f"{start}/>\\n"'
        self.source(f"{b} += {made}")

    def whole(self, slot: Slot, node: Node, level: int) -> None:
        """Whole elements: presence, an entity, kept XML, the items of a list or map, the entries of a join."""
        out, row, codec, step = self.source, slot.row, slot.row.codec, node.step
        assert step
        b, j, where = _at("b", level), _at("j", level), _where(step)
        if slot.join:
            self.entries(slot, node, level)
            return
        with self.given(slot):
            if row.form == "map":
                self.items(slot, step, level)
            elif codec and codec.shape == "present":
                self.add(level, step.shown, _braced(where))
            else:
                many = row.form == "list"
                with out.block(f"for v in {_holder(slot)}.{row.name}:") if many else nullcontext():
                    if row.entity:
                        self.shape(row.entity)
                        extra = f", {_quoted(where)}" if where else ""
                        out(f"{b} += of_{row.entity}[v.__class__](v, {step.shown!r}, {j}, live, context{extra})")
                    elif codec and codec.shape == "xml":
                        out(f"{b} += f'{{{j}}}{{xml(v)}}\\n'")
                    else:
                        attributes, text = self.halves(slot, slot.path.attribute)
                        unit = _attribute(codec.unit, codec.unit_word) if codec and codec.unit else ""
                        self.add(level, step.shown, _braced(where) + attributes + unit, text, filled=_never_empty(slot))

    def halves(self, slot: Slot, attribute: str | None) -> tuple[str, str]:
        """A single value `v` as the inside of an f-string of attributes, and as an expression of text."""
        value = self.encoded(slot, attribute is not None)
        return (f" {self.named(attribute)}='{{{value}}}'", "") if attribute is not None else ("", value)

    def items(self, slot: Slot, step: Step, level: int) -> None:
        """The entries of a map: the key as an attribute or as the element's name, the value at its path."""
        out, row = self.source, slot.row
        attributes, text = self.halves(slot, row.value.attribute)
        text = text or "None"
        with out.block(f"for k, v in {_holder(slot)}.{row.name}.items():"):
            tag, key = repr(step.shown), ""
            if row.key.steps:
                tag = f"{step.shown[: -len(ANY)]!r} + ncname(k)"
            else:
                text_of_key = self.source.encoded(make_codec("str", ()), "k", True)
                key = f" {self.named(row.key.attribute or '')}='{{{text_of_key}}}'"
            j, start = _at("j", level), _braced(_where(step)) + key
            if not row.value.steps:
                out(f"{_at('b', level)} += element({j}, {tag}, f\"{start}{attributes}\", {text}, '')")
                return
            inside = f"f\"{attributes}\", {text}, ''"
            for depth, inner in reversed(list(enumerate(row.value.steps, 1))):
                out(f"x = element({j} + {'  ' * depth!r}, {inner.shown!r}, {inside})")
                inside = "'', None, x"
            out(f'{_at("b", level)} += element({j}, {tag}, f"{start}", None, x)')

    def entries(self, slot: Slot, node: Node, level: int) -> None:
        """The second place of each entity of a list, for those with anything to say there."""
        assert slot.join
        assert node.step
        joined, join = slot.join
        out, row = self.source, slot.row
        at = next(n for n, (_, other, _) in enumerate(joins(self.tables)) if other is join)
        said = " or ".join(f"v.{inner.name} != {empty(inner)!r}" for inner in join.rows if inner.constant is None)
        held = f"o.{row.name}" if row.form == "list" else f"[o.{row.name}]"
        with out.block(f"for v in {held}:"), out.block(f"if v.__class__ is {self.cls(joined)} and ({said}):"):
            keys = [f"v.{name}" for _, name in join.on]
            with out.block(f"if {' is None and '.join(keys)} is None:"):
                out(f"raise ValueError('{keyless(joined, join)}')")
            out(f"x = {_quoted(_where(node.step))}")
            for path, name in join.on:
                codec = joined.fields[name].codec
                assert codec
                with out.block(f"if v.{name} is not None:"):
                    value = self.source.encoded(codec, f"v.{name}", True)
                    out(f"x += f\" {self.named(path.attribute or '')}='{{{value}}}'\"")
            call = f"generate_join{at}(v, {node.step.shown!r}, {_at('j', level)}, live, context, x)"
            out(f"{_at('b', level)} += {call}")

    def named(self, attribute: str) -> str:
        """An attribute's name as written, prefix included."""
        if not attribute.startswith("{"):
            return attribute
        uri, _, name = attribute[1:].partition("}")
        return f"{next(prefix for prefix, known in self.tables.namespaces.items() if known == uri)}:{name}"


def _tables(shape: Shape) -> Iterable[Table]:
    return shape.variants.values() if isinstance(shape, Choice) else (shape,)


def _never_empty(slot: Slot) -> bool:
    """Whether the text of a row's value always holds something."""
    codec = slot.row.codec
    return codec is not None and (codec.word in _FILLED or codec.filled)


def _attribute(name: str, value: str) -> str:
    return f" {name}='{escape_attribute(value)}'"


def _where(step: Step) -> str:
    return "".join(_attribute(name, value) for name, value in step.where)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _braced(text: str) -> str:
    return _quoted(text.replace("{", "{{").replace("}", "}}"))[1:-1]


def _at(name: str, level: int) -> str:
    return f"{name}{level}" if level else name


def _holder(slot: Slot) -> str:
    return local(slot.owners[-1][0].name) if slot.owners else "o"


def _guard(owners: Owners) -> str:
    row, table = owners[-1]
    return f"{local(row.name)}.__class__ is {table.name}"


def _common(node: Node) -> Owners:
    """The embedded variant that all rows below a node belong to."""
    every = [slot.owners for slot in node.slots]
    common = every[0]
    for owners in every[1:]:
        while owners[: len(common)] != common:
            common = common[:-1]
    return common
