"""What the tables admit, and what is said of the rest: where it stands and what was expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import xform
from xform import Opaque
from xform.strategies import entities
from xform.validate import Problem, dotted, problems

MINI = xform.load(str(Path(__file__).parent / "dialects" / "mini"))
WORKSHOP = xform.load(str(Path(__file__).parent / "dialects" / "workshop"))
UUID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def machine(**fields: Any) -> Any:
    return MINI.Machine(**{"name": "web", **fields})


def disk(**fields: Any) -> Any:
    return MINI.Disk(**{"target": "vda", **fields})


def said(entity: Any, **context: Any) -> list[str]:
    return [str(problem) for problem in problems(MINI, entity, **context)]


def test_an_entity_as_its_tables_say_has_no_problem() -> None:
    source = MINI.NetworkSource(protocol="nbd", hosts=[MINI.Host(name="h", port=1)])
    assert said(machine(uuid=UUID, disks=[disk(source=source, pool=UUID)], policies={"vmx": "force"})) == []


def test_a_problem_names_the_place_of_the_value() -> None:
    assert problems(MINI, machine(disks=[disk(), disk(target="vdb", queues=-1)])) == [
        Problem(("disks", 1, "queues"), "-1 is not a whole number, 0 or more")
    ]


def test_places_are_written_as_people_write_them() -> None:
    assert dotted(("disks", 1, "cache")) == "disks[1].cache"
    assert dotted(("extras", "a b")) == "extras['a b']"


def test_every_problem_is_told_at_once() -> None:
    assert len(said(machine(name=None, memory=-1, disks=[disk(target=None)]))) == 3


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": None}, "name: missing; expected text that XML can hold"),
        ({"name": 5}, "name: 5 is not text that XML can hold"),
        ({"name": "a\x00b"}, "name: 'a\\x00b' is not text that XML can hold"),
        ({"uuid": "5"}, "uuid: '5' is not a UUID"),
        ({"memory": True}, "memory: True is not a whole number of KiB"),
        ({"ratio": 1}, "ratio: 1 is not a decimal number"),
        ({"acpi": None}, "acpi: nothing is not true or false"),
        ({"tuned": "yes"}, "tuned: 'yes' is not true or false"),
        ({"disks": None}, "disks: nothing is not a list"),
        ({"policies": []}, "policies: a list is not a mapping"),
        ({"policies": {"vmx": "forse"}}, "policies.vmx: 'forse' is not one of force, forbid (did you mean 'force'?)"),
        ({"policies": {5: "force"}}, "policies['5']: the key 5 is not text"),
        ({"extras": {"a b": "x"}}, "extras['a b']: the key 'a b' cannot be an element's name"),
        ({"clock": 5}, "clock: int is no Clock; expected Clock or Opaque"),
        (
            {"clock": Opaque("<clock>")},
            "clock: 1:8: Premature end of data in tag clock line 1; expected well-formed XML",
        ),
        ({"clock": Opaque("<cluck></cluck>")}, "clock: the element is <cluck>; expected <clock>"),
        ({"clock": Opaque("<clock/>")}, "clock: opaque: '<clock…' is not in canonical form"),
        ({"clock": Opaque("<clock></clock>")}, "clock: opaque: Clock can say this; give its fields"),
        ({"foreign": ["<a"]}, "foreign[0]: 1:3: Couldn't find end of Start Tag a line 1; expected well-formed XML"),
    ],
)
def test_a_field_that_the_table_does_not_admit(fields: dict[str, Any], expected: str) -> None:
    assert said(machine(**fields)) == [expected]


def test_a_default_is_not_none() -> None:
    assert said(machine(clock=MINI.Clock(offset=None))) == ["clock.offset: missing; expected one of utc, localtime"]


def test_an_element_of_a_map_is_none_that_another_row_names() -> None:
    # `metadata/*` yields to the join's own element
    own = '<m:machine xmlns:m="urn:example:mini"></m:machine>'
    assert said(machine(foreign=[own])) == ["foreign[0]: the element is <m:machine>; expected another than <m:machine>"]


def test_a_secret_is_never_shown() -> None:
    (line,) = said(machine(screens=[MINI.Screen(kind="vnc", password=["hunter2"])]))
    assert line == "screens[0].password: the secret value is not text that XML can hold"


def test_a_required_list_is_not_empty() -> None:
    source = MINI.NetworkSource(protocol="nbd", hosts=[])
    assert said(machine(disks=[disk(source=source)])) == [
        "disks[0].source.hosts: the list is empty; expected at least one"
    ]


def test_L340_a_required_map_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nname = "shop"\nroot = "Shop"\n')
    (tmp_path / "shop.toml").write_text(
        'format = 1\n[Shop]\nelement = "shop"\n[Shop.row]\nshelves = "shelf : list Shelf"\n'
        '[Shelf.row]\nprices = "ware : map @name @price uint !"\n'
    )
    shop = xform.load(str(tmp_path))
    assert shop.parse("<shop><shelf/></shop>").shelves == [Opaque("<shelf></shelf>")]
    assert [str(problem) for problem in problems(shop, shop.Shop(shelves=[shop.Shelf()]))] == [
        "shelves[0].prices: the mapping is empty; expected at least one entry"
    ]


def test_a_variant_is_one_of_its_choice() -> None:
    (line,) = said(machine(disks=[disk(source=MINI.Clock())]))
    assert line == "disks[0].source: Clock is no Source; expected one of FileSource, NetworkSource"


def test_a_variant_that_is_missing_is_asked_for_in_words_of_a_file() -> None:
    expected = "expected a mapping with its `type`: none (what a document without one says), oil, wood"
    assert list(map(str, problems(WORKSHOP, WORKSHOP.Workshop(name="a")))) == [f"fuel: missing; {expected}"]


def test_an_unknown_variant_may_stay_opaque() -> None:
    assert said(machine(disks=[disk(source=Opaque('<disk type="vhost"></disk>'))])) == []


def test_a_known_variant_may_not_stay_opaque() -> None:
    (line,) = said(machine(disks=[disk(source=Opaque('<disk type="file"></disk>'))]))
    assert line == "disks[0].source: opaque: Source can say this; give its fields"


def test_what_a_join_keeps_needs_a_key_of_its_own() -> None:
    (line,) = said(machine(disks=[disk(), disk(pool=UUID)]))
    assert line == "disks[1].target: 'vda' stands twice; pool cannot be told apart"


def test_a_key_may_stand_twice_where_nothing_hangs_on_it() -> None:
    assert said(machine(disks=[disk(pool=UUID), disk()])) == []


def test_an_entity_can_be_checked_by_itself() -> None:
    assert said(MINI.Host(name="h", port=-1)) == ["port: -1 is not a whole number, 0 or more"]


def test_what_is_no_entity_is_said_to_be_none() -> None:
    assert said("text") == ["a str is no entity of the dialect mini"]


def test_very_long_values_are_cut_in_messages() -> None:
    (line,) = said(machine(name="x" * 100_000 + "\x00"))
    assert len(line) < 400


ODD = [None, "", " a ", "\n", 0, -1, True, 1.5, b"x", [], {}, [None], "\x01", "utc", {"a b": "x"}, ["<a></a>"]]
ODD += [Opaque("<disk></disk>"), Opaque('<disk type="zz"></disk>'), Opaque("<x")]


def fields(entity: Any) -> list[tuple[Any, str]]:
    found = [(entity, attribute.name) for attribute in attrs.fields(type(entity))]
    for holder, name in found[:]:
        value = getattr(holder, name)
        for item in value if isinstance(value, list) else [value]:
            if attrs.has(type(item)) and not isinstance(item, Opaque):
                found += fields(item)
    return found


@given(entities(MINI), st.data())
def test_whatever_is_admitted_comes_back_from_a_document(entity: Any, data: st.DataObject) -> None:
    holder, name = data.draw(st.sampled_from(fields(entity)))
    value = getattr(holder, name)
    setattr(holder, name, data.draw(st.sampled_from([*ODD, *([value * 2] if isinstance(value, list) else [])])))
    if not problems(MINI, entity):
        assert MINI.parse(MINI.generate(entity)) == entity
