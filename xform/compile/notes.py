"""What the detailed parse notes, and the steps that its functions share.

Three lists: `took` of (element, node, row, place), `left` of (element, node), `refused` of (element, row, message,
place).  A node is an attribute's name, TEXT, ELEMENT for the element itself, or WHOLE for all that is in it; what is
left may be a whole element, None.  A place is (outer place, field) or (outer place, field, key), None is the document;
of a row that holds one value it is the place of its entity.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import attrs

from xform.compile import runtime
from xform.compile.interpreter import ELEMENT, TEXT, Claim, Reader, Reading
from xform.compile.runtime import opaque
from xform.entities import Classes, Opaque
from xform.table.model import Row, Table
from xform.xml import Element

WHOLE = "*"

Took = tuple[Element, str, Row | None, Any]
Left = tuple[Element, str | None]
Refused = tuple[Element, Row, str, Any]
Notes = tuple[list[Took], list[Left], list[Refused]]


@attrs.define(slots=False)
class Detailed:
    """What was read of a document: the entity, which row took which node, what no row admits and what nobody took."""

    entity: Any
    _notes: Notes = attrs.field(repr=False)

    @cached_property
    def claims(self) -> dict[Element, dict[str, Claim]]:
        """Each claimed element's nodes, with the row that took one and the place of what it says."""
        return _claims(self._notes[0]).claims

    @property
    def refused(self) -> list[tuple[Element, Row, str]]:
        """The values that a row does not admit: the element, the row, and what its codec says."""
        return [(element, row, message) for element, row, message, _ in self._notes[2]]

    @property
    def residue(self) -> list[tuple[Element, str | None]]:
        """What no row claims: elements (with None), and of claimed elements an attribute's name, or TEXT."""
        return [left for left in dict.fromkeys(self._notes[1]) if isinstance(left[0].tag, str)]


def read_in_detail(parse: Callable[..., Any], root: Element, context: dict[str, Any]) -> Detailed:
    """Read a document by its detailed function."""
    notes: Notes = ([(root, ELEMENT, None, None)], [], [])
    return Detailed(parse(root, context, notes, None), notes)


def _claims(took: list[Took]) -> Reading:
    reading = Reading()
    for element, node, row, place in took:
        by = _by(row, place)
        if node == WHOLE:
            reading.whole(element, by if row else reading.claims.get(element, {}).get(ELEMENT, by))
        else:
            reading.claim(element, node, by=by)
    return reading


def _by(row: Row | None, place: Any) -> Claim:
    parts: tuple[str | int, ...] = ()
    while place is not None:
        parts, place = (*place[1:], *parts), place[0]
    return (None, ()) if row is None else (row, (*parts, row.name)) if _inside(row) else (row, (*parts, *_switch(row)))


def _inside(row: Row) -> bool:
    """Whether what the row says has a place in its entity that is not noted."""
    return row.form == "one" and row.codec is not None and row.constant is None and not row.when


def _switch(row: Row) -> tuple[str, ...]:
    return (row.when,) if row.when else ()


def names(classes: Classes) -> dict[str, Any]:
    """The steps by the names that compiled functions call them by."""

    def slowly(
        table: Table, e: Element, context: dict[str, Any], d: Notes, at: Any, others: tuple[str, ...] = ()
    ) -> Any:
        """The oracle's way; None where a required row has no value.  What `others` are is not this entity's."""
        reader = Reader(classes)
        if table.name == classes.tables.root:
            entity = reader.document(e, context).entity
        else:
            reader.context = context
            entity = reader.build(table, e)
        if entity is None:
            return None
        took, left, refused = d
        reading, choice = reader.reading, classes.choice(table.name)
        reading.claim(e, ELEMENT)
        if choice:
            reading.claim(e, *(name for name in choice.attributes if e.get(name) is not None))
        for element in e.iter():
            for node, (row, place) in reading.claims.get(element, {}).items():
                took.append((element, node, row, _noted(at, row, place)))
        left += [(node, name) for node, name in reading.residue(e) if not (node is e and name in others)]
        refused += [(element, row, message, at) for element, row, message in reading.refused]
        return entity

    return runtime.names(classes) | {
        "hollow": hollow,
        "noted": noted,
        "refuse": refuse,
        "remainder": remainder,
        "retract": retract,
        "settled": settled,
        "slowly": slowly,
        "spare": spare,
        "strangers": strangers,
        "whole": whole,
        "with_unit": with_unit,
    }


