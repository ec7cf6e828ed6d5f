"""Compile generate: one function per entity, straight to text, laid out as libvirt lays it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from xform.compile.interpreter import keyless
from xform.compile.layout import Node, Slot, full_layout
from xform.compile.source import Unit
from xform.compile.writer import Part, Writer, holder, told, value
from xform.entities import Classes, empty
from xform.table.model import ANY, Choice, Step, Table
from xform.table.walk import Owners, joins
from xform.xml import attribute_text, escape_text

# codecs whose text is never empty
_FILLED = frozenset({"uint", "int", "float", "hex", "bool", "enum", "uuid", "mac", "path", "size", "version", "cpuset"})


def units(classes: Classes) -> dict[str, Unit]:
    """The source of ``generate_ENTITY(entity, tag, i, w, a)`` for every entity that the root can hold.

    `i` is the indentation, `w` the document that is written, `a` the attributes that the place itself asks for.  Each
    returns the element's text.
    """
    writer = GenerateWriter(classes)
    writer.generate(classes.tables.root)
    return writer.units()


class GenerateWriter(Writer):
    """Writes the functions.  In them `r`, `x` and `b` are an element's attributes, text and children so far; a number
    behind a name is how many containers lie between; `t` is a text on its way into one of them."""

    table: Table

    def generate(self, name: str) -> None:
        """Ask for the functions of what a row may hold."""
        for table in self.tables.shapes[name].tables:
            self.ask(f"generate_{table.name}", partial(self.function, f"generate_{table.name}", table))

    def function(self, name: str, table: Table, joined: bool = False) -> None:
        out, self.table = self.source, table
        node = full_layout(self.tables, table, table.name == self.tables.root)
        with out.block(f"def {name}(o, tag, i, w, a=''):"):
            self.embedded(node)
            choice = None if joined else self.classes.choice(table.name)
            a = "{a}" + (_braced(_words(choice, choice.words(table.name))) if choice else "")
            a += self.attributes(node, 0)
            x = self.text(node, 0)
            if node.children:
                out("b = ''")
                self.children(node, 0)
            if node.text:
                out(f'return element(i, tag, f"{a}", {x}, {"b" if node.children else repr("")})')
            elif node.children:
                out(f'return f"{{i}}<{{tag}}{a}>\\n{{b}}{{i}}</{{tag}}>\\n" if b else f"{{i}}<{{tag}}{a}/>\\n"')
            else:
                out(f'return f"{{i}}<{{tag}}{a}/>\\n"')

    def embedded(self, node: Node) -> None:
        """Locals for embedded entities; what embeds an opaque one, or a wrong one, is left to the oracle."""
        out = self.source
        for slot in node.slots:
            if slot.kind != "word":
                continue
            shape = self.tables.shapes[slot.row.entity or ""]
            within = (*slot.owners, (slot.row, shape.tables[0]))
            if slot.owners:
                out(f"{told(within)} = None")
            words = out.ref(f"is_{shape.name}", "word", shape.name)
            self.each([(slot.owners, partial(self.begin, slot, within, words))])

    def begin(self, slot: Slot, within: Owners, words: str) -> None:
        out, row = self.source, slot.row
        out(f"{holder(within)} = {value(slot)}")
        out(f"{told(within)} = {words}[{holder(within)}.__class__]")
        with out.block(f"if {told(within)} == '':"):
            out("return slow(o, tag, i, w, a)")
        if row.required:
            with out.block(f"if {told(within)} is None:"):
                out(f"raise ValueError('{row.name} is missing')")

    def there(self, owners: Owners) -> str:
        return super().there(owners) or f"{told(owners)} is not None"

    @contextmanager
    def given(self, slot: Slot) -> Iterator[None]:
        """The condition under which a row is written; then its value is `v`."""
        row, field = slot.row, value(slot)
        conditions = ["w.live"] if row.live else []
        conditions += [f"{holder(slot.owners)}.{name} is None" for name in row.behind]
        # a part of a document does not hold all that the whole must
        partly = self.table.name == self.tables.root and not slot.owners
        always = row.constant is not None or row.form != "one" or (row.required and not partly)
        if row.when:
            conditions.append(f"{holder(slot.owners)}.{row.when}")
        elif row.codec and row.codec.shape == "present":
            conditions.append(field)
        elif not always:
            conditions.append(f"(v := {field}) is not None" + (" or not w.part" if row.required else ""))
        with self.source.block(f"if {' and '.join(conditions)}:") if conditions else nullcontext():
            if row.required and always and row.form == "one":
                self.source(f"v = {field}")  # the codec refuses None
            yield

    def attributes(self, node: Node, level: int) -> str:
        """Put together what the rows say of the attributes of this level; the inside of an f-string with them."""
        if not node.attributes:
            return ""
        r = _at("r", level)
        parts = [part for slot in node.attributes for part in self.attribute(slot, r)]
        self.source.put(_begun(r, self.source.captured(lambda: self.each(parts))))
        return f"{{{r}}}"

    def attribute(self, slot: Slot, r: str) -> Iterable[Part]:
        if slot.kind != "word":
            yield slot.owners, partial(self.set_attribute, slot, r)
            return
        shape = self.tables.shapes[slot.row.entity or ""]
        if isinstance(shape, Choice) and shape.attributes:
            for words, table in shape.variants.items():
                text = _quoted(_words(shape, words))
                yield (*slot.owners, (slot.row, table)), partial(self.source, f"{r} += {text}")

    def set_attribute(self, slot: Slot, r: str) -> None:
        out, codec = self.source, slot.row.codec
        assert codec
        name = self.tables.written(slot.path.attribute or "") if slot.kind == "value" else codec.unit or ""
        with self.given(slot):
            constant = codec.unit_word if slot.kind == "unit" else slot.row.constant
            if constant is not None:
                out(f"{r} += {_quoted(attribute_text(name, constant))}")
            else:
                out(f"{r} += {self.encoded(slot, name)}")
            self.uses(name)

    def encoded(self, slot: Slot, attribute: str = "") -> str:
        """An expression for the text of `v`: an attribute of this name, or what stands between tags."""
        codec, table = slot.row.codec, slot.owners[-1][1] if slot.owners else self.table
        assert codec
        kind, more = ("attr", [attribute]) if attribute else ("text", [])
        if not codec.needs:
            return self.source.encoded(kind, codec, table.name, slot.row.name, "v", *more)
        shape = self.classes.shape(table.name)
        own = shape.fields if isinstance(shape, Table) else ()
        o = holder(slot.owners)
        needs = [f"{need}={f'{o}.{need}' if need in own else f'w.context.get({need!r})'}" for need in codec.needs]
        rule = self.source.of_codec("write", codec, table.name, slot.row.name)
        text = f"{rule}(v, {', '.join(needs)})"
        return f"attribute_text({attribute!r}, {text})" if attribute else f"escape_text({text})"

    def text(self, node: Node, level: int) -> str:
        """The local that holds the element's text; None where no row has one."""
        if not node.text:
            return "None"
        x = _at("x", level)
        self.source(f"{x} = None")
        self.each((slot.owners, partial(self.set_text, slot, x)) for slot in node.text)
        return x

    def set_text(self, slot: Slot, x: str) -> None:
        with self.given(slot):
            constant = slot.row.constant
            self.source(f"{x} = {self.encoded(slot) if constant is None else _quoted(escape_text(constant))}")

    def children(self, node: Node, level: int) -> None:
        """Add the elements of a node's children to those of this level."""
        self.each(part for child in node.children.values() for part in self.child(child, level))

    def child(self, node: Node, level: int) -> Iterable[Part]:
        for slot in node.whole:
            yield slot.owners, partial(self.whole, slot, node, level)
        if node.attributes or node.text or node.children:
            yield _common(node), partial(self.container, node, level)

    def container(self, node: Node, level: int) -> None:
        """An element that stands for no entity of its own: written if anything in it is."""
        out, step, inner = self.source, node.step, level + 1
        assert step
        if slots := _single(node):
            self.each((slot.owners, partial(self.single, slot, step, level)) for slot in slots)
            return
        b, attributes = _at("b", inner), self.attributes(node, inner)
        x = self.text(node, inner)
        if node.children:
            out(f"{b} = ''")
            self.children(node, inner)
        text, children = x if node.text else "", b if node.children else ""
        tests = [attributes.strip("{}"), text and f"{text} is not None", children]
        with out.block(f"if {' or '.join(filter(None, tests))}:"):
            self.add(level, step.shown, _braced(_where(step)) + attributes, text, children)

    def single(self, slot: Slot, step: Step, level: int) -> None:
        """A container that holds one value at most."""
        with self.given(slot):
            codec, constant, attribute = slot.row.codec, slot.row.constant, slot.path.attribute
            assert codec
            if constant is None:
                attributes, text = self.halves(slot, attribute)
            elif attribute is not None:
                attributes, text = _braced(attribute_text(self.tables.written(attribute), constant)), ""
            else:
                attributes, text = "", _at("x", level + 1)
                self.source(f"{text} = {_quoted(escape_text(constant))}")
            if codec.unit:
                attributes += _braced(attribute_text(codec.unit, codec.unit_word))
            filled = constant is not None or _never_empty(slot)
            self.add(level, step.shown, _braced(_where(step)) + attributes, text, filled=filled)

    def add(
        self, level: int, tag: str, attributes: str, text: str = "", children: str = "", filled: bool = False
    ) -> None:
        """Add an element to the children of this level.

        `attributes` is the inside of an f-string, `text` (never empty if `filled`) and `children` are expressions, or
        nothing where the element has none.
        """
        start, end = f"{_indent(level)}<{tag}{attributes}", f"{_indent(level)}</{tag}>\\n"
        if text and children:
            made = f'element({_indented(level)}, {tag!r}, f"{attributes}", {text}, {children})'
        elif text and not filled:
            made = f'f"{start}>{{t}}</{tag}>\\n" if (t := {text}) else f"{start}/>\\n"'
        elif text:
            made = f'f"{start}>{{{text}}}</{tag}>\\n"'
        elif children:
            made = f'f"{start}>\\n{{{children}}}{end}"'
            if attributes:
                made += f' if {children} else f"{start}/>\\n"'
        else:
            made = f'f"{start}/>\\n"'
        self.source(f"{_at('b', level)} += {made}")
        self.uses(tag)

    def uses(self, name: str) -> None:
        """Note the prefix of a name that is written."""
        if prefix := name.rpartition(":")[0]:
            self.source(f"w.used.add({prefix!r})")

    def whole(self, slot: Slot, node: Node, level: int) -> None:
        """Whole elements: presence, an entity, kept XML, the items of a list or map, the entries of a join."""
        out, row, codec, step = self.source, slot.row, slot.row.codec, node.step
        assert step
        b, where = _at("b", level), _where(step)
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
                with out.block(f"for v in {value(slot)}:") if many else nullcontext():
                    if row.entity:
                        self.generate(row.entity)
                        of = out.ref(f"of_{row.entity}", "of", row.entity)
                        extra = f", {_quoted(where)}" if where else ""
                        out(f"{b} += {of}[v.__class__](v, {step.shown!r}, {_indented(level)}, w{extra})")
                        if ":" in step.shown:
                            with out.block("if v.__class__ is not Opaque:"):  # that has prefixes of its own
                                self.uses(step.shown)
                    elif codec and codec.shape == "xml":
                        out(f"{b} += f'{_indent(level)}{{w.xml(v)}}\\n'")
                    else:
                        attributes, text = self.halves(slot, slot.path.attribute)
                        unit = attribute_text(codec.unit, codec.unit_word) if codec and codec.unit else ""
                        self.add(level, step.shown, _braced(where) + attributes + unit, text, filled=_never_empty(slot))

    def halves(self, slot: Slot, attribute: str | None) -> tuple[str, str]:
        """A single value `v` as the inside of an f-string of attributes, and as an expression of text."""
        if attribute is None:
            return "", self.encoded(slot)
        return f"{{{self.encoded(slot, self.tables.written(attribute))}}}", ""

    def items(self, slot: Slot, step: Step, level: int) -> None:
        """The entries of a map: the key as an attribute or as the element's name, the value at its path."""
        out, row = self.source, slot.row
        attributes, text = self.halves(slot, row.value.attribute)
        text = text or "None"
        with out.block(f"for k, v in {value(slot)}.items():"):
            tag, key = repr(step.shown), ""
            if row.key.steps:
                tag = f"{step.shown[: -len(ANY)]!r} + ncname(k)"
            else:
                shown = self.tables.written(row.key.attribute or "")
                key = f"{{{out.ref(self.names.plain('key', shown), 'key', shown)}[k]}}"
            start = _braced(_where(step)) + key
            self.uses(step.shown)
            self.uses(self.tables.written(row.value.attribute or ""))
            if not row.value.steps:
                out(f"{_at('b', level)} += element({_indented(level)}, {tag}, f\"{start}{attributes}\", {text}, '')")
                return
            inside = f"f\"{attributes}\", {text}, ''"
            for depth, inner in reversed(list(enumerate(row.value.steps, 1))):
                out(f"t = element({_indented(level + depth)}, {inner.shown!r}, {inside})")
                self.uses(inner.shown)
                inside = "'', None, t"
            out(f'{_at("b", level)} += element({_indented(level)}, {tag}, f"{start}", None, t)')

    def entries(self, slot: Slot, node: Node, level: int) -> None:
        """The second place of each entity of a list, for those with anything to say there."""
        assert slot.join
        assert node.step
        joined, join = slot.join
        out, row = self.source, slot.row
        at = next(n for n, (_, other, _) in enumerate(joins(self.tables)) if other is join)
        entry = self.ask(
            f"generate_join{at}",
            partial(self.function, f"generate_join{at}", joined.second(join), joined=True),
        )
        said = " or ".join(
            f"{'w.live and ' * inner.live}v.{inner.name} != {empty(inner)!r}"
            for inner in join.rows
            if inner.constant is None
        )
        held = f"o.{row.name}" if row.form == "list" else f"[o.{row.name}]"
        with out.block(f"for v in {held}:"), out.block(f"if v.__class__ is {out.cls(joined.name)} and ({said}):"):
            keys = [f"v.{name}" for _, name in join.on]
            with out.block(f"if {' is None and '.join(keys)} is None:"):
                out(f"raise ValueError({keyless(joined, join)!r})")
            out(f"t = {_quoted(_where(node.step))}")
            for path, name in join.on:
                codec = joined.fields[name].codec
                assert codec
                with out.block(f"if v.{name} is not None:"):
                    shown = self.tables.written(path.attribute or "")
                    out(f"t += {out.encoded('attr', codec, joined.name, name, f'v.{name}', shown)}")
            out(f"{_at('b', level)} += {entry}(v, {node.step.shown!r}, {_indented(level)}, w, t)")
            self.uses(node.step.shown)


