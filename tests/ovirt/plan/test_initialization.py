"""What the guest is told at its first boot."""

import json
from typing import Any

import pytest
from ruamel.yaml import YAML

from ..material import OVIRT
from .guest import ID, planned, setting, step, vm

INITIALIZATION = step("initialization")
STEPS = ("machine", "initialization")
USER_DATA = "openstack/latest/user_data"
META_DATA = "openstack/latest/meta_data.json"


def told(guest_os: str | None = None, **fields: Any) -> Any:
    """The disk with what is said in these fields."""
    (disk,) = planned(vm(guest_os=guest_os, initialization=OVIRT.Initialization(**fields)), names=STEPS).disks
    return disk


def test_cloud_init_has_its_configuration_and_the_script() -> None:
    said = told(host_name="web", user_name="ada", root_password="s3cret", ssh_keys=["k"], time_zone="Europe/Berlin",
                script="runcmd: [ls]\n")  # fmt: skip
    text = said.payload.files[USER_DATA].decode()
    assert text.startswith("#cloud-config\n")
    assert YAML(typ="safe").load(text) == {
        "hostname": "web",
        "user": "ada",
        "password": "s3cret",
        "timezone": "Europe/Berlin",
        "ssh_authorized_keys": ["k"],
        "ssh_pwauth": True,
        "disable_root": False,
        "chpasswd": {"expire": False},
        "runcmd": ["ls"],
    }


def test_cloud_init_is_on_a_cd_with_its_label() -> None:
    disk = told(host_name="web", ssh_keys=["k"])
    assert (disk.device, disk.payload.volume_id) == ("cdrom", "config-2")
    meta = json.loads(disk.payload.files[META_DATA])
    assert (meta["uuid"], meta["hostname"], meta["public_keys"]) == (ID, "web", {"key-1": "k"})


@pytest.mark.parametrize("kind", ["cloud_init", "ignition"])
def test_without_a_script_there_is_something_to_read(kind: str) -> None:
    assert told(kind=kind).payload.files[USER_DATA]


def test_ignitions_configuration_is_the_script() -> None:
    script = '{"ignition": {"version": "3.2.0"}}'
    assert told("rhcos_x64", script=script).payload.files[USER_DATA].decode() == script


@pytest.mark.parametrize(("version", "key"), [("2.2.0", "filesystem"), ("3.1.0", "overwrite")])
def test_without_one_it_is_made_for_the_version(version: str, key: str) -> None:
    init = OVIRT.Initialization(host_name="node", user_name="core", ssh_keys=["k"], root_password="$6$hash")
    made = json.loads(INITIALIZATION.ignition_config(init, version))
    assert made["ignition"] == {"version": version}
    assert made["passwd"]["users"] == [{"name": "core", "passwordHash": "$6$hash", "sshAuthorizedKeys": ["k"]}]
    assert (made["storage"]["files"][0]["path"], key in made["storage"]["files"][0]) == ("/etc/hostname", True)


def test_windows_has_its_answers_on_a_floppy() -> None:
    disk = told("windows_10x64", script="<unattend/>")
    assert disk.device == "floppy"
    assert disk.payload == OVIRT.Payload(files={"unattend.xml": b"<unattend/>"})


def test_without_floppies_the_answers_are_on_a_cd() -> None:
    assert told("s390x", kind="sysprep", script="<unattend/>").device == "cdrom"


def test_without_answers_there_is_no_disk() -> None:
    guest = vm(guest_os="windows_11", initialization=OVIRT.Initialization(host_name="w"))
    assert planned(guest, names=STEPS).disks == []


def test_without_initialization_a_stored_payload_stays() -> None:
    stored = OVIRT.Disk(device="cdrom", payload=OVIRT.Payload(files={"a": b"b"}))
    assert planned(vm(disks=[stored]), names=STEPS).disks == [stored]


def test_initialization_takes_the_place_of_stored_payloads() -> None:
    other = OVIRT.Disk(device="disk")
    stored = [OVIRT.Disk(device=device, target=device, payload=OVIRT.Payload()) for device in ("cdrom", "floppy")]
    guest = vm(disks=[*stored, other], initialization=OVIRT.Initialization(host_name="web"))
    made = planned(guest, names=STEPS).disks
    assert (len(made), made[0].target, made[1]) == (2, "cdrom", other)
    assert USER_DATA in made[0].payload.files


def test_bus_and_name_of_the_disk_are_left_to_the_drives() -> None:
    disk = told(host_name="web")
    assert (disk.interface, disk.target, disk.source) == (None, None, None)


def test_what_is_secret_is_not_shown() -> None:
    guest = vm(initialization=OVIRT.Initialization(root_password="s3cret", script="t0ken"))
    shown = repr(planned(guest, setting(guest), STEPS))
    assert "s3cret" not in shown
    assert "t0ken" not in shown
