"""CreateGet: what is generated is read back as the same entity, for whatever the tables admit."""

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import xform
from xform.entities import Opaque
from xform.laws import create_get
from xform.strategies import entities
from xform.table.model import Table

FOLDERS = {"workshop": "tests/dialects/workshop", "annex": "tests/dialects/annex"}


def dialect(name: str) -> Any:
    folder = __file__.rpartition("/tests/")[0]
    return xform.load(f"{folder}/{FOLDERS[name]}" if name in FOLDERS else name)


WORKSHOP, ANNEX = dialect("workshop"), dialect("annex")


@pytest.mark.parametrize("name", ["workshop", "annex", "domain", "ovirt"])
def test_drawn_entities_come_back(name):
    known = dialect(name)

    @settings(max_examples=400 if name in FOLDERS else 250)
    @given(entities(known))
    def holds(entity):
        assert create_get(known, entity) == []

    holds()


def test_what_came_back_otherwise_is_named_by_its_field():
    entity = WORKSHOP.Workshop(name="x", fuel=WORKSHOP.classes["NoneFuel"]())
    entity.level = None  # absent means 3, so None has no text
    assert [str(found) for found in create_get(WORKSHOP, entity)] == ["create-get: level: None came back as 3"]


def test_a_secret_that_came_back_otherwise_is_not_shown():
    entity = WORKSHOP.Workshop(name="x", fuel=WORKSHOP.classes["NoneFuel"]())
    one, other = attrs.evolve(entity, login="sesame"), attrs.evolve(entity, login="open")
    from xform.laws import unequal

    assert list(unequal(one, other, live=False)) == [("login", "***", "***")]


# --- the strategies reach what the tables can say ---------------------------------------------------------------


def parts(value: Any) -> Iterator[Any]:
    """Every entity in an entity."""
    if isinstance(value, list):
        for item in value:
            yield from parts(item)
    elif attrs.has(type(value)):
        yield value
        for attribute in attrs.fields(type(value)):
            yield from parts(getattr(value, attribute.name))


def every_field(known: Any) -> list[tuple[str, str]]:
    return [(table.name, name) for table in known.tables.tables if isinstance(table, Table) for name in table.fields]


def test_every_field_of_every_table_is_drawn():
    seen = set()

    @settings(max_examples=1500)
    @given(entities(ANNEX))
    def look(entity):
        for part in parts(entity):
            for name in ANNEX.classes.shape(type(part).__name__).fields if not isinstance(part, Opaque) else ():
                if getattr(part, name) not in (None, [], {}, False):
                    seen.add((type(part).__name__, name))

    look()
    assert set(every_field(ANNEX)) - seen == set()


@pytest.mark.parametrize(
    ("what", "reached"),
    [
        ("an embedded opaque variant", lambda it: isinstance(it.fuel, Opaque)),
        ("an opaque element", lambda it: any(isinstance(place, Opaque) for place in it.places)),
        ("recursion", lambda it: it.crate is not None and any(crate.inner for crate in it.crate.inner if crate.inner)),
        ("a second place for two", lambda it: len([tool for tool in it.tools if getattr(tool, "price", None)]) == 2),
        ("an embedded entity that is not there", lambda it: it.grid is None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_drawn(what, reached):
    find(entities(ANNEX), reached, settings=settings(max_examples=5000))


@given(st.data())
def test_entities_of_one_kind(data):
    tool = data.draw(entities(WORKSHOP, "Tool"))
    assert isinstance(tool, WORKSHOP.Tool)
