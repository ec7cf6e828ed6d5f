"""Parse, generate and match, on a running guest with 40 devices and more."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import attrs
import pytest

import xform
from bench.conftest import Against, Line, quickest, record
from bench.documents import document
from xform.match import held
from xform.match.identity import device_ids
from xform.monitor.follow import follow

TEXT = document(40).encode()


@pytest.fixture(scope="module", params=["domain", "ovirt"])
def dialect(request: pytest.FixtureRequest) -> xform.Dialect:
    return xform.load(request.param)


def test_the_document_is_of_the_size_that_budgets_are_for() -> None:
    assert 10_000 <= len(TEXT) <= 25_000


def test_match_by_alias(dialect: xform.Dialect, against: Against) -> None:
    known = dialect.parse(TEXT)
    assert len(dialect.match(TEXT, known).pairs) >= 40
    against(f"match by aliases, {dialect.tables.name}", 1.5, 1.2, TEXT, lambda: dialect.match(TEXT, known).pairs)


def test_match_without_aliases(dialect: xform.Dialect, against: Against) -> None:
    known = nameless(dialect, dialect.parse(TEXT))
    assert len(dialect.match(TEXT, known).pairs) >= 40
    against(f"match without aliases, {dialect.tables.name}", 2.5, 2.0, TEXT, lambda: dialect.match(TEXT, known).pairs)


def test_parse(dialect: xform.Dialect, against: Against) -> None:
    against(f"parse, {dialect.tables.name}", 4.0, 3.0, TEXT, lambda: dialect.parse(TEXT))


def test_parse_with_residue(dialect: xform.Dialect, against: Against) -> None:
    strange = TEXT.replace(b"<features>", b"<unknown a='1'/><features more='2'>")
    assert [found.path for found in dialect.open(strange).residue] == ["/domain/unknown", "/domain/features/@more"]
    work = f"parse with residue, {dialect.tables.name}"
    against(work, 4.0, 3.0, strange, lambda: dialect.open(strange).residue)


def test_generate(dialect: xform.Dialect, against: Against) -> None:
    entity = dialect.parse(TEXT)
    against(f"generate to text, {dialect.tables.name}", 0.8, 0.65, TEXT, lambda: dialect.generate(entity, live=True))


def test_update_of_one_field(dialect: xform.Dialect, against: Against) -> None:
    entity = dialect.parse(TEXT)
    entity.disks[3].cache = "unsafe"
    against(f"update one field, {dialect.tables.name}", 6.0, 4.5, TEXT, lambda: dialect.update(TEXT, entity))


def test_update_of_one_field_of_an_open_document(dialect: xform.Dialect, against: Against) -> None:
    document = dialect.open(TEXT)
    document.entity.disks[3].cache = "unsafe"
    against(f"update one field, open, {dialect.tables.name}", 0.8, 0.5, TEXT, document.to_xml)


def test_canonical_digest(dialect: xform.Dialect, against: Against) -> None:
    numbers = itertools.count(1_000_000)

    def digest() -> bytes:
        """Of a document with two devices that are like none before."""
        return dialect.digest(TEXT.replace(b"cache='none'", b"iothread='%d'" % next(numbers), 2))

    assert digest() != digest()
    against(f"canonical digest, 2 of 40 devices changed, {dialect.tables.name}", 2.2, 1.8, TEXT, digest)


def test_follow_where_nothing_changed(dialect: xform.Dialect, against: Against) -> None:
    known = follow(dialect, None, TEXT).known
    work = f"follow, nothing changed, {dialect.tables.name}"
    against(work, 0.1, 0.05, TEXT, lambda: follow(dialect, known, TEXT))


def test_follow_where_two_devices_changed(dialect: xform.Dialect, against: Against) -> None:
    known = follow(dialect, None, TEXT).known
    text = TEXT.replace(b"cache='none'", b"cache='unsafe'", 2)
    assert len(follow(dialect, known, text).changes) == 2
    work = f"follow, 2 of 40 devices changed, {dialect.tables.name}"
    # far over its budget: reading the two devices takes 0.2, cutting and hashing the text 0.5
    against(work, 0.6, 0.4, TEXT, lambda: follow(dialect, known, text), slack=2.5)


def test_changes_from_a_first_text(dialect: xform.Dialect, against: Against) -> None:
    known = dialect.parse(TEXT.replace(b"cache='none'", b"cache='unsafe'", 2))
    ids = device_ids(dialect, known)
    assert len(dialect.match(TEXT, known).changes(ids).updated) == 2
    work = f"parse, match and changes, {dialect.tables.name}"
    against(work, 4.5, 3.5, TEXT, lambda: dialect.match(TEXT, known).changes(ids))


@pytest.mark.parametrize("work", ["parse", "generate", "match"])
def test_cost_grows_with_the_number_of_devices_and_no_faster(work: str, benchmark: Any) -> None:
    domain = xform.load("domain")
    calls = [prepared(domain, work, document(devices, 5).encode()) for devices in (10, 100, 1000)]
    few, some, many = quickest(*calls, blocks=25)
    growth = ((many - some) / 900) / ((some - few) / 90)
    benchmark.extra_info["cost of one of 1,000 devices to that of one of 100"] = round(growth, 2)
    benchmark.pedantic(calls[1], rounds=10)
    record(Line(f"{work}: a device among 1,000 to one among 100", growth, 1.1, None, many * 1e6))


def prepared(dialect: xform.Dialect, work: str, text: bytes) -> Callable[[], Any]:
    entity = dialect.parse(text)
    return {
        "parse": lambda: dialect.parse(text),
        "generate": lambda: dialect.generate(entity, live=True),
        "match": lambda: dialect.match(text, entity).pairs,
    }[work]


def nameless(dialect: xform.Dialect, known: Any) -> Any:
    """A known entity of whose devices nobody knows the alias."""
    devices = {}
    for kind in dialect.kinds:
        found = []
        for device in held(known, kind.name):
            name = next((name for name in ("id", "alias") if hasattr(device, name)), None)
            found.append(attrs.evolve(device, **{name: None}) if name else device)
        if found:
            devices[kind.name] = found if kind.row.form == "list" else found[0]
    return attrs.evolve(known, **devices)
