"""Entity classes: what Python finds out about them, and how entities get from one process to another."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given, settings

import xform
from tests.test_dialect import OwnPart
from xform import Opaque
from xform.strategies import entities
from xform.table.resolve import load_tables

MINI = Path(__file__).parent / "dialects" / "mini"
ID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.fixture(scope="module")
def ovirt() -> xform.Dialect:
    return xform.load("ovirt")


@pytest.fixture(scope="module")
def mini() -> xform.Dialect:
    return xform.load(str(MINI))


def elsewhere(value: Any, code: str) -> Any:
    """What Python in another process makes of a value: `code` sees it as `it` and sets it anew."""
    program = f"import pickle, sys\nit = pickle.load(sys.stdin.buffer)\n{code}\npickle.dump(it, sys.stdout.buffer)\n"
    done = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(value), stdout=subprocess.PIPE, check=True
    )
    return pickle.loads(done.stdout)


# --- types ----------------------------------------------------------------------------------------------------------


def test_hints_are_types(mini: Any) -> None:
    assert typing.get_type_hints(mini.Disk) == {
        "kind": Literal["disk", "cdrom", "floppy"] | None,
        "source": mini.Source | Opaque | None,
        "cache": Literal["default", "none", "writeback"] | None,
        "queues": int | None,
        "target": str,
        "read_only": bool,
        "id": str | None,
        "blob": bytes | None,
        "auto": bool | None,
        "image": str | None,
        "backing": mini.Backing | Opaque | None,
        "mac": str | None,
        "pool": str | None,
        "note": str | None,
    }


def test_hints_of_collections_switches_and_variants_are_types(mini: Any) -> None:
    hints = typing.get_type_hints(mini.Machine)
    assert hints["disks"] == list[mini.Disk | Opaque]
    assert hints["policies"] == dict[str, Literal["force", "forbid"]]
    assert hints["tuned"] is bool
    assert typing.get_type_hints(mini.NetworkSource)["hosts"] == list[mini.Host | Opaque]


def test_every_class_of_a_dialect_has_hints(ovirt: xform.Dialect) -> None:
    for name in ovirt.classes.names():
        hints = typing.get_type_hints(ovirt.classes[name])
        assert set(hints) >= set(getattr(ovirt.classes.shape(name), "fields", ())), name


def test_annotations_are_types_in_whatever_way_they_are_read(mini: Any) -> None:
    found = mini.Machine.__annotations__
    clock = mini.Clock | Opaque | None
    assert found["clock"] == found.get("clock") == dict(found)["clock"] == dict(found.items())["clock"] == clock
    assert clock in found.values()
    assert attrs.fields(attrs.resolve_types(mini.Machine)).clock.type == clock


def test_a_class_is_made_without_those_that_it_names() -> None:
    fresh = xform.Dialect(load_tables("domain"))
    assert fresh.Disk.__name__ == "Disk"
    assert "address" in fresh.Disk.__annotations__
    assert len(fresh.classes._made) == 2  # with Opaque


# --- copies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ovirt", str(MINI)], ids=["shipped", "folder"])
def test_drawn_entities_survive_pickle_and_copy(name: str) -> None:
    dialect = xform.load(name)

    @settings(max_examples=30)
    @given(entities(dialect))
    def holds(entity: Any) -> None:
        for back in (pickle.loads(pickle.dumps(entity)), copy.deepcopy(entity)):
            assert back == entity
            assert repr(back) == repr(entity)
            assert type(back) is type(entity)

    holds()


def test_an_entity_goes_to_another_process_and_back(ovirt: Any, mini: Any) -> None:
    vm = ovirt.read(MINI.parents[2] / "examples" / "desktop.yaml")
    machine = mini.Machine(name="x", disks=[mini.Disk(target="vda", source=mini.FileSource(path="/a"))])
    both = elsewhere((vm, machine), "it[0].name = it[1].name = 'changed'")
    assert both == (attrs.evolve(vm, name="changed"), attrs.evolve(machine, name="changed"))


def test_a_dialect_goes_to_another_process_as_its_name(ovirt: Any, mini: Any) -> None:
    assert elsewhere((ovirt, mini), "it = [it, [dialect.root.name for dialect in it]]") == [
        (ovirt, mini),
        ["Vm", "Machine"],
    ]


def test_a_folder_is_found_from_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(MINI.parent)
    sent = pickle.dumps(xform.load("./mini").Machine(name="x"))
    monkeypatch.chdir(tmp_path)
    assert pickle.loads(sent).name == "x"


def test_a_context_goes_to_another_process(ovirt: Any) -> None:
    host = ovirt.context("host", networking="user")
    assert elsewhere(host, "it = [it, it.networking]") == [host, "user"]


def test_classes_of_one_name_are_kept_apart(ovirt: Any) -> None:
    domain: Any = xform.load("domain")
    pair = [domain.FileDiskSource(path="/a"), ovirt.FileDiskSource(path="/a"), domain.DiskSource, ovirt.DiskSource]
    back = pickle.loads(pickle.dumps(pair))
    assert [type(back[0]), type(back[1]), *back[2:]] == [
        domain.FileDiskSource,
        ovirt.FileDiskSource,
        domain.DiskSource,
        ovirt.DiskSource,
    ]
    assert back[0] != back[1]


def test_opaque_entities_and_an_embedders_own_are_pickled_as_they_are() -> None:
    for value in (Opaque("<a></a>"), OwnPart(size=3)):
        assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value


class Derived(xform.load(str(MINI)).Clock):  # type: ignore[misc]
    """A class that somebody derives from one of ours."""

    __slots__ = ()


def test_a_derived_class_is_pickled_as_its_own() -> None:
    assert type(pickle.loads(pickle.dumps(Derived(offset="utc")))) is Derived
    assert type(copy.deepcopy(Derived())) is Derived
