"""CreateGet: what is generated is read back as the same entity, for whatever the tables admit."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import attrs
import pytest
from hypothesis import Phase, given, settings

import xform
from xform.entities import Opaque
from xform.laws import create_get, unequal
from xform.strategies import entities
from xform.table.model import Table

FOLDERS = {"workshop": "tests/dialects/workshop", "annex": "tests/dialects/annex"}


def dialect(name: str) -> Any:
    folder = __file__.rpartition("/tests/")[0]
    return xform.load(f"{folder}/{FOLDERS[name]}" if name in FOLDERS else name)


WORKSHOP, ANNEX = dialect("workshop"), dialect("annex")
group = pytest.mark.xdist_group("drawn")  # one worker draws for all


@pytest.mark.parametrize("name", ["workshop", "annex", "domain", "ovirt"])
def test_drawn_entities_come_back(name):
    known = dialect(name)

    @settings(max_examples=250 if name in FOLDERS else 120)
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


@cache
def drawn():
    """Some hundred drawn entities."""
    found = []

    @settings(max_examples=1500, phases=[Phase.generate])
    @given(entities(ANNEX))
    def collect(entity):
        found.append(entity)

    collect()
    return found


@group
def test_every_field_of_every_table_is_drawn():
    seen = {
        (type(part).__name__, name)
        for entity in drawn()
        for part in parts(entity)
        if not isinstance(part, Opaque)
        for name in ANNEX.classes.shape(type(part).__name__).fields
        if getattr(part, name) not in (None, [], {}, False)
    }
    assert set(every_field(ANNEX)) - seen == set()


@group
@pytest.mark.parametrize(
    ("what", "reached"),
    [
        ("an embedded opaque variant", lambda it: isinstance(it.fuel, Opaque)),
        ("an opaque element", lambda it: any(isinstance(place, Opaque) for place in it.places)),
        ("an embedded entity that is not there", lambda it: it.grid is None),
        ("recursion", lambda it: it.crate is not None and any(crate.inner for crate in it.crate.inner)),
        ("a second place for one of two", lambda it: len(it.tools) == 2 and any(tool.price for tool in it.tools)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_drawn(what, reached):
    assert any(map(reached, (it for it in drawn() if not any(isinstance(tool, Opaque) for tool in it.tools))))


@settings(max_examples=20)
@given(entities(WORKSHOP, "Tool"))
def test_entities_of_one_kind(tool):
    assert isinstance(tool, WORKSHOP.Tool)
