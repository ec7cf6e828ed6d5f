"""RELAX NG: which documents are valid, and what is said of those that are not."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lxml import etree

from xform.errors import DocumentError, HostError, XformError
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


def test_a_valid_document_has_no_problems(schema: Schema) -> None:
    assert schema.problems(shelves(SHELF)) == []


def test_a_tree_is_validated_as_it_is_and_left_unchanged(schema: Schema) -> None:
    root = etree.fromstring(shelves(SHELF, "<box/>"))
    before = etree.tostring(root)
    (problem,) = schema.problems(root)
    assert (problem.line, problem.column) == (5, None)
    assert etree.tostring(root) == before


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (shelves(SHELF, "<box/>"), ["f:5:1: <box> in <shelves>: no such element here, or not with this content"]),
        (
            shelves(SHELF, "<shelf colour='green'><board length='1'/></shelf>"),
            ["f:5:1: attribute 'colour' of <shelf>: no such attribute here, or not with this value"],
        ),
        (shelves(SHELF, "<shelf/>"), ["f:5:1: <shelf> in <shelves>: no such element here, or not with this content"]),
        (
            shelves("<box/>", SHELF, "<shelf><board length='1' x='1'/></shelf>"),
            [
                "f:4:1: <box> in <shelves>: no such element here, or not with this content",
                "f:6:8: attribute 'x' of <board>: no such attribute here, or not with this value",
            ],
        ),
        (
            "<shop open='1'>\n<size>big</size>\n<name/>\n<cellar/>\n</shop>",
            [
                "f:2:1: <size> in <shop>: no such element here, or not with this content",
                "f:4:1: <cellar> in <shop>: no such element here, or not with this content",
            ],
        ),
        ("<shop open='1'/>", ["f:1:1: <shop>: Expecting an element name, got nothing"]),
        ("<bar/>", ["f:1:1: <bar>: Expecting element shop, got bar"]),
    ],
    ids=["unknown element", "value", "content", "several", "children of the root", "missing element", "other document"],
)
def test_each_problem_names_its_place_and_what_does_not_fit(schema: Schema, document: str, expected: list[str]) -> None:
    assert [str(problem) for problem in schema.problems(document, "f")] == expected


def test_of_many_children_those_that_do_not_fit_are_found(schema: Schema) -> None:
    document = shelves(*[SHELF] * 300, "<box/>", *[SHELF] * 300, "<shelf/>")
    assert [problem.line for problem in schema.problems(document)] == [304, 605]


def test_when_the_search_has_cost_enough_less_is_told(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xform.schema._EFFORT", 0)
    monkeypatch.setattr("xform.schema._FEWEST", 6)
    (problem,) = schema.problems(shelves(*[SHELF] * 300, "<shelf/>"), "f")
    assert str(problem) == "f:3:1: <shelves> in <shop>: no such element here, or not with this content"


def test_values_are_not_shown_because_some_are_secret(schema: Schema) -> None:
    problems = schema.problems(shelves("<shelf colour='opensesame'><board length='1'/></shelf>"))
    assert problems
    assert "opensesame" not in str(problems)


def test_what_is_not_well_formed_is_no_document(schema: Schema) -> None:
    with pytest.raises(DocumentError, match=r"^f:1:"):
        schema.problems("<shop", "f")


def test_many_threads_get_each_their_own_problems(schema: Schema) -> None:
    documents = [shelves(*[SHELF] * number, "<box/>") for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(schema.problems, documents))
    assert [[problem.line for problem in problems] for problems in found] == [[4 + number] for number in range(40)]


def test_a_given_folder_without_the_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(XformError, match=r"no domain\.rng there; expected a folder with libvirt's RELAX NG files"):
        find_schemas(tmp_path)


def test_a_given_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "domain.rng").touch()
    assert find_schemas(tmp_path) == tmp_path


def test_a_broken_schema_is_named(tmp_path: Path) -> None:
    (tmp_path / "domain.rng").write_text("<grammar")
    with pytest.raises(XformError, match=r"domain\.rng: .*; expected a RELAX NG schema$"):
        Schema(tmp_path)


def test_without_libvirts_schemas_the_message_names_package_and_option() -> None:
    with pytest.raises(HostError, match=r"Debian package libvirt0.*--schemas"):
        find_schemas(None, "absent.rng")


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
    (problem,) = Schema(find_schemas()).problems(xml, "a.xml")
    assert str(problem).startswith("a.xml:4:5: attribute 'device' of <disk>")
