"""Payloads become images before the guest runs, and nothing of them is left afterwards, nor in a document."""

from __future__ import annotations

import base64
import grp
import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects import dump_effect, load_effect
from host_prep.effects.payload import _ENVIRONMENT, PayloadImage
from host_prep.facts import Facts
from host_prep.facts.machine import Machine
from host_prep.journal import Journal, Kept
from host_prep.media import Content
from host_prep.plan.common import Setting
from host_prep.plan.payloads import payloads
from host_prep.recover import recover
from host_prep.request import Flow, Request
from host_prep.start import planned, release, start
from host_prep.system import Host, part_of
from tests.host_prep.conftest import BEGUN, OTHER, VM, domain, payload
from tests.host_prep.fake import FakeLibvirt
from tests.host_prep.test_media import content, opened
from xform.errors import DocumentError, HostError

FILES = {"openstack/latest/user_data": b"#cloud-config: hunter2\n", "empty": b""}
CDROM = '<disk type="file" device="cdrom"><source file="PAYLOAD:"/><target dev="sdd" bus="sata"/><readonly/></disk>'
EMPTY = '<disk type="file" device="cdrom"><target dev="sdc" bus="sata"/><readonly/></disk>'
FLOPPY = '<disk type="file" device="floppy"><target dev="fda" bus="fdc"/></disk>'
BOTH = domain(CDROM + EMPTY + FLOPPY, payload("sdd", FILES) + payload("fda", {"sub/Unattend.xml": b"hunter2"}, "SYS"))


def cdrom(path: str, said: str) -> str:
    """A CD-ROM with this path, of which the metadata say this."""
    return domain(
        f'<disk type="file" device="cdrom"><source file="{path}"/><target dev="sdd" bus="sata"/></disk>',
        f'<ovirt-vm:device devtype="disk" name="sdd">{said}</ovirt-vm:device>',
        policy="none",
    )


def images(config: Config) -> list[str]:
    return sorted(os.listdir(config.payloads)) if config.payloads.is_dir() else []


def read_floppy(image: Path, path: str) -> bytes:
    return subprocess.run(["mtype", "-i", image, f"::/{path}"], capture_output=True, check=True).stdout


@pytest.fixture(params=[False, True], ids=["cdrom", "floppy"])
def effect(request: pytest.FixtureRequest, config: Config) -> PayloadImage:
    made = Content("LABEL", {"a/b": b"hunter2", "a/c/d": b"", "e": b"x" * 3000})
    path = config.payloads / f"{VM}-sdd.img"
    return PayloadImage(path=path, floppy=request.param, digest=made.digest, content=made)


# The effect


def test_an_image_is_made_and_removed_and_each_twice(
    effect: PayloadImage, work: Callable[[str], Work], config: Config
) -> None:
    at = work(BOTH)
    assert effect.look(at) == {}
    assert effect.apply(at, {}) is Outcome.DONE
    assert effect.apply(at, {}) is Outcome.DONE
    assert images(config) == [effect.path.name]
    assert effect.undo(at, {}) is Outcome.DONE
    assert effect.undo(at, {}) is Outcome.ALREADY
    assert images(config) == []


def test_the_same_content_is_the_same_image_at_any_time(effect: PayloadImage, work: Callable[[str], Work]) -> None:
    effect.apply(work(BOTH), {})
    first = effect.path.read_bytes()
    effect.apply(work(BOTH), {})
    assert effect.path.read_bytes() == first
    assert b"\x21\x50" in first or not effect.floppy  # of 1 January 2020, as FAT has it


