"""Amounts that stand in a finer unit than their field's: reading rounds them up, and who reads is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from xform.compile.interpreter import Reader
from xform.table.model import Path, Row
from xform.xml import Element, line_of, own_text, path_of

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.entities import Classes


@frozen
class Rounded:
    """One amount: its path in the document, the line on which its start tag ends, what stands there, what was read."""

    path: str
    line: int
    row: Row = field(repr=False)
    text: str
    value: int

    def __str__(self) -> str:
        unit = self.row.codec.unit_word if self.row.codec else ""
        return f"{self.line}: {self.path}: {self.text} is rounded up; {self.row} is {self.value} {unit}"


def rounded(dialect: Dialect, root: Element, context: dict[str, Any]) -> list[Rounded]:
    """The amounts of a document that their fields cannot say exactly."""
    reader = _Rounding(dialect.classes)
    reader.document(root, context)
    return reader.found


class _Rounding(Reader):
    found: list[Rounded]

    def __init__(self, classes: Classes) -> None:
        super().__init__(classes)
        self.found = []

    def node(self, row: Row, path: Path, holder: Element, needs: dict[str, Any] | None) -> Any:
        value = super().node(row, path, holder, needs)
        codec = row.codec
        if codec and codec.word == "size" and codec.keep and isinstance(value, int):
            text = (own_text(holder) if path.attribute is None else holder.get(path.attribute, "")).strip()
            unit = holder.get(codec.unit) if codec.unit else None
            amount, other = codec.keep(value, text, unit)
            if other is not None or int(amount) != int(text):
                said = " ".join(part for part in (text, unit) if part)
                self.found.append(Rounded(path_of(holder, path.attribute), line_of(holder), row, said, value))
        return value
