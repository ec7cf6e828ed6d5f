"""Storage domains of a host in a folder; without a device mapper, LVM's commands keep their volumes in a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from attrs import frozen

from host_prep.config import Config
from host_prep.facts.images import BLANK

POOL = "5e30a5d9-1dce-455d-87ce-774bf20ddf9c"
DOMAIN = "77c04119-61a8-4c95-af42-25b7afa32dc1"
IMAGE = "e67b7d4d-5c00-4d41-a6d5-944b6f76cb7c"
TEMPLATE = "11111111-5c00-4d41-a6d5-944b6f76cb7c"
BASE, MIDDLE, LEAF = (f"{digit * 8}-893c-43ac-99a4-4967f8c7d291" for digit in "bde")

# What LVM 2.03 prints and exits with, as far as it matters.
_LVM = """#!{python} -SE
import json, os, sys
file, dev = {file!r}, {dev!r}
state = json.load(open(file))
command, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
state["calls"].append([command, *arguments])
name = arguments[-1]
volumes, code, said = state["volumes"], 0, ""
if command == "lvs":
    found = [v for key, v in volumes.items() if key.split("/")[0] == name]
    print(json.dumps({{"report": [{{"lv": found}}]}}))
    if not found:
        code, said = 5, f'  Volume group "{{name}}" not found'
elif name not in volumes:
    code, said = 5, f'  Failed to find logical volume "{{name}}"'
elif name in state["refused"]:
    code, said = 5, "  device-mapper: reload ioctl on (253:0) failed: Input/output error"
elif "--available" in arguments:
    device = os.path.join(dev, name)
    if arguments[arguments.index("--available") + 1] == "y":
        volumes[name]["lv_active"] = "active"
        os.makedirs(os.path.dirname(device), exist_ok=True)
        open(device, "a").close()
    elif name in state["busy"]:
        code, said = 5, f"  Logical volume {{name}} in use."
    else:
        volumes[name]["lv_active"] = ""
        if os.path.exists(device):
            os.unlink(device)
            if not os.listdir(os.path.dirname(device)):
                os.rmdir(os.path.dirname(device))
with open(file + ".part", "w") as part:
    json.dump(state, part)
os.rename(file + ".part", file)
if said:
    print(said, file=sys.stderr)
sys.exit(code)
"""


class LogicalVolumes:
    """`lvs` and `lvchange` in a folder for PATH; volumes by their path, GROUP/NAME."""

    def __init__(self, folder: Path, dev: Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self._file = folder, folder / "state.json"
        self._set({"volumes": {}, "busy": [], "refused": [], "calls": []})
        for command in ("lvs", "lvchange"):
            script = folder / command
            script.write_text(_LVM.format(python=sys.executable, file=str(self._file), dev=str(dev)))
            script.chmod(0o755)

    def add(self, group: str, name: str, *tags: str, active: bool = False) -> None:
        state = self._state()
        state["volumes"][f"{group}/{name}"] = {
            "lv_name": name,
            "lv_tags": ",".join(tags),
            "lv_active": "active" if active else "",
        }
        self._set(state)

    def activate(self, path: str) -> None:
        subprocess.run([self.folder / "lvchange", "--available", "y", path], check=True)

    def remove(self, path: str) -> None:
        state = self._state()
        del state["volumes"][path]
        self._set(state)

    def busy(self, *paths: str) -> None:
        """Somebody has these open."""
        self._set({**self._state(), "busy": paths})

    def refuse(self, *paths: str) -> None:
        """Of these nothing can be changed."""
        self._set({**self._state(), "refused": paths})

    def active(self) -> set[str]:
        return {path for path, volume in self._state()["volumes"].items() if volume["lv_active"]}

    def calls(self, command: str) -> list[list[str]]:
        """Arguments."""
        return [arguments for name, *arguments in self._state()["calls"] if name == command]

    def changes(self) -> list[str]:
        """What LVM was told to change, without what every command is told."""
        return [" ".join(arguments[arguments.index("--config") + 2 :]) for arguments in self.calls("lvchange")]

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self._file.read_text())
        return state

    def _set(self, state: dict[str, Any]) -> None:
        self._file.write_text(json.dumps(state))


def block_image(lvm: LogicalVolumes, *chain: str, image: str = IMAGE, template: str | None = None) -> None:
    """An image of logical volumes, the base first; its base may be of a template."""
    lvm.add(DOMAIN, "leases")
    parent = BLANK
    for volume in chain:
        of = template if template and parent == BLANK else image
        slot = {BASE: 4, MIDDLE: 5, LEAF: 6}[volume]
        lvm.add(DOMAIN, volume, f"MD_{slot}", f"IU_{of}", f"PU_{parent}")
        parent = volume


def file_domain(config: Config, mount: str = "server:_data") -> Path:
    """The folder of its images."""
    folder = config.repository / "mnt" / mount / DOMAIN / "images"
    folder.mkdir(parents=True)
    return folder


def file_image(folder: Path, *chain: str, image: str = IMAGE, **meta: str) -> Path:
    """An image of files with their .meta and leases, the base first; `meta` is of the last one. Its folder."""
    parent = BLANK
    (folder / image).mkdir()
    for volume in chain:
        file = folder / image / volume
        file.write_bytes(b"content")
        file.chmod(0o600)
        told = {"IMAGE": image, "PUUID": parent, "LEGALITY": "LEGAL"} | (meta if volume == chain[-1] else {})
        file.with_name(f"{volume}.meta").write_text("".join(f"{k}={v}\n" for k, v in told.items()) + "EOF\n")
        file.with_name(f"{volume}.lease").write_bytes(b"")
        parent = volume
    return folder / image


@frozen(kw_only=True)
class ImageDisk:
    """A disk as a manager writes it."""

    pool: str = POOL
    image: str = IMAGE
    volume: str = LEAF
    target: str = "sda"
    device: str = "disk"
    type: str = "file"
    source: str = '<source file=""/>'
    format: str = "raw"

    def element(self) -> str:
        return (
            f'<disk type="{self.type}" device="{self.device}"><driver name="qemu" type="{self.format}"/>{self.source}'
            f'<target dev="{self.target}" bus="{"fdc" if self.device == "floppy" else "scsi"}"/></disk>'
        )

    def metadata(self) -> str:
        named = {"poolID": self.pool, "domainID": DOMAIN, "imageID": self.image, "volumeID": self.volume}
        children = "".join(f"<ovirt-vm:{name}>{value}</ovirt-vm:{name}>" for name, value in named.items())
        return f'<ovirt-vm:device devtype="disk" name="{self.target}">{children}</ovirt-vm:device>'
