"""LUNs are on the host and have the owner of volumes, which goes back with the last VM that used them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.effect import Outcome
from host_prep.effects import dump_effect, load_effect
from host_prep.effects.device import OwnedDevice
from host_prep.effects.lun import PresentLun
from host_prep.journal import Journal
from host_prep.recover import recover
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError

GUID = "3600a0980383056744f2b4c6e2d586a71"
OWNER = "nobody:nogroup"

pytestmark = pytest.mark.usefixtures("commands")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")

UDEV = f"""#!{sys.executable}
# As udev does: rules count once they are read; an event gives the device to its default owner, then heeds them.
import os, re, subprocess, sys
rules, dev, log = RULES, DEV, LOG
open(log, "a").write(" ".join(sys.argv[1:]) + chr(10))
if sys.argv[1] == "control":
    read = [open(os.path.join(rules, name)).read() for name in sorted(os.listdir(rules))]
    open(log + ".read", "w").write("".join(read))
if sys.argv[1] == "trigger":
    device = next(word for word in sys.argv if word.startswith("--name-match=")).partition("=")[2]
    os.chown(device, 0, 6)
    for match, name, run in re.findall(r'^(\\w+)=="(.*?)", RUN\\+="(.*)"$', open(log + ".read").read(), re.M):
        if os.path.join(dev, name) == device and (match == "SYMLINK") == os.path.islink(device):
            subprocess.run(run.replace("$env{{DEVNAME}}", os.path.realpath(device)).split(), check=True)
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(root=tmp_path / "host", image_owner=OWNER)


@pytest.fixture
def lun(config: Config) -> Path:
    """The device of the LUN; as with udev, its name is a link."""
    (config.dev / "mapper").mkdir(parents=True)
    (config.dev / "dm-7").touch()
    os.chown(config.dev / "dm-7", 0, 6)
    path = config.dev / "mapper" / GUID
    path.symlink_to("../dm-7")
    return path


@pytest.fixture
def udev(tmp_path: Path, config: Config, commands: Callable[[str, str], None]) -> Path:
    """A udevadm that heeds the rules; the file has what it was called with."""
    log = tmp_path / "udev"
    paths = {"RULES": config.udev_rules, "DEV": config.dev, "LOG": log}
    script = UDEV
    for word, path in paths.items():
        script = script.replace(word, repr(str(path)), 1)
    commands("udevadm", script)
    return log


def with_lun(guid: str = GUID, *, id: str = VM, name: str = "web") -> str:
    return domain(
        """<disk type="block" device="lun" sgio="unfiltered">
          <driver name="qemu" type="raw" cache="none"/>
          <source dev="/dev/mapper/wrong"/>
          <target dev="sda" bus="scsi"/>
        </disk>""",
        f'<ovirt-vm:device devtype="disk" name="sda"><ovirt-vm:GUID>{guid}</ovirt-vm:GUID></ovirt-vm:device>',
        id=id,
        name=name,
    )


