"""A document that is open: its entity to read and change, and its text, of which only what changed is written anew."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from xform.compile.interpreter.update import Updater
from xform.errors import DocumentError, EntityError
from xform.splice import Edits, Text, decode

if TYPE_CHECKING:
    from xform.dialect import Dialect


class Document:
    """A text, its entity, and how to write the entity back into the text.

    `entity` is what the text says; change it, or put another in its place, and `to_xml` gives the text with these
    changes.  The document itself stays what it was opened on.  One thread at a time may use it.
    """

    def __init__(
        self, dialect: Dialect, xml: str | bytes, source: str = "document", context: dict[str, Any] | None = None
    ) -> None:
        self.dialect, self.context, self.source = dialect, context or {}, source
        self._root = dialect.tree(xml, source)
        if isinstance(xml, str):
            self._encoding, text = None, xml
        else:
            try:
                text, self._encoding = decode(xml, self._root)
            except DocumentError as error:
                raise DocumentError(f"{source}: {error}") from None
        self._text = Text(text, self._root)
        self.entity = dialect.read_tree(self._root, self.context)

    @cached_property
    def _known(self) -> Any:
        """What the text says, kept apart from what is done to `entity`."""
        return self.dialect.read_tree(self._root, self.context)

    def to_xml(self, *, live: bool = False) -> str | bytes:
        """The text with the changes of the entity, of the type that was given; with `live`, of live fields as well.

        Raises EntityError for what the tables do not admit; the document is as it was then.
        """
        text = self._updated(live)
        # a character that the encoding lacks is written by its number
        return text.encode(self._encoding, "xmlcharrefreplace") if self._encoding else text

    def _updated(self, live: bool) -> str:
        edits = Edits(self._text)
        updater = Updater(self.dialect.classes, edits, live, self.context)
        try:
            updater.document(self._root, self._known, self.entity)
            if not edits:
                return self._text.text
            text = edits.applied()
            self._verify(text, updater, edits, live)
            return text
        except (AttributeError, KeyError, TypeError, ValueError):
            self.dialect.check(self.entity)
            raise
        finally:
            edits.undo()

    def _verify(self, text: str, updater: Updater, edits: Edits, live: bool) -> None:
        """Read back what was written. Raises EntityError where it says another thing."""
        from xform.laws import unequal

        back = self.dialect.parse(text, **self.context)
        if back != self.entity:
            self.dialect.check(self.entity)
            found = [f"{path}: {one} would be read back as {other}" for path, one, other in unequal(self.entity, back, live=False)]
            raise EntityError("\n".join(found) or "the entity would be read back as another")
