"""Real VMs for tests: a host of the test's own in a short folder, with the images that a planned VM asks for."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, fields, frozen

from xform.hypervisor import EMBED, Hypervisor, default_uri

from .material import EXAMPLES, OVIRT, PLANNING, Host, plan
from .test_examples import context

URI, WHY = default_uri()
_CONTEXT: Any = import_module(f"{PLANNING.__name__}.context")
_SIZE = 1024 * 1024  # bytes; no guest is there to read it

real = [
    pytest.mark.skipif(URI != EMBED, reason=WHY),
    pytest.mark.xdist_group("qemu"),  # one process probes QEMU once
]


@frozen
class Machine:
    """A host that emulates, whose files all lie in a folder, and the contexts of the VMs on it."""

    folder: Path
    hypervisor: "Plugging"

    def contexts(self, name: str) -> dict[str, Any]:
        """What an example is planned by, with this host in place of its own."""
        given = context(name)
        host = evolve(
            given.get("host") or Host(libvirt="9.0.0"),
            emulation="software",
            networking="user",
            secure_uefi_variables="/usr/share/OVMF/OVMF_VARS.ms.fd",  # as Debian calls it
            **{kind: str(self.folder / kind) for kind in ("images", "channels", "consoles", "nvram")},
        )
        config = evolve(_CONTEXT.config_of("4.8"), ssl=False)  # there are no certificates
        return {**given, "host": host, "config": config}

    def example(self, name: str) -> Any:
        """An example as its manager knows it, with its media in this folder."""
        vm = OVIRT.read(EXAMPLES / f"{name}.yaml")
        media = {field: getattr(vm, field) for field in ("cd_path", "guest_tools_cd_path")}
        vm = evolve(vm, **{field: str(self.folder / Path(path).name) for field, path in media.items() if path})
        for file in (vm.cd_path, vm.guest_tools_cd_path):
            if file:
                self.blank(Path(file))
        return vm

    def planned(self, name: str) -> Any:
        """An example, planned for this host, with its images."""
        vm = plan(self.example(name), **self.contexts(name))
        for disk in vm.disks:
            self.image(disk)
        return vm

    def image(self, disk: Any) -> None:
        """The image of a planned disk, where there is none and the disk wants one."""
        path = Path(getattr(disk.source, "path", None) or self.folder)
        if path.exists() or not path.is_relative_to(self.folder):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if disk.format == "qcow2":
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, str(_SIZE)], check=True)
        else:
            self.blank(path)

    def blank(self, path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(_SIZE)


class Plugging(Hypervisor):
    """A connection that does to running domains what a host is told to do: it has the element, and no more."""

    def attach(self, uuid: str, device: str) -> None:
        self._call(lambda: self._domain(uuid).attachDeviceFlags(device, self._libvirt.VIR_DOMAIN_AFFECT_LIVE))

    def change(self, uuid: str, device: str) -> None:
        self._call(lambda: self._domain(uuid).updateDeviceFlags(device, self._libvirt.VIR_DOMAIN_AFFECT_LIVE))

    def detach(self, uuid: str, alias: str) -> None:
        """Ask the guest to let go of a device. One without an operating system does so when it is reset."""
        self._call(lambda: self._domain(uuid).detachDeviceAlias(alias, self._libvirt.VIR_DOMAIN_AFFECT_LIVE))

    def reset(self, uuid: str) -> None:
        self._call(lambda: self._domain(uuid).reset())

    def _domain(self, uuid: str) -> Any:
        return self._connection.lookupByUUIDString(uuid)


@contextmanager
def machine() -> Iterator[Machine]:
    # In /tmp, because paths of sockets must be short.
    with (
        tempfile.TemporaryDirectory(prefix="x", dir="/tmp") as name,
        certified(Path(name) / "tpm"),
        Plugging(EMBED) as hypervisor,
    ):
        for kind in ("images", "channels", "consoles", "nvram"):
            (Path(name) / kind).mkdir()
        yield Machine(Path(name), hypervisor)


@contextmanager
def certified(folder: Path) -> Iterator[None]:
    """Within, TPMs have certificates of an authority in this folder, and make none of the machine's."""
    folder.mkdir()
    keys = {"statedir": "", "signingkey": "key.pem", "issuercert": "cert.pem", "certserial": "serial"}
    authority = folder / "authority.conf"
    authority.write_text("".join(f"{key} = {folder / file}\n" for key, file in keys.items()))
    settings = {"create_certs_tool": shutil.which("swtpm_localca"), "create_certs_tool_config": authority}
    settings |= {"create_certs_tool_options": "/etc/swtpm-localca.options", "active_pcr_banks": "sha256"}
    (folder / "swtpm_setup.conf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_CONFIG_HOME", str(folder))
        yield


def recalled(live: str, known: Any, **context: Any) -> Any:
    """What the manager knows of a VM once it has read its live document."""
    return PLANNING.recall(OVIRT.parse(live), known=known, dialect=OVIRT, **context)


def devices(vm: Any) -> Iterator[tuple[str, Any]]:
    """The devices of a VM that have an id, and the field that each is in."""
    for attribute in fields(type(vm)):
        held = getattr(vm, attribute.name)
        for item in held if isinstance(held, list) else [held]:
            if getattr(item, "id", None) is not None:
                yield attribute.name, item


def have(*commands: str) -> bool:
    return all(shutil.which(command) for command in commands)
