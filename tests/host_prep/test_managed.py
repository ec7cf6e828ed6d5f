"""Volumes of a volume manager are attached before the VM, and detached after the last that uses them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from host_prep import brick
from host_prep.config import Config
from host_prep.effect import Outcome
from host_prep.effects import dump_effect
from host_prep.effects.managed import AttachedVolume
from host_prep.journal import Journal
from host_prep.request import Connection, Request
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError

VOLUME = "5c7d0a0e-6f2b-4f52-9d0c-1c3f5a1f8f0b"
INFO = {
    "driver_volume_type": "iscsi",
    "data": {
        "target_iqn": "iqn.2026-11.example:web",
        "target_luns": [1, 2],
        "auth_username": "u",
        "auth_password": "pw-9a7",
        "discovery": {"auth_password": "pw-9a8"},
    },
}
KNOWN = {
    "driver_volume_type": "iscsi",
    "data": {
        "target_iqn": "iqn.2026-11.example:web",
        "target_luns": [1, 2],
        "auth_username": "u",
        "discovery": {},
    },
}


class Storage:
    """A connector as os-brick has them, to one volume; it is in a file whether that is attached."""

    def __init__(self, device: Path) -> None:
        self.device = device
        self.told: list[Any] = []
        self.fault: Exception | None = None

    def connect_volume(self, data: dict[str, Any]) -> dict[str, Any]:
        if self.fault:
            raise self.fault
        self.device.parent.mkdir(parents=True, exist_ok=True)
        self.device.touch()
        return {"type": "block", "path": str(self.device).encode(), "multipath_id": "3600a"}

    def disconnect_volume(self, data: dict[str, Any], device: dict[str, Any] | None) -> None:
        if self.fault:
            raise self.fault
        self.told.append((data, device))
        self.device.unlink(missing_ok=True)


@pytest.fixture
def storage(config: Config, monkeypatch: pytest.MonkeyPatch) -> Storage:
    storage = Storage(config.dev / "sdb")
    monkeypatch.setattr(brick, "connector", lambda info, locks: storage)
    return storage


@pytest.fixture
def volume(config: Config) -> AttachedVolume:
    return AttachedVolume(volume=VOLUME, link=config.managed / VOLUME, info=INFO)


def with_volume(source: str = '<source dev="/dev/wrong"/>', kind: str = "block", **vm: str) -> str:
    return domain(
        f"""<disk type="{kind}" device="disk">
          <driver name="qemu" type="raw" cache="none"/>
          {source}
          <target dev="sda" bus="scsi"/>
          <alias name="ua-5c7d0a0e-6f2b-4f52-9d0c-1c3f5a1f8f0b"/>
        </disk>""",
        '<ovirt-vm:device devtype="disk" name="sda"><ovirt-vm:managed type="bool">True</ovirt-vm:managed>'
        "</ovirt-vm:device>",
        **vm,
    )


def connecting(disk: str = "sda", **info: Any) -> Request:
    return Request(connections=[Connection(disk=disk, volume=VOLUME, info={**INFO, **info})])


# Planned


@pytest.mark.parametrize("disk", ["sda", "5c7d0a0e-6f2b-4f52-9d0c-1c3f5a1f8f0b"])
def test_a_disk_is_pointed_to_the_link_of_its_volume(host: Host, ovirt: Any, config: Config, disk: str) -> None:
    plan = planned(host, ovirt, with_volume(), connecting(disk))
    (known,) = ovirt.parse(plan.document).disks
    assert known.source.path == str(config.managed / VOLUME)
    assert isinstance(known.source, ovirt.BlockDiskSource)
    assert isinstance(plan.effects[0], AttachedVolume)


def test_what_is_attached_already_is_used_as_it_is(host: Host, ovirt: Any, config: Config) -> None:
    config.dev.mkdir(parents=True)
    path = config.dev / "sdz"
    path.touch()
    plan = planned(host, ovirt, with_volume(f'<source dev="{path}"/>'))
    assert ovirt.parse(plan.document).disks[0].source.path == str(path)
    assert not [effect for effect in plan.effects if isinstance(effect, AttachedVolume)]


def test_what_qemu_reaches_itself_is_left_alone(host: Host, ovirt: Any) -> None:
    xml = with_volume('<source protocol="rbd" name="pool/volume"><host name="ceph.example"/></source>', "network")
    plan = planned(host, ovirt, xml, connecting(driver_volume_type="rbd"))
    assert ovirt.parse(plan.document).disks[0].source == ovirt.parse(xml).disks[0].source
    assert not [effect for effect in plan.effects if isinstance(effect, AttachedVolume)]


@pytest.mark.parametrize(
    ("source", "asked", "fault"),
    [
        ('<source dev="/dev/gone"/>', Request(), r"^disk \S+: /dev/gone is not there; attach the volume, or give"),
        ("", Request(), r"^disk \S+ is managed and has no path; expected one, or a connection in the request$"),
        ("", connecting(data=None), r"^the connection of disk sda has no data; expected what the volume's manager"),
        ("", connecting(driver_volume_type=7), r"^the connection of disk sda has no driver_volume_type; expected"),
    ],
)
def test_what_a_disk_lacks_is_said(host: Host, ovirt: Any, source: str, asked: Request, fault: str) -> None:
    with pytest.raises(HostError, match=fault):
        planned(host, ovirt, with_volume(source), asked)


def test_a_connection_of_no_disk_is_refused(host: Host, ovirt: Any) -> None:
    with pytest.raises(HostError, match=r"^the request connects disk sdx; the managed disks are: none$"):
        planned(host, ovirt, domain(), connecting("sdx"))


def test_a_volume_whose_id_is_no_name_is_refused(host: Host, ovirt: Any) -> None:
    request = Request(connections=[Connection(disk="sda", volume="../x", info=INFO)])
    with pytest.raises(HostError, match=r"^the volume of disk sda is '../x'; expected a plain name"):
        planned(host, ovirt, with_volume(), request)


# Attached and detached


@pytest.mark.parametrize("times", [1, 2])
def test_a_volume_is_attached_and_linked_then_detached_with_what_was_learnt(
    work: Any, storage: Storage, volume: AttachedVolume, times: int
) -> None:
    web, note = work(with_volume()), volume.look(work(with_volume()))
    for _ in range(times):
        assert volume.apply(web, note) is Outcome.DONE
    assert os.readlink(volume.link) == str(storage.device)
    note = json.loads(json.dumps(note))  # the journal
    for _ in range(times):
        assert evolve(volume, info=None).undo(web, note) is Outcome.DONE
    learnt = {"type": "block", "path": str(storage.device), "multipath_id": "3600a"}
    assert storage.told == [(KNOWN["data"], learnt)] * times
    assert not storage.device.exists()
    assert not volume.link.is_symlink()


def test_L213_who_was_killed_before_it_learnt_of_the_device_detaches_by_how_it_was_reached(
    work: Any, storage: Storage, volume: AttachedVolume
) -> None:
    note = volume.look(work(with_volume()))
    storage.connect_volume({})  # killed here
    volume.undo(work(with_volume()), note)
    assert storage.told == [(KNOWN["data"], None)]
    assert not storage.device.exists()


def test_L214_what_proves_who_may_attach_is_in_no_journal_log_or_message(
    work: Any, storage: Storage, volume: AttachedVolume, capfd: pytest.CaptureFixture[str]
) -> None:
    storage.fault = RuntimeError("iscsiadm --name node.session.auth.password\n --value pw-9a7 pw-9a8 failed")
    note = volume.look(work(with_volume()))
    with pytest.raises(
        HostError, match=rf"^os-brick cannot attach the volume {VOLUME}: RuntimeError: [^\n]*\*\*\*"
    ) as f:
        volume.apply(work(with_volume()), note)
    shown = [str(f.value), repr(volume), json.dumps([dump_effect(volume), note]), *capfd.readouterr()]
    assert "pw-" not in "".join(shown)


def test_a_volume_that_could_not_be_detached_keeps_its_link(
    work: Any, storage: Storage, volume: AttachedVolume
) -> None:
    web, note = work(with_volume()), volume.look(work(with_volume()))
    volume.apply(web, note)
    storage.fault = RuntimeError("device is in use")
    with pytest.raises(HostError, match=r"cannot detach the volume .*: device is in use$"):
        volume.undo(web, note)
    assert volume.link.is_symlink()


def test_no_secret_of_a_connection_is_in_what_a_connector_raises(work: Any, config: Config, storage: Storage) -> None:
    data = {
        "auth_password": "hunter1",
        "auth_passwords": ["hunter2"],
        "secret": {"value": "hunter3", "more": [{"key": "hunter4"}]},
        "target_iqn": "iqn.2026-11.example:web",
    }
    storage.fault = RuntimeError(f"login failed: {data}")
    info = {"driver_volume_type": "iscsi", "data": data}
    volume = AttachedVolume(volume=VOLUME, link=config.managed / VOLUME, info=info)
    with pytest.raises(HostError, match=r"login failed: .*iqn\.2026-11\.example:web") as error:
        volume.apply(work(with_volume()), {})
    assert "hunter" not in str(error.value)


# The whole way


def test_a_volume_of_two_vms_is_detached_with_the_last(
    host: Host, journal: Journal, ovirt: Any, storage: Storage
) -> None:
    start(host, journal, ovirt, with_volume(), connecting())
    start(host, journal, ovirt, with_volume(id=OTHER, name="db"), connecting())
    release(host, journal, ovirt, VM, force=True)
    assert storage.device.exists()
    release(host, journal, ovirt, OTHER, force=True)
    assert not storage.device.exists()
    assert list(host.config.managed.iterdir()) == []


def test_a_volume_of_a_running_vm_that_the_journal_does_not_know_stays(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, storage: Storage
) -> None:
    start(host, journal, ovirt, with_volume(), connecting())
    libvirt.add_domain(with_volume(f'<source dev="{host.config.managed / VOLUME}"/>', id=OTHER, name="db"))
    release(host, journal, ovirt, VM, force=True)
    assert storage.device.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.usefixtures("commands")
def test_the_device_belongs_to_who_volumes_belong_to_by_the_kernels_name(
    libvirt: FakeLibvirt, journal: Journal, ovirt: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = Host(Config(root=tmp_path / "host", image_owner="nobody:nogroup"), libvirt)
    storage = Storage(host.config.dev / "sdb")
    monkeypatch.setattr(brick, "connector", lambda info, locks: storage)
    start(host, journal, ovirt, with_volume(), connecting())
    assert storage.device.stat().st_uid == 65534
    rule = (host.config.udev_rules / f"99-host-prep-{VOLUME}.rules").read_text()
    assert rule.splitlines()[1].startswith('KERNEL=="sdb", RUN+="/')
    release(host, journal, ovirt, VM, force=True)
    assert list(host.config.udev_rules.iterdir()) == []


# os-brick itself


def test_os_brick_attaches_within_this_process(host: Host, journal: Journal, ovirt: Any, config: Config) -> None:
    pytest.importorskip("os_brick")
    config.dev.mkdir(parents=True)
    device = config.dev / "vdz"
    device.touch()
    local: dict[str, Any] = {"driver_volume_type": "local", "data": {"device_path": str(device)}}
    start(host, journal, ovirt, with_volume(), connecting(**local))
    assert (config.managed / VOLUME).resolve() == device.resolve()
    release(host, journal, ovirt, VM, force=True)
    assert list(config.managed.iterdir()) == []


def test_what_os_brick_does_not_know_is_said_before_anything_is_to_be_undone(
    host: Host, journal: Journal, ovirt: Any
) -> None:
    pytest.importorskip("os_brick")
    with pytest.raises(HostError, match=rf"^web: os-brick cannot attach the volume {VOLUME}: \w+: .*BOGUS$"):
        start(host, journal, ovirt, with_volume(), connecting(driver_volume_type="bogus"))
    assert journal.vms() == []


def test_without_os_brick_it_is_said_what_to_install(
    work: Any, volume: AttachedVolume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "os_brick", None)
    with pytest.raises(
        HostError, match=r"^a managed volume needs os-brick; install it with: pip install 'libvirt-xform\[block\]'$"
    ):
        volume.look(work(with_volume()))