def test_a_floppy_has_the_files_and_the_label(work: Callable[[str], Work], config: Config) -> None:
    made = Content("MY LABEL", {"a b/c.txt": b"1" * 1000, "a b/d/Unattend.xml": b"", "[1].inf": b"3"})
    image = PayloadImage(path=config.payloads / "image", floppy=True, digest=made.digest, content=made)
    image.apply(work(BOTH), {})
    assert {path: read_floppy(image.path, path) for path in made.files if "[" not in path} == {
        "a b/c.txt": b"1" * 1000,
        "a b/d/Unattend.xml": b"",
    }
    told = subprocess.run(["mdir", "-b", "-/", "-i", image.path, "::"], capture_output=True, check=True).stdout.decode()
    assert "::/[1].inf" in told
    label = subprocess.run(["blkid", "-p", "-o", "value", "-s", "LABEL", image.path], capture_output=True, check=True)
    assert label.stdout == b"MY LABEL\n"
    assert image.path.stat().st_size == 1440 * 1024


def test_L219_no_image_is_readable_by_others_while_it_is_made_or_afterwards(
    effect: PayloadImage, work: Callable[[str], Work], host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, rights = host.run, []

    def watched(*arguments: str | Path, **named: Any) -> bytes:
        if arguments[0] == "mcopy":
            rights.append(part_of(effect.path).stat().st_mode & 0o777)
        return run(*arguments, **named)

    monkeypatch.setattr(host, "run", watched)
    effect.apply(work(BOTH), {})
    assert {*rights, effect.path.stat().st_mode & 0o777} == {0o640}


def test_an_image_belongs_to_whom_the_administrator_says(
    effect: PayloadImage, work: Callable[[str], Work], host: Host
) -> None:
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    host.config = evolve(host.config, image_owner=f"{user}:{group}")
    effect.apply(work(BOTH), {})
    host.config = evolve(host.config, image_owner="nobody-of-that-name:")
    with pytest.raises(HostError, match="nobody-of-that-name"):
        effect.apply(work(BOTH), {})


def test_what_was_begun_only_is_removed(effect: PayloadImage, work: Callable[[str], Work], config: Config) -> None:
    config.payloads.mkdir(parents=True)
    part_of(effect.path).write_bytes(b"half")
    effect.undo(work(BOTH), {})
    assert images(config) == []


def test_what_an_earlier_run_left_is_replaced(
    effect: PayloadImage, work: Callable[[str], Work], config: Config
) -> None:
    config.payloads.mkdir(parents=True)
    effect.path.write_bytes(b"old")
    part_of(effect.path).write_bytes(b"half")
    assert not effect.look(work(BOTH)).get("found")
    effect.apply(work(BOTH), {})
    assert effect.path.stat().st_size > 1000
    assert images(config) == [effect.path.name]


def test_a_floppy_that_is_full_is_told_and_leaves_nothing(work: Callable[[str], Work], config: Config) -> None:
    full = Content(None, {f"a long name of a file {number}": b"" for number in range(200)})  # of its first folder
    image = PayloadImage(path=config.payloads / "image", floppy=True, digest=full.digest, content=full)
    with pytest.raises(HostError, match=r"^mcopy failed with 1: [^\n]*$"):
        image.apply(work(BOTH), {})
    assert images(config) == []


def test_an_image_that_cannot_be_made_leaves_nothing(
    effect: PayloadImage, work: Callable[[str], Work], config: Config
) -> None:
    effect.path.mkdir(parents=True)
    with pytest.raises(HostError, match=r"^cannot \w+ [^\n]*: Is a directory$"):
        effect.apply(work(BOTH), {})
    assert images(config) in ([effect.path.name], [part_of(effect.path).name, effect.path.name])
    effect.undo(work(BOTH), {})
    assert images(config) == []


def test_the_journal_has_the_digest_and_no_content(effect: PayloadImage) -> None:
    kept = dump_effect(effect)
    assert kept == {"path": str(effect.path), "floppy": effect.floppy, "digest": effect.digest}
    assert load_effect("PayloadImage", kept) == evolve(effect, content=Content())
    assert "hunter2" not in repr(effect) + effect.says() + effect.undoing()


def test_L220_undoing_touches_one_path_and_no_other_spelling_of_it(
    work: Callable[[str], Work], config: Config, tmp_path: Path
) -> None:
    at, name = work(BOTH), f"{VM}-sdd.img"
    others = [
        config.payloads / f"{VM}-sdd.img2",
        config.payloads / f"{VM}-sd.img",
        config.payloads / f"{VM}.img",
        config.payloads / f"{OTHER}-sdd.img",
        config.payloads.with_name("payloadX") / name,
        tmp_path / "var" / name,
    ]
    for other in others:
        other.parent.mkdir(parents=True, exist_ok=True)
        other.write_bytes(b"")
    (config.payloads / name).symlink_to(tmp_path / "var" / name)
    image = PayloadImage(path=config.payloads / name, floppy=False, digest="")
    assert image.undo(at, {}) is Outcome.DONE
    assert all(other.exists() for other in others)
    assert not os.path.lexists(config.payloads / name)


# The plan


def test_L221_a_vm_has_as_many_images_as_payloads(host: Host, journal: Journal, ovirt: Any, config: Config) -> None:
    start(host, journal, ovirt, BOTH)
    assert images(config) == [f"{VM}-fda.img", f"{VM}-sdd.img"]
    assert content(opened((config.payloads / f"{VM}-sdd.img").read_bytes()), "rr_path") == FILES
    assert read_floppy(config.payloads / f"{VM}-fda.img", "sub/Unattend.xml") == b"hunter2"


def test_disks_have_their_images_and_an_empty_drive_stays_empty(host: Host, ovirt: Any, config: Config) -> None:
    disks = {disk.target: disk for disk in ovirt.parse(planned(host, ovirt, BOTH).document).disks}
    assert disks["sdd"].source.path == str(config.payloads / f"{VM}-sdd.img")
    assert disks["fda"].source.path == str(config.payloads / f"{VM}-fda.img")
    assert disks["sdc"].source.path is None
    assert disks["sdd"].payload_digest == Content("config-2", FILES).digest
    assert disks["sdd"].read_only


def test_an_image_has_the_id_of_its_disk(host: Host, ovirt: Any) -> None:
    id = "5d1e4d5a-3a43-4c29-9f0b-0a2a8c1ff0a1"
    named = CDROM.replace("<readonly/>", f'<alias name="ua-{id}"/>')
    (made, *_) = planned(host, ovirt, domain(named, payload("sdd", FILES))).effects
    assert made.path.name == f"{VM}-{id}.img"


def test_L222_no_content_is_left_in_document_or_journal(
    host: Host, journal: Journal, ovirt: Any, config: Config, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, BOTH)
    kept = libvirt.file.read_bytes() + journal.file.read_bytes()
    for data in (*FILES.values(), b"hunter2"):
        assert not data or (data not in kept and base64.b64encode(data) not in kept)


def test_a_payload_of_an_old_host_counts_where_it_has_files(host: Host, ovirt: Any) -> None:
    def old(files: str) -> str:
        said = f"<ovirt-vm:specParams><ovirt-vm:vmPayload>{files}</ovirt-vm:vmPayload></ovirt-vm:specParams>"
        return cdrom("/run/old.img", said)

    plan = planned(host, ovirt, old('<ovirt-vm:file path="a">aHVudGVyMg==</ovirt-vm:file>'))
    assert [effect.content.files for effect in plan.effects if isinstance(effect, PayloadImage)] == [{"a": b"hunter2"}]
    assert "aHVudGVyMg" not in plan.document
    assert not any(isinstance(effect, PayloadImage) for effect in planned(host, ovirt, old("")).effects)


def test_a_file_that_no_medium_can_have_is_refused_before_anything_happens(
    host: Host, journal: Journal, ovirt: Any, config: Config
) -> None:
    with pytest.raises(HostError, match=r"^disk sdd: its file '\.\./x' leads elsewhere; expected [^\n]*$"):
        start(host, journal, ovirt, domain(CDROM, payload("sdd", {"../x": b"hunter2"})))
    assert images(config) == []
    assert journal.vms() == []


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ('<ovirt-vm:file path="a">%%%</ovirt-vm:file>', "not base64"),
        ("<ovirt-vm:file>YQ==</ovirt-vm:file>", "is unknown"),
        ('<ovirt-vm:file path="a">YQ==</ovirt-vm:file><ovirt-vm:file path="a">Yg==</ovirt-vm:file>', "stands twice"),
    ],
)
def test_a_file_that_cannot_be_read_is_not_left_out(host: Host, ovirt: Any, files: str, why: str) -> None:
    with pytest.raises(DocumentError, match=rf"^document:\d+: a part of a payload cannot be read: [^\n]*{why}"):
        planned(host, ovirt, cdrom("PAYLOAD:", f"<ovirt-vm:payload>{files}</ovirt-vm:payload>"))


