"""From files to tables: shared rows, inheritance, replacing, dropping, and the names that rows may yield to."""

import re
from pathlib import Path

import pytest

import xform
from xform.errors import TableError
from xform.laws import create_get
from xform.table.model import Choice, Rung, Table
from xform.table.resolve import load_tables

DIALECTS = Path(__file__).parent / "dialects"


@pytest.fixture
def tables(tmp_path):
    """Load tables that are written in the test; `base` is a dialect that they extend."""

    def load(text, base=None):
        for name, rows in (("base", base), ("it", text)):
            if rows is not None:
                folder = tmp_path / name
                folder.mkdir()
                head = 'extends = "../base"' if base and name == "it" else 'root = "House"'
                (folder / "dialect.toml").write_text(f"format = 1\n{head}\n")
                (folder / "tables.toml").write_text("format = 1\n" + rows)
        return load_tables(str(tmp_path / "it")).shapes

    return load


HEAD = '[House]\nelement = "house"\n'
HOUSE = HEAD + '[House.row]\nname = "@name : str"\nage = "@age : uint"\ntown = "town : text"\n'


def rows(shape):
    return {row.name: row.place for row in shape.rows}


def test_rows_stand_in_the_order_written(tables):
    assert list(rows(tables(HOUSE)["House"])) == ["name", "age", "town"]


def test_used_rows_stand_behind_the_own(tables):
    shapes = tables(
        HEAD + 'use = ["aged", "named"]\n[House.row]\ntown = "town : text"\n'
        '[use.named]\nname = "@name : str"\n[use.aged]\nage = "@age : uint"\n'
    )
    assert list(rows(shapes["House"])) == ["town", "age", "name"]


def test_an_own_row_goes_before_a_used_one_of_its_name(tables):
    shapes = tables(HEAD + 'use = ["named"]\n[House.row]\nname = "@title : str"\n[use.named]\nname = "@name : str"\n')
    assert rows(shapes["House"]) == {"name": "@title"}


def test_a_used_row_is_told_by_the_entity_that_uses_it(tables):
    shapes = tables(HEAD + 'use = ["named"]\n[use.named]\nname = "@name : str"  # how it is called\n')
    row = shapes["House"].fields["name"]
    assert str(row) == "House.name"
    assert row.origin.comment == "how it is called"


def test_extends_inherits_every_row_and_the_element(tables):
    shapes = tables('[House]\nextends = "base:House"\n', HOUSE)
    assert rows(shapes["House"]) == {"name": "@name", "age": "@age", "town": "town"}
    assert shapes["House"].element == "house"


@pytest.mark.parametrize(("own", "told"), [("", "Where one lives."), ("# A villa.\n", "A villa.")])
def test_extends_inherits_the_comment_where_there_is_no_own(tables, own, told):
    assert tables(own + '[House]\nextends = "House"\n', "# Where one lives.\n" + HOUSE)["House"].origin.comment == told


def test_a_choice_inherits_the_comment_too(tables):
    choice = '# How it is heated.\n[Heat]\nchoice = "@heat"\n[Heat.oil]\n'
    base = '[House]\nelement = "house"\n[House.row]\nheat = ". : Heat"\n' + choice
    assert tables('[Heat]\nextends = "Heat"\n', base)["Heat"].origin.comment == "How it is heated."


def test_what_is_not_extended_is_inherited_as_it_is(tables):
    assert rows(tables("", HOUSE)["House"]) == {"name": "@name", "age": "@age", "town": "town"}


def test_a_row_of_the_same_name_takes_the_place_of_an_inherited_one(tables):
    shapes = tables('[House]\nextends = "House"\n[House.row]\nage = "years : uint"\nroof = "@roof : str"\n', HOUSE)
    assert rows(shapes["House"]) == {"name": "@name", "age": "years", "town": "town", "roof": "@roof"}


def test_a_row_of_the_same_node_takes_the_place_of_an_inherited_one(tables):
    shapes = tables('[House]\nextends = "House"\n[House.row]\nyears = "@age : uint"\n', HOUSE)
    assert list(rows(shapes["House"])) == ["name", "years", "town"]


def test_a_dash_drops_an_inherited_row(tables):
    shapes = tables('[House]\nextends = "House"\n[House.row]\nage = "-"\n', HOUSE)
    assert list(rows(shapes["House"])) == ["name", "town"]


ROOMS = """
[House]
element = "house"
[House.row]
rooms = "room : list Room"
[Room.row]
name = "@name : str"
door = "@door : uint"
[Room.join."book/entry"]
on    = ["@name = name"]
guest = "guest : text"
bill  = "bill  : uint"
"""


@pytest.fixture
def rooms(tables, tmp_path):
    """A dialect whose rooms stand in a second place as well, extended by a join at the same place."""

    def load(join):
        tables(join, ROOMS)
        return xform.load(str(tmp_path / "it"))

    return load


JOIN = '[Room]\nextends = "Room"\n[Room.join."book/entry"]\n'


def test_a_join_where_an_inherited_one_stands_is_that_one(rooms):
    it = rooms(JOIN + 'paid = "paid : present"\nbill = "bill/@cents : uint"\n')
    (join,) = it.tables.shapes["Room"].joins
    assert {row.name: row.place for row in join.rows} == {"guest": "guest", "bill": "bill/@cents", "paid": "paid"}
    entry = "<entry name='a'><guest>Ada</guest><bill cents='7'/><paid/></entry>"
    entity = it.parse(f"<house><room name='b'/><room name='a'/><book>{entry}</book></house>")
    assert [(room.guest, room.bill, room.paid) for room in entity.rooms] == [(None, None, False), ("Ada", 7, True)]
    assert create_get(it, entity) == []
    assert it.generate(entity).count("<entry") == 1


