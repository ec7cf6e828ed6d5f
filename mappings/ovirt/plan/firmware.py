"""What the machine starts with: firmware and its variables, boot menu, SMBIOS, the console that it writes to.

Behind the devices, for it asks whether there is a serial console.
"""

from __future__ import annotations

from typing import Any

from attrs import evolve

from .context import Setting, complete
from .machine import bios_of

Entity = Any

# The code is the same with and without Secure Boot; what differs is what the variables enroll.
_CODE = "/usr/share/OVMF/OVMF_CODE.secboot.fd"
_VARIABLES = {"q35_ovmf": "/usr/share/OVMF/OVMF_VARS.fd", "q35_secure_boot": "/usr/share/OVMF/OVMF_VARS.secboot.fd"}
_MENU = 30000  # ms


def plan(vm: Entity, setting: Setting) -> Entity:
    """How the machine boots."""
    os = vm.os
    if setting.x86 and os.type == "hvm":
        os = complete(os, smbios="sysinfo", bios_serial=True if _serial(vm, setting) else None)
    bios = bios_of(vm, setting)
    # Firmware that libvirt is to find by itself comes without files.
    stateless = os.loader is not None and os.loader.stateless
    if bios in _VARIABLES and os.firmware is None and os.type == "hvm" and not stateless:
        secure = bios == "q35_secure_boot"
        template = vm.custom_properties.get("nvram_template") or _VARIABLES[bios]
        loader = setting.dialect.Loader(read_only=True, secure=secure, type="pflash", path=_CODE)
        nvram = setting.dialect.Nvram(template=template, path=f"{setting.host.nvram}/{vm.id}.fd")
        os = complete(os, loader=loader, nvram=nvram)
    return evolve(vm, os=complete(os, boot_menu_timeout=_MENU if os.boot_menu else None))


def _serial(vm: Entity, setting: Setting) -> bool:
    return any(isinstance(item, setting.dialect.Console) and item.target_type == "serial" for item in vm.consoles)
