"""The last step to finished tables: every name checked, and every step told which more exact steps it yields to."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError
from pathlib import Path as File

from attrs import evolve, frozen

from xform import codecs
from xform.errors import TableError, did_you_mean
from xform.table.folder import display
from xform.table.model import ANY, Choice, Origin, Path, Row, Shape, Step, Table, Tables
from xform.table.templates import check_templates
from xform.table.together import refuse_together
from xform.table.walk import apart, flatten, joins, late, reachable

# Rows in one element, those of embedded entities among them, and how deep these may embed each other: what follows
# looks at all of them together, and Python compiles about 2000 in one function.
MAX_FLAT, MAX_EMBEDDED = 1000, 8


def finish(tables: Tables) -> Tables:
    """Check every name, tell each step which more exact steps it yields to, and rows what else is secret."""
    for table in tables.tables:
        check_templates(table)
        _check_names(tables, table)
    for table in tables.tables:
        _check_flat(tables, table)
    for shape in tables.shapes.values():
        if isinstance(shape, Choice):
            for row in (table.fields["type"] for table in shape.variants.values() if "type" in table.fields):
                raise TableError(
                    f"{row.origin}: {row}: no field of a variant is called type; in files it tells variants"
                )
            for rung in shape.ladder:
                for name in rung.named:
                    fields = {"type", *(name for table in shape.variants.values() for name in table.fields)}
                    if name not in fields:
                        hint = did_you_mean(name, fields)
                        raise TableError(f"{rung.origin}: {shape.name}: the ladder names no field {name!r}{hint}")
    refuse_together(tables)
    tables = evolve(tables, shapes=_secret(tables.shapes))
    root = tables.document
    of_root = _element(tables, root)

    def exact(shape: Shape) -> Shape:
        if isinstance(shape, Table):
            return _exact(tables, shape, of_root)
        return evolve(
            shape, variants={words: _exact(tables, table, of_root) for words, table in shape.variants.items()}
        )

    return evolve(tables, shapes={name: exact(shape) for name, shape in tables.shapes.items()})


def _secret(shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """What a secret row leads to is secret as well, wherever it stands: nobody sees from within what led there."""
    rows = [row for shape in shapes.values() for table in shape.tables for row in (*table.every, *table.known)]
    within = {name for row in rows if row.secret and row.entity for name in reachable(shapes, row.entity)}

    def all_of(rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return tuple(row if row.constant is not None or row.when else evolve(row, secret=True) for row in rows)

    def hidden(table: Table) -> Table:
        joins = tuple(evolve(join, rows=all_of(join.rows)) for join in table.joins)
        return evolve(table, rows=all_of(table.rows), joins=joins, known=all_of(table.known))

    def finished(shape: Shape) -> Shape:
        if isinstance(shape, Table):
            return hidden(shape)
        variants = {words: hidden(table) for words, table in shape.variants.items()}
        return evolve(shape, variants=variants, shared=all_of(shape.shared))

    return {name: finished(shape) if name in within else shape for name, shape in shapes.items()}


def _check_names(tables: Tables, table: Table) -> None:
    joined = {row.name for join in table.joins for row in join.rows}
    for row in table.known:
        if other := table.fields.get(row.name):
            raise TableError(f"{row.origin}: {row}: {other.origin} says where it stands; expected one of the two")
    for row in (*table.every, *table.known):
        if row.entity and row.entity not in tables.shapes:
            raise TableError(
                f"{row.origin}: {row}: unknown entity {row.entity!r}{did_you_mean(row.entity, tables.shapes)}"
            )
        for need in row.codec.needs if row.codec else ():
            # what the second place says is not known yet
            own = set(table.fields) - (set() if row.name in joined else joined)
            if need not in own and need not in tables.context:
                hint = did_you_mean(need, [*own, *tables.context])
                raise TableError(
                    f"{row.origin}: {row}: needs {need!r}, which is no field of {table.name} and no context{hint}"
                )
        for key in row.by:
            inner = tables.shapes[row.entity].tables if row.entity else ()
            if not any(key in other.fields for other in inner):
                raise _no_key(tables, row, key)
        shape = tables.shapes[row.entity] if row.embeds and row.entity else None
        if isinstance(shape, Table) and not any(inner.required for inner in shape.rows):
            raise TableError(
                f"{row.origin}: {row}: {row.entity} is embedded, so a row of it must be required (!); or `use` its rows"
            )
    for rows in (table.rows, *(join.rows for join in table.joins)):
        try:
            late(rows)
        except CycleError as error:
            row = next(row for row in rows if row.name == error.args[1][0])
            circle = " needs ".join(reversed(error.args[1]))
            raise TableError(f"{row.origin}: {row}: {circle}; expected rules that need no circle") from None
    names = (("ladder", name, rung.origin) for rung in table.ladder for name in rung.named)
    on = (("join", name, join.asked) for join in table.joins for _, name in join.on)
    for what, name, origin in (*names, *on):
        if name not in table.fields:
            raise _no_field(tables, table, what, name, origin)
    for rung in table.ladder:
        for name in (name for name in rung.fields if "." in name and not leads(tables, table, name)):
            raise _no_inner(tables, table, name, rung.origin)
        codec = table.fields[rung.fields[0]].codec if rung.prefix else None
        if rung.prefix and not (codec and codec.name in ("str", "text")):
            raise TableError(f"{rung.origin}: {table.name}: the rung {rung} has a prefix; expected a field of text")


def _no_field(tables: Tables, table: Table, what: str, name: str, origin: Origin) -> TableError:
    """What names no field of its table is told where it stands; what was inherited, where the field was taken away."""
    if row := next((row for row in table.every if row.name == name), None):
        return TableError(
            f"{origin}: {table.name}: the {what} names {row} at {row.origin}, which no entity holds; expected a field"
        )
    if origin.beside(table.origin):
        hint = did_you_mean(name, table.fields)
        return TableError(f"{origin}: {table.name}: the {what} names no field {name!r}{hint}")
    shapes = (base.shapes.get(table.name) for base in tables.lineage if base is not tables)
    old = next((shape.fields[name] for shape in shapes if isinstance(shape, Table) and name in shape.fields), None)
    taker = next((row for row in table.every if old and row.place == old.place), None)
    where = taker.origin if taker else table.origin
    said = f"{taker} takes the place of {name!r}" if taker else f"{table.name} drops {name!r}"
    return TableError(f"{where}: {said}, which the {what} at {origin} names; expected a {what} of its own as well")


def _no_inner(tables: Tables, table: Table, name: str, origin: Origin) -> TableError:
    """The same of a field within; of an inherited ladder, told where the dialect has put something else there."""
    row = table.fields[name.partition(".")[0]]
    parts = [row.origin, *([tables.shapes[row.entity].origin] if row.entity else [])]
    own = [part for part in parts if File(part.file).parent == display(tables.folder) and not part.beside(origin)]
    if own:
        said = f"{row} has no {name.partition('.')[2]!r}, which the ladder at {origin} names"
        return TableError(f"{own[0]}: {said}; expected a ladder of its own as well")
    return TableError(f"{origin}: {table.name}: the ladder names no field {name!r} of what is in it")


def _no_key(tables: Tables, row: Row, key: str) -> TableError:
    """A list whose items lack the field that tells them apart: their table's fault where they had it once."""
    name = row.entity or ""
    for base in [base for base in tables.lineage if base is not tables and name in base.shapes]:
        if any(key in old.fields for old in base.shapes[name].tables):
            shape = tables.shapes[name]
            inherits = any(not held.origin.beside(shape.origin) for table in shape.tables for held in table.every)
            expected = "a row of that name" if inherits else f'`extends = "{base.name}:{name}"`'
            return TableError(
                f"{shape.origin}: {name} has no field {key!r}, by which {row} at {row.origin} tells its items "
                f"apart; expected {expected}"
            )
    said = f"no field {key!r} of {row.entity}" if row.entity else f"the field {key!r}, and its items have none"
    return TableError(f"{row.origin}: {row}: `by` names {said}")


