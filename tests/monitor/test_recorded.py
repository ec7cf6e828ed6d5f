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
from xform.monitor.records import Followed

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


def steps(
    dialect: Any, scenario: Path, names: list[str], devices: list[dict[str, Any]]
) -> Iterator[tuple[str, Followed]]:
    """What is known after each document, with its name."""
    texts = {name: (scenario / name).read_bytes() for name in names}
    known = manage(dialect, None, dialect.parse(first_seen(scenario, devices)))
    for name in every_step(names):
        followed = follow(dialect, known, texts[name])
        known = followed.known
        yield name, followed


def kinds_of(dialect: Any) -> dict[str, str]:
    """The dialect's kinds by their elements."""
    return {kind.row.path.steps[-1].tag: kind.name for kind in dialect.kinds}


def facts_of(dialect: Any, scenario: Path) -> tuple[list[str], list[dict[str, Any]]]:
    facts, kinds = json.loads((scenario / "facts.json").read_text()), kinds_of(dialect)
    return facts["documents"], [device for device in facts["devices"] if device["kind"] in kinds]


def named(kind: str, device: Any) -> tuple[str, str | None]:
    return kind, None if device.get("alias_lost") else device["alias"]


@scenarios
def test_what_a_document_has_is_plugged_and_what_it_lacks_is_not(dialect: Any, scenario: Path) -> None:
    names, devices = facts_of(dialect, scenario)
    kinds = kinds_of(dialect)
    for name, followed in steps(dialect, scenario, names, devices):
        plugged = Counter((one.kind, one.alias) for one in followed.known.devices if one.managed and one.plugged)
        present = Counter(named(kinds[device["kind"]], device) for device in devices if name in device["present"])
        assert plugged == present, name


@scenarios
def test_what_libvirt_or_somebody_else_added_has_the_same_ids_at_each_look(dialect: Any, scenario: Path) -> None:
    names, devices = facts_of(dialect, scenario)
    seen: dict[str, set[str]] = {}
    for name, followed in steps(dialect, scenario, [name for name in names if name != DEFINED], devices):
        assert followed.ambiguous == (), name
        ids = {device.id for device in followed.known.devices if not device.managed}
        assert seen.setdefault(name, ids) == ids, name
