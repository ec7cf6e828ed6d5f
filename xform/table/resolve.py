"""From mapping files to tables: names found, shared and inherited rows put in, codecs made."""

from __future__ import annotations

import importlib.util
import keyword
import re
from collections.abc import Iterable, Iterator
from pathlib import Path as File
from types import ModuleType
from typing import Any

from attrs import evolve, field, frozen

from xform import codecs
from xform.errors import TableError, did_you_mean
from xform.rules import Rule
from xform.table import grammar
from xform.table.model import ANY, Choice, Join, Origin, Path, Row, Shape, Step, Table
from xform.table.reader import TableFile

WORDS = ("element", "use", "extends", "choice", "absent", "else", "class", "row", "join", "when", "match")
DIALECT_WORDS = ("name", "extends", "root", "id", "namespaces", "context", "pipeline")
DROP = "-"


@frozen
class Tables:
    """A dialect as its files say it: every shape by name, inherited ones included.

    `root` names the entity of a whole document, `id` its field that tells one document from another.  `context` maps
    a keyword of `generate` and `plan` to the class that holds it (``module:Class`` of the dialect's folder).
    """

    name: str
    folder: File
    root: str
    id: str | None
    namespaces: dict[str, str]
    shapes: dict[str, Shape]
    context: dict[str, str] = field(factory=dict)
    pipelines: dict[str, tuple[str, ...]] = field(factory=dict)
    base: Tables | None = None

    @property
    def tables(self) -> Iterator[Table]:
        """Every table, variants included."""
        for shape in self.shapes.values():
            yield from shape.variants.values() if isinstance(shape, Choice) else (shape,)


def find(name: str) -> File:
    """The folder of a dialect: a folder's path, or the name of one that is shipped."""
    if File(name).is_dir():
        return File(name)
    homes = (File(__file__).parents[1] / "mappings", File(__file__).parents[2] / "mappings")
    for home in homes:
        if (home / name / "dialect.toml").is_file() and File(name).name == name:
            return home / name
    known = sorted({file.parent.name for home in homes for file in home.glob("*/dialect.toml")})
    raise TableError(
        f"no dialect {name!r}{did_you_mean(name, known)}; expected one of {', '.join(known)}, or a folder with a dialect.toml"
    )


def load_tables(name: str) -> Tables:
    """Read a dialect. Raises TableError with file, line and column."""
    folder = find(name)
    head = TableFile(_display(folder) / "dialect.toml")
    _check_words(head, (), head.values, DIALECT_WORDS)
    extended = head.values.get("extends")
    # a folder is named as seen from this one
    beside = (
        str(folder / extended) if extended and (folder / extended / "dialect.toml").is_file() else extended
    )
    base = load_tables(beside) if beside else None
    return _Resolver(folder, head, base).tables()


def _display(folder: File) -> File:
    """As short as messages can name it from here."""
    folder = folder.resolve()
    return folder.relative_to(File.cwd()) if folder.is_relative_to(File.cwd()) else folder


