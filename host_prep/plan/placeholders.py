"""What a document leaves to the host, and what of an earlier run it still has: no disk's, NIC's or lease's."""

from __future__ import annotations

from attrs import evolve

from host_prep.effect import Entity
from host_prep.effects.cpus import pinned, policy_of
from host_prep.plan.common import Setting, Step
from xform.codecs import codec
from xform.errors import HostError

X86 = ("x86_64", "i686")

ENDED = "1970-01-01T00:00:01"
"""A time until which no password is valid any more."""

VNC_PASSWORD = 8
"""Characters that the protocol takes; libvirt refuses more."""

# Of a run that is over: a saved guest goes on with the others, such as the time of its start.
_PAUSED_OR_ENDED = ("pause_time", "exit_code", "exit_reason", "exit_message")
_OF_A_RUN = (
    *_PAUSED_OR_ENDED,
    "start_time",
    "balloon_target",
    "guest_agent_api_version",
    "manually_pinned_cpus",
    "jobs",
    "snapshot_job",
)


def placeholders(vm: Entity, setting: Setting) -> Step:
    """Raises HostError for a placeholder whose fact the host does not tell."""
    vm = evolve(vm, **dict.fromkeys(_OF_A_RUN if setting.request.flow == "fresh" else _PAUSED_OR_ENDED))
    for edit in (_on_reboot, _machine, _cpu_policy, _passwords):
        vm = edit(vm, setting)
    return vm, ()


def _on_reboot(vm: Entity, setting: Setting) -> Entity:
    """The host ends the VM itself: so it stays known why it ended.  Restart is what libvirt does by default."""
    return evolve(vm, on_reboot=None, destroy_on_reboot=True) if vm.on_reboot == "destroy" else vm


def _machine(vm: Entity, setting: Setting) -> Entity:
    """The guest sees what it runs on in its SMBIOS tables, which other machines than x86 have not."""
    machine = setting.facts.machine
    if machine.arch not in X86:
        return vm
    told = {
        "product": ("OS-NAME:", machine.os_name, "NAME in os-release"),
        "version": ("OS-VERSION:", machine.os_version, "VERSION_ID in os-release"),
        "serial": ("HOST-SERIAL:", setting.request.serial or machine.uuid, "a serial in the request, or a host's UUID"),
    }

    def filled(name: str, text: str) -> str:
        placeholder, value, expected = told.get(name, (None, None, None))
        if placeholder is None or not text.startswith(placeholder):
            return text
        if not value:
            # the guest would take the placeholder itself for what it runs on
            raise HostError(f"{name} in sysinfo is {placeholder}, which this host does not tell; expected {expected}")
        return value

    def seen(sysinfo: Entity) -> Entity:
        smbios = isinstance(sysinfo, setting.dialect.SmbiosSysinfo)
        return evolve(sysinfo, system={n: filled(n, text) for n, text in sysinfo.system.items()}) if smbios else sysinfo

    return evolve(vm, sysinfo=[seen(one) for one in vm.sysinfo])


def _cpu_policy(vm: Entity, setting: Setting) -> Entity:
    """Who may run on its CPUs, where the manager does not say; and which it pinned, for the host pins the others."""
    policy, pins, noted = policy_of(vm), pinned(vm), vm.manually_pinned_cpus
    if policy == "manual" and pins and noted is None:
        noted = codec("cpuset", ()).decode(",".join(pins))
    return evolve(vm, cpu_policy=policy, manually_pinned_cpus=noted)


def _passwords(vm: Entity, setting: Setting) -> Entity:
    """Tickets of a run that is over are none any more, and no VNC password is longer than VNC's are."""
    restored = setting.request.flow == "restore"

    def changed(screen: Entity) -> Entity:
        vnc, spice = (isinstance(screen, kind) for kind in (setting.dialect.VncGraphics, setting.dialect.SpiceGraphics))
        if restored and (vnc or spice) and (screen.password or screen.password_valid_to):
            # without any password everybody might look
            return evolve(screen, password="*****", password_valid_to=ENDED)
        return evolve(screen, password=screen.password[:VNC_PASSWORD]) if vnc and screen.password else screen

    return evolve(vm, graphics=[changed(screen) for screen in vm.graphics])
