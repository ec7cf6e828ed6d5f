"""What the detailed parse notes, and the steps that its functions share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from xform.entities import Classes, Opaque
from xform.table.model import Row, Table
from xform.xml import Element, canonical

if TYPE_CHECKING:
    from xform.compile.interpreter import Left, Reading

# In the document's order: what no row takes, and what was read by the oracle or refused by a row.
Notes = list["Left | Reading"]


@frozen
class Detailed:
    """What was read of a document: its entity, and notes of what no row took of it."""

    entity: Any
    _notes: Notes = field(repr=False)

    @property
    def left(self) -> list[Left]:
        """What no row takes, in the document's order: elements and comments (with None), and of elements that rows
        look into an attribute's name, or the text by the name "".
        """
        return [note for note in self._notes if isinstance(note, tuple)]

    @property
    def refused(self) -> list[tuple[Element, Row, str]]:
        """The values that a row does not admit: the element, the row, and what its codec says."""
        return [refused for reading in self._read for refused in reading.refused]

    @property
    def drift(self) -> list[tuple[Element, Row, str]]:
        """What stands there in a form that its row cannot say, in the same way."""
        return [drift for reading in self._read for drift in reading.drift]

    @property
    def _read(self) -> list[Reading]:
        return [note for note in self._notes if not isinstance(note, tuple)]


def names(classes: Classes) -> dict[str, Any]:
    """The steps by the names that compiled functions call them by."""

    def slowly(table: Table, element: Element, context: dict[str, Any], d: Notes, n: int) -> Any:
        """The oracle's way, which knows why a row does not take what stands where it looks."""
        from xform.compile.interpreter import Reader

        del d[n:]
        reader, choice = Reader(classes), classes.choice(table.name)
        reader.context = context
        if table.name == classes.tables.root:
            entity = reader.document(element, context).entity
        elif (entity := reader.build(table, element)) is None:
            return None if choice else whole(element, d, n)
        reader.reading.claim(element, *(choice.attributes if choice else ()))
        d += reader.reading.unclaimed(element)
        d.append(reader.reading)
        return entity

    return {
        "comments": comments,
        "forget": forget,
        "hollow": hollow,
        "inside": inside,
        "known": known,
        "refuse": refuse,
        "rest": rest,
        "slowly": slowly,
        "whole": whole,
    }


def forget(d: Notes, n: int) -> None:
    """Take back all but the first `n` notes."""
    del d[n:]


def whole(e: Element, d: Notes, n: int) -> Opaque:
    """An element that is kept as it is, whatever was noted since the first `n` notes."""
    del d[n:]
    comments(e, d)
    return Opaque(canonical(e))


def refuse(row: Row, e: Element, name: str, text: str, d: Notes) -> None:
    """Note that a row does not admit a text; blank text of an element is not left, and may say nothing at all."""
    from xform.compile.interpreter import Reading

    codec, blank = row.codec, not text.strip()
    if name or not blank:
        d.append((e, name))
    try:
        if codec and not (codec.filled and blank):
            codec.decode(text)
    except ValueError as error:
        d.append(Reading(refused=[(e, row, str(error))]))


def hollow(e: Element, d: Notes, n: int) -> None:
    """An element of which nothing was taken since the first `n` notes is left as a whole."""
    d[n:] = [(e, None), *(note for note in d[n:] if not isinstance(note, tuple))]


def comments(e: Element, d: Notes) -> None:
    """What is nobody's of an element that is kept as it is."""
    d += [(inner, None) for inner in e.iter() if not isinstance(inner.tag, str)]


def known(e: Element, d: Notes, n: int, *told: str) -> None:
    """Take back notes, behind the first `n`, of attributes that say which element an entity stands in."""
    d[n:] = [note for note in d[n:] if note not in [(e, name) for name in told]]


def rest(e: Element, d: Notes, *told: str) -> None:
    """Note all that stands in an element, but for these attributes, and the text where "" is one of them."""
    d += [(e, str(name)) for name in e.attrib if name not in told]
    if "" in told:
        d += [(child, None) for child in e]
    else:
        inside(e, d)


def inside(e: Element, d: Notes) -> None:
    """Note the text and the children of an element."""
    if "".join([e.text or "", *(child.tail or "" for child in e)]).strip():
        d.append((e, ""))
    d += [(child, None) for child in e]
