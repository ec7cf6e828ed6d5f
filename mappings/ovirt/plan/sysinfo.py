"""The SMBIOS tables of a PC.  The host fills in what it alone knows, where a value ends with a colon."""

from __future__ import annotations

from attrs import evolve

from .context import Entity, Setting

_HOST_SERIAL = "HOST-SERIAL:"


def serial_policy(vm: Entity, setting: Setting) -> tuple[str, str]:
    """Where the serial number comes from, and the text of the same level: the VM's, the cluster's, the manager's."""
    levels = (
        (vm.serial_number_policy, vm.custom_serial_number),
        (setting.cluster.serial_number_policy, setting.cluster.custom_serial_number),
        (setting.config.serial_number_policy, setting.config.custom_serial_number),
    )
    return next((policy, text or "") for policy, text in levels if policy)


def serial_number(vm: Entity, setting: Setting) -> str | None:
    """The serial number; None: the host's."""
    policy, text = serial_policy(vm, setting)
    return {"vm_id": vm.id, "custom": text}.get(policy)


def entries(vm: Entity, setting: Setting) -> tuple[dict[str, str], dict[str, str]]:
    """What the tables say of the system, and of its board."""
    ovirt, config = setting.config.origin == "OVIRT", setting.config
    system = {
        "manufacturer": "oVirt" if ovirt else "Red Hat",
        "product": "OS-NAME:",
        "version": "OS-VERSION:",
        "serial": serial_number(vm, setting) or _HOST_SERIAL,
        "uuid": vm.id,
    }
    board = {}
    # By the level of the VM, not of its cluster: a VM that came from elsewhere keeps the tables it was made with.
    if setting.at_least("4.4"):
        system["family"] = "oVirt" if ovirt else "RHV"
        if config.sku:
            system["sku"] = config.sku
            board = {"manufacturer": "Red Hat", "product": "RHEL-AV"}
    return system, board


def plan(vm: Entity, setting: Setting) -> Entity:
    """Complete the tables, or make them."""
    dialect = setting.dialect
    if not setting.x86:
        return vm
    tables = [item for item in vm.sysinfo if isinstance(item, dialect.SmbiosSysinfo)]
    known = tables[0] if tables else dialect.SmbiosSysinfo()
    system, board = entries(vm, setting)
    boards = known.base_boards or ([dialect.BaseBoard(entries=board)] if board else [])
    missing = {name: text for name, text in system.items() if name not in known.system}
    made = evolve(known, system=known.system | missing, base_boards=boards)
    listed = [made if item is known else item for item in vm.sysinfo]
    return evolve(vm, sysinfo=listed if tables else [*listed, made])


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """The policy of the serial number, where the number itself tells; what the host filled in tells nothing."""
    policy, text = getattr(known, "serial_number_policy", None), getattr(known, "custom_serial_number", None)
    vm = evolve(vm, serial_number_policy=policy, custom_serial_number=text)
    listed = [item.system.get("serial") for item in vm.sysinfo if isinstance(item, setting.dialect.SmbiosSysinfo)]
    serial = listed[0] if listed else None
    decided = {_HOST_SERIAL: "host_id", vm.id: "vm_id"}.get(serial or "")
    if decided is None or decided == serial_policy(vm, setting)[0] or serial == serial_number(vm, setting):
        return vm
    return evolve(vm, serial_number_policy=decided)
