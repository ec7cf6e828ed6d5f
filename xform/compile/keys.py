"""Compile keys: of a document, only what one rung of a match ladder asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from xform.compile.layout import layout
from xform.compile.parse import ParseWriter
from xform.compile.runtime import for_parse
from xform.compile.source import Source, local
from xform.entities import Classes
from xform.table.model import Choice, Row, Table

Key = Callable[[Any, dict[str, Any]], tuple[Any, ...]]


def compile_keys(classes: Classes, kinds: Iterable[Row]) -> Source:
    """The source of ``keys_ENTITY_RUNG(element, context)`` for the kinds of devices of a root."""
    source = Source(for_parse(classes))
    writer = KeysWriter(source, classes)
    for row in kinds:
        writer.kind(row)
    writer.rest()
    return source


class KeysWriter(ParseWriter):
    """Writes ``keys_KIND_RUNG(element, context)``, which gives the decoded values of a rung's fields."""

    def kind(self, row: Row) -> None:
        """The rungs of a list of the root's."""
        shape = self.tables.shapes[row.entity or ""]
        for at, rung in enumerate(shape.ladder):
            if isinstance(shape, Choice):
                for table in shape.variants.values():
                    self.rung(f"keys_{table.name}_{at}", table, rung, shape)
                self.pick_rung(shape, at, rung)
            else:
                self.rung(f"keys_{shape.name}_{at}", shape, rung)

    def rung(self, name: str, table: Table, rung: tuple[str, ...], choice: Choice | None = None) -> None:
        out = self.source
        asked = needed(table, rung)
        rows = tuple(row for row in table.rows if row.name in asked)
        have = {row.name for row in rows}
        out()
        with out.block(f"def {name}(e, context):"):
            self.values(table, rows, layout(self.tables, table, rows), "")
            word = repr(" ".join(choice.words(table.name))) if choice else "None"
            values = (
                word if field == "type" and choice else local(field) if field in have else "None" for field in rung
            )
            out(f"return ({', '.join(values)},)")

    def pick_rung(self, choice: Choice, at: int, rung: tuple[str, ...]) -> None:
        out = self.source
        out()
        if not choice.attributes:
            out(f"keys_{choice.name}_{at} = None")
            return
        words = [(key, f"keys_{table.name}_{at}") for key, table in choice.variants.items()]
        words += [((None,) * len(key), function) for key, function in words if key == choice.absent]  # type: ignore[misc]
        entries = ", ".join(f"{(key[0] if len(key) == 1 else key)!r}: {function}" for key, function in words)
        out(f"keys_of_{choice.name}_{at} = {{{entries}}}")
        asked = ", ".join(f"e.get({name!r})" for name in choice.attributes)
        with out.block(f"def keys_{choice.name}_{at}(e, context):"):
            out(f"f = keys_of_{choice.name}_{at}.get({asked if len(choice.attributes) == 1 else f'({asked})'})")
            out(f"return f(e, context) if f else {(None,) * len(rung)!r}")


def needed(table: Table, names: Iterable[str]) -> set[str]:
    """Fields, and those that rules need to decode them."""
    found: set[str] = set()
    todo = [name for name in names if name in table.fields]
    while todo:
        found.add(name := todo.pop())
        codec = table.fields[name].codec
        todo += [need for need in (codec.needs if codec else ()) if need in table.fields and need not in found]
    return found
