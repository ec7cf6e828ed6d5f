"""What the machine starts with: firmware and its variables, boot menu, SMBIOS, the console that it writes to.

Behind the devices, for it asks whether there is a serial console.
"""

from __future__ import annotations

from attrs import evolve

from .context import Entity, Setting, complete
from .machine import bios_of

_UEFI = ("q35_ovmf", "q35_secure_boot")
_MENU = 30000  # ms


def plan(vm: Entity, setting: Setting) -> Entity:
    """How the machine boots."""
    os = vm.os
    if setting.x86 and os.type == "hvm":
        os = complete(os, smbios="sysinfo", bios_serial=True if _serial(vm, setting) else None)
    bios = bios_of(vm, setting)
    # Firmware that libvirt is to find by itself comes without files.
    stateless = getattr(os.loader, "stateless", None)
    if bios in _UEFI and os.firmware is None and os.type == "hvm" and not stateless:
        host, secure = setting.host, bios == "q35_secure_boot"
        # The code is the same with and without Secure Boot; what differs is what the variables enroll.
        variables = host.secure_uefi_variables if secure else host.uefi_variables
        template = vm.custom_properties.get("nvram_template") or variables
        loader = setting.dialect.Loader(read_only=True, secure=secure, type="pflash", path=host.uefi_code)
        nvram = setting.dialect.Nvram(template=template, path=f"{host.nvram}/{vm.id}.fd")
        os = complete(os, loader=loader, nvram=nvram)
    return evolve(vm, os=complete(os, boot_menu_timeout=_MENU if os.boot_menu else None))


def _serial(vm: Entity, setting: Setting) -> bool:
    return any(isinstance(item, setting.dialect.Console) and item.target_type == "serial" for item in vm.consoles)
