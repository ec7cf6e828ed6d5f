"""Fields that no document holds, and elements that hold a part of a document."""

from pathlib import Path
from typing import Any

import pytest

import xform
from xform import laws
from xform.compile.interpreter.generate import Writer
from xform.files import dump_entity

TABLES = """\
format = 1

[House]
element = "house"

[House.row]
number = "@number : uint !"
doors  = "door    : list Door by name"

[House.known]
owner = "Person"
keys  = "list str"
floor = "uint = 1"

[Door.row]
name  = "@name  : str !"
color = "@color : str"

[Door.match]
ladder = ["name"]

[Door.known]
code = "str secret"

[Person.known]
name = "str"
"""


@pytest.fixture
def house(tmp_path: Path) -> Any:
    """The dialect."""
    (tmp_path / "dialect.toml").write_text(
        'format = 1\nname = "house"\nroot = "House"\n[parts]\ndelivery = "whole"\nreturn = "keys"\n'
    )
    (tmp_path / "house.toml").write_text(TABLES)
    return xform.load(str(tmp_path))


def made(house: Any) -> Any:
    owner = house.Person(name="Ada")
    return house.House(number=3, doors=[house.Door(name="front", code="1234")], owner=owner, keys=["a"])


def test_what_no_document_holds_is_not_written(house: Any) -> None:
    assert house.generate(made(house)) == "<house number='3'>\n  <door name='front'/>\n</house>\n"


def test_what_no_document_holds_is_empty_when_one_is_read(house: Any) -> None:
    read = house.parse(house.generate(made(house)))
    assert (read.owner, read.keys, read.floor, read.doors[0].code) == (None, [], 1, None)


def test_it_is_no_part_of_equality(house: Any) -> None:
    assert laws.create_get(house, made(house)) == []
    assert house.House(number=3, floor=2) == house.House(number=3)


def test_it_changes_no_document(house: Any) -> None:
    xml = house.generate(made(house))
    vm = house.parse(xml)
    vm.owner, vm.doors[0].code = house.Person(name="Bob"), "4321"
    assert house.update(xml, vm) == xml


def test_entity_files_have_it(house: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("number: 3\nowner: {name: Ada}\nkeys: [a]\nfloor: two\n")
    with pytest.raises(xform.EntityError) as raised:
        house.read(tmp_path / "mine.yaml")
    assert str(raised.value).endswith("mine.yaml:4:8: floor: 'two' is not a whole number")
    (tmp_path / "mine.yaml").write_text("number: 3\nowner: {name: Ada}\nkeys: [a]\nfloor: 2\n")
    mine = house.read(tmp_path / "mine.yaml")
    assert (mine.owner.name, mine.keys, mine.floor) == ("Ada", ["a"], 2)
    assert dump_entity(house, mine) == {"number": 3, "owner": {"name": "Ada"}, "keys": ["a"], "floor": 2}


@pytest.mark.parametrize(
    ("name", "text"),
    [("mine.yaml", "number: 3\nowner: {nmae: Ada}\n"), ("mine.json", '{"number": 3,\n "owner": {"nmae": "Ada"}}\n')],
)
def test_a_name_that_is_not_known_in_it_is_told_with_what_was_meant(
    name: str, text: str, house: Any, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    said = r":2:\d+: owner\.nmae: unknown field of Person \(did you mean 'name'\?\)$"
    with pytest.raises(xform.EntityError, match=said):
        house.read(tmp_path / name)


def test_no_xml_is_kept_of_it(house: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("number: 3\nowner: {opaque: <owner/>}\n")
    with pytest.raises(xform.EntityError, match=r"owner\.opaque: unknown field of Person"):
        house.read(tmp_path / "mine.yaml")


def test_a_secret_in_it_is_not_shown(house: Any) -> None:
    assert "1234" not in repr(made(house))
    assert dump_entity(house, made(house), masked=True)["doors"][0]["code"] == "***"


def test_a_part_holds_what_there_is_of_the_entity(house: Any) -> None:
    some = house.House(number=None, doors=[house.Door(name="front")])
    xml = house.generate(some, part="delivery")
    assert xml == "<delivery>\n  <door name='front'/>\n</delivery>\n"
    assert house.parse(xml) == some


def test_a_part_can_be_changed(house: Any) -> None:
    xml = "<delivery><!-- today --><door name='front' new='yes'/></delivery>"
    some = house.parse(xml)
    some.doors[0].name = "back"
    assert house.update(xml, some) == xml.replace("front", "back")


def test_the_oracle_writes_the_same_part(house: Any) -> None:
    some = house.House(number=None, doors=[house.Door(name="front")])
    assert Writer(house.classes, False, {}, "delivery").text(some) == house.generate(some, part="delivery")


def test_a_part_is_wrong_as_the_whole_would_be(house: Any) -> None:
    with pytest.raises(xform.EntityError, match=r"^doors\[0\].name: missing; expected text"):
        house.generate(house.House(number=None, doors=[house.Door(name=None)]), part="delivery")
    with pytest.raises(xform.EntityError, match=r"^number: missing"):
        house.generate(house.House(number=None))


def test_a_part_holds_only_what_is_asked_for(house: Any) -> None:
    whole = house.House(number=3, doors=[house.Door(name="front", color="red"), house.Door(name="back")])
    xml = house.generate(whole, part="delivery", only=[whole.doors[0]])
    assert xml == "<delivery>\n  <door name='front' color='red'/>\n</delivery>\n"


def test_a_part_of_keys_says_no_more_than_what_finds_an_item(house: Any) -> None:
    whole = house.House(number=3, doors=[house.Door(name="front", color="red")])
    xml = house.generate(whole, part="return", only=whole.doors)
    assert xml == "<return>\n  <door name='front'/>\n</return>\n"


def test_an_item_of_another_entity_is_refused(house: Any) -> None:
    with pytest.raises(xform.EntityError, match="a Door is no item of this House"):
        house.generate(made(house), part="delivery", only=[house.Door(name="front")])


def test_items_without_a_part_are_refused(house: Any) -> None:
    whole = made(house)
    with pytest.raises(xform.EntityError, match="items are for a part alone; expected a part with them"):
        house.generate(whole, only=whole.doors)


def test_what_is_not_there_is_no_item(house: Any) -> None:
    with pytest.raises(xform.EntityError, match="a NoneType is no item of this House"):
        house.generate(made(house), part="delivery", only=[None])


def test_a_part_that_the_dialect_does_not_have_is_refused(house: Any) -> None:
    with pytest.raises(xform.EntityError, match="house has no part 'delivry'"):
        house.generate(made(house), part="delivry")


def test_what_was_read_recalls_what_was_known(house: Any, tmp_path: Path) -> None:
    assert house.recall(made(house)) == made(house)
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "__init__.py").write_text("from .owners import recall\n")
    (tmp_path / "plan" / "owners.py").write_text(
        "from attrs import evolve\n"
        "def recall(entity, *, known=None, dialect, **context):\n"
        "    return evolve(entity, owner=known.owner)\n"
    )
    read = house.parse(house.generate(made(house)))
    assert house.recall(read, known=made(house)).owner.name == "Ada"


def test_a_module_of_a_package_runs_anew_when_it_was_changed(house: Any, tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "__init__.py").write_text("from .floors import plan\n")
    for floor in (5, 61):
        (tmp_path / "plan" / "floors.py").write_text(
            f"from attrs import evolve\ndef plan(entity, *, dialect):\n    return evolve(entity, floor={floor})\n"
        )
        assert house.plan(made(house)).floor == floor
