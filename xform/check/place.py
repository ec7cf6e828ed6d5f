"""What may stand in an element: walked down from the root of a schema, or of several at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cached_property

from attrs import field, frozen

from xform.check.relaxng import (
    EMPTY,
    NEVER,
    Attribute,
    Choice,
    Data,
    Element,
    Group,
    Interleave,
    Name,
    Pattern,
    Ref,
    Repeat,
    Text,
    Tokens,
    Value,
    choice,
    group,
    leaves,
    names,
)
from xform.table.model import Step


@frozen
class Words:
    """The texts that may stand somewhere: some words, and what else is admitted."""

    words: tuple[str, ...]
    others: tuple[Text | Data | Tokens, ...] = ()

    @property
    def closed(self) -> bool:
        return not self.others

    def admits(self, text: str) -> bool:
        """False only for what surely is not admitted: of types, whole numbers, their bounds and patterns are known."""
        return text in self.words or any(not isinstance(other, Data) or _typed(other, text) for other in self.others)


_NUMBER = re.compile(r"\s*[+-]?[0-9]+\s*")
_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "byte": (-(2**7), 2**7 - 1),
    "short": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "integer": (None, None),
    "unsignedByte": (0, 2**8 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
}


def bounds(data: Data) -> tuple[int | None, int | None] | None:
    """The least and the most that a whole number may be, None where nothing bounds it; None for other types."""
    if data.type not in _NUMBERS:
        return None
    low, high = _NUMBERS[data.type]
    for name, param in data.params:
        if not (re.fullmatch(r"m(in|ax)(In|Ex)clusive", name) and re.fullmatch(r"[+-]?[0-9]{1,40}", param)):
            continue
        exclusive = int(name.endswith("Exclusive"))
        if name.startswith("min"):
            least = int(param) + exclusive
            low = least if low is None else max(low, least)
        else:
            most = int(param) - exclusive
            high = most if high is None else min(high, most)
    return low, high


def _typed(data: Data, text: str) -> bool:
    if (within := bounds(data)) is not None:
        if not _NUMBER.fullmatch(text):
            return False
        number, (low, high) = Decimal(text.strip()), within  # an int of very many digits Python does not make
        if (low is not None and number < low) or (high is not None and number > high):
            return False
    try:
        return all(re.fullmatch(param, text) for name, param in data.params if name == "pattern")
    except re.error:  # what only XML Schema's patterns can say
        return True


@frozen(eq=False, slots=False)
class Place:
    """An element, by every way in which the schemas have it here.

    `contents` are the patterns of what may stand in it; `given` are attributes that are taken to be there, with their
    words, so that only what goes with them is left.
    """

    tag: str
    contents: tuple[Pattern, ...] = field(repr=False)
    given: tuple[tuple[str, str], ...] = ()

    @cached_property
    def key(self) -> frozenset[int]:
        """Equal where two places are one."""
        return frozenset(map(id, self.contents))

    @cached_property
    def elements(self) -> list[Element]:
        """What the schemas declare of its children."""
        return [found for content in self.contents for found in leaves(content, Element)]

    @cached_property
    def declared(self) -> list[Attribute]:
        """What the schemas declare of its attributes."""
        return [found for content in self.contents for found in leaves(content, Attribute)]

    @cached_property
    def children(self) -> tuple[str, ...]:
        """The tags of the elements that may stand in it, as far as they are named."""
        return _named(self.elements)

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        return _named(self.declared)

    def child(self, tag: str) -> Place | None:
        found = {id(one.inner): one.inner for one in self.elements if names(one.names, tag)}
        return Place(tag, tuple(found.values())) if found else None

    def attribute(self, tag: str) -> Words | None:
        for name, word in self.given:
            if name == tag:
                return Words((word,))
        found = [one.inner for one in self.declared if names(one.names, tag)]
        return _words(found) if found else None

    @cached_property
    def text(self) -> Words | None:
        """None where no text may stand."""
        return _words(self.contents) if any(True for _ in _texts(self.contents)) else None

    def needs_child(self, tag: str) -> bool:
        return self._needs(lambda at: isinstance(at, Element) and names(at.names, tag))

    def needs_attribute(self, tag: str) -> bool:
        return tag in dict(self.given) or self._needs(lambda at: isinstance(at, Attribute) and names(at.names, tag))

    @property
    def needs_text(self) -> bool:
        """Whether it cannot be empty; a type may admit the empty text."""
        return self._needs(lambda at: isinstance(at, Value | Data | Tokens))

    def _needs(self, wanted: Callable[[Pattern], bool]) -> bool:
        return all(_needs(content, wanted) for content in self.contents)

    def where(self, name: str, word: str) -> Place | None:
        """What is left of it where an attribute has this word; None where it cannot."""
        left = [rest for content in self.contents if (rest := consume(content, name, word)) is not NEVER]
        return Place(self.tag, tuple(left), (*self.given, (name, word))) if left else None

    def without(self, name: str) -> Place | None:
        """What is left of it where an attribute is absent; None where it must be there."""
        left = [rest for content in self.contents if (rest := _lacking(content, name)) is not NEVER]
        return Place(self.tag, tuple(left), self.given) if left else None

    def step(self, step: Step) -> Place | None:
        """One step of a path down; a wild step leads to all that no more exact step takes."""
        if step.wild:
            found = {id(one.inner): one.inner for one in self.elements if any(takes(step, name) for name in one.names)}
            return Place(f"{step.tag[:-1]}any", tuple(found.values())) if found else None
        at = self.child(step.tag)
        for name, value in step.where:
            at = at.where(name, value) if at else None
        return at


def _named(found: Iterable[Element] | Iterable[Attribute]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in found for name in one.names if isinstance(name, str)))


def takes(step: Step, name: Name) -> bool:
    """Whether a wild step leads to the elements of a name, or to some of an open one."""
    if isinstance(name, str):
        return name.startswith(step.tag[:-1]) and not any(other.tag == name and not other.where for other in step.but)
    return not step.tag.startswith("{") or names((name,), f"{step.tag[:-1]}any")


def _texts(contents: Iterable[Pattern]) -> Iterable[Text | Value | Data | Tokens]:
    return (found for content in contents for found in leaves(content, Text, Value, Data, Tokens))


def _words(contents: Iterable[Pattern]) -> Words:
    found = list(_texts(contents))
    return Words(
        tuple(dict.fromkeys(one.text for one in found if isinstance(one, Value))),
        tuple(one for one in found if not isinstance(one, Value)),
    )


def _needs(pattern: Pattern, wanted: Callable[[Pattern], bool]) -> bool:
    """Whether something wanted stands in all that fits a pattern."""
    match pattern:
        case Ref():
            return _needs(pattern.target, wanted)
        case Choice():
            return all(_needs(part, wanted) for part in pattern.parts)
        case Group() | Interleave():
            return any(_needs(part, wanted) for part in pattern.parts)
        case Repeat():
            return _needs(pattern.inner, wanted)
    return wanted(pattern)


def consume(pattern: Pattern, name: str, word: str) -> Pattern:
    """What is left of a pattern once an attribute with this word has been read: its derivative."""
    match pattern:
        case Ref():
            return consume(pattern.target, name, word)
        case Attribute():
            return EMPTY if names(pattern.names, name) and _words([pattern.inner]).admits(word) else NEVER
        case Choice():
            return choice(consume(part, name, word) for part in pattern.parts)
        case Group() | Interleave():
            parts, found = pattern.parts, []
            for at, part in enumerate(parts):
                if (rest := consume(part, name, word)) is not NEVER:
                    found.append(group((*parts[:at], rest, *parts[at + 1 :]), type(pattern)))
            return choice(found)
        case Repeat():
            return group((consume(pattern.inner, name, word), choice((pattern, EMPTY))))
    return NEVER


def _lacking(pattern: Pattern, name: str) -> Pattern:
    """A pattern without an attribute."""
    match pattern:
        case Ref():
            rest = _lacking(pattern.target, name)
            return pattern if rest is pattern.target else rest
        case Attribute():
            return NEVER if name in pattern.names else pattern
        case Choice() | Group() | Interleave():
            parts = tuple(_lacking(part, name) for part in pattern.parts)
            if all(part is old for part, old in zip(parts, pattern.parts, strict=True)):
                return pattern
            return choice(parts) if isinstance(pattern, Choice) else group(parts, type(pattern))
        case Repeat():
            inner = _lacking(pattern.inner, name)
            return pattern if inner is pattern.inner else NEVER if inner is NEVER else Repeat(inner)
    return pattern
