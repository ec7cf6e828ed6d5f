"""Create: what was read is generated again as the same document, for every document that the tables name whole."""

from collections import Counter
from pathlib import Path

import pytest

import xform
from tests import corpus
from xform.compile.interpreter import Reader
from xform.laws import create, named, residue

DOMAIN = xform.load("domain")
WORKSHOP = xform.load(str(Path(__file__).parents[1] / "dialects" / "workshop"))
NAMED = Path(__file__).parents[1] / "golden" / "named.txt"


def is_named(file: Path) -> bool:
    return not named(DOMAIN, DOMAIN.tree(file.read_bytes(), str(file)))


@corpus.needed
@corpus.sliced
def test_every_named_document_is_created_again(number):
    found = {
        file.name: list(map(str, findings))
        for file in corpus.part(number)
        if is_named(file) and (findings := create(DOMAIN, file.read_bytes()))
    }
    assert found == {}


@corpus.needed
def test_as_many_documents_are_named_as_before(golden):
    lines = []
    for name, files in corpus.folders().items():
        count = Counter(map(is_named, files))
        lines.append(f"{name}: {count[True]} of {len(files)}\n")
    golden("named.txt", "".join(lines))


def test_comments_order_and_empty_elements_are_no_matter():
    document = """<workshop fuel='none'>
      <scheme version='v1'/>
      <clock open='yes'/><!-- a comment -->
      <void> </void>
      <level>4</level>
      <name>n</name>
    </workshop>"""
    assert create(WORKSHOP, document) == []
    assert named(WORKSHOP, WORKSHOP.tree(document)) == []


def test_an_absent_discriminator_may_be_written():
    document = "<workshop><name>n</name><clock open='no'/><level>4</level><scheme version='v1'/></workshop>"
    assert "fuel='none'" in WORKSHOP.generate(WORKSHOP.parse(document))
    assert create(WORKSHOP, document) == []


def test_a_lost_element_a_lost_attribute_and_a_changed_value_are_found():
    document = """<workshop fuel='none' wrong='1'>
      <name>n</name>
      <clock open='no'/>
      <level>4</level>
      <scheme version='v1'/>
      <store volume='1' unit='KiB'/>
      <lost><b/><c d='1'/></lost>
    </workshop>"""
    assert [str(found) for found in create(WORKSHOP, document)] == [
        "create: 1: /workshop/@wrong: attribute '1' is missing",
        "create: 6: /workshop/store/@unit: attribute 'KiB' became 'MiB'",
        "create: 7: /workshop/lost: element 'lost' is missing",
    ]


def test_a_default_that_is_written_is_found():
    document = "<workshop fuel='none'><name>n</name><scheme version='v1'/></workshop>"
    assert {found.path for found in create(WORKSHOP, document)} == {"/workshop/clock", "/workshop/level"}


def test_a_document_without_a_required_field_cannot_be_created_again():
    (found,) = create(WORKSHOP, "<workshop/>")
    assert str(found).startswith("create: 1: /workshop: cannot be generated again: name: missing")


def test_a_secret_is_not_shown():
    document = (
        "<workshop fuel='none'><name>n</name><login token='sesame'/><login token='sesame' a='sesame'/></workshop>"
    )
    assert "sesame" not in "".join(map(str, create(WORKSHOP, document)))


def test_residue_is_what_no_row_claims():
    root = WORKSHOP.tree("""<workshop wrong='1'>
      <name>n</name>
      <stamp>text<!-- c --></stamp>
      <clock open='perhaps' ratio='2.5'/>
      <plate>text</plate>
      <who><is/><this/></who>
      <tools><tool/><tool name='x'/></tools>
    </workshop>""")
    left = residue(Reader(WORKSHOP.classes).document(root, {}), root)
    assert [(found.line, found.path, found.what) for found in left] == [
        (1, "/workshop/@wrong", "no row claims this attribute"),
        (4, "/workshop/clock/@open", "no row claims this attribute"),
        (5, "/workshop/plate", "no row claims this element"),
        (6, "/workshop/who", "no row claims this element"),
    ]


def test_a_refused_value_keeps_a_document_from_being_named():
    root = WORKSHOP.tree("<workshop><name>n</name><clock open='perhaps'/></workshop>")
    found = [str(one) for one in named(WORKSHOP, root)]
    assert "named: 1: /workshop/clock/@open: Workshop.open does not admit 'perhaps' is not one of yes, no" in found


@pytest.mark.parametrize(
    "document", ["<workshop><name/></workshop>", "<workshop><name>x</name><lost><b/></lost></workshop>"]
)
def test_a_document_is_named_where_nothing_is_lost(document):
    assert named(WORKSHOP, WORKSHOP.tree(document)) == []
