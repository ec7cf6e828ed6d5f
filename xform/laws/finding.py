"""What a law finds, and where."""

from __future__ import annotations

from attrs import frozen


@frozen
class Finding:
    """One breach of a law: where (a document's path, or a field's), in which line of the document, and what."""

    law: str
    path: str
    what: str
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.line}: {self.path}" if self.line else self.path
        return f"{self.law}: {place}: {self.what}"
