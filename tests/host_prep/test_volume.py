"""A volume can be used: a logical one is active, a file has its rights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from host_prep.effect import Outcome, Work
from host_prep.effects import dump_effect, load_effect
from host_prep.effects.volume import ActiveVolume, VolumeRights
from tests.host_prep.conftest import domain
from tests.host_prep.storage import DOMAIN, IMAGE, LEAF, LogicalVolumes
from xform.errors import HostError

VOLUME = ActiveVolume(group=DOMAIN, name=LEAF)
PATH = f"{DOMAIN}/{LEAF}"


@pytest.fixture
def at(work: Callable[[str], Work]) -> Work:
    return work(domain())


def test_a_volume_is_activated_and_deactivated_without_copies_of_lvms_metadata(at: Work, lvm: LogicalVolumes) -> None:
    lvm.add(DOMAIN, LEAF)
    note = VOLUME.look(at)
    assert note == {"found": False}
    assert VOLUME.apply(at, note) is Outcome.DONE
    assert lvm.active() == {PATH}
    assert VOLUME.undo(at, note) is Outcome.DONE
    assert lvm.active() == set()
    assert lvm.changes() == [f"--autobackup n --available y {PATH}", f"--autobackup n --available n {PATH}"]


def test_twice_is_as_once(at: Work, lvm: LogicalVolumes) -> None:
    lvm.add(DOMAIN, LEAF)
    assert [VOLUME.apply(at, {}), VOLUME.apply(at, {})] == [Outcome.DONE, Outcome.ALREADY]
    assert [VOLUME.undo(at, {}), VOLUME.undo(at, {})] == [Outcome.DONE, Outcome.ALREADY]


def test_one_that_is_active_is_found_and_refreshed(at: Work, lvm: LogicalVolumes) -> None:
    lvm.add(DOMAIN, LEAF, active=True)
    assert VOLUME.look(at) == {"found": True}
    assert VOLUME.apply(at, {"found": True}) is Outcome.ALREADY
    assert lvm.changes() == [f"--refresh {PATH}"]


def test_what_was_never_done_or_is_no_more_is_undone_already(at: Work, lvm: LogicalVolumes) -> None:
    assert VOLUME.undo(at, {}) is Outcome.ALREADY
    lvm.add(DOMAIN, LEAF)
    assert VOLUME.undo(at, {}) is Outcome.ALREADY
    lvm.add(DOMAIN, "another", active=True)
    lvm.remove(PATH)
    assert VOLUME.undo(at, {}) is Outcome.ALREADY
    assert lvm.changes() == []


def test_one_that_is_in_use_is_told_apart_from_any_other_failure(at: Work, lvm: LogicalVolumes) -> None:
    lvm.add(DOMAIN, LEAF, active=True)
    lvm.busy(PATH)
    with pytest.raises(HostError, match=f"^the logical volume {PATH} is in use; end what has it open$"):
        VOLUME.undo(at, {})
    lvm.refuse(PATH)
    with pytest.raises(HostError, match="Input/output error"):
        VOLUME.undo(at, {})


def test_what_is_not_there_cannot_be_activated(at: Work, lvm: LogicalVolumes) -> None:
    with pytest.raises(HostError, match=f"^there is no logical volume {PATH}; expected one that the host's LVM finds$"):
        VOLUME.apply(at, {})


def test_without_lvm_it_says_so(at: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HostError, match=r"^lvs: no such command; install it, or correct PATH$"):
        VOLUME.look(at)


@pytest.mark.parametrize(
    ("devices", "used"),
    [
        (f"<disk type='block'><source dev='/dev/{PATH}'/><target dev='vda'/></disk>", True),
        (f"<disk><source file='/r/mnt/blockSD/{DOMAIN}/images/{IMAGE}/{LEAF}'/><target dev='vda'/></disk>", True),
        (f"<disk><source file='/run/s/{DOMAIN}/{IMAGE}/{LEAF}'/><target dev='vda'/></disk>", True),
        (
            "<disk><source file='/a'/><backingStore type='block'><format type='raw'/>"
            f"<source dev='/dev/{PATH}'/></backingStore><target dev='vda'/></disk>",
            True,
        ),
        (
            "<disk><source file='/a'/><mirror type='block' job='copy'><format type='raw'/>"
            f"<source dev='/dev/{PATH}'/></mirror><target dev='vda'/></disk>",
            True,
        ),
        (f"<disk type='block'><source dev='/dev/{DOMAIN}/another'/><target dev='vda'/></disk>", False),
        (f"<disk type='block'><source dev='/dev/another/{LEAF}'/><target dev='vda'/></disk>", False),
        ("<disk device='cdrom'><target dev='vda'/></disk>", False),
        ("<disk type='no such'><target dev='vda'/></disk>", False),
    ],
)
def test_a_running_vm_uses_it_by_any_of_its_paths(at: Work, devices: str, used: bool) -> None:
    assert VOLUME.used_by(at.dialect.parse(domain(devices))) is used


def test_the_group_may_do_with_a_file_what_its_owner_may(at: Work, tmp_path: Path) -> None:
    files = tuple(tmp_path / name for name in "abc")
    for file, mode in zip(files, (0o600, 0o444, 0o677), strict=True):
        file.touch()
        file.chmod(mode)
    rights = VolumeRights(paths=files)
    assert [rights.apply(at, {}), rights.apply(at, {})] == [Outcome.DONE, Outcome.ALREADY]
    assert [oct(file.stat().st_mode)[-3:] for file in files] == ["660", "444", "667"]


def test_L207_the_rights_of_a_file_stay(at: Work, tmp_path: Path) -> None:
    """By its release a VM may run on another host, with the same file."""
    (tmp_path / "a").touch(0o600)
    rights = VolumeRights(paths=(tmp_path / "a",))
    rights.apply(at, {})
    assert rights.undoing() == ""
    assert rights.undo(at, {}) is Outcome.ALREADY
    assert oct((tmp_path / "a").stat().st_mode)[-3:] == "660"


def test_an_owner_is_set_if_the_host_has_one(at: Work, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert VolumeRights(paths=(tmp_path / "a",), owner="root:root").apply(at, {}) is Outcome.DONE
    with pytest.raises(HostError, match="nobody-such"):
        VolumeRights(paths=(tmp_path / "a",), owner="nobody-such:root").apply(at, {})


def test_rights_are_given_to_files_alone(at: Work, tmp_path: Path) -> None:
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "link").symlink_to("secret")
    with pytest.raises(HostError, match=r"link is a link; expected a file$"):
        VolumeRights(paths=(tmp_path / "link",)).apply(at, {})
    with pytest.raises(HostError, match=r"none is not there; expected a file$"):
        VolumeRights(paths=(tmp_path / "none",)).apply(at, {})
    assert oct((tmp_path / "secret").stat().st_mode)[-3:] == "600"


@pytest.mark.parametrize("effect", [VOLUME, VolumeRights(paths=(Path("/a"), Path("/b")), owner="vdsm:kvm")])
def test_the_journal_keeps_them(effect: ActiveVolume | VolumeRights) -> None:
    assert load_effect(type(effect).__name__, dump_effect(effect)) == effect