def test_two_disks_do_not_share_an_image(host: Host, ovirt: Any, config: Config) -> None:
    one = CDROM.replace("PAYLOAD:", str(config.payloads / f"{VM}.img"))
    twice = domain(one + one.replace("sdd", "sde"), payload("sdd", FILES) + payload("sde", FILES))
    planned(host, ovirt, twice)
    with pytest.raises(HostError, match=r"^disk sde: another disk has the image"):
        planned(host, ovirt, twice, BEGUN["restore"])


def test_a_disk_whose_name_is_no_files_is_refused(host: Host, ovirt: Any) -> None:
    odd = domain(CDROM.replace('dev="sdd"', 'dev="../sdd"'), payload("../sdd", FILES))
    with pytest.raises(HostError, match=r"^the id or target of disk \.\./sdd is '\.\./sdd'; expected a plain name"):
        planned(host, ovirt, odd)


@pytest.mark.parametrize(
    "provided",
    [{"managed": True}, {"guid": "3600"}, dict.fromkeys(("pool_id", "domain_id", "image_id", "volume_id"), OTHER)],
    ids=["managed", "lun", "image"],
)
def test_a_disk_that_has_a_volume_gets_no_image(ovirt: Any, config: Config, provided: dict[str, Any]) -> None:
    setting = Setting(dialect=ovirt, facts=Facts(config=config, machine=Machine()), request=Request())
    vm = ovirt.parse(domain(CDROM, payload("sdd", FILES)))
    assert len(payloads(vm, setting)[1]) == 1
    assert payloads(evolve(vm, disks=[evolve(vm.disks[0], **provided)]), setting)[1] == []


