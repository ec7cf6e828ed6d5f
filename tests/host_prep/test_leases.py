"""Leases of volumes get the places that only the host knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.facts import Facts
from host_prep.facts.images import Ids, Image, Volume
from host_prep.facts.machine import Machine
from host_prep.plan.common import Setting
from host_prep.plan.leases import leases
from host_prep.request import Request
from tests.host_prep.conftest import domain
from xform.errors import HostError

LEASES = Path("/dev/SD/leases")


@pytest.fixture
def setting(ovirt: Any) -> Setting:
    top = Volume(id="TOP", path=Path("/t"), lease_path=LEASES, lease_offset=2097152)
    base = Volume(id="BASE", path=Path("/b"), lease_path=LEASES, lease_offset=1048576)
    bare = Volume(id="BARE", path=Path("/c"))
    images = {Ids("P", "SD", "I", "TOP"): Image(block=True, chain=(top, base, bare))}
    facts = Facts(config=Config(), machine=Machine(), images=images)
    return Setting(dialect=ovirt, facts=facts, request=Request())


def placed(setting: Setting, key: str, target: str, lockspace: str = "SD") -> Any:
    lease = f"<lease><lockspace>{lockspace}</lockspace><key>{key}</key><target {target}/></lease>"
    vm, effects = leases(setting.dialect.parse(domain(lease)), setting)
    assert effects == ()
    return vm.leases[0]


@pytest.mark.parametrize(("key", "offset"), [("TOP", 2097152), ("BASE", 1048576)])
def test_L203_a_lease_is_that_of_any_volume_of_a_chain(setting: Setting, key: str, offset: int) -> None:
    lease = placed(setting, key, f'path="LEASE-PATH:{key}:SD" offset="LEASE-OFFSET:{key}:SD"')
    assert (lease.path, lease.offset) == (str(LEASES), offset)


def test_an_offset_that_nobody_can_read_is_filled(setting: Setting) -> None:
    for target in ('path="/dev/SD/leases"', 'path="/dev/SD/leases" offset="LEASE-OFFSET:TOP:SD"'):
        assert placed(setting, "TOP", target).offset == 2097152


def test_a_lease_that_says_where_it_is_stays(setting: Setting) -> None:
    lease = placed(setting, "TOP", 'path="/p" offset="5"')
    assert (lease.path, lease.offset) == ("/p", 5)


def test_a_lease_of_the_vm_itself_stays(setting: Setting) -> None:
    lease = placed(setting, "6695eb01", 'path="/dev/SD/xleases" offset="3145728"')
    assert (lease.path, lease.offset) == ("/dev/SD/xleases", 3145728)


@pytest.mark.parametrize(("key", "lockspace"), [("OTHER", "SD"), ("TOP", "ANOTHER"), ("BARE", "SD")])
def test_a_placeholder_that_nobody_can_fill_is_named(setting: Setting, key: str, lockspace: str) -> None:
    with pytest.raises(HostError, match=f"^the lease {key} of the lockspace {lockspace} has LEASE-PATH:x for its path"):
        placed(setting, key, 'path="LEASE-PATH:x" offset="LEASE-OFFSET:x"', lockspace)
