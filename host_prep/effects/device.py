"""Block devices that libvirt leaves to their owner."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from attrs import frozen

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.system import Host
from host_prep.used import disk_paths
from xform.errors import HostError

_FORMER = "# former owner: "


@frozen(kw_only=True)
class OwnedDevice(Effect):
    """A device belongs to whom volumes belong to, by a rule of udev's, which else would give it back at any event.

    The rule's file says who had the device before: the first VM that wants it finds that out, the last one needs it.
    """

    shared: ClassVar[bool] = True

    name: str  # of the LUN or volume
    path: Path  # the device, or a link to it
    owner: str  # user:group

    @property
    def key(self) -> str:
        return f"owner:{self.path}"

    def says(self) -> str:
        return f"give {self.path} to {self.owner}, by a rule of udev's"

    def undoing(self) -> str:
        return "give it back to its former owner"

    def apply(self, work: Work, note: Note) -> Outcome:
        host = work.host
        now = host.stat(host.real(self.path))
        if now is None:
            raise HostError(f"{self.path} is not there; expected a device to give to {self.owner}")
        host.make_folder(host.config.udev_rules)
        host.write(self._file(host), self._rule(host, self._former(host) or f"{now.uid}:{now.gid}").encode())
        self._heed_rules(host)
        host.set_rights(self.path, owner=self.owner)  # no udev: no rule does it
        return Outcome.DONE

    def before_undo(self, work: Work, note: Note) -> Note:
        former = self._former(work.host)
        return {**note, "former": former} if former else note

    def undo(self, work: Work, note: Note) -> Outcome:
        if "former" not in note:
            return Outcome.ALREADY
        host = work.host
        host.remove(self._file(host))
        self._heed_rules(host)
        if host.exists(self.path):
            host.set_rights(self.path, owner=note["former"])
        return Outcome.DONE

    def used_by(self, vm: Entity) -> bool:
        return self.path in disk_paths(vm)

    def _file(self, host: Host) -> Path:
        return host.config.udev_rules / f"99-host-prep-{self.name}.rules"

    def _rule(self, host: Host, former: str) -> str:
        lines = [_FORMER + former]
        if device := self._device(host):
            # udev knows links from what the kernel names
            found = host.stat(device)
            match = "SYMLINK" if found and found.kind == "link" else "KERNEL"
            change = f"{host.which('chown')} {self.owner} $env{{DEVNAME}}"
            lines.append(f'{match}=="{device.relative_to(host.config.dev)}", RUN+="{change}"')
        return "\n".join([*lines, ""])

    def _former(self, host: Host) -> str | None:
        first = (host.read(self._file(host)) or b"").decode().partition("\n")[0]
        return first.removeprefix(_FORMER) if first.startswith(_FORMER) else None

    def _device(self, host: Host) -> Path | None:
        """What udev may know it by; a link of our own leads there, and a file is none of udev's."""
        link = host.stat(self.path)
        for path in (self.path, Path(link.target) if link and link.target else self.path):
            if path.is_relative_to(host.config.dev) and host.exists(path):
                return path
        return None

    def _heed_rules(self, host: Host) -> None:
        """Have udev read its rules anew and, once it is done with what is under way, apply them to the device."""
        if not host.which("udevadm"):
            return
        host.run("udevadm", "control", "--reload")
        if device := self._device(host):
            host.run("udevadm", "trigger", "--settle", "--action=change", f"--name-match={device}")
