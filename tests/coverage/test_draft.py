"""Drafted rows: they load, and nothing is missing where they stand; names and codecs that are guessed."""

import re
import shutil

import pytest

from tests.coverage.test_counts import HOUSE, needs_schemas, of_each_schema
from xform.check.place import Words
from xform.check.relaxng import TEXT, Data
from xform.coverage import guess
from xform.coverage.counts import cover
from xform.coverage.draft import draft
from xform.errors import XformError
from xform.table.grammar import parse_row
from xform.table.resolve import load_tables


def drafts(path):
    return draft(cover(load_tables(str(HOUSE)), HOUSE), path)


def test_rows_go_to_the_entity_that_holds_them():
    (made,) = drafts("lamp")
    assert made.file.endswith("house.toml:4")
    assert str(made).splitlines()[1:] == [
        "[House.row]",
        'type  = "lamp/@type  : enum led bulb"  # house.rng:20',
        'watts = "lamp/@watts : uint"           # house.rng:21',
    ]


def test_an_element_with_children_is_an_entity_of_its_own():
    assert [(made.entity, [row.codec for row in made.rows]) for made in drafts("garden")] == [
        ("House", ["Garden"]),
        ("Garden", ["enum flowers lawn !", "uint", "uint"]),
    ]


def test_what_an_entity_says_already_is_that_entity():
    (made,) = drafts("rooms/room/room")
    assert [(made.entity, row.path, row.codec) for row in made.rows] == [("Room", "room", "list Room")]


def test_nothing_is_missing_where_drafted_rows_stand(tmp_path):
    shutil.copytree(HOUSE, tmp_path / "house")
    tables = tmp_path / "house" / "house.toml"
    text = tables.read_text()
    for made in drafts("."):
        rows = str(made).split("\n", 2)[2]
        head = f"[{made.entity}.row]\n"
        text = text.replace(head, head + rows) if head in text else f"{text}\n{head}{rows}"
    tables.write_text(text)
    assert cover(load_tables(str(tmp_path / "house")), tmp_path / "house").gaps == []


def test_where_nothing_is_missing_there_is_no_draft():
    assert drafts("heating") == []


def test_a_path_that_the_schema_does_not_have():
    with pytest.raises(XformError, match=re.escape("the schema has no lmap (did you mean 'lamp'?)")):
        drafts("lmap")


def test_an_empty_path_is_no_word_for_everything():
    with pytest.raises(XformError, match="an empty text; expected a path"):
        drafts("")


@pytest.mark.parametrize(
    ("words", "codec"),
    [
        (Words(("on", "off")), "bool on off"),
        (Words(("off", "on")), "bool on off"),
        (Words(("a", "b-c")), "enum a b-c"),
        (Words((), (Data("unsignedInt"),)), "uint"),
        (Words((), (Data("int"),)), "int"),
        (Words((), (Data("int", (("minInclusive", "0"),)),)), "uint"),
        (Words((), (Data("double"),)), "float"),
        (Words((), (Data("string", (("pattern", "0x[0-9a-f]{1,4}"),)), Data("int"))), "hex"),
        (Words((), (Data("string", (("pattern", "/.+"),)),)), "path"),
        (Words((), (Data("string", (("pattern", "[0-9,-]+"),)),)), "cpuset"),
        (Words((), (Data("string", (("pattern", "([a-f0-9]{2}:){5}[a-f0-9]{2}"),)),)), "mac"),
        (Words(("auto",), (Data("unsignedInt"),)), "str"),
        (Words((), (TEXT,)), "str"),
        (None, "present"),
    ],
)
def test_codecs_are_guessed_from_what_the_schema_admits(words, codec):
    assert guess.codec(words, attribute=True) == codec


@pytest.mark.parametrize(
    ("parts", "taken", "name"),
    [
        (["source", "startupPolicy"], (), "startup_policy"),
        (["model", "name"], ("name",), "model_name"),
        (["file", "class"], (), "file_class"),
        (["use"], (), "use_2"),
    ],
)
def test_names_are_free_and_no_words_of_python_or_the_language(parts, taken, name):
    assert guess.field(parts, taken) == name


@needs_schemas
@of_each_schema
def test_every_drafted_row_is_one(folder):
    for made in draft(cover(load_tables("domain"), folder), "."):
        for row in made.rows:
            parse_row(f"{row.path} : {row.codec}")
