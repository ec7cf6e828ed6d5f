"""The laws hold for tables that nobody wrote: any rows at any places, as far as they load and lint finds nothing."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from lxml import etree

import xform
from xform.dialect import Dialect
from xform.errors import TableError
from xform.laws import create, create_get, get_put, match, put_entity, twins, twins_entity
from xform.lint import lint
from xform.strategies import entities
from xform.xml import parse_text

PATHS = [
    *(
        ".",
        "@k",
        "x",
        "x/@b",
        "x/y",
        "x/y/@c",
        "z/y",
        "z/@d, @old",
        "w/v/@u",
        "l, @l",
        "n:p",
        "n:p/@q",
        "@n:a",
        "x/n:o",
    ),
    *("e[@t='1']", "e[@t='1']/@v", "e[@t='2']/@v", "e[@t='2']/f", "g[@s='1'][@r='2']/@q", "g[@r='2'][@s='1']/h"),
]
VALUES = [
    *("text", "text", "str", "uint", "hex", "bool yes no", "enum p q", "uuid", "mac", "path", "version"),
    *("size KiB unit=@unit", "template x-{uint}", "uint = 5", "text = a"),
]
ELEMENTS = [
    *("present", "xml", "list text", "list uint", "map @m . text", "map @m n/@o text"),
    *("Sub", "list Sub", "list Sub by s", "Kind", "list Kind", "Told", "list Told"),
]
FLAGS = [*[""] * 6, "!", "<", "secret", ">"]
REST = """
[Sub]
element = "sub"
[Sub.row]
s = "@s : uint"
t = ". : text"
u = "u/v : text"
[Kind]
choice = "@t"
else = "opaque"
absent = "one"
[Kind.row]
both = "@both : uint"
[Kind.one]
u = "@u : text"
[Kind.two]
v = "v : text"
[Told]
choice = "first"
[Told.aa]
f1 = "@f1 : uint !"
[Told.bb]
f2 = "f2 : text !"
[Told.cc]
f3 = "@f3 : text"
[Within]
choice = ["@m", "@l"]
absent = "one two"
else = "opaque"
[Within."one two"]
left = "in/@left : text"
[Within."three four"]
right = "in/@right : uint"
"""
SLICES, TABLES = 12, 12


def loaded(folder: Path, text: str) -> Dialect:
    folder.mkdir()
    (folder / "dialect.toml").write_text('format = 1\nname = "drawn"\nroot = "Box"\n[namespaces]\nn = "urn:n"\n')
    (folder / "box.toml").write_text(text)
    return xform.load(str(folder))


def drawn(draw: Random) -> str:
    """Some rows of a box and of its items; at times these embed a choice, have a switch, or a second place."""

    def row(at: int, path: str) -> str:
        element = "@" not in path and path != "." and draw.random() < 0.5
        form, flag = draw.choice(ELEMENTS if element else VALUES), draw.choice(FLAGS)
        return f'r{at} = "{path} : {form} {flag if "=" not in form else ""}"  # of others\n'

    def rows(most: int) -> str:
        return "".join(map(row, range(most), draw.sample(PATHS, draw.randint(2, most))))

    box = f'format = 1\n[Box]\nelement = "box"\n[Box.row]\nitems = "items/it : list It by id"\n{rows(4)}'
    item = f'[It]\n[It.row]\nid = "@id : text !"\n{rows(5)}'
    if draw.random() < 0.3:
        item += 'within = ". : Within"\n'
    if draw.random() < 0.3:
        item += '[It.when.on]\nfirst = "h/@a : const yes"\nsecond = "h/@b : const no"\n'
    if draw.random() < 0.3:
        item += '[It.join."meta/n:vm/n:dev"]\non = ["@id = id"]\nj1 = "n:j1 : text"\nj2 = "@j2 : uint"\n'
    return box + item + REST


def strange(xml: str) -> str:
    """The document with an element too many, another twice, an attribute too few, and text where none belongs."""
    root = parse_text(xml)
    elements = list(root.iter(etree.Element))
    one, other = (elements[len(xml) * factor % len(elements)] for factor in (1, 7))
    for name in list(one.attrib)[:1]:
        del one.attrib[name]
    one.append(etree.Element("strange", z="1"))
    if one is not root:
        one.tail = f"{one.tail or ''}text"
    if (parent := other.getparent()) is not None:
        parent.append(deepcopy(other))
    return etree.tostring(root, encoding="unicode")


def laws(dialect: Dialect) -> list[str]:
    """What does not hold for some drawn entities."""
    found: list[str] = []

    @settings(max_examples=8, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(entities(dialect), entities(dialect))
    def hold(one: object, other: object) -> None:
        if found:
            return
        broken = [*create_get(dialect, one), *twins_entity(dialect, one)]
        if not broken:
            xml = dialect.generate(one, live=True)
            broken = [*get_put(dialect, xml), *twins(dialect, xml), *put_entity(dialect, xml, other)]
            if not any(
                row.generated
                for shape in dialect.tables.shapes.values()
                for table in shape.tables
                for row in table.every
            ):
                broken += create(dialect, xml)
            xml = strange(xml)
            broken += [*get_put(dialect, xml), *twins(dialect, xml), *match(dialect, xml)]
        found.extend(map(str, broken))

    hold()
    return found


@pytest.mark.parametrize("number", range(SLICES))
def test_tables_that_load_obey_the_laws(number: int, tmp_path: Path) -> None:
    tried = 0
    for at in range(number, SLICES * TABLES, SLICES):
        text = drawn(Random(at))
        try:
            dialect = loaded(tmp_path / f"t{at}", text)
        except TableError:
            continue
        # one that nothing leads to has nothing that could break a law
        if any(not fault.note and fault.rule != "unused" for fault in lint(dialect.tables, [])):
            continue
        tried += 1
        assert (text, laws(dialect)) == (text, [])
    assert tried > 1


HEAD = 'format = 1\n[Box]\nelement = "box"\n[Box.row]\n'


def test_L377_an_element_has_its_own_text_beside_children_with_texts(tmp_path: Path) -> None:
    rows = """tags = "tag : list Tag"
[Tag]
element = "tag"
[Tag.row]
name = ". : text"
note = "note : text secret"
more = "more : map @k . text"
"""
    box = loaded(tmp_path / "box", HEAD + rows)
    one = box.Box(tags=[box.Tag(name="gold", note="paid", more={"a": "b"})])  # type: ignore[operator]
    assert "<tag>gold<note>paid</note>" in box.generate(one)
    assert box.parse(box.generate(one)) == one


def test_L378_what_is_written_only_is_written_to_all_of_its_places_and_read_from_none(tmp_path: Path) -> None:
    box = loaded(tmp_path / "box", HEAD + 'label = "@label, label : text >"  # of two readers\n')
    xml = box.generate(box.Box(label="a"))  # type: ignore[operator]
    assert xml == "<box label='a'>\n  <label>a</label>\n</box>\n"
    assert box.parse(xml).label is None


@pytest.mark.parametrize("rows", ["e[@a='1'][@b='2']/@c", "e[@b='2'][@a='1']/@c"])
def test_L379_conditions_mean_the_same_in_any_order(rows: str, tmp_path: Path) -> None:
    box = loaded(tmp_path / "box", HEAD + f"one = \"{rows} : text\"\ntwo = \"e[@a='1'][@b='2']/@d : text\"\n")
    one = box.Box(one="x", two="y")  # type: ignore[operator]
    assert box.generate(one) == "<box>\n  <e a='1' b='2' c='x' d='y'/>\n</box>\n"