def _check_flat(tables: Tables, table: Table) -> None:
    for number, (owners, row) in enumerate(flatten(tables, table)):
        if number >= MAX_FLAT or len(owners) > MAX_EMBEDDED:
            raise TableError(
                f"{table.origin}: {table.name} embeds too much, {row} at {row.origin} among it; expected at most "
                f"{MAX_FLAT} rows in one element, {MAX_EMBEDDED} entities deep"
            )


def leads(tables: Tables, table: Table, path: str) -> bool:
    """Whether some variant of what a table's field holds has the field that a path with dots goes on to."""
    name, _, rest = path.partition(".")
    row = table.fields.get(name)
    if not rest or row is None:
        return row is not None
    inner = tables.shapes[row.entity].tables if row.entity else ()
    return any(leads(tables, one, rest) for one in inner)


Names = tuple[str, ...]


@frozen
class _Element:
    """What the rows that sit in one element are to each other: all steps by the container they start from, the
    containers that something stands in, and whether there are several rows."""

    steps: dict[Names, dict[Step, None]]
    through: set[Names]
    several: bool

    @classmethod
    def of(cls, rows: list[Row], entries: list[Path]) -> _Element:
        steps: dict[Names, dict[Step, None]] = {}
        through: set[Names] = set()
        for path in [*(path for row in rows for path in row.paths), *entries]:
            for at, step in enumerate(path.steps):
                steps.setdefault(_names(path.steps[:at]), {})[evolve(step, but=())] = None
            through.update(_names(path.steps[:at]) for at in range(1, len(path.steps)))
            if path.attribute is not None:
                through.add(_names(path.steps))
        return cls(steps, through, len(rows) > 1)

    def exact(self, path: Path) -> Path:
        """The path with what each of its steps yields to."""

        def exact(at: int, step: Step) -> Step:
            others = self.steps[_names(path.steps[:at])]
            return evolve(step, but=tuple(other for other in others if yields(step, other)))

        return evolve(path, steps=tuple(exact(at, step) for at, step in enumerate(path.steps)))

    def stands(self, row: Row) -> bool:
        """Whether an element with a row's text is there anyway: it has some text then, and blank text says nothing."""
        if row.form != "one" or not row.codec or row.codec.word not in ("str", "text", "bytes"):
            return False
        texts = [_names(path.steps) for path in row.paths if path.attribute is None]
        return any(names in self.through if names else self.several or not row.required for names in texts)


