"""A document that is open: its entity to read and change, and its text, of which only what changed is written anew."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from xform.entities import unequal
from xform.errors import DeepError, DocumentError, EntityError, named
from xform.residue import Drift, Residue, drift, residue
from xform.text import Text, decode
from xform.trace import Line, trace
from xform.update import Edits, Splices, Updater

if TYPE_CHECKING:
    from xform.compile.notes import Detailed
    from xform.dialect import Dialect
    from xform.rounding import Rounded
    from xform.table.model import Row
    from xform.xml import Element


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
            with named(self.source, DocumentError):
                text, self._encoding = decode(xml, self._root)
        self._text = Text(text, self._root)

    @cached_property
    def entity(self) -> Any:
        """What the text says, to be read and changed."""
        return self._read()

    @cached_property
    def _detailed(self) -> Detailed:
        with named(self.source, DocumentError):
            return self.dialect.detailed(self._root, self.context)

    @property
    def residue(self) -> list[Residue]:
        """What no row claims of the text."""
        return residue(self._detailed)

    @property
    def drift(self) -> list[Drift]:
        """What stands in the text in a form that its row cannot say."""
        return drift(self._detailed)

    @property
    def rounded(self) -> list[Rounded]:
        """What stands in the text in a finer unit than its field has."""
        from xform.rounding import rounded

        with named(self.source, DocumentError):
            return rounded(self.dialect, self._root, self.context)

    def trace(self) -> list[Line]:
        """Beside each line of the text who says it; secrets are masked."""
        with named(self.source, DocumentError):
            return trace(self.dialect, self._text, self.context)

    @cached_property
    def _known(self) -> Any:
        """What the text says, kept apart from what is done to `entity`."""
        return self._read()

    def _read(self) -> Any:
        with named(self.source, DocumentError):
            return self.dialect.read_tree(self._root, self.context)

    def to_xml(self, *, live: bool = False) -> str | bytes:
        """The text with the changes of the entity, of the type that was given; with `live`, of live fields as well.

        Raises EntityError for what the tables do not admit; the document is as it was then.
        """
        try:
            text = self._updated(live)
        except RecursionError:
            raise DeepError from None
        # a character that the encoding lacks is written by its number
        return text.encode(self._encoding, "xmlcharrefreplace") if self._encoding else text

    def _updated(self, live: bool) -> str:
        edits = Edits(self._text)
        updater = Updater(self.dialect.classes, self.dialect.layouts, edits, live, self.context)
        try:
            updater.document(self._root, self._known, self.entity)
            if not edits:
                return self._text.text
            splices = Splices(edits, self.dialect.tables.namespaces)
            text = splices.applied()
            self._verify(text, splices, updater.edited)
            return text
        except RecursionError:
            raise
        except Exception:  # whatever an entity that is none of the tables' runs into
            self.dialect.refuse(self.entity, self.context)
            raise
        finally:
            edits.undo()

    def _verify(self, text: str, splices: Splices, edited: dict[Element, tuple[Row, Any]]) -> None:
        """Read back what was written: the elements that all edits are in, or the whole. Raises EntityError where it
        says another thing.
        """
        if splices.edits.within(edited):
            same = all(self._reads(row, splices.element(element), item) for element, (row, item) in edited.items())
        else:
            same = bool(self.dialect.parse(text, **self.context) == self.entity)
        if not same:
            self.dialect.refuse(self.entity, self.context)
            back = self.dialect.parse(text, **self.context)
            found = unequal(self.entity, back, live=False)
            raise EntityError("\n".join(f"{path}: {one} would be read back as {other}" for path, one, other in found))

    def _reads(self, row: Row, element: Element, item: Any) -> bool:
        """Whether an element says an item, but for what stands in the item's second place."""
        table = self.dialect.classes.table(type(item))
        said = self.dialect.read_element(row.entity or "", element, self.context)
        for name in [inner.name for join in table.joins for inner in join.rows if not inner.computed] if table else ():
            setattr(said, name, getattr(item, name))
        return bool(said == item)
