"""What a row proves to be wrong by itself, or beside another row of its table."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import unwrap
from itertools import islice
from pathlib import Path
from typing import Any

from xform.check.finding import Finding, every_table, nodes, sketch
from xform.codecs import Codec
from xform.table.folder import display
from xform.table.model import Origin, Row, Tables
from xform.table.walk import apart, flatten
from xform.validate import admits, brief, shown


def one_way(tables: Tables) -> Iterator[Finding]:
    """A one-way row (`>`) says in its comment why reading needs it not."""
    for table, choice in every_table(tables):
        for row in table.every:
            if row.generated and not row.origin.comment:
                yield Finding(
                    "one_way",
                    row.origin,
                    f"{row} is written and never read (>), and nothing says why; expected the reason in its comment",
                    sketch(tables, table, choice, *nodes(row)),
                )


def passed_through(tables: Tables) -> Iterator[Finding]:
    """A row that takes a whole element, or its presence, has no other row through that element."""
    for table, choice in every_table(tables):
        rows = [*flatten(tables, table)]
        for owners, row in rows:
            if (what := _whole(row)) is None:
                continue
            for others, other in rows:
                if other is not row and not apart(owners, others) and _through(row, other):
                    yield Finding(
                        "passed_through",
                        row.origin,
                        f"{row} is {what}, and {other} at {other.origin} goes through the same <{row.path.steps[-1]}>; "
                        "expected an entity there that has both as rows",
                        sketch(tables, table, choice, *nodes(other)),
                        other.origin,
                    )
                    break


def _whole(row: Row) -> str | None:
    """What a row takes of an element, if it leaves nothing of it to others."""
    codec = row.codec
    if not row.path.steps or row.path.steps[-1].wild:
        return None
    if row.entity:
        return f"the entity {row.entity}" if row.form == "one" else f"a list of {row.entity}"
    assert codec is not None
    if row.form == "map":
        return "a map of whole elements"
    if codec.shape == "present":
        return "true as soon as its element is there"
    if codec.shape == "xml":
        return "kept whole"
    if row.path.attribute is None and _takes_blank(codec):
        return f"{shown(codec.decode('', **_needs(codec)))} where its element has no text"
    return None


def _takes_blank(codec: Codec) -> bool:
    """Whether an element without text has a value: then it cannot be told from one that others went through."""
    if codec.filled or codec.constant is not None:
        return False
    try:
        codec.decode("", **_needs(codec))
    except Exception:
        return False
    return True


def _needs(codec: Codec) -> dict[str, Any]:
    return codec.cases[0][1] if codec.cases else {}


def _through(row: Row, other: Row) -> bool:
    """Whether another row goes through, or stands at, an element that a row takes."""
    for path in row.paths:
        for passing in other.paths:
            steps = passing.steps[: len(path.steps)]
            same = [(step.tag, step.where) for step in steps] == [(step.tag, step.where) for step in path.steps]
            if same and (len(passing.steps) > len(path.steps) or passing.attribute is not None):
                return True
    return False


def loses(tables: Tables) -> Iterator[Finding]:
    """A codec gives back every value and every text of its samples; a rule has samples."""
    for table, choice in every_table(tables):
        for row in table.every:
            codec = row.codec
            if codec is None or codec.shape != "value" or row.computed:
                continue
            other = _place(codec)
            what = f"{codec.name} ({other})" if other else codec.name
            if not codec.cases:
                said = f"{row}: {what} has no samples to try it on; expected values, each with what it needs"
                yield Finding("loses", row.origin, said, sketch(tables, table, choice, (row.path, None)), other)
            for said, witness in islice(_losses(row, codec), 1):
                yield Finding("loses", row.origin, f"{row}: {what} loses: {said}", witness, other)


def _losses(row: Row, codec: Codec) -> Iterator[tuple[str, str]]:
    """What a codec does not give back where its row stands, with what was tried."""
    path = row.value if row.form == "map" else row.path
    for value, needs in codec.cases:
        call = f"encode({', '.join([shown(value), *(f'{name}={shown(need)}' for name, need in needs.items())])})"
        try:
            admits(row, value, path, needs)
            text = codec.encode(value, **needs)
            again = codec.encode(
                codec.decode(text, codec.unit_word) if codec.unit else codec.decode(text, **needs), **needs
            )
        except ValueError as error:
            why = f": {brief(error.__cause__)}" if isinstance(error.__cause__, Exception) else ""
            yield f"{brief(error)}{why}; expected each sample back", call
        except Exception as error:
            yield f"it raises {type(error).__name__}: {brief(error)}; expected a value, or ValueError", call
        else:
            if again != text:
                yield f"{shown(text)} is written again as {shown(again)}; expected the same text", call


def _place(codec: Codec) -> Origin | None:
    """Where a rule's Python stands."""
    code = getattr(unwrap(codec.decode), "__code__", None)
    if codec.word != "rule" or code is None:
        return None
    file = Path(code.co_filename)
    return Origin(str(display(file.parent) / file.name), code.co_firstlineno)