def _element(tables: Tables, table: Table) -> _Element:
    return _Element.of([row for _, row in flatten(tables, table)], _entries(tables, table))


def _entries(tables: Tables, table: Table) -> list[Path]:
    """The paths of the joins that stand among a table's rows."""
    return [join.path for _, join, _ in joins(tables)] if table.name == tables.root else []


def _exact(tables: Tables, table: Table, root: _Element) -> Table:
    _check_embedded(tables, table)
    held = {id(join) for _, join, _ in joins(tables)}
    return evolve(
        table,
        rows=_finished(table.rows, _element(tables, table)),
        joins=tuple(
            evolve(
                join,
                path=root.exact(join.path) if id(join) in held else join.path,
                rows=_finished(join.rows, _Element.of(list(join.rows), [])),
            )
            for join in table.joins
        ),
    )


def _finished(rows: tuple[Row, ...], element: _Element) -> tuple[Row, ...]:
    """Rows with what their steps yield to, and codecs that take blank text for no value where it says nothing."""

    def finished(row: Row) -> Row:
        codec = row.codec
        if codec and not codec.filled and element.stands(row):
            codec = codecs.filled(codec)
            if row.default is not None and not row.default.strip():
                raise TableError(f"{row.origin}: {row}: `= ''` says nothing; blank text is no value here")
        return evolve(row, paths=tuple(map(element.exact, row.paths)), codec=codec)

    return tuple(map(finished, rows))


def _check_embedded(tables: Tables, table: Table) -> None:
    """An embedded row is read by its own table, so it must be there what it is among all rows of the element."""
    every = list(flatten(tables, table))
    entries = _entries(tables, table)
    for owners in {tuple(id(variant) for _, variant in owners): owners for owners, _ in every if owners}.values():
        embedding, inner = owners[0][0], owners[-1][1]
        alone = _element(tables, inner)
        among = _Element.of([row for others, row in every if not apart(owners, others)], entries)
        for row in inner.rows:
            if alone.stands(row) != among.stands(row) or any(alone.exact(p) != among.exact(p) for p in row.paths):
                raise TableError(
                    f"{embedding.origin}: {embedding}: {row} at {row.origin} is read without regard to rows of "
                    f"{table.name} that go through its text or say more of its elements; put it beside them"
                )


def _names(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(step.tag + repr(step.where) for step in steps)


def yields(step: Step, other: Step) -> bool:
    """Whether an element that both steps mean is the other's."""
    if step.wild:
        space = step.tag[: -len(ANY)]
        if other.tag != step.tag:
            return other.tag.startswith(space)
    return other.tag == step.tag and set(other.where) > set(step.where)
