"""Documents drawn from a schema, with what no schema knows sprinkled in: nothing of it is lost, and nothing raises."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings

import xform
from tests import corpus
from xform.check.relaxng import Pattern, read_schema
from xform.documents import documents, sprinkled
from xform.errors import HostError
from xform.laws import get_put, least_edit, put_get, put_put, twins
from xform.schema import Schema, find_schemas

VERSIONS = ["libvirt-9.0.0", "libvirt-11.3.0"]
SMALL = """\
<grammar xmlns="http://relaxng.org/ns/structure/1.0"
         datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><ref name="box"/></start>
  <define name="box">
    <element name="box">
      <attribute name="size">
        <data type="unsignedByte"><param name="minInclusive">3</param><param name="maxInclusive">9</param></data>
      </attribute>
      <optional><attribute name="kind"><choice><value>a</value><value>b</value></choice></attribute></optional>
      <interleave>
        <element name="mark"><data type="string"><param name="pattern">[a-c]{2}x?</param></data></element>
        <zeroOrMore><choice><ref name="box"/><element name="lid"><empty/></element></choice></zeroOrMore>
        <optional><ref name="never"/></optional>
      </interleave>
      <optional><element><anyName><except><name>last</name></except></anyName><text/></element></optional>
      <optional><element name="last"><list><oneOrMore><data type="boolean"/></oneOrMore></list></element></optional>
    </element>
  </define>
  <define name="never"><notAllowed/></define>
</grammar>
"""


@cache
def pattern(version: str) -> Pattern:
    folder = corpus.HOME / "schemas" / version
    try:
        return read_schema(find_schemas(folder if folder.is_dir() else None) / "domain.rng")
    except HostError as error:
        pytest.skip(str(error))


@pytest.fixture
def small(tmp_path: Path) -> tuple[Pattern, Schema]:
    (tmp_path / "small.rng").write_text(SMALL)
    return read_schema(tmp_path / "small.rng"), Schema(tmp_path, "small.rng")


def drawn(known: Pattern) -> list[Any]:
    found: list[Any] = []

    @settings(max_examples=200, phases=[Phase.generate])
    @given(documents(known))
    def collect(root: Any) -> None:
        found.append(root)

    collect()
    return found


def test_what_is_drawn_is_valid_and_reaches_every_part_of_the_schema(small: tuple[Pattern, Schema]) -> None:
    known, schema = small
    roots = drawn(known)
    assert [schema.said(root) for root in roots if schema.said(root)] == []
    paths = ["@kind", "box/box", "lid", "last", "*[not(self::box or self::mark or self::lid or self::last)]"]
    orders = ["box/following-sibling::mark", "mark/following-sibling::box"]
    assert [path for path in [*paths, *orders] if not any(root.xpath(path) for root in roots)] == []


def test_sprinkled_documents_have_what_no_schema_knows(small: tuple[Pattern, Schema]) -> None:
    texts: list[str] = []

    @settings(max_examples=200, phases=[Phase.generate])
    @given(documents(small[0]).flatmap(sprinkled))
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    marks = ["unknown=", "<unknown", "<!--", "<![CDATA[", "xmlns:z=", '="', "='", "\r\n", " = ", "<?", "\ufeff"]
    assert [mark for mark in marks if not any(mark in text for text in texts)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_nearly_all_that_is_drawn_of_libvirts_schema_is_valid(version: str) -> None:
    known = pattern(version)
    folder = corpus.HOME / "schemas" / version
    schema = Schema(find_schemas(folder if folder.is_dir() else None))
    valid = []

    @settings(max_examples=40, phases=[Phase.generate])
    @given(documents(known))
    def collect(root: Any) -> None:
        valid.append(not schema.said(root))

    collect()
    assert sum(valid) >= 0.9 * len(valid)


@pytest.mark.parametrize("name", ["domain", "ovirt"])
@pytest.mark.parametrize("version", VERSIONS)
def test_laws(version: str, name: str) -> None:
    dialect = xform.load(name)

    @settings(max_examples=30)
    @given(documents(pattern(version)).flatmap(sprinkled))
    def holds(document: str) -> None:
        dialect.parse(document)
        for law in (get_put, put_get, put_put, least_edit, twins):
            assert law(dialect, document) == []

    holds()
