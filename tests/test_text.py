"""Where elements stand in their text: line and column of every start tag."""

from __future__ import annotations

import pytest

from xform.text import places
from xform.xml import parse_text

DOCUMENT = """\
<a><!-- <x>
  <y> --><b
   c='>' d="&lt;"
  /> <?pi <z> ?>
  <c>é</c><d><![CDATA[<e>]]></d>
</a>
"""
PLACES = {"a": (1, 1), "b": (2, 10), "c": (5, 3), "d": (5, 11)}


def found(document: str | bytes) -> dict[str, tuple[int, int]]:
    return {str(element.tag): place for element, place in places(parse_text(document), document).items()}


def test_every_start_tag_has_its_line_and_column() -> None:
    assert found(DOCUMENT) == PLACES


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_columns_count_characters_whatever_the_encoding(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    document = f"<?xml version='1.0' encoding='{name}'?><a>é<b/></a>"
    assert found(document.encode(encoding))["b"] == (1, document.index("<b") + 1)


def test_lines_end_as_xml_says() -> None:
    assert found(b"<a>\r\n\r\n <b/></a>")["b"] == (3, 2)
