"""A table as plain data for programs: its rows with path, codec, type, flags, place and comment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xform.entities import annotation
from xform.show import known_shape
from xform.table.model import Choice, Join, Origin, Row, Shape

if TYPE_CHECKING:
    from xform.dialect import Dialect


def described(dialect: Dialect, name: str) -> dict[str, Any]:
    """The table of an entity, of a sum type or of one variant. Raises EntityError for an unknown name."""
    return _shape(known_shape(dialect, name))


def _shape(shape: Shape) -> dict[str, Any]:
    said: dict[str, Any] = {"name": shape.name, "comment": shape.origin.comment, "origin": place(shape.origin)}
    said["ladder"] = [str(rung) for rung in shape.ladder]
    if isinstance(shape, Choice):
        said["told_by"] = list(shape.attributes)
        said["absent"] = " ".join(shape.absent) if shape.absent else None
        said["opaque"] = shape.opaque
        said["variants"] = [{"type": " ".join(words), **_shape(table)} for words, table in shape.variants.items()]
    else:
        said["rows"] = [_row(row) for row in shape.rows]
        said["joins"] = [_join(join) for join in shape.joins]
        said["known"] = [_row(row) for row in shape.known]
    return said


def _join(join: Join) -> dict[str, Any]:
    on = [{"path": str(path), "field": field} for path, field in join.on]
    return {"path": str(join.path), "on": on, "origin": place(join.origin), "rows": [_row(row) for row in join.rows]}


def _row(row: Row) -> dict[str, Any]:
    codec = row.codec
    return {
        "name": row.name,
        "paths": [str(path) for path in row.paths],
        "form": row.form,
        "codec": codec.name.removesuffix(" (filled)") if codec else None,
        "entity": row.entity,
        "type": annotation(row) if row.constant is None and not row.when else None,
        "unit": codec.unit_word or None if codec else None,
        "by": list(row.by),
        "key": str(row.key) if row.form == "map" else None,
        "value": str(row.value) if row.form == "map" else None,
        "required": row.required,
        "default": row.default,
        "live": row.live,
        "generated": row.generated,
        "secret": row.secret,
        "since": row.since,
        "until": row.until,
        "when": row.when,
        "comment": row.origin.comment,
        "origin": place(row.origin),
    }


def place(origin: Origin) -> dict[str, Any]:
    return {"file": origin.file, "line": origin.line, "column": origin.column}
