"""CreateGet on drawn entities of every kind: each table of the dialect is drawn in its place in a document."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.test_exercised import witnesses
from xform import laws
from xform.laws.facts import put
from xform.strategies import entities

from .material import OVIRT

# The place of one entity of each shape but the root, in a document that is small.
PLACES: dict[str, tuple[tuple[Any, ...], Any]] = {}
for _table, _place, _document in witnesses(OVIRT):
    for _row in _table.fields.values():
        if _row.entity and _row.entity not in PLACES:
            PLACES[_row.entity] = ((*_place, _row.name, *([0] if _row.form == "list" else [])), _document)

EXAMPLES = 25


def test_every_table_that_a_document_holds_has_a_place_to_be_drawn_in() -> None:
    reached = {table.name for name in PLACES for table in OVIRT.tables.shapes[name].tables}
    told = {table.name for table in OVIRT.tables.tables if table.rows or not table.known}
    assert reached == told - {OVIRT.tables.root}


@pytest.mark.parametrize("name", sorted(PLACES))
def test_create_get_of_drawn_entities(name: str) -> None:
    place, document = PLACES[name]
    tables = {table.name for table in OVIRT.tables.shapes[name].tables}
    drawn: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES * len(tables),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    @given(entity=entities(OVIRT, name))
    def law(entity: Any) -> None:
        drawn[type(entity).__name__] += 1
        whole = put(document, place[:-1], [entity]) if place[-1] == 0 else put(document, place, entity)
        assert laws.create_get(OVIRT, whole) == []

    law()
    assert set(drawn) == tables
