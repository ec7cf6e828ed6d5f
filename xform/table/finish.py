"""The last step to finished tables: every name checked, and every step told which more exact steps it yields to."""

from __future__ import annotations

from attrs import evolve

from xform import codecs
from xform.errors import TableError, did_you_mean
from xform.table.model import ANY, Choice, Path, Row, Shape, Step, Table, Tables
from xform.table.walk import flatten, joins


def finish(tables: Tables) -> Tables:
    """Check every name, and tell each step which more exact steps it yields to."""
    for table in tables.tables:
        _check_names(tables, table)
    for shape in tables.shapes.values():
        if isinstance(shape, Choice):
            for row in (table.fields["type"] for table in shape.variants.values() if "type" in table.fields):
                raise TableError(
                    f"{row.origin}: {row}: no field of a variant is called type; in files it tells variants"
                )
            for rung in shape.ladder:
                for name in rung:
                    fields = {"type", *(name for table in shape.variants.values() for name in table.fields)}
                    if name not in fields:
                        hint = did_you_mean(name, fields)
                        raise TableError(f"{shape.origin}: {shape.name}: the ladder names no field {name!r}{hint}")
    root = tables.shapes[tables.root]
    assert isinstance(root, Table)
    of_root = _steps(_paths(tables, root))

    def exact(shape: Shape) -> Shape:
        if isinstance(shape, Table):
            return _exact(tables, shape, of_root)
        return evolve(
            shape, variants={words: _exact(tables, table, of_root) for words, table in shape.variants.items()}
        )

    return evolve(tables, shapes={name: exact(shape) for name, shape in tables.shapes.items()})


def _check_names(tables: Tables, table: Table) -> None:
    for row in [*table.rows, *(row for join in table.joins for row in join.rows)]:
        if row.entity and row.entity not in tables.shapes:
            raise TableError(
                f"{row.origin}: {row}: unknown entity {row.entity!r}{did_you_mean(row.entity, tables.shapes)}"
            )
        for need in row.codec.needs if row.codec else ():
            if need not in table.fields and need not in tables.context:
                hint = did_you_mean(need, [*table.fields, *tables.context])
                raise TableError(
                    f"{row.origin}: {row}: needs {need!r}, which is no field of {table.name} and no context{hint}"
                )
        for key in row.by:
            shape = tables.shapes[row.entity] if row.entity else None
            inner = shape.variants.values() if isinstance(shape, Choice) else (shape,) if shape else ()
            if not any(key in other.fields for other in inner):
                raise TableError(f"{row.origin}: {row}: `by` names no field {key!r} of {row.entity}")
        shape = tables.shapes[row.entity] if row.embeds and row.entity else None
        if isinstance(shape, Table) and not any(inner.required for inner in shape.rows):
            raise TableError(
                f"{row.origin}: {row}: {row.entity} is embedded, so a row of it must be required (!); or `use` its rows"
            )
    taken: dict[str, Row] = {}
    for row in table.rows:
        for path in () if row.embeds or row.when else row.paths:
            if (other := taken.setdefault(str(path), row)) is not row:
                raise TableError(
                    f"{row.origin}: {row} claims {path}, and so does {other} at {other.origin}; a node has one row"
                )
    names = (("ladder", name) for rung in table.ladder for name in rung)
    on = (("join", name) for join in table.joins for _, name in join.on)
    for what, name in (*names, *on):
        if name not in table.fields:
            raise TableError(
                f"{table.origin}: {table.name}: the {what} names no field {name!r}{did_you_mean(name, table.fields)}"
            )


Steps = dict[tuple[str, ...], dict[Step, None]]


def _steps(paths: list[Path]) -> Steps:
    """The steps of all paths by the container they start from."""
    steps: Steps = {}
    for path in paths:
        for at, step in enumerate(path.steps):
            steps.setdefault(_names(path.steps[:at]), {})[evolve(step, but=())] = None
    return steps


def _exact_path(path: Path, steps: Steps) -> Path:
    def exact(at: int, step: Step) -> Step:
        others = steps[_names(path.steps[:at])]
        return evolve(step, but=tuple(other for other in others if yields(step, other)))

    return evolve(path, steps=tuple(exact(at, step) for at, step in enumerate(path.steps)))


def _paths(tables: Tables, table: Table) -> list[Path]:
    paths = [path for _, row in flatten(tables, table) for path in row.paths]
    return paths + [join.path for _, join, _ in joins(tables)] if table.name == tables.root else paths


def _exact(tables: Tables, table: Table, of_root: Steps) -> Table:
    paths = _paths(tables, table)
    steps = _steps(paths)
    through = {_names(path.steps) for path in paths if path.attribute is not None}
    through |= {_names(path.steps[:-1]) for path in paths if path.steps}

    def finished(row: Row) -> Row:
        codec = row.codec
        reads_text = row.form == "one" and row.path.attribute is None
        if codec and reads_text and codec.word in ("str", "text", "bytes"):
            # an element that is there anyway has some text: blank is then none at all
            anyway = len(table.rows) > 1 or not row.required
            if _names(row.path.steps) in through if row.path.steps else anyway:
                codec = codecs.filled(codec)
        return evolve(row, paths=tuple(_exact_path(path, steps) for path in row.paths), codec=codec)

    held = {id(join) for _, join, _ in joins(tables)}
    return evolve(
        table,
        rows=tuple(map(finished, table.rows)),
        joins=tuple(
            evolve(join, path=_exact_path(join.path, of_root)) if id(join) in held else join for join in table.joins
        ),
    )


def _names(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(step.tag + repr(step.where) for step in steps)


def yields(step: Step, other: Step) -> bool:
    """Whether an element that both steps mean is the other's."""
    if step.wild:
        space = step.tag[: -len(ANY)]
        return not other.wild and other.tag.startswith(space)
    return other.tag == step.tag and set(other.where) > set(step.where)
