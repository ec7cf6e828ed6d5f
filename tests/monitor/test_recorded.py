"""Documents of real VMs, in every order: what they have is plugged, what they lack is not, and each has one id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import xform
from tests.corpus import live_scenarios
from xform.monitor.follow import follow, manage
from xform.monitor.records import Followed

from .looks import KINDS, first_seen

scenarios = pytest.mark.parametrize("scenario", live_scenarios(), ids=lambda folder: folder.name)
DEFINED = "defined.xml"  # what a manager passed; no dump of libvirt's looks like it


@pytest.fixture(scope="module")
def ovirt() -> Any:
    return xform.load("ovirt")


def every_step(names: list[str]) -> Iterator[str]:
    """An order in which each document follows each other one."""
    for at, one in enumerate(names):
        yield one
        for other in names[at + 1 :]:
            yield other
            yield one


def steps(
    ovirt: Any, scenario: Path, names: list[str], devices: list[dict[str, Any]]
) -> Iterator[tuple[str, Followed]]:
    """What is known after each document, with its name."""
    texts = {name: (scenario / name).read_bytes() for name in names}
    known = manage(ovirt, None, ovirt.parse(first_seen(scenario, devices)))
    for name in every_step(names):
        followed = follow(ovirt, known, texts[name])
        known = followed.known
        yield name, followed


def facts_of(scenario: Path) -> tuple[list[str], list[dict[str, Any]]]:
    facts = json.loads((scenario / "facts.json").read_text())
    return facts["documents"], [device for device in facts["devices"] if device["kind"] in KINDS]


@scenarios
def test_what_a_document_has_is_plugged_and_what_it_lacks_is_not(ovirt: Any, scenario: Path) -> None:
    names, devices = facts_of(scenario)
    unnamed = [device for device in devices if device.get("alias_lost")]
    named = [device for device in devices if not device.get("alias_lost")]
    for name, followed in steps(ovirt, scenario, names, devices):
        managed = {device.id: device for device in followed.known.devices if device.managed}
        plugged = {id for id, device in managed.items() if device.plugged}
        assert plugged & {device["id"] for device in named} == {
            device["id"] for device in named if name in device["present"]
        }, name
        kinds = sorted(managed[id].kind for id in plugged - {device["id"] for device in named})
        assert kinds == sorted(KINDS[device["kind"]][0] for device in unnamed if name in device["present"]), name


@scenarios
def test_what_libvirt_or_somebody_else_added_has_the_same_ids_at_each_look(ovirt: Any, scenario: Path) -> None:
    names, devices = facts_of(scenario)
    seen: dict[str, set[str]] = {}
    for name, followed in steps(ovirt, scenario, [name for name in names if name != DEFINED], devices):
        assert followed.ambiguous == (), name
        ids = {device.id for device in followed.known.devices if not device.managed}
        assert seen.setdefault(name, ids) == ids, name