def _noted(at: Any, row: Row | None, place: tuple[str | int, ...]) -> Any:
    """The oracle's place as it is noted."""
    if row is not None:
        place = place[:-1] if _inside(row) or row.when else place
    for part in place:
        at = (at, part)
    return at


def whole(e: Element, d: Notes, at: Any) -> Opaque:
    """An element that is kept as it is."""
    d[0].append((e, WHOLE, None, at))
    return opaque(e)


def noted(d: Notes, n: int, r: int, at: Any) -> bool:
    """Whether anything was noted of an entity, or of what it holds, since a function began."""
    return any(_within(place, at) for *_, place in (*d[0][n:], *d[2][r:]))


def _within(place: Any, at: Any) -> bool:
    while place is not None and place is not at:
        place = place[0]
    return place is at


def refuse(row: Row, e: Element, text: str, *unit: str | None, d: Notes, at: Any) -> None:
    """Note that a row does not admit a text."""
    codec = row.codec
    assert codec
    if row.constant is not None:
        d[2].append((e, row, text, at))
    elif not (codec.filled and not text.strip()):
        try:
            codec.decode(text, *unit)
        except ValueError as error:
            d[2].append((e, row, str(error), at))


def settled(
    decode: Callable[..., Any],
    places: list[list[tuple[str, Element, str]]],
    default: Any,
    d: Notes,
    row: Row,
    at: Any,
    **needs: Any,
) -> Any:
    """The first value that a rule admits, of each place of its row; what was taken for it in vain is given back."""
    found = None
    for texts in places:
        value = None
        for text, e, name in texts:
            if value is None:
                try:
                    value = decode(text, **needs)
                except ValueError as error:
                    d[2].append((e, row, str(error), at))
                if value is not None:
                    continue
            retract(d, e, name)
        found = value if found is None else found
    return default if found is None else found


def with_unit(e: Element, unit: str, row: Row, d: Notes) -> None:
    """The unit of a size goes with the size."""
    if e.get(unit) is not None:
        if any(element is e and other is row for element, _, other, _ in d[0][-8:]):
            d[0].append((e, unit, row, next(at for element, _, other, at in reversed(d[0]) if other is row)))
        else:
            d[1].append((e, unit))


def spare(e: Element, left: list[Left]) -> None:
    """The text of an element that no row took."""
    if (e.text or "").strip() or any((child.tail or "").strip() for child in e):
        left.append((e, TEXT))


def strangers(e: Element, left: list[Left]) -> None:
    """The text and the children of an element in which no row looks for any."""
    spare(e, left)
    left += [(child, None) for child in e]


def hollow(e: Element, left: list[Left]) -> None:
    """An element of which nothing was taken is left as a whole."""
    while left and (left[-1][0] is e or e in left[-1][0].iterancestors()):
        left.pop()
    left.append((e, None))


def remainder(e: Element, took: list[Took], left: list[Left]) -> None:
    """What is left of an element of which all that was taken is known."""
    left += _claims(took).residue(e)


def retract(d: Notes, e: Element, node: str) -> None:
    """Give back a node after all, and with it the elements around it of which nothing else was taken."""
    took, left, _ = d
    del took[max(at for at, (element, name, *_) in enumerate(took) if element is e and name == node)]
    claimed = {element for taken, *_ in took for element in (taken, *taken.iterancestors())}
    outermost = None
    for element in (e, *e.iterancestors()):
        if element in claimed:
            break
        outermost = element
    if outermost is None:
        left.append((e, node))
    else:
        inside = set(outermost.iter())
        left[:] = [(element, name) for element, name in left if element not in inside]
        left.append((outermost, None))
