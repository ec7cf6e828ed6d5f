"""The text of each device of a document that is laid out as libvirt lays it out, without parsing it.

The children of the element that holds the devices are told by their indentation: in well-formed XML a line that begins
with blanks and ``<`` begins with a tag, unless a comment, CDATA or an instruction hides it.  Where there is one, or a
line does not fit, nothing is cut, and the document is parsed.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from xform.dialect import Dialect

_NAME = re.compile(rb"[A-Za-z_][\w.-]*")
_PREFIXED = re.compile(rb"[\s</][\w.-]+:[\w.-]+[\s=/>]")  # in what stands alone nothing declares a prefix


@attrs.frozen
class Slices:
    """Kind and text of each device by the text's digest, in order, and the digest of all that is around them."""

    devices: dict[bytes, tuple[str, bytes]]
    rest: bytes


def cut(dialect: Dialect, xml: bytes) -> Slices | None:
    """The slices of a document; None where it is not laid out so, or two devices have the very same text."""
    # to look for one sign first is the quicker way by far: there is a `<` every few bytes
    if len(dialect.containers) != 1 or any(sign in xml and b"<" + sign in xml for sign in (b"!", b"?")):
        return None
    (steps, places), *_ = dialect.containers
    if not all(step.tag == step.shown and not step.wild and not step.where for step in steps):
        return None
    indent = b"\n" + b"  " * len(steps)
    name = steps[-1].tag.encode() if steps else b""
    start, end = indent + b"<" + name + b">", indent + b"</" + name + b">"
    if xml.count(start) != 1 or xml.count(end) != 1:
        return None
    before, _, inner = xml.partition(start)
    inner, _, after = inner.partition(end)
    kinds = {tag.encode(): only[0].kind for tag, only in places.items() if len(only) == 1 and only[0].step is None}
    return _children(inner, indent + b"  <", kinds, [before, after])


def _children(inner: bytes, start: bytes, kinds: dict[bytes, str], around: list[bytes]) -> Slices | None:
    """The children of the container, each of which begins with `start`."""
    first, *pieces = inner.split(start)
    if first:
        return None
    devices: dict[bytes, Slice] = {}
    count = 0
    left = iter(pieces)
    for piece in left:
        found = _NAME.match(piece)
        if found is None:
            return None
        name, text = found[0], piece
        if b"\n" in piece:
            if next(left, None) != b"/" + name + b">":
                return None
            text = piece + start + b"/" + name + b">"
        elif not (piece.endswith(b"/>") or piece.endswith(b"</" + name + b">")):
            return None
        if name in kinds:
            count += 1
            devices[hashlib.sha256(text).digest()] = kinds[name], b"<" + text
        else:
            around.append(text)
    if len(devices) != count:
        return None
    return Slices(devices, hashlib.sha256(b"\0".join(around)).digest())


def alone(text: bytes) -> bool:
    """Whether a slice means the same outside of its document."""
    return not _PREFIXED.search(text)
