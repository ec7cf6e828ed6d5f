"""The text of each device of a document that is laid out as libvirt lays it out, without parsing it.

The children of the element that holds the devices are told by their indentation: in well-formed XML a line that begins
with blanks and ``<`` begins with a tag, unless a comment, CDATA or an instruction hides it.  Where there is one, or a
line does not fit, nothing is cut, and the document is parsed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import attrs

from xform.compile.interpreter import find
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect

_NAME = re.compile(rb"[A-Za-z_][\w.-]*")
_PREFIXED = re.compile(rb"[\s</][\w.-]+:[\w.-]+[\s=/>]")  # in what stands alone nothing declares a prefix


@attrs.frozen
class Slices:
    """Kind and text of each device, in order, and the document's text around them, with the line of the container."""

    devices: list[tuple[str, bytes]]
    rest: bytes
    line: int

    def fit(self, dialect: Dialect, root: Element) -> bool:
        """Whether the container in this tree, of the document or of the rest, is what was cut."""
        return [element.sourceline for element in find(root, dialect.containers[0][0])] == [self.line]


@lru_cache(16)
def cuttable(dialect: Dialect) -> dict[bytes, str]:
    """The kinds of devices that are told by their element's name alone, and may stand there more than once."""
    return {
        tag.encode(): only[0].kind
        for _, places in dialect.containers
        for tag, only in places.items()
        if len(only) == 1 and only[0].many and only[0].step is None
    }


def cut(dialect: Dialect, xml: bytes) -> Slices | None:
    """The slices of a document; None where it is not laid out so."""
    # to look for one sign first is the quicker way by far: there is a `<` every few bytes
    if len(dialect.containers) != 1 or any(sign in xml and b"<" + sign in xml for sign in (b"!", b"?")):
        return None
    steps, _ = dialect.containers[0]
    if not all(step.tag == step.shown and not step.wild and not step.where for step in steps):
        return None
    indent = b"\n" + b"  " * len(steps)
    name = steps[-1].tag.encode() if steps else b""
    start, end = indent + b"<" + name + b">", indent + b"</" + name + b">"
    if xml.count(start) != 1 or xml.count(end) != 1:
        return None
    before, _, inner = xml.partition(start)
    inner, _, after = inner.partition(end)
    kinds = cuttable(dialect)
    devices: list[tuple[str, bytes]] = []
    others = [before, start]
    begin = indent + b"  <"
    first, *pieces = inner.split(begin)
    left = iter(pieces)
    for piece in left:
        found = _NAME.match(piece)
        if found is None:
            return None
        name = found[0]
        closing = b"/%b>" % name
        if b"\n" in piece:
            if next(left, None) != closing:
                return None
            text = b"<%b%b%b" % (piece, begin, closing)
        elif piece.endswith(b"/>") or piece.endswith(b"<" + closing):
            text = b"<" + piece
        else:
            return None
        if kind := kinds.get(name):
            devices.append((kind, text))
        else:
            others += b"\n", text
    return None if first else Slices(devices, b"".join([*others, end, after]), before.count(b"\n") + 2)


def alone(text: bytes) -> bool:
    """Whether a slice means the same outside of its document."""
    return b":" not in text or not _PREFIXED.search(text)
