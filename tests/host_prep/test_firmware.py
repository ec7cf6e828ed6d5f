"""The firmware's variables and the TPM's state are back before the domain is defined, and go with it."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects import dump_effect, load_effect
from host_prep.effects.firmware import NvramData, TpmData
from host_prep.journal import Journal
from host_prep.request import Request
from host_prep.start import planned, release, start
from host_prep.system import Host, part_of
from tests.host_prep.conftest import VM, domain
from tests.host_prep.fake import FakeLibvirt
from tests.host_prep.test_external import archive, member
from xform.errors import HostError

NVRAM = base64.b64encode(b"hunter2").decode()
TPM = archive(member("./tpm2/tpm2-00.permall", data=b"hunter2"), member("./.lock"))
EMULATOR = '<tpm model="tpm-crb"><backend type="emulator" version="2.0"/></tpm>'


def machine(nvram: str = "<nvram/>", tpm: str = EMULATOR) -> str:
    return domain(tpm, policy="none").replace("</os>", f"{nvram}</os>")


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and mode, by path."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode & 0o777) for path in found}


class LibvirtWithFiles(FakeLibvirt):
    """One that removes, with a domain, what it keeps of it."""

    def undefine(self, uuid: str) -> None:
        nvram = etree.fromstring(self.document(uuid, inactive=True)).findtext("os/nvram")
        super().undefine(uuid)
        if nvram:
            Path(nvram).unlink(missing_ok=True)


@pytest.fixture
def libvirt(tmp_path: Path) -> FakeLibvirt:
    return LibvirtWithFiles(tmp_path / "libvirt")


@pytest.fixture
def nvram(config: Config) -> NvramData:
    return NvramData(path=config.nvram / f"{VM}.fd", content=b"hunter2")


@pytest.fixture
def tpm(config: Config) -> TpmData:
    return TpmData(path=config.tpm / VM, files={"tpm2/tpm2-00.permall": b"hunter2", ".lock": b""})


# The effects


def test_variables_are_written_and_removed_and_each_twice(nvram: NvramData, work: Callable[[str], Work]) -> None:
    at = work(machine())
    assert nvram.apply(at, nvram.look(at)) is Outcome.DONE
    assert nvram.apply(at, {}) is Outcome.DONE
    assert files(nvram.path.parent) == {f"{VM}.fd": (b"hunter2", 0o600)}
    assert nvram.undo(at, {}) is Outcome.DONE
    assert nvram.undo(at, {}) is Outcome.ALREADY
    assert files(nvram.path.parent) == {}


def test_a_tpms_state_is_written_and_removed_and_each_twice(
    tpm: TpmData, work: Callable[[str], Work], config: Config
) -> None:
    at = work(machine())
    assert tpm.apply(at, tpm.look(at)) is Outcome.DONE
    assert tpm.apply(at, {}) is Outcome.DONE
    assert files(tpm.path) == {".lock": (b"", 0o600), "tpm2/tpm2-00.permall": (b"hunter2", 0o600)}
    assert {path.stat().st_mode & 0o777 for path in (tpm.path, tpm.path / "tpm2")} == {0o700}
    assert tpm.undo(at, {}) is Outcome.DONE
    assert tpm.undo(at, {}) is Outcome.ALREADY
    assert os.listdir(config.tpm) == []


def test_an_older_state_is_replaced_whole_and_not_kept(
    nvram: NvramData, tpm: TpmData, work: Callable[[str], Work]
) -> None:
    at = work(machine())
    nvram.path.parent.mkdir(parents=True)
    nvram.path.write_bytes(b"older")
    tpm.path.mkdir(parents=True)
    (tpm.path / "older").write_bytes(b"")
    for effect in (nvram, tpm):
        assert not effect.look(at).get("found")
        effect.apply(at, {})
    assert nvram.path.read_bytes() == b"hunter2"
    assert set(files(tpm.path)) == {".lock", "tpm2/tpm2-00.permall"}


def test_what_was_begun_only_is_done_again_or_removed(
    nvram: NvramData, tpm: TpmData, work: Callable[[str], Work], config: Config
) -> None:
    at = work(machine())

    def begin() -> None:
        for effect in (nvram, tpm):
            effect.path.parent.mkdir(parents=True, exist_ok=True)
        part_of(nvram.path).write_bytes(b"half")
        (part_of(tpm.path) / "tpm2").mkdir(parents=True)
        (part_of(tpm.path) / "half").write_bytes(b"half")

    begin()
    for effect in (nvram, tpm):
        effect.apply(at, {})
    assert set(files(tpm.path)) == {".lock", "tpm2/tpm2-00.permall"}
    for effect in (nvram, tpm):
        effect.undo(at, {})
    begin()
    for effect in (nvram, tpm):
        assert effect.undo(at, {}) is Outcome.ALREADY
    assert os.listdir(config.nvram) == os.listdir(config.tpm) == []


def test_a_state_that_cannot_be_written_is_told_in_one_line(
    nvram: NvramData, tpm: TpmData, work: Callable[[str], Work], config: Config
) -> None:
    for folder in (config.nvram, config.tpm):
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_bytes(b"")
    for effect in (nvram, tpm):
        with pytest.raises(HostError, match=r"^cannot make folder [^\n]*$"):
            effect.apply(work(machine()), {})
        assert effect.undo(work(machine()), {}) is Outcome.ALREADY


def test_the_journal_has_the_paths_alone(nvram: NvramData, tpm: TpmData) -> None:
    for effect in (nvram, tpm):
        kept = dump_effect(effect)
        assert kept == {"path": str(effect.path)}
        assert load_effect(type(effect).__name__, kept).key == effect.key
        assert "hunter2" not in repr(effect)


# The plan


def test_data_go_where_libvirt_looks_for_them(host: Host, ovirt: Any, config: Config) -> None:
    plan = planned(host, ovirt, machine(), Request(nvram=NVRAM, tpm=TPM))
    assert plan.effects[:2] == (
        NvramData(path=config.nvram / f"{VM}.fd", content=b"hunter2"),
        TpmData(path=config.tpm / VM, files={"tpm2/tpm2-00.permall": b"hunter2", ".lock": b""}),
    )
    assert ovirt.parse(plan.document).os.nvram.path == str(config.nvram / f"{VM}.fd")


@pytest.mark.parametrize(
    "form", ["<nvram template='/t.fd'>{}</nvram>", "<nvram type='file'><source file='{}'/></nvram>"]
)
def test_a_document_says_where_its_variables_are(host: Host, ovirt: Any, form: str) -> None:
    file = host.config.nvram / "a.fd"
    nvram = form.format(file)
    plan = planned(host, ovirt, machine(nvram), Request(nvram=NVRAM))
    assert plan.effects[0] == NvramData(path=file, content=b"hunter2")
    assert ovirt.parse(plan.document).os == ovirt.parse(machine(nvram)).os


def test_without_data_nothing_is_done(host: Host, ovirt: Any) -> None:
    plan = planned(host, ovirt, machine())
    assert not any(isinstance(effect, NvramData | TpmData) for effect in plan.effects)
    assert ovirt.parse(plan.document).os == ovirt.parse(machine()).os


def test_a_vm_that_arrives_brings_its_own(host: Host, ovirt: Any) -> None:
    effects = planned(host, ovirt, machine(), Request(nvram=NVRAM, tpm=TPM, incoming=True)).effects
    assert not any(isinstance(effect, NvramData | TpmData) for effect in effects)


@pytest.mark.parametrize(
    ("document", "request_", "told"),
    [
        (domain(), Request(nvram=NVRAM), "the document's <os> no <nvram>"),
        (machine("<nvram type='block'><source dev='/dev/x'/></nvram>"), Request(nvram=NVRAM), "<nvram> is no file"),
        (machine("<nvram>vars.fd</nvram>"), Request(nvram=NVRAM), "expected a file below"),
        (machine("<nvram>/vars/../a.fd</nvram>"), Request(nvram=NVRAM), "expected a file below"),
        (machine("<nvram>/etc/passwd</nvram>"), Request(nvram=NVRAM), "expected a file below"),
        (domain(), Request(tpm=TPM), "no <tpm> with an emulator"),
        (
            domain("<tpm><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>"),
            Request(tpm=TPM),
            "no <tpm> with an emulator",
        ),
        (
            domain("<tpm><backend type='emulator'><source type='dir' path='/s'/></backend></tpm>"),
            Request(tpm=TPM),
            "keeps its state in /s",
        ),
        (machine(), Request(nvram="hunter2!"), "the request's nvram is no base64"),
        (machine(), Request(tpm=NVRAM), "the request's tpm is damaged"),
    ],
)
def test_data_that_no_device_has_or_that_are_damaged_are_refused_before_anything_happens(
    host: Host, journal: Journal, ovirt: Any, document: str, request_: Request, told: str
) -> None:
    with pytest.raises(HostError, match=rf"^[^\n]*{told}[^\n]*$") as error:
        start(host, journal, ovirt, document, request_)
    assert "hunter2" not in str(error.value)
    assert journal.vms() == []


# The whole way


def test_L225_variables_outlive_the_removal_of_a_stale_domain_that_has_them(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, config: Config
) -> None:
    path = config.nvram / f"{VM}.fd"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"older")
    libvirt.add_domain(machine(f"<nvram>{path}</nvram>"), "off")
    start(host, journal, ovirt, machine(f"<nvram>{path}</nvram>"), Request(nvram=NVRAM, tpm=TPM))
    assert path.read_bytes() == b"hunter2"
    assert (config.tpm / VM / "tpm2" / "tpm2-00.permall").read_bytes() == b"hunter2"


def test_release_leaves_neither_file_nor_folder(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, config: Config
) -> None:
    start(host, journal, ovirt, machine(), Request(nvram=NVRAM, tpm=TPM))
    assert b"hunter2" not in libvirt.file.read_bytes() + journal.file.read_bytes()
    libvirt.destroy(VM)
    assert release(host, journal, ovirt, VM)
    assert os.listdir(config.nvram) == os.listdir(config.tpm) == []
