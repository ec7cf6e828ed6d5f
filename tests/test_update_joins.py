"""Update of an entity's second place: its entry is found as it is read, and follows its keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import xform
from xform.laws import put_entity
from xform.strategies import entities
from xform.validate import problems

TABLES = """format = 1
[Box]
element = "box"
[Box.row]
items = "item : list Item by a, b"
[Item.row]
a = "@a : str"
b = "@b : uint"
[Item.join."meta/entry"]
on   = ["@a = a", "@b = b"]
said = "said : text"
"""


@pytest.fixture
def box(tmp_path: Path) -> xform.Dialect:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    (tmp_path / "box.toml").write_text(TABLES)
    return xform.load(str(tmp_path))


def document(item: str, *entries: str) -> str:
    return f"<box><item{item}/><meta>{''.join(entries)}</meta></box>"


def entry(keys: str, said: str = "y") -> str:
    return f"<entry{keys}><said>{said}</said></entry>"


@pytest.mark.parametrize(
    ("before", "values", "after"),
    [
        ((" b='1'", " b='1'"), {"a": "k", "b": None}, (" a='k'", " a='k'")),
        ((" a='k'", " a='k'"), {"a": None, "b": 1}, (" b='1'", " b='1'")),
        ((" a='k'", " a='k'"), {"b": 1}, (" a='k' b='1'", " a='k'")),
        ((" a='k' b='1'", " a='k' b='1'"), {"a": None}, (" b='1'", " b='1'")),
        ((" b='1'", " b='1'"), {"b": 2}, (" b='2'", " b='2'")),
    ],
)
def test_an_entry_goes_on_to_be_its_items_by_another_key(
    box: xform.Dialect, before: tuple[str, str], values: dict[str, Any], after: tuple[str, str]
) -> None:
    opened = box.open(document(before[0], entry(before[1])))
    for name, value in values.items():
        setattr(opened.entity.items[0], name, value)
    assert opened.to_xml() == document(after[0], entry(after[1]))
    assert opened.entity.items[0].said == "y"


def test_L382_an_entry_that_its_first_key_tells_of_another_item_is_left_alone(box: xform.Dialect) -> None:
    stale = entry(" a='stale' b='1'")
    opened = box.open(document(" b='1'", stale))
    assert opened.entity.items[0].said is None
    opened.entity.items[0].a = "k"
    assert opened.to_xml() == document(" a='k' b='1'", stale)
    opened.entity.items[0].said = "new"
    assert stale in opened.to_xml()
    assert box.parse(opened.to_xml()) == opened.entity


def test_items_are_put_with_their_entries(box: xform.Dialect) -> None:
    @settings(max_examples=100)
    @given(entities(box), entities(box))
    def holds(one: Any, other: Any) -> None:
        assert put_entity(box, box.generate(one), other) == []

    holds()


def test_L385_where_keys_are_alike_an_entry_has_the_key_that_tells_it(box: xform.Dialect) -> None:
    opened = box.open(document(" a='k' b='1'", entry(" b='1'")))
    opened.entity.items.insert(0, box.Item(b=1))
    assert opened.to_xml() == document(" b='1'/><item a='k' b='1'", entry(" b='1' a='k'"))


def test_L385_a_stale_entry_that_keys_come_to_is_no_longer_there(box: xform.Dialect) -> None:
    opened = box.open(document(" b='1'", entry(" a='k'", "old"), entry(" b='1'")))
    opened.entity.items[0].a = "k"
    assert opened.to_xml() == document(" a='k' b='1'", entry(" b='1' a='k'"))


def test_L385_one_reads_what_is_put_wherever_keys_are_alike(box: xform.Dialect) -> None:
    a, b = st.sampled_from(["", " a='j'", " a='k'"]), st.sampled_from(["", " b='1'", " b='2'"])
    holder = st.tuples(a, b, st.sampled_from(["", "<said>x</said>", "<said>y</said><more/>"]))
    documents = st.tuples(*[st.lists(holder, max_size=3)] * 2)

    @settings(max_examples=300)
    @given(documents, documents)
    def holds(old: Any, new: Any) -> None:
        before, after = (
            "".join(["<box>", *(f"<item{a}{b}/>" for a, b, _ in items), "<meta>"])
            + "".join([*(f"<entry{a}{b}>{said}</entry>" for a, b, said in entries), "</meta></box>"])
            for items, entries in (old, new)
        )
        entity = box.parse(after)
        assume(not problems(box, entity))
        assert box.parse(box.update(before, entity)) == entity
        assert box.update(before, box.parse(before)) == before

    holds()
