"""One fault of a document: where it is, what was found, what is allowed there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from attrs import evolve, field, frozen

from xform.compile.interpreter import TEXT
from xform.errors import did_you_mean, quoted
from xform.xml import Element, general, own_text, path_of

# So many allowed names are all told; of more only the nearest.
_ALL = 12
_NEAREST = 8


@frozen
class Fault:
    """A fault at a node: an element, or of it an attribute (its tag) or its text (`TEXT`).

    `path` is the node's place in the document, `found` the name or the value that stands there, empty where nothing
    does or it may be secret.  `expected` are the names, words or forms that are allowed there, `hint` is what was
    probably meant, or where the name belongs.  `by` is who says so: ``schema``, ``tables``, or the place of a row.
    `more` says that the search was given up by then: there may be others.
    """

    element: Element = field(eq=False)
    node: str | None
    message: str
    found: str = ""
    expected: tuple[str, ...] = ()
    hint: str = ""
    by: str = "tables"
    more: bool = False
    path: str = field(init=False)

    @path.default
    def _path(self) -> str:
        return path_of(self.element, self.node)

    @property
    def gist(self) -> str:
        """What is wrong, in words that many documents have: without the value, and what is expected beside all else."""
        holds = self.node is not None and self.found and self.found == value_at(self.element, self.node)
        said = self.message.replace(quoted(self.found), "this value") if holds else self.message
        return general(said.partition("; ")[0])

    def said_by(self, by: str, more: bool = False) -> Fault:
        return evolve(self, by=by, more=more)


def fault(
    element: Element, node: str | None, what: str, found: str = "", expected: tuple[str, ...] = (), hint: str = ""
) -> Fault:
    """A fault whose message says what is wrong, what is allowed there, and the hint."""
    message = "; ".join(part for part in (what, _expected(expected, found), hint) if part)
    return Fault(element, node, message, found, expected, hint)


def _expected(names: Sequence[str], found: str) -> str:
    if not names:
        return ""
    if len(names) == 1:
        return f"expected {names[0]}"
    if len(names) <= _ALL:
        return f"expected one of {', '.join(names)}"
    near = difflib.get_close_matches(found, names, _NEAREST, 0)
    return f"expected one of {', '.join(near)} and {len(names) - len(near)} more"


def value_at(element: Element, node: str) -> str:
    """An attribute, or the text without the blanks around it; empty where there is none."""
    return own_text(element).strip() if node == TEXT else element.get(node, "")


def meant(word: str, known: Iterable[str]) -> str:
    """The hint for a word that is none of those known."""
    return did_you_mean(word, known).strip(" ()")


def short(element: Element, node: str | None = None) -> str:
    """A node's path without the root, as messages say it; of the root its name."""
    return path_of(element, node).split("/", 2)[-1]
