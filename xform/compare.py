"""Are two documents the same?  A judge of its own: it knows no table, no codec and no element's name.

Equal are: siblings of different names in another order, another lexical form of one value (`same`), white space
around text and between elements, comments and processing instructions, another prefix for one namespace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import field, frozen

from xform.xml import Element, attribute_name, element_name, line_of, parse_text

UNITS = ("unit", "units")

_INTEGER = re.compile(r"-?[0-9]+|0[xX][0-9a-fA-F]+")
_FRACTION = re.compile(r"(-?[0-9]+)\.0+")
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}", re.IGNORECASE)
_CPUS = re.compile(r"\^?[0-9]{1,5}(?:-[0-9]{1,5})?(?:,\^?[0-9]{1,5}(?:-[0-9]{1,5})?)*")
_UNIT = re.compile(r"(?:([kmgtpe])(ib|b)?|b|bytes?)", re.IGNORECASE)


@frozen
class Difference:
    """One place where the right document is not the left one.

    `kind` is ``changed`` (another value), ``missing`` (only on the left), ``empty`` (only on the left, and it holds
    nothing) or ``added`` (only on the right).  `what` is ``element``, ``attribute`` or ``text``.  `node` is the left
    element that has it, or for what was added would have it; `line` is its line.
    """

    path: str
    line: int
    what: str
    left: str | None
    right: str | None
    kind: str
    node: Element = field(eq=False, repr=False)

    def __str__(self) -> str:
        match self.kind:
            case "changed":
                said = f"{self.left!r} became {self.right!r}"
            case "added":
                said = f"{self.right!r} was added"
            case _:
                said = "is missing" if self.what == "element" else f"{self.left!r} is missing"
        return f"{self.line}: {self.path}: {said}"


def compare(left: Element | str | bytes, right: Element | str | bytes) -> list[Difference]:
    """Every difference between two elements or texts, in the order of the left one; none where they are equal.

    Raises DocumentError for a text that is not well-formed.
    """
    one, other = (
        parse_text(side, name) if isinstance(side, str | bytes) else side
        for side, name in ((left, "left"), (right, "right"))
    )
    if one.tag != other.tag:
        return [
            Difference(
                f"/{element_name(one)}", line_of(one), "element", element_name(one), element_name(other), "changed", one
            )
        ]
    return list(_elements(one, other, f"/{element_name(one)}"))


def holds_nothing(element: Element) -> bool:
    """No attribute, no text, and no child but such as hold nothing themselves."""
    return not element.attrib and not _text(element) and all(map(holds_nothing, _children(element)))


def same(left: str, right: str) -> bool:
    """Is it one value?  Numbers by value (0x03 is 3), UUIDs and MAC addresses without case, CPU lists as sets."""
    if left == right:
        return True
    if _INTEGER.fullmatch(left) and _INTEGER.fullmatch(right):
        return _number(left) == _number(right)
    if (_FRACTION.fullmatch(left) or _FRACTION.fullmatch(right)) and _whole(left) is not None:
        return _whole(left) == _whole(right)
    if _UUID.fullmatch(left) and _UUID.fullmatch(right):
        return left.replace("-", "").lower() == right.replace("-", "").lower()
    if _MAC.fullmatch(left) and _MAC.fullmatch(right):
        return left.lower() == right.lower()
    cpus = _cpus(left)
    return cpus is not None and cpus == _cpus(right)


def _number(text: str) -> int:
    return int(text, 16 if text[:2] in ("0x", "0X") else 10)


def _whole(text: str) -> int | None:
    """The integer that ``3`` and ``3.0`` are."""
    found = _FRACTION.fullmatch(text)
    return _number(found[1] if found else text) if found or _INTEGER.fullmatch(text) else None


def _cpus(text: str) -> set[int] | None:
    text = "".join(text.split())
    if not _CPUS.fullmatch(text):
        return None
    found: set[int] = set()
    for part in text.split(","):
        low, _, high = part.lstrip("^").partition("-")
        chosen = range(int(low), int(high or low) + 1)
        if not chosen:
            return None
        found = found.difference(chosen) if part.startswith("^") else found.union(chosen)
    return found


def _elements(left: Element, right: Element, path: str) -> Iterator[Difference]:
    scaled = _scaled(left, right)
    for name, value in left.items():
        other = right.get(name)
        if other is None:
            if not (name in UNITS and _tacit(value)):
                yield _difference(left, f"{path}/@{attribute_name(left, name)}", "attribute", value, None, "missing")
        elif name not in scaled and not same(value, other):
            yield _difference(left, f"{path}/@{attribute_name(left, name)}", "attribute", value, other, "changed")
    for name, value in right.items():
        if name not in left.attrib and not (name in UNITS and _tacit(value)):
            yield _difference(left, f"{path}/@{attribute_name(right, name)}", "attribute", None, value, "added")
    text, other_text = _text(left), _text(right)
    if "" not in scaled and not same(text, other_text):
        yield _difference(left, path, "text", text, other_text, "changed")
    yield from _families(left, right, path)


def _families(left: Element, right: Element, path: str) -> Iterator[Difference]:
    """Children by name, in their order within each name."""
    ours, theirs = _by_tag(left), _by_tag(right)
    for tag, family in ours.items():
        places = {child: f"{path}/{element_name(child)}" for child in family}
        if len(family) > 1:
            places = {child: f"{place}[{n}]" for n, (child, place) in enumerate(places.items(), 1)}
        pairs, gone, new = _aligned(family, theirs.get(tag, []))
        for child, other in pairs:
            yield from _elements(child, other, places[child])
        for child in gone:
            kind = "empty" if holds_nothing(child) else "missing"
            yield _difference(child, places[child], "element", element_name(child), None, kind)
        for other in new:
            yield _difference(left, f"{path}/{element_name(other)}", "element", None, element_name(other), "added")
    for tag, family in theirs.items():
        if tag not in ours:
            for other in family:
                yield _difference(left, f"{path}/{element_name(other)}", "element", None, element_name(other), "added")


def _aligned(
    ours: list[Element], theirs: list[Element]
) -> tuple[list[tuple[Element, Element]], list[Element], list[Element]]:
    """Pairs in order; where one side has fewer, equal ones are paired first, so that the lost one is named."""
    if len(ours) == len(theirs) or not theirs or not ours:
        return list(zip(ours, theirs, strict=False)), ours if not theirs else [], theirs if not ours else []
    pairs: list[tuple[Element, Element]] = []
    start = 0
    for one in ours:
        equal = (at for at in range(start, len(theirs)) if not any(_elements(one, theirs[at], "")))
        if (at := next(equal, None)) is not None:
            pairs.append((one, theirs[at]))
            start = at + 1
    left = [one for one in ours if all(one is not paired for paired, _ in pairs)]
    right = [one for one in theirs if all(one is not paired for _, paired in pairs)]
    shared = min(len(left), len(right))
    return pairs + list(zip(left, right, strict=False)), left[shared:], right[shared:]


def _scaled(left: Element, right: Element) -> set[str]:
    """What need not be compared as it stands: a unit, and numbers (a text is ``""``) of the same number of bytes."""
    unit = next((unit for unit in UNITS if unit in left.attrib and unit in right.attrib), None)
    if unit is None and _counted(left, right):
        return {""}
    one, other = (_factor(left.get(unit)), _factor(right.get(unit))) if unit else (None, None)
    if unit is None or one is None or other is None:
        return set()
    if one == other:
        return {unit}
    numbers = {
        name: (_number(text), _number(opposite))
        for name, text, opposite in _texts(left, right)
        if _INTEGER.fullmatch(text) and _INTEGER.fullmatch(opposite)
    }
    # of several numbers beside one unit (an id, a size) the unit is that of those which changed with it
    changed = {name for name, (number, opposite) in numbers.items() if number != opposite}
    if changed and all(numbers[name][0] * one == numbers[name][1] * other for name in changed):
        return {unit, *changed}
    return {unit} if numbers and not any(number for number, _ in numbers.values()) else set()


def _counted(left: Element, right: Element) -> bool:
    """A text without a unit, which counts in KiB or as some do in MiB, beside the same amount in another unit."""
    stated = [_factor(element.get(unit)) for element in (left, right) for unit in UNITS if unit in element.attrib]
    texts = _text(left), _text(right)
    if len(stated) != 1 or stated[0] is None or not all(_INTEGER.fullmatch(text) for text in texts):
        return False
    bare, counted = reversed(texts) if any(unit in left.attrib for unit in UNITS) else texts
    return _number(counted) * stated[0] in (_number(bare) << 10, _number(bare) << 20)


def _texts(left: Element, right: Element) -> Iterator[tuple[str, str, str]]:
    yield "", _text(left), _text(right)
    for name, value in left.items():
        yield name, value, right.get(name, "")


def _factor(unit: str | None) -> int | None:
    found = _UNIT.fullmatch(unit.strip()) if unit else None
    if not found:
        return None
    if not found[1]:
        return 1
    base = 1000 if (found[2] or "").lower() == "b" else 1024
    return int(base ** ("kmgtpe".index(found[1].lower()) + 1))


def _tacit(unit: str) -> bool:
    """Units that a number without one may have: bytes, KiB or MiB."""
    return _factor(unit) in (1, 1 << 10, 1 << 20)


def _difference(node: Element, path: str, what: str, left: str | None, right: str | None, kind: str) -> Difference:
    return Difference(path, line_of(node), what, left, right, kind, node)


def _children(element: Element) -> Iterator[Element]:
    return (child for child in element if isinstance(child.tag, str))


def _by_tag(element: Element) -> dict[str, list[Element]]:
    families: dict[str, list[Element]] = {}
    for child in _children(element):
        families.setdefault(str(child.tag), []).append(child)
    return families


def _text(element: Element) -> str:
    """All text between the tags of an element and of its children."""
    return "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
