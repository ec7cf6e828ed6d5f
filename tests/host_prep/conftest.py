"""A host in a folder of its own, with a libvirt that keeps what it is told in files."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import xform
from host_prep.config import Config
from host_prep.effect import Work
from host_prep.journal import Journal
from host_prep.request import Flow, Request
from host_prep.system import Host
from tests.host_prep.fake import FakeLibvirt
from tests.host_prep.storage import LogicalVolumes

VM = "6695eb01-f6a4-4304-79aa-97f2502e193f"
OTHER = "0c3bb48c-0f7e-4ea1-8f3a-5a9c1a4b7f10"

OVIRT = "http://ovirt.org/vm/1.0"

BEGUN: dict[Flow, Request] = {
    "fresh": Request(),
    "restore": Request(saved=Path(__file__)),  # any file that is there
    "incoming": Request(incoming=True),
}
"""What asks for each way to begin."""


def domain(
    devices: str = "",
    metadata: str = "",
    more: str = "",
    *,
    id: str = VM,
    name: str = "web",
    policy: str | None = None,
) -> str:
    """A document as a manager writes it; `metadata` is what is in its ovirt-vm:vm, `policy` that of its CPUs."""
    metadata = (f"<ovirt-vm:cpuPolicy>{policy}</ovirt-vm:cpuPolicy>" if policy else "") + metadata
    return f"""<domain type="qemu">
  <name>{name}</name>
  <uuid>{id}</uuid>
  <metadata xmlns:ovirt-vm="{OVIRT}">
    <ovirt-vm:vm>
      <ovirt-vm:clusterVersion>4.7</ovirt-vm:clusterVersion>
      {metadata}
    </ovirt-vm:vm>
  </metadata>
  <memory unit="KiB">65536</memory>
  <vcpu>2</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
  </os>
  {more}
  <devices>
    {devices}
  </devices>
</domain>
"""


def payload(name: str, files: dict[str, bytes], volume: str | None = "config-2") -> str:
    """The metadata of a disk whose image is made of files."""
    label = f"<ovirt-vm:volId>{volume}</ovirt-vm:volId>" if volume else ""
    content = "".join(
        f'<ovirt-vm:file path="{path}">{base64.b64encode(data).decode()}</ovirt-vm:file>'
        for path, data in files.items()
    )
    return (
        f'<ovirt-vm:device devtype="disk" name="{name}"><ovirt-vm:payload>{label}{content}</ovirt-vm:payload>'
        "</ovirt-vm:device>"
    )


@pytest.fixture(scope="session")
def ovirt() -> Any:
    return xform.load("ovirt")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(root=tmp_path / "host")


@pytest.fixture
def libvirt(tmp_path: Path) -> FakeLibvirt:
    return FakeLibvirt(tmp_path / "libvirt")


@pytest.fixture
def host(config: Config, libvirt: FakeLibvirt) -> Host:
    return Host(config, libvirt)


@pytest.fixture
def journal(config: Config) -> Iterator[Journal]:
    opened = Journal(config.state)
    yield opened
    opened.close()


@pytest.fixture
def work(host: Host, ovirt: Any, journal: Journal) -> Callable[[str], Work]:
    """What the effects of a VM share, by its document."""

    def made(xml: str) -> Work:
        vm = ovirt.parse(xml)
        return Work(host, ovirt, vm.id, vm.name, xml, journal)

    return made


@pytest.fixture
def lvm(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogicalVolumes:
    """LVM's commands, with volumes that a test adds."""
    volumes = LogicalVolumes(tmp_path / "lvm", config.dev)
    monkeypatch.setenv("PATH", str(volumes.folder), prepend=os.pathsep)
    return volumes


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """The host has no commands but chown and those that the test adds, by name and script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    os.symlink(shutil.which("chown") or "chown", folder / "chown")
    monkeypatch.setenv("PATH", str(folder))

    def add(name: str, script: str) -> None:
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)

    return add