def _never_empty(slot: Slot) -> bool:
    """Whether the text of a row's value always holds something."""
    codec = slot.row.codec
    return codec is not None and (codec.word in _FILLED or codec.filled)


def _where(step: Step) -> str:
    return "".join(attribute_text(name, value) for name, value in step.where)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _braced(text: str) -> str:
    return _quoted(text.replace("{", "{{").replace("}", "}}"))[1:-1]


def _begun(name: str, lines: list[str]) -> list[str]:
    """Lines that add to a text, with its begin in front: what is added first need not be added to nothing."""
    add = f"{name} += "
    if not lines:
        return [f"{name} = ''"]
    if lines[0].startswith(add):
        return [f"{name} = {lines[0].removeprefix(add)}", *lines[1:]]
    alone = len(lines) == 2 or not lines[2].startswith((" ", "el"))
    if lines[0].startswith("if ") and lines[1].strip().startswith(add) and alone:
        condition, added = lines[0].removeprefix("if ").removesuffix(":"), lines[1].strip().removeprefix(add)
        return [f"{name} = {added} if {condition} else ''", *lines[2:]]
    return [f"{name} = ''", *lines]


def _at(name: str, level: int) -> str:
    return f"{name}{level}" if level else name


def _indent(level: int) -> str:
    """The indentation of the children of a level, for the inside of an f-string."""
    return "{i}" + "  " * (level + 1)


def _indented(level: int) -> str:
    """The same as an expression."""
    return f"i + {'  ' * (level + 1)!r}"


def _words(choice: Choice, words: tuple[str, ...]) -> str:
    """The discriminating attributes of a variant."""
    return "".join(attribute_text(*pair) for pair in zip(choice.attributes, words, strict=False))


def _single(node: Node) -> list[Slot]:
    """The slot of a container that holds one value at most, with those behind it."""
    slots = [slot for slot in (*node.attributes, *node.text) if slot.kind == "value"]
    units = [slot for slot in node.attributes if slot.kind == "unit"]
    one = sum(not slot.row.behind for slot in slots) == 1
    alone = one and not node.children and all(unit.row is slots[0].row for unit in units)
    return slots if alone else []


def _common(node: Node) -> Owners:
    """The embedded variant that all rows below a node belong to."""
    every = [slot.owners for slot in node.slots]
    common = every[0]
    for owners in every[1:]:
        while owners[: len(common)] != common:
            common = common[:-1]
    return common
