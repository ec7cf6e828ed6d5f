"""What the guest is told at its first boot, as files on a CD-ROM or floppy that the host makes."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from .context import Entity, OsInfo, Setting

Files = dict[str, bytes]

_LABEL = "config-2"  # by which cloud-init and Ignition find the volume
_USER_DATA = "openstack/latest/user_data"
_META_DATA = "openstack/latest/meta_data.json"
_ANSWERS = "unattend.xml"
_IGNITION = "3.1.0"  # version of its configuration, where the operating system has none


def kind_of(init: Entity, os: OsInfo) -> str:
    """Who reads it: what is said, else what the operating system has."""
    return init.kind or ("sysprep" if os.family == "windows" else "ignition" if os.ignition else "cloud_init")


def cloud_config(init: Entity) -> str:
    """cloud-init's configuration: what is said in fields, and behind it the script, which may say more."""
    said: dict[str, Any] = {
        "hostname": init.host_name,
        "user": init.user_name,
        "password": init.root_password,
        "timezone": init.time_zone,
        "ssh_authorized_keys": list(init.ssh_keys) or None,
    }
    if init.root_password is not None:
        said |= {"ssh_pwauth": True, "disable_root": False, "chpasswd": {"expire": False}}
    lines = [f"{key}: {json.dumps(value)}" for key, value in said.items() if value is not None]  # JSON is YAML
    return "\n".join(["#cloud-config", *lines, init.script or ""]).rstrip("\n") + "\n"


def ignition_config(init: Entity, version: str) -> str:
    """Ignition's configuration: the script as it is, else one made of what is said in fields."""
    if init.script:
        return str(init.script)
    config: dict[str, Any] = {"ignition": {"version": version}}
    if init.user_name or init.root_password or init.ssh_keys:
        user: dict[str, Any] = {"name": init.user_name or "root"}
        if init.root_password:
            user["passwordHash"] = init.root_password
        if init.ssh_keys:
            user["sshAuthorizedKeys"] = list(init.ssh_keys)
        config["passwd"] = {"users": [user]}
    if init.host_name:
        name = {"path": "/etc/hostname", "mode": 0o644, "contents": {"source": f"data:,{init.host_name}"}}
        old = {"filesystem": "root"} if version.startswith("2.") else {"overwrite": True}
        config["storage"] = {"files": [name | old]}
    return json.dumps(config)


def meta_data(vm: Entity, init: Entity) -> str:
    """What OpenStack's form of such a volume says of the VM."""
    said: dict[str, Any] = {"uuid": vm.id, "name": init.host_name or vm.name, "launch_index": 0}
    if init.host_name:
        said["hostname"] = init.host_name
    if init.ssh_keys:
        said["public_keys"] = {f"key-{number}": key for number, key in enumerate(init.ssh_keys, 1)}
    return json.dumps(said)


def files_of(vm: Entity, setting: Setting) -> Files:
    """The files, by path; none, where there is nothing to tell."""
    init = vm.initialization
    kind = kind_of(init, setting.os)
    if kind == "sysprep":
        return {setting.os.sysprep_file or _ANSWERS: init.script.encode()} if init.script else {}
    if kind == "ignition":
        user_data = ignition_config(init, setting.os.ignition or _IGNITION)
    else:
        user_data = cloud_config(init)
    return {_META_DATA: meta_data(vm, init).encode(), _USER_DATA: user_data.encode()}


def plan(vm: Entity, setting: Setting) -> Entity:
    """Put the files on one disk; it takes the place of what was stored with the VM, for a VM has one."""
    if vm.initialization is None or not (files := files_of(vm, setting)):
        return vm
    dialect, os = setting.dialect, setting.os
    floppy = kind_of(vm.initialization, os) == "sysprep" and os.floppy
    payload = dialect.Payload(volume_id=None if _USER_DATA not in files else _LABEL, files=files)
    made = dialect.Disk(
        device="floppy" if floppy else "cdrom",
        payload=payload,
        read_only=True,
    )
    stored = [item for item in vm.disks if isinstance(item, dialect.Disk) and item.payload is not None]
    # The disk that is there already, with its name and place, where it is of the same kind.
    kept = next((item for item in stored if item.device == made.device), None)
    disk = made if kept is None else evolve(kept, payload=payload)
    others = [item for item in vm.disks if not any(item is one for one in stored if one is not kept)]
    if kept is None:
        return evolve(vm, disks=[*others, disk])
    return evolve(vm, disks=[disk if item is kept else item for item in others])
