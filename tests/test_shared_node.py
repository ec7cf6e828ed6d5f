"""A live row behind another one at the same node: it takes what that one does not admit."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from hypothesis import given

import xform
from xform import laws
from xform.entities import MASK
from xform.lint import lint
from xform.strategies import entities
from xform.stubs import stubs
from xform.validate import problems
from xform.xsd import xsd

OVIRT = xform.load("ovirt")

# A number, and what stands there where it is none: in an attribute, in a text, in a second place, in what is embedded.
HOUSE = """
[House]
element = "house"

[House.row]
number = "plate/@text   : uint"                    # of the house
name   = "plate/@text   : str <"                   # where it has no number
size   = "size          : uint"
wish   = "size          : text <"
rooms  = "rooms/room    : list Room by number"
roof   = ".             : Roof"
signs  = "n:signs/n:sign[@of='house'] : list Sign"

[Room]
use = ["numbered"]

[Room.row]
key = "@key : str"

[Room.match]
ladder = ["key", "name"]

[Room.join."n:notes/n:room"]
on = ["@key = key"]
floor = "n:floor : uint"
level = "n:floor : enum cellar attic <"

[Sign]
[Sign.row]
number = "@text : uint"
name   = "@text : str <"

[Roof]
choice = "@roof"
else   = "opaque"

[Roof.flat]
slope = "slope/@by : uint"
guess = "slope/@by : enum little much <"

[Roof.steep]
slope = "slope/@by : uint"

