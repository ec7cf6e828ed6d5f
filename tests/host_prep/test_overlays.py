"""Disks that forget have a layer of their own, which goes with the VM."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config
from host_prep.effect import Outcome
from host_prep.effects.overlay import Overlay
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from host_prep.recover import recover
from host_prep.request import Flow
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import BEGUN, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError
from xform.hypervisor import EMBED, default_uri

pytestmark = pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")

URI, WHY = default_uri()
MIB = 1 << 20


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A volume, 1 MiB."""
    path = tmp_path / "base"
    path.write_bytes(b"\x5a" * MIB)
    return path


@pytest.fixture
def overlay(config: Config, base: Path) -> Overlay:
    return Overlay(file=config.transient / f"{VM}-vda.qcow2", base=str(base), format="raw")


def with_disk(base: Path, format: str = "raw", shared: str = "transient", driver: str = "", more: str = "") -> str:
    return domain(
        f"""<disk type="file" device="disk">
          <driver name="qemu" type="{format}" {driver}/>
          <source file="{base}">{more}</source>
          <backingStore/>
          <target dev="vda" bus="virtio"/>
        </disk>""",
        f'<ovirt-vm:device devtype="disk" name="vda"><ovirt-vm:shared>{shared}</ovirt-vm:shared></ovirt-vm:device>',
    )


def chain(host: Host, file: Path) -> list[tuple[str, str]]:
    """Files and formats, the top one first."""
    told = json.loads(host.run("qemu-img", "info", "-U", "--backing-chain", "--output=json", file))
    return [(layer["filename"], layer["format"]) for layer in told]


# Planned


def test_a_transient_disk_gets_a_layer_by_its_vm_and_target(host: Host, ovirt: Any, base: Path) -> None:
    plan = planned(host, ovirt, with_disk(base))
    (disk,) = ovirt.parse(plan.document).disks
    assert disk.source.path == str(host.config.transient / f"{VM}-vda.qcow2")
    assert (disk.format, disk.cache, disk.backing) == ("qcow2", "writethrough", None)
    assert disk.source.seclabels == []
    assert [(effect.base, effect.format) for effect in plan.effects if isinstance(effect, Overlay)] == [
        (str(base), "raw")
    ]


@pytest.mark.parametrize("shared", ["exclusive", "none", "shared"])
def test_other_disks_get_none(host: Host, ovirt: Any, base: Path, shared: str) -> None:
    plan = planned(host, ovirt, with_disk(base, shared=shared))
    assert not [effect for effect in plan.effects if isinstance(effect, Overlay)]


@pytest.mark.parametrize(("io", "then"), [("native", "threads"), ("io_uring", "io_uring")])
def test_L215_what_writes_through_cannot_use_native_io(host: Host, ovirt: Any, base: Path, io: str, then: str) -> None:
    """libvirt would refuse the disk."""
    plan = planned(host, ovirt, with_disk(base, driver=f'io="{io}" cache="none"'))
    assert ovirt.parse(plan.document).disks[0].io == then


@pytest.mark.parametrize(
    ("format", "more"),
    [("vmdk", ""), ("raw", '<slices><slice type="storage" offset="0" size="512"/></slices>')],
)
def test_what_can_have_no_layer_is_said(host: Host, ovirt: Any, base: Path, format: str, more: str) -> None:
    with pytest.raises(HostError, match=r"^disk vda is transient; expected a whole file or device, raw or qcow2"):
        planned(host, ovirt, with_disk(base, format, more=more))


@pytest.mark.parametrize("path", ["json:{}", "nbd:server:10809", "-o", "vda.img"])
def test_L277_what_is_no_path_is_no_base_of_a_layer(host: Host, ovirt: Any, path: str) -> None:
    with pytest.raises(HostError, match=r"by its absolute path$"):
        planned(host, ovirt, with_disk(Path(path)))


