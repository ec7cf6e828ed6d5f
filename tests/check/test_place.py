"""What a schema says of one element: its attributes, children and text, and what must be there."""

from pathlib import Path

import pytest
from lxml import etree

from tests import corpus
from xform.check.place import Place, Words
from xform.check.relaxng import Data, read_schema
from xform.table.model import Step

SHOP = """\
<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start>
    <element name="shop">
      <optional><attribute name="open"><choice><value>yes</value><value>no</value></choice></attribute></optional>
      <attribute name="owner"/>
      <choice>
        <attribute name="size"><data type="unsignedInt"/></attribute>
        <attribute name="size"><value>huge</value></attribute>
      </choice>
      <interleave>
        <element name="door"><attribute name="wide"><data type="string"><param name="pattern">[0-9]+m</param></data>
          </attribute></element>
        <choice><element name="sign"><text/></element><element name="lamp"><empty/></element></choice>
        <zeroOrMore><ref name="shelf"/></zeroOrMore>
        <zeroOrMore><element><nsName ns="urn:other"/><text/></element></zeroOrMore>
      </interleave>
    </element>
  </start>
  <define name="shelf">
    <element name="shelf">
      <choice>
        <group>
          <attribute name="kind"><value>books</value></attribute>
          <element name="book"><attribute name="title"/></element>
        </group>
        <group>
          <optional><attribute name="kind"><value>tools</value></attribute></optional>
          <element name="tool"><attribute name="name"/></element>
        </group>
        <group>
          <attribute name="kind"><choice><value>boxes</value><value>empty</value></choice></attribute>
          <oneOrMore><attribute><name>label</name></attribute></oneOrMore>
        </group>
      </choice>
    </element>
  </define>
</grammar>
"""


@pytest.fixture
def shop(tmp_path: Path) -> Place:
    (tmp_path / "shop.rng").write_text(SHOP)
    return Place("", (read_schema(tmp_path / "shop.rng"),)).child("shop")


def test_its_attributes_and_children_are_named(shop):
    assert shop.attributes == ("open", "owner", "size")
    assert shop.children == ("door", "sign", "lamp", "shelf")


def test_what_it_does_not_have_is_none(shop):
    assert shop.child("cellar") is None
    assert shop.attribute("colour") is None
    assert shop.text is None
    assert shop.child("sign").text is not None


def test_an_open_name_is_known_by_its_namespace(shop):
    assert shop.child("{urn:other}x") is not None
    assert shop.child("{urn:another}x") is None


@pytest.mark.parametrize(
    ("name", "closed", "admitted", "refused"),
    [
        ("open", True, ["yes", "no"], ["maybe"]),
        ("owner", False, ["anybody", ""], []),
        ("size", False, ["7", "huge"], ["small"]),
    ],
)
def test_the_words_of_an_attribute(shop, name, closed, admitted, refused):
    words = shop.attribute(name)
    assert words.closed == closed
    assert all(map(words.admits, admitted))
    assert not any(map(words.admits, refused))


def test_a_pattern_of_a_type_is_respected(shop):
    wide = shop.child("door").attribute("wide")
    assert wide.admits("12m")
    assert not wide.admits("12")


@pytest.mark.parametrize(
    ("type_", "params", "admitted", "refused"),
    [
        ("unsignedShort", {}, ["0", "+7", " 65535 "], ["-1", "65536", "x", "9" * 5000]),
        ("positiveInteger", {}, ["1", "9" * 5000], ["0", "-3"]),
        ("negativeInteger", {}, ["-1"], ["0"]),
        ("byte", {}, ["-128", "127"], ["-129", "128"]),
        ("integer", {}, ["-9", "9"], ["9.5"]),
        ("int", {"minInclusive": "10", "maxInclusive": "20"}, ["10", "20"], ["9", "21"]),
        ("int", {"minExclusive": "10", "maxExclusive": "20"}, ["11", "19"], ["10", "20"]),
        ("unsignedInt", {"minInclusive": "-5"}, ["0"], ["-1"]),
        ("int", {"minInclusive": "no number"}, ["0"], []),
        ("double", {"maxInclusive": "1"}, ["0.5", "2"], []),  # of which nothing is known
    ],
)
def test_a_whole_number_is_held_to_its_bounds(type_, params, admitted, refused):
    words = Words((), (Data(type_, tuple(params.items())),))
    assert [text for text in admitted if not words.admits(text)] == []
    assert [text for text in refused if words.admits(text)] == []