def test_a_row_of_a_join_takes_the_place_of_an_inherited_one_by_name_or_nodes(rooms):
    (join,) = rooms(JOIN + 'visitor = "guest : str"\nbill = "-"\n').tables.shapes["Room"].joins
    assert {row.name: row.place for row in join.rows} == {"visitor": "guest"}


def test_a_join_is_told_by_the_new_on_where_one_is_given(rooms):
    it = rooms(JOIN + 'on = ["@number = door"]\n')
    entity = it.parse("<house><room name='a' door='3'/><book><entry number='3'><bill>7</bill></entry></book></house>")
    assert entity.rooms[0].bill == 7
    assert create_get(it, entity) == []


def test_a_join_whose_rows_are_all_dropped_is_none(rooms):
    assert rooms(JOIN + 'guest = "-"\nbill = "-"\n').tables.shapes["Room"].joins == ()


def test_entities_that_sit_in_one_element_stand_beside_each_other(tables):
    shapes = tables(
        HEAD + '[House.row]\nroof = ". : Roof"\nwall = ". : Wall"\n'
        '[Roof.row]\nroof = "@roof : str !"\n[Wall.row]\nwall = "@wall : str !"\n'
    )
    assert list(rows(shapes["House"])) == ["roof", "wall"]


def test_variants_share_rows_and_have_classes_of_their_own(tables):
    heat = tables(
        HEAD + '[House.row]\nheat = ". : Heat"\n[Heat]\nchoice = "@heat"\nabsent = "none"\nelse = "opaque"\n'
        '[Heat.row]\nprice = "@price : uint"\n[Heat.none]\n[Heat.oven]\nwood = "@wood : uint"\n'
    )["Heat"]
    assert isinstance(heat, Choice)
    assert heat.absent == ("none",)
    assert heat.opaque
    assert {words: (table.name, list(rows(table))) for words, table in heat.variants.items()} == {
        ("none",): ("NoneHeat", ["price"]),
        ("oven",): ("OvenHeat", ["wood", "price"]),
    }


def test_a_choice_inherits_its_variants():
    fuel = load_tables(str(DIALECTS / "annex")).shapes["Fuel"]
    assert [" ".join(words) for words in fuel.variants] == ["none", "oil", "wood", "peat"]
    assert "price" in fuel.variants["peat",].fields
    assert fuel.attributes == ("fuel",)


def test_a_step_yields_to_more_exact_ones():
    workshop = load_tables(str(DIALECTS / "workshop")).shapes["Workshop"]
    assert isinstance(workshop, Table)
    assert [str(step) for step in workshop.fields["features"].path.steps[-1].but] == ["heating"]
    assert {str(step) for step in workshop.fields["entries"].path.steps[-1].but} == {
        "entry[@name='label']",
        "entry[@name='maker']",
    }
    assert workshop.fields["label"].path.steps[-1].but == ()


def test_text_with_rows_through_it_is_told_from_text_without():
    fields = load_tables(str(DIALECTS / "workshop")).shapes["Workshop"].fields
    assert fields["banner"].codec.name == "text (filled)"
    assert fields["seal"].codec.name == "bytes (filled)"
    assert fields["motto"].codec.name == "str"


def test_names_have_the_namespace_of_their_prefix():
    remarks = load_tables(str(DIALECTS / "workshop")).shapes["Workshop"].fields["remarks"]
    assert remarks.path.steps[0].tag == "{urn:example:workshop:note}remarks"
    assert str(remarks.path) == "note:remarks/note:*"


def test_a_row_has_its_origin_and_documentation(tables, tmp_path):
    row = tables(HEAD + '[House.row]\nage = "@age : uint"  # in years\n')["House"].fields["age"]
    assert (row.origin.line, row.origin.comment) == (5, "in years")
    assert row.origin.file.endswith("it/tables.toml")


def test_a_rung_names_fields_together(tables):
    shapes = tables(HOUSE + '[House.match]\nladder = ["name h- !", "age + town", "only"]\n')
    assert shapes["House"].ladder == (
        Rung(("name",), identity=True, prefix="h-"),
        Rung(("age", "town")),
        Rung(("only",)),
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("width : list rule wide needs age", "a rule that needs others decodes one value"),
        ("width : map @name . rule wide needs age", "a rule that needs others decodes one value"),
        ("@width : rule wide needs age = 3", "`= v` goes with one value, not with rule wide"),
    ],
)
def test_a_rule_with_needs_is_one_value(row, message, tmp_path):
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "House"\n')
    (tmp_path / "house.toml").write_text(f'format = 1\n{HOUSE}width = "{row}"\n')
    (tmp_path / "rules.py").write_text(
        "from xform.rules import Rule\n"
        "wide = Rule(decode=lambda text, *, age: int(text), encode=lambda value, *, age: str(value), type='int',\n"
        "    expected='a number', samples=((1, {'age': 2}),))\n"
    )
    with pytest.raises(TableError, match=re.escape(message)):
        load_tables(str(tmp_path))


def test_a_dialect_is_found_by_its_name_or_its_folder():
    assert load_tables("domain").name == "domain"
    assert load_tables(str(DIALECTS / "workshop")).name == "workshop"


def test_an_unknown_dialect_is_hinted_at():
    with pytest.raises(TableError, match=r"no dialect 'domian' \(did you mean 'domain'\?\)"):
        load_tables("domian")
