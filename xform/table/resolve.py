"""From mapping files to tables: names found, shared and inherited rows put in, codecs made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path as File
from typing import Any

from attrs import evolve
from lxml import etree

from xform import codecs
from xform.codecs.codec import NCNAME
from xform.errors import TableError, did_you_mean, named
from xform.rules import Rule
from xform.table import grammar
from xform.table.finish import finish
from xform.table.folder import base_folder, display, find, load_module
from xform.table.head import called, check_root, hypervisor, namespaces, parts, renamed, run
from xform.table.merge import DROP, behind, merge, merge_joins
from xform.table.model import ANY, ONLY, Choice, Join, Origin, Path, Row, Rung, Shape, Step, Table, Tables
from xform.table.reader import TableFile
from xform.table.refuse import refuse_known, refuse_row
from xform.table.walk import reachable
from xform.table.words import (
    CHOICE_WORDS,
    DIALECT_WORDS,
    ENTITY,
    RUNG,
    TABLE_WORDS,
    VARIANT_WORDS,
    WORDS,
    check_field,
    check_words,
)


def load_tables(name: str, within: tuple[File, ...] = ()) -> Tables:
    """Read a dialect. Raises TableError with file, line and column."""
    folder = find(name)
    head = TableFile(display(folder) / "dialect.toml")
    check_words(head, (), head.values, DIALECT_WORDS)
    return Resolver(folder, head, _extended(folder, head, (*within, folder.resolve()))).tables()


def _extended(folder: File, head: TableFile, within: tuple[File, ...]) -> Tables | None:
    """The tables of the dialect that one extends; a folder is named as seen from this one."""
    if "extends" not in head.values:
        return None
    name = head.values["extends"]
    with named(str(head.origin("extends")), TableError):
        base = base_folder(folder, name)
    if base.resolve() in within:
        raise TableError(f"{head.origin('extends')}: the dialect extends itself by way of {name!r}")
    return load_tables(str(base), within)


_TEXT = codecs.codec("str", ())
# Of one entity; what is made of rows takes a time that grows with the square of their number.
MAX_ROWS = 500


class Resolver:
    def __init__(self, folder: File, head: TableFile, base: Tables | None) -> None:
        self.folder, self.head, self.base = folder, head, base
        self.namespaces = namespaces(head, base)
        files = [
            TableFile(display(folder) / file.name)
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
        self.rules = {name: rule for name, rule in vars(module).items() if isinstance(rule, Rule)} if module else {}

    def _declare(self, known: dict[str, Any], file: TableFile, found: dict[str, Any], at: tuple[str, ...]) -> None:
        for name, values in found.items():
            if name in known:
                first = known[name][0].origin(*at, name)
                raise TableError(f"{file.origin(*at, name)}: {name!r} is declared a second time; first at {first}")
            known[name] = (file, values)

    def tables(self) -> Tables:
        values = self.head.values
        shapes: dict[str, Shape] = dict(self.base.shapes) if self.base else {}
        for name, (file, entity) in self.entities.items():
            shapes[name] = self._shape(name, file, entity)
        for name, (file, shared) in self.uses.items():
            self._rows(f"use.{name}", file, shared, ("use", name))  # of what nobody uses, the faults are told as well
        root = values.get("root", self.base.root if self.base else "")
        known = values.get("id", self.base.id if self.base else None)
        check_root(self.head, root, known, shapes)
        # What an entity of ours has taken the place of is no part of this dialect.
        used = reachable(shapes, root) | set(self.entities)
        shapes = {name: shape for name, shape in shapes.items() if name in used}
        tables = Tables(
            name=called(self.head, self.folder.name),
            folder=self.folder,
            root=root,
            parts=parts(self.head, self.base),
            id=known,
            namespaces=self.namespaces,
            shapes=shapes,
            context={**(self.base.context if self.base else {}), **values.get("context", {})},
            pipelines={
                **(self.base.pipelines if self.base else {}),
                **{name: tuple(stages) for name, stages in values.get("pipeline", {}).items()},
            },
            schema=values.get("schema", self.base.schema if self.base else None),
            hypervisor=hypervisor(self.head, self.base),
            run=run(self.head, self.base, shapes[root]),
            renamed=renamed(self.head, self.base, shapes),
            base=self.base,
        )
        return finish(tables)

    def _shape(self, name: str, file: TableFile, values: dict[str, Any]) -> Shape:
        origin = file.origin(name)
        if not re.fullmatch(ENTITY, name):
            raise TableError(f"{origin}: {name!r} is no entity's name; expected CamelCase such as Disk")
        base = self._base(file, name, values)
        if base and not origin.comment:
            origin = evolve(origin, comment=base.origin.comment)
        if "choice" in values or isinstance(base, Choice):
            if isinstance(base, Table):
                raise TableError(f"{file.origin(name, 'extends')}: {name} is a choice, and {base.name} is none")
            return self._choice(name, origin, file, values, base)
        check_words(file, (name,), values, TABLE_WORDS)
        inherited = base if isinstance(base, Table) else Table(name, origin)
        own = self._rows(name, file, values.get("row", {}), (name, "row"))
        for switch, when in values.get("when", {}).items():
            check_field(switch, file.origin(name, "when", switch))
            own += self._rows(name, file, when, (name, "when", switch), when=switch)
        rows = merge(inherited.rows, self._with_used(file, values, own, (name,)))
        own_joins = tuple(self._join(name, file, place, join) for place, join in values.get("join", {}).items())
        joins = merge_joins(inherited.joins, own_joins)
        for join in joins:
            if not join.on:
                raise TableError(
                    f'{join.origin}: {name}: a join needs `on`, such as ["@name = name"], to find its entries'
                )
        known = merge(inherited.known, self._rows(name, file, values.get("known", {}), (name, "known")))
        return Table(
            name=name,
            origin=origin,
            element=values.get("element", inherited.element),
            rows=rows,
            joins=joins,
            known=known,
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
            hint = did_you_mean(entity, base.shapes) if base else f"; {self.head.path} extends no dialect {dialect!r}"
            raise TableError(f"{file.origin(name, 'extends')}: no entity {values['extends']!r} to extend{hint}")
        return base.shapes[entity]

    def _choice(
        self, name: str, origin: Origin, file: TableFile, values: dict[str, Any], base: Choice | None
    ) -> Choice:
        if misplaced := next((word for word in WORDS if word in values and word not in CHOICE_WORDS), None):
            raise TableError(f"{file.origin(name, misplaced)}: a choice has no {misplaced!r}; put it into a table")
        check_words(file, (name,), {word: values[word] for word in WORDS if word in values}, WORDS)
        attributes = self._discriminators(name, file, values, base)
        if values.get("else", "opaque") != "opaque":
            raise TableError(f'{file.origin(name, "else")}: else is {values["else"]!r}; expected "opaque"')
        inherited = base.variants if base else {}
        declared: dict[tuple[str, ...], tuple[Row, ...]] = {}
        origins: dict[tuple[str, ...], Origin] = {}
        for word, variant in values.items():
            if word in WORDS:
                continue
            if not isinstance(variant, dict):
                raise TableError(f"{file.origin(name, word)}: {word!r} is no variant; expected a table [{name}.{word}]")
            check_words(file, (name, word), variant, VARIANT_WORDS)
            words = tuple(word.split()) if attributes else (word,)
            if attributes and len(words) != len(attributes):
                wanted = ", ".join(attributes)
                raise TableError(
                    f"{file.origin(name, word)}: {word!r} has {len(words)} words; expected one each for {wanted}"
                )
            rows = {key: row for key, row in variant.items() if key != "use"}
            own = self._rows(f"{name}.{word}", file, rows, (name, word))
            declared[words] = self._with_used(file, variant, own, (name, word))
            origins[words] = file.origin(name, word)
        shared = self._with_used(file, values, self._rows(name, file, values.get("row", {}), (name, "row")), (name,))
        common = merge(base.shared if base else (), shared)
        variants = {}
        for words in {**inherited, **declared}:
            new = Table(_camel(" ".join(words)) + name, origins.get(words, origin))
            old = inherited.get(words, new)
            own = behind(declared.get(words, ()), shared if words in inherited else common)
            variants[words] = evolve(old, rows=merge(old.rows, own))
        absent = values.get("absent")
        choice = Choice(
            name=name,
            origin=origin,
            attributes=attributes,
            variants=variants,
            shared=common,
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

    def _discriminators(
        self, name: str, file: TableFile, values: dict[str, Any], base: Choice | None
    ) -> tuple[str, ...]:
        """The attributes that tell variants apart; none where the first that fits is taken."""
        stated = values.get("choice")
        if stated is None:
            return base.attributes if base else ()
        paths = [] if stated == "first" else [stated] if isinstance(stated, str) else stated
        for path in paths:
            if not re.fullmatch(f"@{NCNAME.pattern}", path):
                raise TableError(
                    f'{file.origin(name, "choice")}: {path!r} is no attribute; expected "@type" or "first"'
                )
        return tuple(path[1:] for path in paths)

    def _with_used(
        self, file: TableFile, values: dict[str, Any], own: tuple[Row, ...], at: tuple[str, ...]
    ) -> tuple[Row, ...]:
        """An entity's own rows, and behind them those that it `use`s."""
        for use in values.get("use", []):
            if values["use"].count(use) > 1:
                raise TableError(f"{file.origin(*at, 'use')}: {use!r} stands twice; expected it once")
            if use not in self.uses:
                raise TableError(f"{file.origin(*at, 'use')}: no shared rows [use.{use}]{did_you_mean(use, self.uses)}")
            source, shared = self.uses[use]
            own = behind(own, self._rows(at[0], source, shared, ("use", use)))
            _check_number(own, file.origin(*at, "use"))
        return own

    def _rows(
        self,
        owner: str,
        file: TableFile,
        values: dict[str, Any],
        at: tuple[str, ...],
        when: str | None = None,
    ) -> tuple[Row, ...]:
        rows: list[Row] = []
        for name, text in values.items():
            origin = file.origin(*at, name)
            _check_number(rows, origin)
            if not isinstance(text, str):
                raise TableError(f'{origin}: {name!r} is no row; expected "path : codec"')
            check_field(name, origin)
            rows.append(self._row(owner, name, text, origin, when, place=at[-1] != "known"))
        return tuple(rows)

    def _row(self, owner: str, name: str, text: str, origin: Origin, when: str | None, place: bool) -> Row:
        if text == DROP:
            return Row(owner, name, (), DROP, origin)
        try:
            syntax = grammar.parse_row(text) if place else grammar.parse_known(text)
            paths = tuple(self._path(path) for path in syntax.paths)
            form = syntax.codec.word if syntax.codec.word in ("list", "map") else "one"
            item = syntax.codec.item or syntax.codec
            entity = item.word if item.word[:1].isupper() else None
            if entity and entity.lower() in codecs.CODECS and not self._entity(entity):
                raise ValueError(f"unknown entity {entity!r} (did you mean {entity.lower()!r}?)")
            if entity and item.arguments:
                raise ValueError(f"{entity} takes no argument, but {item.arguments[0]!r} stands there")
            flags = syntax.flags
            for version in (flags[flag] for flag in ("since", "until") if flag in flags):
                codecs.codec("version", ()).decode(version)
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
            (refuse_row if place else refuse_known)(row)
            if row.default is not None and row.codec:
                row.codec.decode(row.default)
            if row.constant is not None and (row.since or row.until):
                raise ValueError("a const is written for every version; let a field say what only some know")
            return row
        except ValueError as error:
            raise TableError(f"{origin}: {owner}.{name}: {error}") from None

    def _entity(self, word: str) -> str | None:
        """The entity that is called so, in whatever case."""
        known = (*self.entities, *(self.base.shapes if self.base else ()))
        return next((name for name in known if name.lower() == word.lower()), None)

    def _codec(self, syntax: grammar.CodecSyntax) -> codecs.Codec:
        if syntax.word != "rule":
            if syntax.word not in codecs.CODECS and (entity := self._entity(syntax.word)):
                raise ValueError(f"unknown codec {syntax.word!r} (did you mean the entity {entity!r}?)")
            return codecs.codec(syntax.word, syntax.arguments)
        if not syntax.arguments:
            raise ValueError("rule needs the name of a pair in rules.py")
        name, *rest = syntax.arguments
        if name not in self.rules:
            raise ValueError(f"no rule {name!r} in {self.folder.name}/rules.py{did_you_mean(name, self.rules)}")
        if rest and (rest[0] != "needs" or len(rest) == 1):
            raise ValueError(f"cannot read {' '.join(rest)!r}; expected `needs` and names of fields")
        return codecs.rule_codec(self.rules[name], str(self.folder), name, tuple(rest[1:]))

    def _path(self, syntax: grammar.PathSyntax) -> Path:
        steps = []
        for step in syntax.steps:
            name = f"{step.prefix}:{step.name}" if step.prefix else step.name
            # in one order, whichever they are written in: they mean the same
            where = tuple(sorted((self._attribute(asked), _TEXT.decode(value)) for asked, value in step.where))
            steps.append(Step(self._clark(name), name, where))
        return Path(tuple(steps), self._attribute(syntax.attribute) if syntax.attribute else None)

    def _attribute(self, name: str) -> str:
        if name == "xmlns":
            raise ValueError("xmlns declares a namespace, and is no attribute")
        return self._clark(name)

    def _clark(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        if prefix and prefix not in self.namespaces:
            hint = did_you_mean(prefix, self.namespaces)
            raise ValueError(f"unknown prefix {prefix!r}{hint}; declare it in dialect.toml under [namespaces]")
        clark = f"{{{self.namespaces[prefix]}}}{local}" if prefix else local
        return clark if local == ANY else etree.QName(clark).text  # raises ValueError for what no name can be

    def _join(self, name: str, file: TableFile, place: str, values: dict[str, Any]) -> Join:
        at = (name, "join", place)
        where = origin = file.origin(*at)
        try:
            path = self._path(grammar.parse_path(place))
            if path.attribute or not path.steps or path.steps[-1].wild:
                raise ValueError(f"{path} is no place of a join; expected the path of an element")
            where = file.origin(*at, "on") if "on" in values else origin
            on = []
            for rung in values.get("on", []):
                left, equals, right = rung.partition("=")
                key = self._path(grammar.parse_path(left.strip()))
                if not equals or key.steps or not key.attribute:
                    raise ValueError(f'cannot read on = {rung!r}; expected "@attribute = field"')
                on.append((key, right.strip()))
        except ValueError as error:
            raise TableError(f"{where}: {name}: {error}") from None
        rows = self._rows(name, file, {key: row for key, row in values.items() if key != "on"}, at)
        return Join(path, tuple(on), rows, origin, where)


def _check_number(rows: Sequence[Row], origin: Origin) -> None:
    if len(rows) >= MAX_ROWS:
        raise TableError(f"{origin}: an entity of {MAX_ROWS} rows and more; put some into entities of their own")


def _ladder(file: TableFile, name: str, values: dict[str, Any]) -> tuple[Rung, ...]:
    """Raises TableError for a rung that cannot be read."""
    return tuple(
        _rung(rung, file.origin(name, "match", "ladder")) for rung in values.get("match", {}).get("ladder", [])
    )


def _rung(text: str, origin: Origin) -> Rung:
    fields = text.removesuffix("!").rstrip()
    said = re.fullmatch(RUNG, fields)
    if not said or (said[1] == ONLY and (said[2] or fields != text)):
        raise TableError(
            f'{origin}: cannot read the rung {text!r}; expected "field", "field + field", "field PREFIX" or "only", '
            "with a ! behind what tells one device from every other"
        )
    return Rung(tuple(re.split(r" *\+ *", said[1] or fields)), fields != text, said[2] or "", origin)


def _camel(word: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", word))
