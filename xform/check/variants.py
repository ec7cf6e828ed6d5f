"""Sum types: whether each variant is read back as the one that was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xform.check.finding import Finding, Node, nodes, sketch
from xform.codecs import Codec
from xform.table.model import Choice, Path, Row, Step, Table, Tables
from xform.table.walk import flatten


def overlap(tables: Tables) -> Iterator[Finding]:
    """With `choice = "first"`, no earlier variant finds all its required rows in what a later one writes."""
    for choice in tables.shapes.values():
        if not isinstance(choice, Choice) or choice.attributes:
            continue
        variants = list(choice.variants.values())
        for at, later in enumerate(variants):
            for earlier in variants[:at]:
                taken = _taken(tables, earlier, later)
                if taken is None:
                    continue
                witness = sketch(tables, later, choice, *_required(later), *(found for _, _, found in taken))
                if not taken:
                    message = (
                        f"{later.name} is never read: {earlier.name} at {earlier.origin} stands before it and has no "
                        "required row (!), so it takes every element; expected it to be the last, or to require one"
                    )
                    yield Finding("overlap", later.origin, message, witness, earlier.origin)
                    break
                row, own, _ = taken[0]
                more = "" if len(taken) == 1 else f" and {len(taken) - 1} more"
                message = (
                    f"what {own} writes is read as {earlier.name}, which comes first and requires no more than "
                    f"{row} at {row.origin}{more}; expected a required row (!) there that {later.name} never writes"
                )
                yield Finding("overlap", own.origin, message, witness, row.origin)
                break


def _required(table: Table) -> list[Node]:
    return [one for row in table.rows if row.required and not row.embeds for one in nodes(row)]


def _taken(tables: Tables, earlier: Table, later: Table) -> list[tuple[Row, Row, Node]] | None:
    """For each required row of the earlier variant, a row of the later one that writes it; None if one has none."""
    found = []
    for row in earlier.rows:
        if row.required and row.constant is None:
            written = None if row.embeds or row.generated else _written(tables, row, later)
            if written is None:
                return None
            found.append((row, *written))
    return found


def _written(tables: Tables, row: Row, later: Table) -> tuple[Row, Node] | None:
    """A row of another variant that writes what this one reads, and where."""
    for _, own in flatten(tables, later):
        for path in () if own.embeds else own.paths:
            for reading in row.paths:
                if _leads(reading.steps, path.steps) and (text := _read(row, reading, own, path)) is not None:
                    return own, (path, text or None)
    return None


def _leads(reading: tuple[Step, ...], writing: tuple[Step, ...]) -> bool:
    """Whether reading along some steps finds an element that others have made."""
    return len(reading) <= len(writing) and all(
        (made.tag.startswith(step.tag[:-1]) if step.wild else made.tag == step.tag)
        and set(step.where) <= set(made.where)
        and not any(other.tag == made.tag and set(other.where) <= set(made.where) for other in step.but)
        for step, made in zip(reading, writing, strict=False)
    )


def _read(row: Row, reading: Path, own: Row, path: Path) -> str | None:
    """A text that one row writes at a path and another one reads; empty where its element is enough."""
    codec = row.codec
    if row.form == "map":
        return "" if own.form == "map" and own.place == row.place else None
    if codec is None or codec.shape != "value":
        return ""
    stated = dict(path.steps[len(reading.steps) - 1].where) if reading.steps else {}
    if reading.attribute in stated:
        return "" if _reads(codec, stated[reading.attribute]) else None
    if len(reading.steps) == len(path.steps) and reading.attribute == path.attribute and own.form != "map":
        return next((text for text in _texts(own, row) if _reads(codec, text)), None)
    return "" if reading.attribute is None and own.form != "map" and _reads(codec, "") else None


def _texts(own: Row, row: Row) -> Iterator[str]:
    """Texts that a row may write, those first that another one may like."""
    codec, other = own.codec, row.codec
    if codec is None or codec.shape != "value":
        return
    for value, needs in (*(other.cases if other and not other.needs else ()), *codec.cases):
        try:
            yield codec.encode(value, **(needs if codec.needs else {}))
        except (ValueError, TypeError, AttributeError):
            continue
    yield from codec.words or ()


def _reads(codec: Codec, text: str) -> bool:
    if codec.filled and not text.strip():
        return False
    tries: list[dict[str, Any]] = [needs for _, needs in codec.cases] if codec.needs else [{}]
    for needs in tries:
        try:
            codec.decode(text, **needs)
        except Exception:
            continue
        return True
    return False
