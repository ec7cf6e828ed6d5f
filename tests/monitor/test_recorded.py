"""Documents of real VMs, in every order: what they have is plugged, what they lack is not, and each has one id."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import xform
from tests.corpus import live_scenarios
from xform.monitor.follow import follow, manage
from xform.monitor.records import Known

from .looks import first_seen

scenarios = pytest.mark.parametrize("scenario", live_scenarios(), ids=lambda folder: folder.name)
DEFINED = "defined.xml"  # what a manager passed; no dump of libvirt's looks like it


@pytest.fixture(scope="module", params=["ovirt", "domain"])
def dialect(request: pytest.FixtureRequest) -> Any:
    return xform.load(request.param)


def every_step(names: list[str]) -> Iterator[str]:
    """An order in which each document follows each other one."""
    for at, one in enumerate(names):
        yield one
        for other in names[at + 1 :]:
            yield other
            yield one


def kinds_of(dialect: Any) -> dict[str, str]:
    """The dialect's kinds by their elements."""
    return {kind.row.path.steps[-1].tag: kind.name for kind in dialect.kinds}


def facts_of(dialect: Any, scenario: Path) -> tuple[list[str], list[dict[str, Any]]]:
    facts, kinds = json.loads((scenario / "facts.json").read_text()), kinds_of(dialect)
    return facts["documents"], [device for device in facts["devices"] if device["kind"] in kinds]


def check(dialect: Any, known: Known, devices: list[dict[str, Any]], name: str) -> None:
    """That the managed devices are plugged which a document has, by their aliases, if libvirt keeps these."""
    kinds = kinds_of(dialect)
    plugged = Counter((device.kind, device.alias) for device in known.devices if device.managed and device.plugged)
    present = Counter(
        (kinds[device["kind"]], None if device.get("alias_lost") else device["alias"])
        for device in devices
        if name in device["present"]
    )
    assert plugged == present, name


@scenarios
def test_every_document_after_every_other_tells_what_is_plugged_and_what_is_whose(dialect: Any, scenario: Path) -> None:
    names, devices = facts_of(dialect, scenario)
    names.remove(DEFINED)
    texts = {name: (scenario / name).read_bytes() for name in names}
    known = manage(dialect, None, dialect.parse(first_seen(scenario, devices)))
    nobodys: dict[str, set[str]] = {}
    for name in every_step(names):
        followed = follow(dialect, known, texts[name])
        known = followed.known
        assert followed.ambiguous == (), name
        check(dialect, known, devices, name)
        ids = {device.id for device in known.devices if not device.managed}
        assert nobodys.setdefault(name, ids) == ids, name


@scenarios
def test_every_document_tells_what_is_plugged_of_what_a_manager_passed(dialect: Any, scenario: Path) -> None:
    names, devices = facts_of(dialect, scenario)
    known = manage(dialect, None, dialect.parse(first_seen(scenario, devices)))
    known = follow(dialect, known, (scenario / DEFINED).read_bytes()).known
    check(dialect, known, devices, DEFINED)
    for name in names:
        check(dialect, follow(dialect, known, (scenario / name).read_bytes()).known, devices, name)
