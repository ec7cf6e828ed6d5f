"""Where elements stand in the text of their document.  Knows no element name."""

from __future__ import annotations

import codecs
import re

from lxml import etree

from xform.xml import Element

# In a well-formed document '<' begins nothing but markup, so what is none of these others is a start tag.
_START = re.compile(r"<(?:!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|([^/!?]))", re.DOTALL)

Place = tuple[int, int]


def places(root: Element, document: str | bytes) -> dict[Element, Place]:
    """Line and column, from 1, of the start tag of every element; `root` must be the document as it was parsed.

    lxml knows the line alone, and that where a start tag ends.  Empty where the text cannot be followed.
    """
    try:
        text = document if isinstance(document, str) else _decoded(document, root)
    except (LookupError, UnicodeError):
        return {}
    starts = [found.start() for found in _START.finditer(text) if found[1]]
    elements = list(root.iter(etree.Element))
    if len(starts) != len(elements):
        return {}
    found: dict[Element, Place] = {}
    line, begin, last = 1, 0, 0
    for element, start in zip(elements, starts, strict=True):
        if lines := text.count("\n", last, start):
            line += lines
            begin = text.rfind("\n", last, start) + 1
        last = start
        found[element] = (line, start - begin + 1)
    return found


def _decoded(data: bytes, root: Element) -> str:
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if marked else root.getroottree().docinfo.encoding or "utf-8").removeprefix("\ufeff")
