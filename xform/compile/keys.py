"""Compile keys: of a document, only what one rung of a match ladder asks for."""

from __future__ import annotations

from functools import partial

from attrs import evolve

from xform.compile.parse import ParseWriter, asked
from xform.compile.source import Unit
from xform.entities import Classes
from xform.table.model import Choice, Table
from xform.table.walk import device_rows, needed


def units(classes: Classes) -> dict[str, Unit]:
    """The source of ``keys_ENTITY_RUNG(element, context)`` for the kinds of devices of the root.

    They give the value of the rung's field, a tuple where it has several.
    """
    writer = KeysWriter(classes)
    for row in device_rows(classes.tables):
        writer.kind(row.entity or "")
    return writer.units()


class KeysWriter(ParseWriter):
    """Writes a function for each rung."""

    def kind(self, name: str) -> None:
        shape = self.tables.shapes[name]
        for at, rung in enumerate(shape.ladder):
            if rung.only:
                continue
            if isinstance(shape, Table):
                self.ask(f"keys_{name}_{at}", partial(self.rung, at, rung.named, shape))
                continue
            if not shape.attributes:
                continue  # what is there tells the variant: the parsed device is asked
            for table in shape.variants.values():
                self.ask(f"keys_{table.name}_{at}", partial(self.rung, at, rung.named, table))
            self.ask(f"keys_{name}_{at}", partial(self.pick, at, rung.named, shape))

    def rung(self, at: int, rung: tuple[str, ...], table: Table) -> None:
        out = self.source
        wanted = needed(table, rung)
        part = evolve(table, rows=tuple(row for row in table.rows if row.name in wanted), joins=())
        choice = self.classes.choice(table.name)
        with out.block(f"def keys_{table.name}_{at}(e, context):"):
            self.blank(part)
            self.rows(part)
            values = [f"o.{name}" if name in part.fields else "None" for name in rung]
            if choice:
                word = " ".join(choice.words(table.name))
                values = [repr(word) if name == "type" else field for name, field in zip(rung, values, strict=True)]
            out(f"return {', '.join(values)}")

    def pick(self, at: int, rung: tuple[str, ...], choice: Choice) -> None:
        out = self.source
        with out.block(f"def keys_{choice.name}_{at}(e, context):"):
            words = out.ref(f"words_{choice.name}", "words", choice.name)
            out(f"word = {words}.get({asked(choice)})")
            for key, table in choice.variants.items():
                with out.block(f"if word == {' '.join(key)!r}:"):
                    out(f"return keys_{table.name}_{at}(e, context)")
            out(f"return {', '.join(['None'] * len(rung))}")