def owner(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_gid


@pytest.fixture
def owned(config: Config, lun: Path) -> OwnedDevice:
    return OwnedDevice(name=GUID, path=lun, owner=OWNER)


# Planned


def test_a_lun_is_pointed_to_its_device_as_a_block_device(host: Host, ovirt: Any, lun: Path) -> None:
    plan = planned(host, ovirt, with_lun())
    (disk,) = ovirt.parse(plan.document).disks
    assert isinstance(disk.source, ovirt.BlockDiskSource)
    assert disk.source.path == str(lun)
    assert [seclabel.relabel for seclabel in disk.source.seclabels] == [False]
    assert [type(effect) for effect in plan.effects][:2] == [PresentLun, OwnedDevice]


def test_without_an_owner_of_volumes_a_device_keeps_its_own(libvirt: FakeLibvirt, ovirt: Any, tmp_path: Path) -> None:
    host = Host(Config(root=tmp_path / "host"), libvirt)
    assert not [effect for effect in planned(host, ovirt, with_lun()).effects if isinstance(effect, OwnedDevice)]


@pytest.mark.parametrize("guid", ["../sda", "-x", ".x", "a b", 'a"', "a*", "a\u0301"])
def test_a_guid_that_is_more_than_a_name_is_refused(host: Host, ovirt: Any, guid: str) -> None:
    with pytest.raises(HostError, match=r"^the guid of disk sda is .*; expected a plain name"):
        planned(host, ovirt, with_lun(guid.replace('"', "&quot;")))


# Present


def test_a_lun_that_is_there_is_not_looked_for(host: Host, work: Any, lun: Path, udev: Path) -> None:
    assert PresentLun(guid=GUID, path=lun).apply(work(with_lun()), {}) is Outcome.ALREADY
    assert not udev.exists()


def test_a_lun_that_is_not_there_is_looked_for_once(
    config: Config, work: Any, tmp_path: Path, commands: Callable[[str, str], None]
) -> None:
    path, scan = config.dev / "mapper" / GUID, config.sys / "class/scsi_host/host3/scan"
    scan.parent.mkdir(parents=True)
    scan.touch()
    path.parent.mkdir(parents=True)
    (config.sys / "class/fc_host/host3").mkdir(parents=True)
    commands("iscsiadm", f"#!/bin/sh\necho iscsiadm $* >>{tmp_path}/said; exit 21\n")  # there is no session
    commands("multipath", f"#!/bin/sh\necho multipath >>{tmp_path}/said; : >{path}\n")
    assert PresentLun(guid=GUID, path=path).apply(work(with_lun()), {}) is Outcome.DONE
    assert (tmp_path / "said").read_text() == "iscsiadm -m session -R\nmultipath\n"
    assert scan.read_text() == "- - -"


def test_a_lun_that_is_nowhere_is_named(config: Config, work: Any) -> None:
    with pytest.raises(HostError, match=rf"^the LUN {GUID} is not on this host: no .*/dev/mapper/{GUID}; present it"):
        PresentLun(guid=GUID, path=config.dev / "mapper" / GUID).apply(work(with_lun()), {})


# Owned


@as_root
def test_udev_keeps_the_owner_at_every_event(host: Host, work: Any, lun: Path, udev: Path, owned: OwnedDevice) -> None:
    assert owned.apply(work(with_lun()), {}) is Outcome.DONE
    assert owner(lun) == (65534, 65534)
    host.run("udevadm", "trigger", f"--name-match={lun}")
    assert owner(lun) == (65534, 65534)
    assert udev.read_text().splitlines()[:2] == [
        "control --reload",
        f"trigger --settle --action=change --name-match={lun}",
    ]


@as_root
@pytest.mark.parametrize("times", [1, 2])
def test_L210_a_device_goes_back_to_the_owner_it_had(
    work: Any, config: Config, lun: Path, udev: Path, owned: OwnedDevice, times: int
) -> None:
    web = work(with_lun())
    os.chown(lun, 0, 9)
    for _ in range(times):
        owned.apply(web, {})
    note = owned.before_undo(web, {})
    for _ in range(times):
        assert owned.undo(web, note) is Outcome.DONE
    assert owner(lun) == (0, 9)
    assert list(config.udev_rules.iterdir()) == []


def test_undoing_what_was_not_begun_does_nothing(work: Any, lun: Path, udev: Path, owned: OwnedDevice) -> None:
    web = work(with_lun())
    assert owned.undo(web, owned.before_undo(web, {})) is Outcome.ALREADY
    assert not udev.exists()


@as_root
def test_an_undo_that_is_broken_off_goes_on_from_its_note(
    work: Any, config: Config, lun: Path, owned: OwnedDevice
) -> None:
    web = work(with_lun())
    owned.apply(web, {})
    note = owned.before_undo(web, {})
    next(config.udev_rules.iterdir()).unlink()  # killed here
    note = owned.before_undo(web, note)
    assert owned.undo(web, note) is Outcome.DONE
    assert owner(lun) == (0, 6)


@as_root
def test_without_udev_the_device_is_given_all_the_same(work: Any, lun: Path, owned: OwnedDevice) -> None:
    assert owned.apply(work(with_lun()), {}) is Outcome.DONE
    assert owner(lun) == (65534, 65534)


@as_root
def test_a_device_that_went_away_is_not_missed_by_the_undo(
    work: Any, config: Config, lun: Path, udev: Path, owned: OwnedDevice
) -> None:
    web = work(with_lun())
    owned.apply(web, {})
    lun.unlink()
    assert owned.undo(web, owned.before_undo(web, {})) is Outcome.DONE
    assert list(config.udev_rules.iterdir()) == []


def test_a_device_that_is_not_there_is_named(work: Any, config: Config) -> None:
    effect = OwnedDevice(name=GUID, path=config.dev / "mapper" / GUID, owner=OWNER)
    with pytest.raises(HostError, match=r"/dev/mapper/\w+ is not there; expected a device to give to nobody:nogroup$"):
        effect.apply(work(with_lun()), {})


# The whole way


@as_root
def test_a_lun_of_two_vms_goes_back_with_the_last(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lun: Path, udev: Path
) -> None:
    start(host, journal, ovirt, with_lun())
    start(host, journal, ovirt, with_lun(id=OTHER, name="db"))
    release(host, journal, ovirt, VM, force=True)
    assert owner(lun) == (65534, 65534)
    release(host, journal, ovirt, OTHER, force=True)
    assert owner(lun) == (0, 6)
    assert list(host.config.udev_rules.iterdir()) == []


@as_root
def test_a_running_vm_that_the_journal_does_not_know_keeps_its_lun(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lun: Path
) -> None:
    other = planned(host, ovirt, with_lun(id=OTHER, name="db"))
    start(host, journal, ovirt, with_lun())
    libvirt.add_domain(other.document)
    release(host, journal, ovirt, VM, force=True)
    assert owner(lun) == (65534, 65534)


@as_root
def test_L211_a_rule_does_not_outlive_the_devices_it_is_about(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, lun: Path, tmp_path: Path
) -> None:
    """Rules stand where a reboot forgets them: then other devices have the names."""
    assert Config().udev_rules == Path("/run/udev/rules.d")
    start(host, journal, ovirt, with_lun())
    next(host.config.udev_rules.iterdir()).unlink()  # the reboot
    os.chown(lun, 0, 6)
    libvirt.destroy(VM)
    assert [str(taken) for taken in recover(host, journal, ovirt)] == ["released"]
    assert owner(lun) == (0, 6)


@as_root
def test_L212_the_rule_of_a_lun_has_the_name_of_the_lun_alone(
    host: Host, journal: Journal, ovirt: Any, lun: Path
) -> None:
    start(host, journal, ovirt, with_lun())
    assert [path.name for path in host.config.udev_rules.iterdir()] == [f"99-host-prep-{GUID}.rules"]


def test_the_effects_of_a_lun_are_the_same_from_the_journal(journal: Journal, owned: OwnedDevice) -> None:
    for effect in (owned, PresentLun(guid=GUID, path=owned.path)):
        assert load_effect(type(effect).__name__, dump_effect(effect)) == effect