def test_what_must_be_there(shop):
    assert shop.needs_attribute("owner")
    assert not shop.needs_attribute("open")
    assert shop.needs_attribute("size")  # in each of two ways
    assert shop.needs_child("door")
    assert not shop.needs_child("sign")  # one of two
    assert not shop.needs_child("shelf")
    assert shop.child("shelf").where("kind", "boxes").needs_attribute("label")


def test_a_word_leaves_what_goes_with_it(shop):
    shelf = shop.child("shelf")
    assert shelf.children == ("book", "tool")
    assert shelf.where("kind", "books").children == ("book",)
    assert shelf.where("kind", "empty").attributes == ("label",)
    assert shelf.where("kind", "shoes") is None


def test_a_word_that_is_given_stands_there(shop):
    told = shop.child("shelf").where("kind", "books")
    assert told.attribute("kind").words == ("books",)
    assert told.needs_attribute("kind")


def test_an_absent_attribute_leaves_what_goes_without(shop):
    assert shop.child("shelf").without("kind").children == ("tool",)
    assert shop.without("owner") is None


def test_a_step_with_a_condition_is_one_with_a_word(shop):
    assert shop.step(Step("shelf", "shelf", (("kind", "books"),))).children == ("book",)
    assert shop.step(Step("shelf", "shelf", (("kind", "shoes"),))) is None


def test_a_wild_step_leads_to_all_that_no_other_takes(shop):
    shelf = Step("shelf", "shelf")
    assert shop.step(Step("*", "*")).attributes == ("wide", "kind", "label")
    assert shop.step(Step("*", "*", but=(shelf,))).attributes == ("wide",)
    assert shop.step(Step("{urn:other}*", "other:*")).text is not None
    assert shop.step(Step("{urn:another}*", "another:*")) is None


def test_of_several_schemas_one_is_enough(tmp_path):
    for name, child in (("old", "a"), ("new", "b")):
        (tmp_path / f"{name}.rng").write_text(
            '<element name="x" xmlns="http://relaxng.org/ns/structure/1.0">'
            f'<attribute name="id"/><element name="{child}"><text/></element></element>'
        )
    both = Place("", tuple(read_schema(tmp_path / f"{name}.rng") for name in ("old", "new"))).child("x")
    assert both.children == ("a", "b")
    assert both.needs_attribute("id")
    assert not both.needs_child("a")


# --- libvirt's schema -------------------------------------------------------------------------------------------


def unknown(place: Place, element: etree._Element, way: str) -> list[str]:
    """What the model does not know of an element of a valid document, and what it misses there."""
    found = []
    if (element.text or "").strip() and not (place.text and place.text.admits(element.text)):
        found.append(f"{way}: text")
    needed = [name for name in place.attributes if place.needs_attribute(name)]
    found += [f"{way}/@{name} is missing" for name in needed if element.get(name) is None]
    told: Place | None = place
    for name, value in element.items():
        words = place.attribute(name)
        if words is None or not words.admits(value):
            found.append(f"{way}/@{name}")
        told = told.where(name, value) if told else None
    if told is None:
        return [*found, f"{way}: these attributes together"]
    missing = [tag for tag in told.children if told.needs_child(tag) and element.find(tag) is None]
    found += [f"{way}/{tag} is missing" for tag in missing]
    for child in element.iterchildren(etree.Element):
        below = told.child(child.tag)
        found += [f"{way}/{child.tag}"] if below is None else unknown(below, child, f"{way}/{child.tag}")
    return found


@corpus.needed
@pytest.mark.parametrize("folder", [name for name in corpus.folders() if name.startswith("libvirt")])
def test_all_that_valid_documents_hold_is_known(folder):
    schema = corpus.HOME / "schemas" / folder / "domain.rng"
    document = Place("", (read_schema(schema),))
    for file in corpus.folders()[folder][::10]:
        root = etree.parse(str(file)).getroot()
        assert unknown(document.child(root.tag), root, f"{file.name}: {root.tag}") == []
