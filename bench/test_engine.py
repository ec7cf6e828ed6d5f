"""Parse, generate and match, on a running guest with 40 devices and more."""

from __future__ import annotations

import pytest

import xform
from bench.conftest import Against
from bench.documents import document

TEXT = document(40).encode()


@pytest.fixture(scope="module", params=["domain", "ovirt"])
def dialect(request: pytest.FixtureRequest) -> xform.Dialect:
    return xform.load(request.param)


def test_the_document_is_of_the_size_that_budgets_are_for() -> None:
    assert 10_000 <= len(TEXT) <= 25_000


def test_parse(dialect: xform.Dialect, against: Against) -> None:
    against(f"parse, {dialect.tables.name}", 4.0, TEXT, lambda: dialect.parse(TEXT))


def test_generate(dialect: xform.Dialect, against: Against) -> None:
    entity = dialect.parse(TEXT)
    against(f"generate, {dialect.tables.name}", 0.8, TEXT, lambda: dialect.generate(entity, live=True))


def test_match_by_alias(dialect: xform.Dialect, against: Against) -> None:
    known = dialect.parse(TEXT)
    assert len(dialect.match(TEXT, known).pairs) >= 40
    against(f"match, {dialect.tables.name}", 1.5, TEXT, lambda: dialect.match(TEXT, known))


def test_update_of_one_field(dialect: xform.Dialect, against: Against) -> None:
    entity = dialect.parse(TEXT)
    entity.disks[3].cache = "unsafe"
    against(f"update one field, {dialect.tables.name}", 6.0, TEXT, lambda: dialect.update(TEXT, entity))


def test_update_of_one_field_of_an_open_document(dialect: xform.Dialect, against: Against) -> None:
    document = dialect.open(TEXT)
    document.entity.disks[3].cache = "unsafe"
    against(f"update one field, open, {dialect.tables.name}", 0.8, TEXT, document.to_xml)
