"""What keeps a document from being valid, found with the validator alone."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

from xform.faults.search import Search
from xform.schema import HOMES, Schema, find_schemas

GRAMMAR = """\
<grammar xmlns='http://relaxng.org/ns/structure/1.0' datatypeLibrary='http://www.w3.org/2001/XMLSchema-datatypes'>
  <start>
    <element name='shop'>
      <attribute name='open'/>
      <interleave>
        <element name='name'><text/></element>
        <optional><element name='size'><data type='unsignedInt'/></element></optional>
        <optional>
          <element name='shelves'>
            <zeroOrMore>
              <element name='shelf'>
                <optional>
                  <attribute name='colour'><choice><value>red</value><value>blue</value></choice></attribute>
                </optional>
                <element name='board'><attribute name='length'/></element>
              </element>
            </zeroOrMore>
          </element>
        </optional>
      </interleave>
    </element>
  </start>
</grammar>
"""


@pytest.fixture
def schema(tmp_path: Path) -> Schema:
    (tmp_path / "shop.rng").write_text(GRAMMAR)
    return Schema(tmp_path, "shop.rng")


def shelves(*lines: str) -> str:
    return "\n".join(["<shop open='yes'>", "<name>x</name>", "<shelves>", *lines, "</shelves>", "</shop>"])


SHELF = "<shelf colour='red'><board length='1'/></shelf>"


def misfits(schema: Schema, document: str) -> list[str]:
    """Line, element and attribute of each, in the document's order."""
    found = sorted(Search(schema, etree.fromstring(document)).faults(), key=lambda one: one.element.sourceline)
    return [f"{one.element.sourceline}: {one.element.tag} {one.attribute or ''}".strip() for one in found]


def test_text_behind_a_comment_is_told_by_the_element_around_it(schema: Schema) -> None:
    assert misfits(schema, shelves(SHELF, "<!-- ours -->stray")) == ["3: shelves"]


def test_a_valid_document_has_none(schema: Schema) -> None:
    assert misfits(schema, shelves(SHELF)) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (shelves(SHELF, "<box/>"), ["5: box"]),
        (shelves(SHELF, "<shelf colour='green'><board length='1'/></shelf>"), ["5: shelf colour"]),
        (shelves(SHELF, "<shelf/>"), ["5: shelf"]),
        (shelves("<box/>", SHELF, "<shelf><board length='1' x='1'/></shelf>"), ["4: box", "6: board x"]),
        ("<shop open='1'>\n<size>big</size>\n<name/>\n<cellar/>\n</shop>", ["2: size", "4: cellar"]),
        ("<shop open='1'/>", ["1: shop"]),
        ("<bar/>", ["1: bar"]),
    ],
    ids=["unknown element", "value", "content", "several", "children of the root", "missing element", "other document"],
)
def test_each_is_an_element_or_its_attribute(schema: Schema, document: str, expected: list[str]) -> None:
    assert misfits(schema, document) == expected


def test_of_many_children_those_that_do_not_fit_are_found(schema: Schema) -> None:
    document = shelves(*[SHELF] * 300, "<box/>", *[SHELF] * 300, "<shelf/>")
    assert misfits(schema, document) == ["304: box", "605: shelf"]


def test_when_the_search_has_cost_enough_less_is_told(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xform.faults.search._EFFORT", 0)
    monkeypatch.setattr("xform.faults.search._FEWEST", 6)
    assert misfits(schema, shelves(*[SHELF] * 300, "<shelf/>")) == ["3: shelves"]


def test_many_threads_get_each_their_own(schema: Schema) -> None:
    documents = [shelves(*[SHELF] * number, "<box/>") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda document: misfits(schema, document), documents))
    assert found == [[f"{4 + number}: box"] for number in range(40)]


@pytest.mark.skipif(not any(home.is_dir() for home in HOMES), reason="libvirt's schemas are not installed")
def test_L14_libvirts_own_schema_points_at_the_faulty_device() -> None:
    xml = """<domain type='qemu'>
  <name>a</name>
  <devices>
    <disk type='file' device='tape'>
      <target dev='vda'/>
    </disk>
  </devices>
</domain>"""
    assert misfits(Schema(find_schemas()), xml) == ["4: disk device"]