def load_module(folder: File, name: str) -> ModuleType | None:
    """The Python file of this name in a dialect's folder, or None."""
    file = folder / f"{name}.py"
    if not file.is_file():
        return None
    spec = importlib.util.spec_from_file_location(f"xform_dialect_{folder.name}_{name}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _check_words(file: TableFile, at: tuple[str, ...], values: dict[str, Any], known: Iterable[str]) -> None:
    for word in values:
        if word not in known:
            hint = did_you_mean(word, known) or f"; expected one of {', '.join(known)}"
            raise TableError(f"{file.origin(*at, word)}: unknown word {word!r}{hint}")


@frozen
class _Uses:
    """The rows that `use` names, with the place of each."""

    rows: dict[str, tuple[TableFile, dict[str, str]]]


class _Resolver:
    def __init__(self, folder: File, head: TableFile, base: Tables | None) -> None:
        self.folder, self.head, self.base = folder, head, base
        self.namespaces = {**(base.namespaces if base else {}), **head.values.get("namespaces", {})}
        files = [
            TableFile(_display(folder) / file.name)
            for file in sorted(folder.glob("*.toml"))
            if file.name != "dialect.toml"
        ]
        self.uses: dict[str, tuple[TableFile, dict[str, str]]] = {}
        self.entities: dict[str, tuple[TableFile, dict[str, Any]]] = {}
        for file in files:
            for name, values in file.values.items():
                if not isinstance(values, dict):
                    raise TableError(
                        f"{file.origin(name)}: {name!r} stands outside a table; expected [Entity] or [use.name]"
                    )
                if name == "use":
                    self._declare(self.uses, file, values, ("use",))
                else:
                    self._declare(self.entities, file, {name: values}, ())
        module = load_module(folder, "rules")
        self.rules = (
            {name: rule for name, rule in vars(module).items() if isinstance(rule, Rule)} if module else {}
        )

    def _declare(
        self, known: dict[str, Any], file: TableFile, found: dict[str, Any], at: tuple[str, ...]
    ) -> None:
        for name, values in found.items():
            if name in known:
                first = known[name][0].origin(*at, name)
                raise TableError(
                    f"{file.origin(*at, name)}: {name!r} is declared a second time; first at {first}"
                )
            known[name] = (file, values)

    def tables(self) -> Tables:
        values = self.head.values
        shapes: dict[str, Shape] = dict(self.base.shapes) if self.base else {}
        for name, (file, entity) in self.entities.items():
            shapes[name] = self._shape(name, file, entity)
        root = values.get("root", self.base.root if self.base else None)
        if root not in shapes:
            where = self.head.origins.get(
                ("root",), self.head.origin("name") if "name" in values else self.head.path
            )
            raise TableError(f"{where}: the root {root!r} is no entity{did_you_mean(str(root), shapes)}")
        # What an entity of ours has taken the place of is no part of this dialect.
        used = reachable(shapes, root) | set(self.entities)
        shapes = {name: shape for name, shape in shapes.items() if name in used}
        tables = Tables(
            name=values.get("name", self.folder.name),
            folder=self.folder,
            root=root,
            id=values.get("id", self.base.id if self.base else None),
            namespaces=self.namespaces,
            shapes=shapes,
            context={**(self.base.context if self.base else {}), **values.get("context", {})},
            pipelines={name: tuple(stages) for name, stages in values.get("pipeline", {}).items()},
            base=self.base,
        )
        return _finish(tables)

    def _shape(self, name: str, file: TableFile, values: dict[str, Any]) -> Shape:
        origin = file.origin(name)
        if not re.fullmatch("[A-Z][A-Za-z0-9]*", name):
            raise TableError(f"{origin}: {name!r} is no entity's name; expected CamelCase such as Disk")
        base = self._base(file, name, values)
        if "choice" in values or isinstance(base, Choice):
            return self._choice(name, file, values, base if isinstance(base, Choice) else None)
        _check_words(
            file, (name,), values, [word for word in WORDS if word not in ("choice", "absent", "else")]
        )
        inherited = base if isinstance(base, Table) else Table(name, origin)
        rows = merge(inherited.rows, self._rows(name, file, values.get("row", {}), (name, "row")))
        for switch, when in values.get("when", {}).items():
            rows = merge(rows, self._rows(name, file, when, (name, "when", switch), when=switch))
        rows = self._used(name, file, values, rows, (name,))
        joins = tuple(self._join(name, file, place, join) for place, join in values.get("join", {}).items())
        return Table(
            name=name,
            origin=origin,
            element=values.get("element", inherited.element),
            rows=tuple(row for row in rows if row is not None),
            joins=inherited.joins + joins,
            ladder=_ladder(file, name, values) or inherited.ladder,
            cls=values.get("class", inherited.cls),
        )

    def _base(self, file: TableFile, name: str, values: dict[str, Any]) -> Shape | None:
        if "extends" not in values:
            return None
        dialect, _, entity = values["extends"].rpartition(":")
        base: Tables | None = self.base
        while base and dialect and base.name != dialect:
            base = base.base
        if not base or entity not in base.shapes:
            hint = (
                did_you_mean(entity, base.shapes)
                if base
                else f"; {self.head.path} extends no dialect {dialect!r}"
            )
            raise TableError(
                f"{file.origin(name, 'extends')}: no entity {values['extends']!r} to extend{hint}"
            )
        return base.shapes[entity]

    def _choice(self, name: str, file: TableFile, values: dict[str, Any], base: Choice | None) -> Choice:
        origin = file.origin(name)
        stated = values.get("choice", [])
        attributes = (
            ()
            if stated == "first"
            else tuple(path for path in ([stated] if isinstance(stated, str) else stated))
        )
        for attribute in attributes:
            if not re.fullmatch(r"@[\w.-]+", attribute):
                raise TableError(
                    f'{file.origin(name, "choice")}: {attribute!r} is no attribute; expected "@type" or "first"'
                )
        attributes = (
            tuple(attribute[1:] for attribute in attributes)
            if "choice" in values or not base
            else base.attributes
        )
        if values.get("else", "opaque") != "opaque":
            raise TableError(f'{file.origin(name, "else")}: else is {values["else"]!r}; expected "opaque"')
        shared = self._rows(name, file, values.get("row", {}), (name, "row"))
        variants = dict(base.variants) if base else {}
        for word, variant in values.items():
            if word in WORDS:
                continue
            if not isinstance(variant, dict):
                raise TableError(
                    f"{file.origin(name, word)}: {word!r} is no variant; expected a table [{name}.{word}]"
                )
            words = tuple(word.split()) if attributes else (word,)
            if attributes and len(words) != len(attributes):
                raise TableError(
                    f"{file.origin(name, word)}: {word!r} has {len(words)} words; expected one for each of {', '.join(attributes)}"
                )
            own = self._rows(
                name + "." + word,
                file,
                {key: row for key, row in variant.items() if key != "use"},
                (name, word),
            )
            inherited = base.variants[words].rows if base and words in base.variants else ()
            rows = self._used(name, file, variant, merge(inherited, own), (name, word))
            variants[words] = Table(_camel(word) + name, file.origin(name, word), rows=rows)
        for words, table in variants.items():
            rows = self._used(name, file, values, merge(table.rows, shared), (name,))
            variants[words] = evolve(table, rows=rows)
        absent = values.get("absent")
        choice = Choice(
            name=name,
            origin=origin,
            attributes=attributes,
            variants=variants,
            absent=tuple(absent.split()) if absent else base.absent if base else None,
            opaque="else" in values or bool(base and base.opaque),
            element=values.get("element", base.element if base else None),
            ladder=_ladder(file, name, values) or (base.ladder if base else ()),
        )
        if choice.absent and choice.absent not in variants:
            known = [" ".join(words) for words in variants]
            raise TableError(
                f"{file.origin(name, 'absent')}: {absent!r} is no variant of {name}{did_you_mean(absent or '', known)}"
            )
        return choice

    def _used(
        self, name: str, file: TableFile, values: dict[str, Any], rows: tuple[Row, ...], at: tuple[str, ...]
    ) -> tuple[Row, ...]:
        """Rows of `use` stand behind the entity's own; an own row of the same name goes first."""
        for use in values.get("use", []):
            if use not in self.uses:
                raise TableError(
                    f"{file.origin(*at, 'use')}: no shared rows [use.{use}]{did_you_mean(use, self.uses)}"
                )
            source, shared = self.uses[use]
            have = {row.name for row in rows}
            rows += tuple(
                row for row in self._rows(name, source, shared, ("use", use)) if row.name not in have
            )
        return rows

    def _rows(
        self,
        owner: str,
        file: TableFile,
        values: dict[str, Any],
        at: tuple[str, ...],
        when: str | None = None,
    ) -> tuple[Row, ...]:
        rows = []
        for name, text in values.items():
            origin = file.origin(*at, name)
            if not isinstance(text, str):
                raise TableError(f'{origin}: {name!r} is no row; expected "path : codec"')
            if not name.isidentifier() or keyword.iskeyword(name) or name in WORDS:
                raise TableError(
                    f"{origin}: {name!r} cannot name a field; it is no identifier, or a word of Python or of the language"
                )
            rows.append(self._row(owner, name, text, origin, when))
        return tuple(rows)

    def _row(self, owner: str, name: str, text: str, origin: Origin, when: str | None) -> Row:
        if text == DROP:
            return Row(owner, name, (), DROP, origin)
        try:
            syntax = grammar.parse_row(text)
            paths = tuple(self._path(path) for path in syntax.paths)
            form = syntax.codec.word if syntax.codec.word in ("list", "map") else "one"
            item = syntax.codec.item or syntax.codec
            if item.word in ("list", "map"):
                raise ValueError(
                    f"a {form} cannot hold a {item.word}; give the inner one an entity of its own"
                )
            entity = item.word if item.word[:1].isupper() else None
            if entity and item.arguments:
                raise ValueError(f"{entity} takes no argument, but {item.arguments[0]!r} stands there")
            flags = syntax.flags
            row = Row(
                owner=owner,
                name=name,
                paths=paths,
                form=form,
                origin=origin,
                codec=None if entity else self._codec(item),
                entity=entity,
                by=syntax.codec.by,
                key=self._path(syntax.codec.key),
                value=self._path(syntax.codec.value),
                required="!" in flags,
                default=flags.get("="),
                live="<" in flags,
                generated=">" in flags,
                secret="secret" in flags,
                since=flags.get("since"),
                until=flags.get("until"),
                when=when,
            )
            if row.default is not None and row.codec:
                row.codec.decode(row.default)
            if when and row.constant is None and row.codec and row.codec.shape != "present":
                raise ValueError(f"a row under `when` needs a const or present, not {row.codec.name!r}")
            return row
        except ValueError as error:
            raise TableError(f"{origin}: {owner}.{name}: {error}") from None

    def _codec(self, syntax: grammar.CodecSyntax) -> codecs.Codec:
        if syntax.word != "rule":
            return codecs.codec(syntax.word, syntax.arguments)
        if not syntax.arguments:
            raise ValueError("rule needs the name of a pair in rules.py")
        name, *rest = syntax.arguments
        if name not in self.rules:
            raise ValueError(
                f"no rule {name!r} in {self.folder.name}/rules.py{did_you_mean(name, self.rules)}"
            )
        if rest and (rest[0] != "needs" or len(rest) == 1):
            raise ValueError(f"cannot read {' '.join(rest)!r}; expected `needs` and names of fields")
        rule = self.rules[name]
        samples = tuple(value for value, _ in rule.samples)
        return codecs.Codec(
            f"rule {name}",
            rule.type,
            rule.decode,
            rule.encode,
            rule.expected,
            samples,
            needs=tuple(rest[1:]),
            word="rule",
        )

    def _path(self, syntax: grammar.PathSyntax) -> Path:
        steps = []
        for step in syntax.steps:
            name = f"{step.prefix}:{step.name}" if step.prefix else step.name
            steps.append(Step(self._clark(name), name, step.where))
        return Path(tuple(steps), self._clark(syntax.attribute) if syntax.attribute else None)

    def _clark(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        if not prefix:
            return local
        if prefix not in self.namespaces:
            hint = did_you_mean(prefix, self.namespaces)
            raise ValueError(
                f"unknown prefix {prefix!r}{hint}; declare it in dialect.toml under [namespaces]"
            )
        return f"{{{self.namespaces[prefix]}}}{local}"

    def _join(self, name: str, file: TableFile, place: str, values: dict[str, Any]) -> Join:
        at = (name, "join", place)
        origin = file.origin(*at)
        try:
            path = self._path(grammar.parse_path(place))
            on = []
            for rung in values.get("on", []):
                left, equals, right = rung.partition("=")
                if not equals or not right.strip().isidentifier():
                    raise ValueError(f'cannot read on = {rung!r}; expected "@attribute = field"')
                on.append((self._path(grammar.parse_path(left.strip())), right.strip()))
            if not on or path.attribute:
                raise ValueError("a join needs the path of an element, and `on` to tell its entries apart")
        except ValueError as error:
            raise TableError(f"{origin}: {name}: {error}") from None
        rows = self._rows(name, file, {key: row for key, row in values.items() if key != "on"}, at)
        return Join(path, tuple(on), rows, origin)


def _ladder(file: TableFile, name: str, values: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    match = values.get("match", {})
    _check_words(file, (name, "match"), match, ("ladder",))
    return tuple(tuple(part.strip() for part in rung.split("+")) for rung in match.get("ladder", []))


def _camel(word: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", word))


def merge(inherited: tuple[Row, ...], own: tuple[Row, ...]) -> tuple[Row, ...]:
    """Own rows take the place of inherited ones with the same name or the same nodes; `-` drops; others follow."""
    rows = list(inherited)
    for row in own:
        # the text of an element, and an entity whose rows sit in it, are not the same node
        here = (row.place, row.embeds) if row.paths else None
        same = [at for at, old in enumerate(rows) if old.name == row.name or (old.place, old.embeds) == here]
        if row.form == DROP:
            if not same:
                known = did_you_mean(row.name, [old.name for old in rows])
                raise TableError(f"{row.origin}: no inherited row {row.name!r} to drop{known}")
            rows = [old for at, old in enumerate(rows) if at not in same]
        elif same:
            rows = [row if at == same[0] else old for at, old in enumerate(rows) if at not in same[1:]]
        else:
            rows.append(row)
    return tuple(rows)


def flatten(
    tables: Tables, table: Table, seen: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[tuple[Row, Table], ...], Row]]:
    """The rows that sit in an entity's element, embedded variants' included, each behind its embedding rows."""
    for row in table.rows:
        yield (), row
        if row.embeds and row.entity and row.entity not in seen:
            shape = tables.shapes[row.entity]
            for variant in shape.variants.values() if isinstance(shape, Choice) else (shape,):
                for owners, inner in flatten(tables, variant, (*seen, row.entity)):
                    yield ((row, variant), *owners), inner


def reachable(shapes: dict[str, Shape], root: str) -> set[str]:
    """The root's name, and those of all entities that rows lead to from there."""
    found: set[str] = set()
    todo = [root]
    while todo:
        name = todo.pop()
        if name in shapes and name not in found:
            found.add(name)
            shape = shapes[name]
            for table in shape.variants.values() if isinstance(shape, Choice) else (shape,):
                rows = [*table.rows, *(row for join in table.joins for row in join.rows)]
                todo += [row.entity for row in rows if row.entity]
    return found


def joins(tables: Tables) -> Iterator[tuple[Table, Join, Row]]:
    """Every join of an entity that the root holds, with the root's row that holds it."""
    root = tables.shapes[tables.root]
    assert isinstance(root, Table)
    for row in root.rows:
        shape = tables.shapes[row.entity] if row.entity else None
        if isinstance(shape, Table):
            for join in shape.joins:
                yield shape, join, row


def _finish(tables: Tables) -> Tables:
    """Check every name, and tell each step which more exact steps it yields to."""
    for table in tables.tables:
        _check_names(tables, table)
    for shape in tables.shapes.values():
        if isinstance(shape, Choice):
            for rung in shape.ladder:
                for name in rung:
                    fields = {"type", *(name for table in shape.variants.values() for name in table.fields)}
                    if name not in fields:
                        raise TableError(
                            f"{shape.origin}: {shape.name}: the ladder names no field {name!r}{did_you_mean(name, fields)}"
                        )
    shapes: dict[str, Shape] = {}
    for name, shape in tables.shapes.items():
        if isinstance(shape, Choice):
            shapes[name] = evolve(
                shape, variants={words: _exact(tables, table) for words, table in shape.variants.items()}
            )
        else:
            shapes[name] = _exact(tables, shape)
    return evolve(tables, shapes=shapes)


def _check_names(tables: Tables, table: Table) -> None:
    for row in [*table.rows, *(row for join in table.joins for row in join.rows)]:
        if row.entity and row.entity not in tables.shapes:
            raise TableError(
                f"{row.origin}: {row}: unknown entity {row.entity!r}{did_you_mean(row.entity, tables.shapes)}"
            )
        for key in row.by:
            shape = tables.shapes[row.entity] if row.entity else None
            inner = shape.variants.values() if isinstance(shape, Choice) else (shape,) if shape else ()
            if not any(key in other.fields for other in inner):
                raise TableError(f"{row.origin}: {row}: `by` names no field {key!r} of {row.entity}")
        shape = tables.shapes[row.entity] if row.embeds and row.entity else None
        if isinstance(shape, Table) and not any(inner.required for inner in shape.rows):
            raise TableError(
                f"{row.origin}: {row}: {row.entity} is embedded, so one of its rows must be required (!); or `use` its rows"
            )
    names = (("ladder", name) for rung in table.ladder for name in rung)
    on = (("join", name) for join in table.joins for _, name in join.on)
    for what, name in (*names, *on):
        if name not in table.fields:
            raise TableError(
                f"{table.origin}: {table.name}: the {what} names no field {name!r}{did_you_mean(name, table.fields)}"
            )


def _exact(tables: Tables, table: Table) -> Table:
    paths = [path for _, row in flatten(tables, table) for path in row.paths]
    if table.name == tables.root:
        paths += [join.path for _, join, _ in joins(tables)]
    steps: dict[tuple[str, ...], dict[Step, None]] = {}
    for path in paths:
        for at, step in enumerate(path.steps):
            steps.setdefault(_names(path.steps[:at]), {})[evolve(step, but=())] = None

    def exact(path: Path) -> Path:
        return evolve(
            path,
            steps=tuple(
                evolve(
                    step, but=tuple(other for other in steps[_names(path.steps[:at])] if _yields(step, other))
                )
                for at, step in enumerate(path.steps)
            ),
        )

    through = {_names(path.steps) for path in paths if path.attribute is not None}
    through |= {_names(path.steps[:-1]) for path in paths if path.steps}

    def finish(row: Row) -> Row:
        codec = row.codec
        reads_text = codec and row.form == "one" and row.path.attribute is None and codec.shape == "value"
        if (
            codec
            and reads_text
            and row.path.steps
            and codec.word in ("str", "text", "bytes")
            and _names(row.path.steps) in through
        ):
            codec = codecs.filled(codec)
        if (
            codec
            and reads_text
            and not row.path.steps
            and codec.word in ("str", "text", "bytes")
            and len(table.rows) > 1
        ):
            codec = codecs.filled(codec)
        return evolve(row, paths=tuple(exact(path) for path in row.paths), codec=codec)

    return evolve(table, rows=tuple(finish(row) for row in table.rows))


def _names(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(step.tag + repr(step.where) for step in steps)


def _yields(step: Step, other: Step) -> bool:
    if step.wild:
        space = step.tag[: -len(ANY)]
        return not other.wild and other.tag.startswith(space)
    return other.tag == step.tag and set(other.where) > set(step.where)
