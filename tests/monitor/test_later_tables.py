"""A VM that other tables followed is looked at once more, whatever its digests say."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import xform
from tests.monitor.hosts import Host, document, vm_id
from xform.monitor.store import Store
from xform.monitor.watch import Monitor

VM = vm_id("a")


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> xform.Dialect:
    """The domain tables of a day when they did not know a disk's cache."""
    folder = tmp_path_factory.mktemp("earlier") / "domain"
    shutil.copytree(Path(xform.load("domain").tables.folder), folder)
    file = folder / "disk.toml"
    file.write_text(re.sub(r"(?m)^cache +=.*\n", "", file.read_text()))
    return xform.load(str(folder))


@contextmanager
def followed(url: str, dialect: xform.Dialect, host: Host) -> Iterator[Store]:
    """A store behind a pass with these tables."""
    store = Store(url, dialect)
    try:
        assert Monitor(dialect, store, [host]).once()
        yield store
    finally:
        store.close()


def test_L165_a_field_that_later_tables_know_is_there_though_no_vm_changed(
    store_url: str, earlier: xform.Dialect
) -> None:
    host = Host(a=document("a"))
    with followed(store_url, earlier, host) as store:
        host.digests = {VM: store.states()[VM].text}
    with followed(store_url, xform.load("domain"), host) as store:
        stored = store.load(VM)
        assert stored
        (disk,) = [one.entity for one in stored.known.devices if one.kind == "disks"]
        assert disk.cache == "none"
        (change,) = [one.change for one in store.history() if one.change.what == "updated"]
        assert change.fields == {"cache": (None, "none")}


def test_L165_a_vm_is_looked_at_anew_once(store_url: str, earlier: xform.Dialect) -> None:
    host = Host(a=document("a"))
    with followed(store_url, earlier, host) as store:
        host.digests = {VM: store.states()[VM].text}
    domain = xform.load("domain")
    with followed(store_url, domain, host) as store:
        version = store.states()[VM].version
    host.dumped.clear()
    with followed(store_url, domain, host) as store:
        assert store.states()[VM].version == version
    assert host.dumped == []


def test_a_store_of_another_dialect_is_refused(store_url: str) -> None:
    with followed(store_url, xform.load("domain"), Host(a=document("a"))):
        pass
    said = "the store is of the dialect domain; expected one of ovirt: use --dialect domain, or another store"
    with pytest.raises(xform.XformError, match=said):
        Store(store_url, xform.load("ovirt"))
