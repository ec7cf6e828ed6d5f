"""Rows whose text is put together from other fields: ``template /images/{pool_id}/{image_id}``."""

from __future__ import annotations

from typing import Any

from xform.codecs import CODECS
from xform.errors import TableError, did_you_mean
from xform.table.model import Row, Table


def check_templates(table: Table) -> None:
    """Raise TableError for a template of other fields that cannot be written, or would have to be read."""
    for row in (*table.rows, *(row for join in table.joins for row in join.rows)):
        if not row.computed:
            continue
        if not row.generated or row.form != "one":
            raise TableError(f"{row.origin}: {row}: a template of other fields is written only; mark it with >")
        for name in row.computed:
            field = table.fields.get(name)
            if field is None:
                hint = did_you_mean(name, [*table.fields, *CODECS])
                raise TableError(f"{row.origin}: {row}: the template names no field {name!r} of {table.name}{hint}")
            if field.form != "one" or not field.codec or field.codec.shape != "value" or field.codec.needs:
                raise TableError(f"{row.origin}: {row}: {name} is no plain value; expected a field with one text")
            if field.secret and not row.secret:
                raise TableError(f"{row.origin}: {row}: {name} is secret, so mark what holds it as secret")


def computed(row: Row, table: Table) -> property:
    """A property that puts the text together; None where one of the fields is None."""
    assert row.codec
    literals, names = row.codec.parts[::2], row.computed
    encoders = [(name, table.fields[name].codec) for name in names]

    def text(entity: Any) -> str | None:
        said: str = literals[0]
        for (name, codec), literal in zip(encoders, literals[1:], strict=True):
            value = getattr(entity, name)
            if value is None or codec is None:
                return None
            said += codec.encode(value) + literal
        return said

    return property(text, doc=row.origin.comment or None)
