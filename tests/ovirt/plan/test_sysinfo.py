"""The SMBIOS tables of a PC, and whose serial number it has."""

from typing import Any

import pytest
from attrs import evolve

from ..material import OVIRT
from .guest import ID, Cluster, faults, planned, recalled, setting, step, vm

SYSINFO = step("sysinfo")


def tables(guest: Any, given: Any = None, **context: Any) -> Any:
    (made,) = SYSINFO.plan(guest, given or setting(guest, **context)).sysinfo
    return made


def with_config(guest: Any = None, **values: Any) -> Any:
    given = setting(guest)
    return evolve(given, config=evolve(given.config, **values))


def test_the_host_fills_in_what_it_alone_knows() -> None:
    assert tables(vm()).system == {
        "manufacturer": "oVirt",
        "product": "OS-NAME:",
        "version": "OS-VERSION:",
        "serial": "HOST-SERIAL:",
        "uuid": ID,
        "family": "oVirt",
    }


@pytest.mark.parametrize("arch", ["ppc64le", "s390x"])
def test_other_machines_have_no_such_tables(arch: str) -> None:
    assert SYSINFO.plan(vm(), setting(arch=arch)).sysinfo == []


def test_the_product_is_called_after_who_made_it() -> None:
    system = tables(vm(), with_config(origin="RHEV")).system
    assert (system["manufacturer"], system["family"]) == ("Red Hat", "RHV")


def test_a_sku_comes_with_a_board() -> None:
    made = tables(vm(), with_config(sku="8.6.0"))
    assert made.system["sku"] == "8.6.0"
    assert [board.entries for board in made.base_boards] == [{"manufacturer": "Red Hat", "product": "RHEL-AV"}]
    assert tables(vm()).base_boards == []


@pytest.mark.parametrize(
    ("own", "cluster", "told"), [("4.3", "4.8", False), ("4.8", "4.3", True), (None, "4.3", False)]
)
def test_L32_the_level_is_the_vms_own(own: str | None, cluster: str, told: bool) -> None:
    assert ("family" in tables(vm(cluster_version=own), level=cluster).system) is told


@pytest.mark.parametrize(
    ("own", "cluster", "config", "serial"),
    [
        ("host_id", "vm_id", "custom", None),
        ("vm_id", "custom", "host_id", ID),
        ("custom", "vm_id", "host_id", "own"),
        (None, "host_id", "vm_id", None),
        (None, "vm_id", "custom", ID),
        (None, "custom", "vm_id", "cluster's"),
        (None, None, "host_id", None),
        (None, None, "vm_id", ID),
        (None, None, "custom", "manager's"),
    ],
)
def test_the_nearest_policy_decides_on_the_serial_number(
    own: str | None, cluster: str | None, config: str, serial: str | None
) -> None:
    guest = vm(serial_number_policy=own, custom_serial_number="own")
    shared = Cluster(serial_number_policy=cluster, custom_serial_number="cluster's")
    values = evolve(setting().config, serial_number_policy=config, custom_serial_number="manager's")
    assert SYSINFO.serial_number(guest, setting(guest, cluster=shared, config=values)) == serial


def test_known_entries_stay() -> None:
    other = OVIRT.FwcfgSysinfo()
    known = OVIRT.SmbiosSysinfo(system={"serial": "filled in"})
    made = SYSINFO.plan(vm(sysinfo=[other, known]), setting()).sysinfo
    assert (made[0], made[1].system["serial"], made[1].system["product"]) == (other, "filled in", "OS-NAME:")


def test_the_document_is_valid() -> None:
    given = with_config(sku="8.6.0")
    assert faults(planned(vm(), given)) == []


# --- recall -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["vm_id", "custom", "host_id", None])
def test_a_known_policy_is_recalled(policy: str | None) -> None:
    guest = vm(serial_number_policy=policy, custom_serial_number="S1")
    again = recalled(planned(guest), guest, setting(guest))
    assert (again.serial_number_policy, again.custom_serial_number) == (policy, "S1")


def test_the_vms_id_as_serial_number_tells_the_policy() -> None:
    guest = vm(serial_number_policy="vm_id")
    assert recalled(planned(guest), None, setting(guest)).serial_number_policy == "vm_id"


def test_a_number_that_the_host_filled_in_tells_nothing() -> None:
    guest = vm(sysinfo=[OVIRT.SmbiosSysinfo(system={"serial": "4C4C4544"})])
    assert recalled(planned(guest), None, setting(guest)).serial_number_policy is None


def test_a_policy_that_is_the_clusters_stays_the_clusters() -> None:
    given = setting(cluster=Cluster(serial_number_policy="vm_id"))
    assert recalled(planned(vm(), given), vm(), given).serial_number_policy is None