# What a guest goes on with


@pytest.mark.parametrize("flow", ["restore", "incoming"])
def test_a_guest_that_goes_on_finds_its_image_where_it_was(host: Host, ovirt: Any, config: Config, flow: Flow) -> None:
    said = '<ovirt-vm:payload><ovirt-vm:file path="a">YQ==</ovirt-vm:file></ovirt-vm:payload>'

    def path(there: Path | str, flow: Flow) -> Path:
        (made, *_) = planned(host, ovirt, cdrom(str(there), said), BEGUN[flow]).effects
        return Path(made.path)

    usual = config.payloads / f"{VM}-sdd.img"
    for there in (config.payloads / f"{VM}.img", config.payloads / f"{VM}-old.img"):
        assert path(there, flow) == there
        assert path(there, "fresh") == usual
    for elsewhere in (f"/etc/{VM}.img", f"{config.payloads}X/{VM}.img", config.payloads / f"{OTHER}.img", "PAYLOAD:"):
        assert path(elsewhere, flow) == usual
    assert path(f"{config.payloads}/../payload/{VM}.img", flow) == usual


@pytest.mark.parametrize("flow", ["restore", "incoming"])
def test_without_its_files_a_guest_goes_on_only_with_the_image_that_is_there(
    host: Host, ovirt: Any, config: Config, flow: Flow
) -> None:
    image = config.payloads / f"{VM}-sdd.img"
    document = cdrom(str(image), "<ovirt-vm:payloadDigest>abc</ovirt-vm:payloadDigest>")
    with pytest.raises(HostError, match=r"^disk sdd: no files to make its payload of; give them"):
        planned(host, ovirt, document, BEGUN[flow])
    image.parent.mkdir(parents=True)
    image.write_bytes(b"")
    plan = planned(host, ovirt, document, BEGUN[flow])
    assert ovirt.parse(plan.document).disks == ovirt.parse(document).disks
    assert not any(isinstance(effect, PayloadImage) for effect in plan.effects)


