"""Rows whose text is put together from other fields: ``template /images/{pool_id}/{image_id}``."""

from __future__ import annotations

from typing import Any

from xform.codecs import CODECS
from xform.errors import TableError, did_you_mean
from xform.table.model import Row, Table


def check_templates(table: Table) -> None:
    """Raise TableError for a template of other fields that cannot be written, or would have to be read."""
    for row in table.every:
        if not row.computed:
            continue
        for name in row.computed:
            if name not in table.fields:  # before all else: a codec may be meant, and then nothing else is wrong
                if name.partition(" ")[0] in CODECS:
                    said = f"{name!r} is a codec, and a template of one has no other braces"
                    raise TableError(f"{row.origin}: {row}: {said}; expected fields in all of them")
                hint = did_you_mean(name, [*table.fields, *CODECS])
                raise TableError(
                    f"{row.origin}: {row}: {name!r} in the template is no field of {table.name} and no codec{hint}"
                )
        if not row.generated or row.form != "one":
            raise TableError(f"{row.origin}: {row}: a template of other fields is written only; mark it with >")
        for name in row.computed:
            field = table.fields[name]
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
