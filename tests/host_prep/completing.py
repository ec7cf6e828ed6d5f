"""Documents as families of effects complete them, on a host that is told of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import evolve

from host_prep.config import Config
from host_prep.facts import Facts
from host_prep.facts.machine import Machine
from host_prep.plan import Family
from host_prep.plan.common import Setting
from host_prep.request import Flow
from tests.host_prep.conftest import BEGUN

MACHINE = Machine(uuid="HOST-UUID-1", arch="x86_64", os_name="oVirt Node", os_version="4.5-7")


def setting(
    dialect: Any, *, flow: Flow = "fresh", machine: Machine = MACHINE, serial: str | None = None, **facts: Any
) -> Setting:
    known = Facts(config=Config(root=Path("/nowhere"), image_owner="vdsm:qemu"), machine=machine, **facts)
    return Setting(dialect=dialect, facts=known, request=evolve(BEGUN[flow], serial=serial))


def completed(xml: str, on: Setting, *families: Family) -> str:
    """A document as these leave it."""
    document = on.dialect.open(xml)
    for family in families:
        document.entity, _ = family(document.entity, on)
    return str(document.to_xml(live=True))
