"""What the machine starts with."""

from typing import Any

import pytest

from ..material import OVIRT
from .guest import ID, Host, faults, planned, vm

CODE = "/usr/share/OVMF/OVMF_CODE.secboot.fd"


def os(guest: Any, **context: Any) -> Any:
    return planned(guest, **context).os


@pytest.mark.parametrize(
    ("kind", "secure", "variables"),
    [("q35_ovmf", False, "OVMF_VARS.fd"), ("q35_secure_boot", True, "OVMF_VARS.secboot.fd")],
)
def test_uefi_has_code_and_variables(kind: str, secure: bool, variables: str) -> None:
    made = os(vm(bios_type=kind), host=Host(nvram="/nvram"))
    assert made.loader == OVIRT.Loader(read_only=True, secure=secure, type="pflash", path=CODE)
    assert made.nvram == OVIRT.Nvram(template=f"/usr/share/OVMF/{variables}", path=f"/nvram/{ID}.fd")


@pytest.mark.parametrize(("kind", "variables"), [("q35_ovmf", "/v.fd"), ("q35_secure_boot", "/s.fd")])
def test_L85_the_host_says_where_its_firmware_lies(kind: str, variables: str) -> None:
    made = os(vm(bios_type=kind), host=Host(uefi_code="/c.fd", uefi_variables="/v.fd", secure_uefi_variables="/s.fd"))
    assert (made.loader.path, made.nvram.template) == ("/c.fd", variables)


def test_the_variables_may_come_from_another_template() -> None:
    guest = vm(bios_type="q35_ovmf", custom_properties={"nvram_template": "/own.fd"})
    assert os(guest).nvram.template == "/own.fd"


@pytest.mark.parametrize("kind", ["i440fx_sea_bios", "q35_sea_bios", None])
def test_a_bios_needs_no_files(kind: str | None) -> None:
    assert (os(vm(bios_type=kind)).loader, os(vm(bios_type=kind)).nvram) == (None, None)


def test_other_machines_have_no_uefi() -> None:
    assert os(vm(bios_type="q35_ovmf"), arch="ppc64le").loader is None


@pytest.mark.parametrize("stated", [{"firmware": "efi"}, {"loader": OVIRT.Loader(type="pflash", stateless=True)}])
def test_firmware_without_variables_of_ours_stays_without(stated: dict[str, Any]) -> None:
    made = os(vm(bios_type="q35_ovmf", os=OVIRT.Os(type="hvm", **stated)))
    assert (made.loader, made.nvram) == (stated.get("loader"), None)


@pytest.mark.parametrize(("menu", "timeout"), [(True, 30000), (False, None), (None, None)])
def test_a_boot_menu_waits(menu: bool | None, timeout: int | None) -> None:
    assert os(vm(os=OVIRT.Os(type="hvm", boot_menu=menu))).boot_menu_timeout == timeout


@pytest.mark.parametrize(
    ("arch", "target", "shown"),
    [("x86_64", "serial", True), ("x86_64", "virtio", None), ("ppc64le", "serial", None)],
)
def test_a_bios_shows_itself_on_a_serial_console(arch: str, target: str, shown: bool | None) -> None:
    guest = vm(consoles=[OVIRT.Console(type="pty", target_type=target)])
    assert os(guest, arch=arch).bios_serial is shown


@pytest.mark.parametrize(("arch", "tables"), [("x86_64", "sysinfo"), ("ppc64le", None), ("s390x", None)])
def test_a_pc_has_the_tables_that_the_document_states(arch: str, tables: str | None) -> None:
    assert os(vm(), arch=arch).smbios == tables


@pytest.mark.parametrize("kind", ["i440fx_sea_bios", "q35_sea_bios", "q35_ovmf", "q35_secure_boot"])
def test_the_documents_are_valid(kind: str) -> None:
    guest = vm(
        bios_type=kind,
        os=OVIRT.Os(type="hvm", boot_menu=True),
        consoles=[OVIRT.Console(type="pty", target_type="serial")],
    )
    assert faults(planned(guest)) == []