@pytest.mark.parametrize("flow", ["incoming", "restore"])
def test_what_was_written_elsewhere_or_before_cannot_be_gone_on_with(
    host: Host, ovirt: Any, base: Path, flow: Flow
) -> None:
    with pytest.raises(HostError, match=r"^disk vda is transient: what was written to it stayed behind; start the VM"):
        planned(host, ovirt, with_disk(base), BEGUN[flow])


# Made and removed


@pytest.mark.parametrize("times", [1, 2])
def test_a_layer_is_made_over_the_volume_and_removed(
    host: Host, work: Any, base: Path, overlay: Overlay, times: int
) -> None:
    web = work(with_disk(base))
    for _ in range(times):
        assert overlay.apply(web, {}) is Outcome.DONE
    assert chain(host, overlay.file) == [(str(overlay.file), "qcow2"), (str(base), "raw")]
    assert overlay.file.stat().st_mode & 0o777 == 0o660
    assert overlay.undo(web, {}) is Outcome.DONE
    assert overlay.undo(web, {}) is Outcome.ALREADY
    assert base.exists()


def test_a_layer_over_a_layer_has_its_format(host: Host, work: Any, config: Config, base: Path, tmp_path: Path) -> None:
    middle = tmp_path / "middle"
    host.run("qemu-img", "create", "-f", "qcow2", "-b", base, "-F", "raw", middle)
    overlay = Overlay(file=config.transient / "top", base=str(middle), format="qcow2")
    overlay.apply(work(with_disk(base)), {})
    assert [format for _, format in chain(host, overlay.file)] == ["qcow2", "qcow2", "raw"]


def test_what_an_earlier_run_left_is_forgotten(host: Host, work: Any, base: Path, overlay: Overlay) -> None:
    web = work(with_disk(base))
    overlay.apply(web, {})
    host.run("qemu-io", "-c", "write -P 1 0 512", overlay.file)
    overlay.apply(web, {})
    assert "verification failed" not in host.run("qemu-io", "-c", "read -P 0x5a 0 512", overlay.file).decode()


def test_L216_a_layer_that_cannot_be_made_ends_the_start(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, tmp_path: Path
) -> None:
    with pytest.raises(HostError, match=r"^web: qemu-img failed with 1: .*Could not open '.*/gone'"):
        start(host, journal, ovirt, with_disk(tmp_path / "gone"))
    assert host.names(host.config.transient) == []
    assert libvirt.domains() == []


def test_the_layer_of_a_vm_that_ended_unseen_is_removed(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, base: Path
) -> None:
    start(host, journal, ovirt, with_disk(base))
    assert [taken.what for taken in recover(host, journal, ovirt)] == ["adopted"]
    assert host.names(host.config.transient) == [f"{VM}-vda.qcow2"]
    libvirt.destroy(VM)
    assert [taken.what for taken in recover(host, journal, ovirt)] == ["released"]
    assert host.names(host.config.transient) == []


# In QEMU


@pytest.fixture
def real(config: Config) -> Iterator[Host]:
    libvirt = Libvirt(EMBED)
    yield Host(config, libvirt)
    libvirt.close()


@pytest.mark.skipif(URI != EMBED, reason=WHY)
@pytest.mark.xdist_group("qemu")
def test_qemu_runs_on_the_layer_and_the_volume_stays_as_it_is(
    real: Host, journal: Journal, ovirt: Any, base: Path
) -> None:
    before = hashlib.sha256(base.read_bytes()).digest()
    start(real, journal, ovirt, with_disk(base, driver='io="native" cache="none"'))
    try:
        (disk,) = ovirt.parse(real.libvirt.document(VM)).disks
        assert disk.source.path == str(real.config.transient / f"{VM}-vda.qcow2")
        assert disk.backing.source.path == str(base)
    finally:
        release(real, journal, ovirt, VM, force=True)
    assert real.names(real.config.transient) == []
    assert hashlib.sha256(base.read_bytes()).digest() == before
