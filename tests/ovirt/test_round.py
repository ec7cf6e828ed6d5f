"""There and back: what is read of a document that was made is what it was made of, and leads to the same document."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from .material import EXAMPLES, OVIRT, PLANNING, Host, plan
from .plan.drives import drawn_drives
from .test_examples import NAMES, context
from .test_live import CORPUS, DOCUMENTS, corpus
from .test_plan import drawn, patient

each = pytest.mark.parametrize("name", NAMES)


def recalled(text: str | bytes, known: Any, **contexts: Any) -> Any:
    return PLANNING.recall(OVIRT.parse(text), known=known, dialect=OVIRT, **contexts)


def lists(vm: Any) -> dict[str, list[Any]]:
    return {field.name: value for field in attrs.fields(type(vm)) if isinstance(value := getattr(vm, field.name), list)}


# --- examples -----------------------------------------------------------------------------------------------------


@each
def test_every_device_of_an_example_comes_back_as_it_was(name: str) -> None:
    known = plan(OVIRT.read(EXAMPLES / f"{name}.yaml"), **context(name))
    text = OVIRT.generate(known)
    assert recalled(text, known, **context(name)) == known
    found = OVIRT.match(text, known)
    assert (found.new, found.missing, found.ambiguous) == ([], [], [])
    kept = [pair for pair in found.pairs if getattr(pair.known, "id", None) is not None]
    assert kept
    by_uuid = {id(device) for device in known.hostdevs if device.uuid}  # a mediated device is known by its own
    assert all(pair.rung == (("uuid",) if id(pair.known) in by_uuid else ("id",)) for pair in kept)


@pytest.mark.parametrize("planned_before", [True, False])
@each
def test_what_is_recalled_of_an_example_makes_the_same_document(name: str, planned_before: bool) -> None:
    asked = OVIRT.read(EXAMPLES / f"{name}.yaml")
    made = plan(asked, **context(name))
    text = OVIRT.generate(made)
    known = made if planned_before else asked
    assert OVIRT.generate(plan(recalled(text, known, **context(name)), **context(name))) == text


@each
def test_names_ids_and_places_of_an_example_are_there_once(name: str) -> None:
    assert twice(plan(OVIRT.read(EXAMPLES / f"{name}.yaml"), **context(name))) == []


def twice(vm: Any) -> list[Any]:
    """The ids, names in the guest and places on drive controllers that several devices have."""
    devices = [item for items in lists(vm).values() for item in items] + [vm.balloon]
    ids = [getattr(item, "id", None) for item in devices]
    names = [getattr(item, "target", None) for item in vm.disks]
    places = [
        (item.interface, attrs.astuple(item.address))
        for item in vm.disks
        if isinstance(getattr(item, "address", None), OVIRT.DriveAddress)
    ]
    return [one for held in (ids, names, places) for one in held if one is not None and held.count(one) > 1]


# --- documents of real VMs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("folder", "name"), DOCUMENTS or [(CORPUS / "live", "")], ids=str)
def test_what_is_recalled_of_a_real_vm_makes_the_same_document_ever_after(folder: Any, name: str) -> None:
    corpus("live")
    read = recalled((folder / name).read_bytes(), None)
    first = plan(read)
    text = OVIRT.generate(first)
    assert OVIRT.generate(plan(recalled(text, first))) == text
    assert lists(first)["nics"] == lists(recalled(text, first))["nics"]
    assert {disk.target for disk in first.disks} == {disk.target for disk in read.disks}


# --- any VM -------------------------------------------------------------------------------------------------------


@settings(patient, max_examples=50)
@drawn
def test_what_is_recalled_of_any_vm_makes_the_same_document(vm: Any, networking: str) -> None:
    host = Host(networking=networking)
    text = OVIRT.generate(plan(vm, host))
    assert OVIRT.generate(plan(recalled(text, vm, host=host), host)) == text


@settings(patient, max_examples=50)
@given(vm=drawn_drives, known=st.booleans())
def test_what_is_recalled_of_drives_makes_the_same_document(vm: Any, known: bool) -> None:
    made = plan(vm)
    names = [disk.target for disk in made.disks]
    assume(len(set(names)) == len(names))  # of two of one name no metadata tell which is which
    text = OVIRT.generate(made)
    again = recalled(text, made if known else vm)
    assert OVIRT.generate(plan(again)) == text