def test_a_guest_goes_on_with_the_same_files_only(host: Host, ovirt: Any) -> None:
    said = '<ovirt-vm:payload><ovirt-vm:file path="a">YQ==</ovirt-vm:file></ovirt-vm:payload>'
    said += "<ovirt-vm:payloadDigest>{}</ovirt-vm:payloadDigest>"
    same = Content(None, {"a": b"a"}).digest
    planned(host, ovirt, cdrom("PAYLOAD:", said.format(same)), BEGUN["restore"])
    with pytest.raises(HostError, match="not the one that the guest has"):
        planned(host, ovirt, cdrom("PAYLOAD:", said.format("abc")), BEGUN["restore"])
    planned(host, ovirt, cdrom("PAYLOAD:", said.format("abc")))


@pytest.mark.parametrize("said", ["", "<ovirt-vm:payloadDigest>abc</ovirt-vm:payloadDigest>"])
def test_a_medium_that_is_to_be_made_needs_files(host: Host, ovirt: Any, config: Config, said: str) -> None:
    with pytest.raises(HostError, match="no files to make its payload of"):
        planned(host, ovirt, cdrom("PAYLOAD:", said))


def test_a_document_of_a_host_is_started_again_with_its_files_only(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, BOTH)
    document = libvirt.document(VM)
    libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    with pytest.raises(HostError, match="no files to make its payload of"):
        planned(host, ovirt, document)


def test_another_medium_in_the_drive_of_a_payload_is_left_alone(host: Host, ovirt: Any) -> None:
    document = cdrom("/isos/drivers.iso", "<ovirt-vm:payloadDigest>abc</ovirt-vm:payloadDigest>")
    assert ovirt.parse(planned(host, ovirt, document).document).disks == ovirt.parse(document).disks


# The whole way


def test_release_removes_the_images(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, config: Config
) -> None:
    start(host, journal, ovirt, BOTH)
    libvirt.destroy(VM)
    assert release(host, journal, ovirt, VM)
    assert images(config) == []


def test_L223_an_image_is_not_made_anew_under_a_guest_that_runs(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, config: Config
) -> None:
    """Not even where the journal has it as begun, or as not begun."""
    plan = planned(host, ovirt, BOTH)
    journal.begin(Kept(VM, "web", "fresh", plan.document, host.libvirt.uri), plan.effects)
    begun = journal.entries(VM)[0]
    journal.intend(begun, {})
    config.payloads.mkdir(parents=True)
    for effect in plan.effects[:2]:
        effect.path.write_bytes(b"what the guest reads")
    libvirt.add_domain(plan.document)
    assert [taken.what for taken in recover(host, journal, ovirt)] == ["adopted"]
    assert [effect.path.read_bytes() for effect in plan.effects[:2]] == [b"what the guest reads"] * 2


def test_an_image_that_fails_is_told_in_one_line_and_all_is_undone(
    host: Host, journal: Journal, ovirt: Any, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_ENVIRONMENT, "PATH", "/nowhere")
    with pytest.raises(HostError, match=r"^web: mkfs.msdos: no such command; install it, or correct PATH$"):
        start(host, journal, ovirt, BOTH)
    assert images(config) == []
    assert journal.vms() == []