[use.numbered]
number = "plate/@text : uint"
name   = "plate/@text : str <"
"""
PLATE = "<house>\n  <plate text='{}'/>\n</house>\n"


def load(folder: Path, tables: str, extends: str = "") -> xform.Dialect:
    folder.mkdir(exist_ok=True)
    head = f'extends = "{extends}"' if extends else 'root = "House"'
    space = "m" if extends else "n"
    (folder / "dialect.toml").write_text(f'format = 1\n{head}\n[namespaces]\n{space} = "urn:example:{space}"\n')
    (folder / "house.toml").write_text("format = 1\n" + tables)
    return xform.load(str(folder))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> xform.Dialect:
    return load(tmp_path_factory.mktemp("house"), HOUSE)


def said(dialect: xform.Dialect, xml: str) -> tuple[int | None, str | None]:
    entity = dialect.parse(xml)
    assert laws.twins(dialect, xml) == []
    return entity.number, entity.name


# --- reading


@pytest.mark.parametrize(("text", "found"), [("7", (7, None)), ("Rose", (None, "Rose")), ("", (None, ""))])
def test_the_first_row_that_admits_the_text_has_it(house: xform.Dialect, text: str, found: tuple[object, ...]) -> None:
    assert said(house, PLATE.format(text)) == found


def test_both_are_none_where_nothing_stands(house: xform.Dialect) -> None:
    assert said(house, "<house/>") == (None, None)


@pytest.mark.parametrize("plates", ["<plate text='Rose'/><plate text='7'/>", "<plate text='7'/><plate text='Rose'/>"])
def test_of_several_elements_the_first_row_finds_its_own_before_the_second_one(
    house: xform.Dialect, plates: str
) -> None:
    xml = f"<house>{plates}</house>"
    assert said(house, xml) == (7, None)
    assert [found.what for found in house.open(xml).residue] == ["element"]


def test_a_text_that_neither_admits_is_residue(house: xform.Dialect) -> None:
    xml = "<house roof='flat'><slope by='odd'/></house>"
    (left,) = house.open(xml).residue
    assert (left.path, house.parse(xml).roof.guess) == ("/house/slope", None)
    assert laws.twins(house, xml) == []


def test_it_stands_in_texts_second_places_and_embedded_variants_as_well(house: xform.Dialect) -> None:
    xml = (
        "<house xmlns:n='urn:example:n' roof='flat'><size>big</size><rooms><room key='a'/></rooms>"
        "<slope by='much'/><n:notes><n:room key='a'><n:floor>attic</n:floor></n:room></n:notes></house>"
    )
    entity = house.parse(xml)
    assert (entity.size, entity.wish) == (None, "big")
    assert (entity.roof.slope, entity.roof.guess) == (None, "much")
    assert (entity.rooms[0].floor, entity.rooms[0].level) == (None, "attic")
    assert house.open(xml).residue == laws.twins(house, xml) == laws.create(house, xml) == []


def test_a_step_of_a_ladder_that_names_the_second_row_has_nothing_where_the_first_one_admits_the_text(
    house: xform.Dialect,
) -> None:
    rooms = "<house><rooms><room><plate text='{}'/></room></rooms></house>"
    known = {text: house.House(rooms=[house.Room(name=text)]) for text in ("7", "Rose")}
    found = {text: len(house.match(rooms.format(text), one).pairs) for text, one in known.items()}
    assert found == {"7": 0, "Rose": 1}


# --- what is told of the node


def test_a_trace_names_the_row_that_holds_the_node(house: xform.Dialect) -> None:
    def fields(text: str) -> set[str]:
        return {fact.field for fact in house.open(PLATE.format(text)).trace()[1].facts}

    assert (fields("7"), fields("Rose")) == ({"number"}, {"name"})


def test_what_stands_behind_a_secret_row_is_secret(tmp_path: Path) -> None:
    rows = 'number = "@text : uint secret"\nname = "@text : str <"'
    it = load(tmp_path / "it", f'[House]\nelement = "house"\n[House.row]\n{rows}\n')
    xml = "<house text='Rose'/>"
    assert MASK in repr(it.parse(xml))
    assert "Rose" not in "".join(line.text for line in it.open(xml).trace())


# --- writing


def test_the_first_row_that_has_a_value_is_written_and_the_second_one_only_live(house: xform.Dialect) -> None:
    def text(live: bool, **values: object) -> str:
        made = house.generate(house.House(**values), live=live)
        return made.replace("\n", "").partition("text='")[2].partition("'")[0]

    assert [text(live, number=7) for live in (False, True)] == ["7", "7"]
    assert [text(live, name="Rose") for live in (False, True)] == ["", "Rose"]
    assert [text(live, number=7, name="Rose") for live in (False, True)] == ["7", "7"]


def test_equality_and_intent_know_nothing_of_the_second_row(house: xform.Dialect) -> None:
    assert house.House(name="Rose") == house.House()


UPDATES = [
    # text before, what the entity says then, live, text after
    ("Rose", {"number": 7}, False, "7"),
    ("Rose", {"number": 7}, True, "7"),
    ("Rose", {"number": 7, "name": None}, True, "7"),
    ("Rose", {"name": "Lily"}, False, "Rose"),
    ("Rose", {"name": "Lily"}, True, "Lily"),
    ("Rose", {"name": None}, False, "Rose"),
    ("Rose", {"name": None}, True, None),
    ("7", {"number": None}, False, None),
    ("7", {"number": None}, True, None),
    ("7", {"number": None, "name": "Rose"}, False, None),
    ("7", {"number": None, "name": "Rose"}, True, "Rose"),
    ("7", {"name": "Rose"}, True, "7"),
    (None, {"name": "Rose"}, False, None),
    (None, {"name": "Rose"}, True, "Rose"),
]


@pytest.mark.parametrize(("before", "values", "live", "after"), UPDATES)
def test_an_update_says_the_first_value_there_is(
    house: xform.Dialect, before: str | None, values: dict[str, object], live: bool, after: str | None
) -> None:
    xml, wanted = ("<house>\n</house>\n" if text is None else PLATE.format(text) for text in (before, after))
    made = house.update(xml, attrs.evolve(house.parse(xml), **values), live=live)
    if before is not None or after is None:  # a new node is indented as the document is
        assert made == wanted
    assert said(house, made) == said(house, wanted)


def test_a_variant_that_is_switched_keeps_the_node_for_the_new_one(house: xform.Dialect) -> None:
    xml = "<house roof='flat'><slope by='much'/></house>"
    made = house.update(xml, attrs.evolve(house.parse(xml), roof=house.SteepRoof(slope=3)))
    assert house.parse(made).roof == house.SteepRoof(slope=3)


# --- what an entity may say


def test_an_entity_may_have_both_and_the_first_is_written(house: xform.Dialect) -> None:
    """What was named by somebody else keeps that name beside the one that it is given, until it is written."""
    both = house.House(number=7, name="Rose")
    assert list(problems(house, both)) == []
    assert house.generate(both, live=True) == house.generate(house.House(number=7))


def test_what_the_first_row_admits_is_no_value_of_the_second_one(house: xform.Dialect) -> None:
    (problem,) = problems(house, house.House(name="7"))
    assert str(problem) == "name: would be read back as number; give it there"


@pytest.mark.parametrize("xml", [PLATE.format("Rose"), PLATE.format("7"), "<house><size> big </size></house>"])
def test_the_laws_of_putting_hold(house: xform.Dialect, xml: str) -> None:
    for law in (laws.get_put, laws.put_get, laws.least_edit, laws.put_put):
        assert law(house, xml) == []
    for law in (laws.put_get, laws.least_edit, laws.put_put):
        assert law(house, xml, thorough=True) == []


def test_what_is_drawn_comes_back(house: xform.Dialect) -> None:
    @given(entities(house))
    def holds(entity: object) -> None:
        assert problems(house, entity) == []
        text = house.generate(entity, live=True)
        assert laws.create_get(house, entity) == laws.twins_entity(house, entity) == laws.twins(house, text) == []
        assert list(laws.unequal(entity, house.parse(text), live=True)) == []

    holds()


# --- tables


def test_an_own_row_takes_the_place_of_both(tmp_path: Path) -> None:
    load(tmp_path / "base", HOUSE)
    it = load(tmp_path / "it", '[House]\nextends = "House"\n[House.row]\nsign = "plate/@text : str"\n', "../base")
    fields = [field.name for field in attrs.fields(it.House)]
    assert fields[:2] == ["sign", "size"]
    assert not {"number", "name"} & set(fields)


def test_a_pair_takes_the_place_of_one_row_and_stands_together(tmp_path: Path) -> None:
    load(tmp_path / "base", '[House]\nelement = "house"\n[House.row]\nname = "@name : str"\nkind = "@kind : str"\n')
    pair = '[use.pair]\nnumber = "@name : uint"\nname = "@name : str <"\n[House]\nextends = "House"\nuse = ["pair"]\n'
    it = load(tmp_path / "it", pair, "../base")
    assert [field.name for field in attrs.fields(it.House)] == ["number", "name", "kind"]
    assert said(it, "<house name='Rose'/>") == (None, "Rose")


def test_an_own_row_takes_the_place_of_both_that_are_used(tmp_path: Path) -> None:
    pair = '[use.pair]\nnumber = "@name : uint"\nname = "@name : str <"\n'
    it = load(tmp_path / "it", f'{pair}[House]\nelement = "house"\nuse = ["pair"]\n[House.row]\nown = "@name : str"\n')
    assert [field.name for field in attrs.fields(it.House)] == ["own"]


def test_lint_and_stubs_know_both(house: xform.Dialect) -> None:
    assert [finding for finding in lint(house.tables) if not finding.note] == []
    assert "    name: str | None = None" in stubs(house)


def test_an_xml_schema_admits_what_either_does(tmp_path: Path) -> None:
    load(tmp_path / "base", HOUSE)
    rows = 'tone = "m:bell/@tone : uint"\nhum = "m:bell/@tone : enum low high <"\n'
    it = load(tmp_path / "it", f'[House]\nextends = "House"\n[House.row]\n{rows}', "../base")
    assert 'name="tone" type="xs:string"' in xsd(it.tables, "m")


# --- the ids of a manager's devices


def alias(text: str) -> str:
    return (
        "<domain type='kvm'><name>a</name><uuid>00000000-0000-4000-8000-000000000001</uuid><memory>1</memory>"
        f"<devices><controller type='pci' index='1'><alias name='{text}'/></controller></devices></domain>"
    )


ID = "00000000-0000-4000-8000-000000000002"


@pytest.mark.parametrize("text", ["pci.1", "scsi0-0-0-1", "ua-foo"])
def test_L200_what_is_no_id_of_the_managers_is_what_a_device_is_called(text: str) -> None:
    (device,) = OVIRT.parse(alias(text)).controllers
    assert (device.id, device.alias) == (None, text)
    assert OVIRT.open(alias(text)).residue == []


def test_L201_an_id_is_written_over_libvirts_name_and_no_name_over_an_id() -> None:
    vm = OVIRT.parse(alias("pci.1"))
    vm.controllers[0].id = ID
    assert OVIRT.update(alias("pci.1"), vm, live=True) == alias(f"ua-{ID}")
    known = OVIRT.parse(alias(f"ua-{ID}"))
    known.controllers[0].alias = "pci.1"
    assert OVIRT.update(alias(f"ua-{ID}"), known, live=True) == alias(f"ua-{ID}")
