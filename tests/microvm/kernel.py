"""Debian's kernel for clouds: small, with its drivers as modules, and fetched without being installed."""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

PACKAGE = "linux-image-cloud-amd64"
CACHE = Path("~/.cache/xform/microvm")  # other tests' caches are new for each run; this is 120 MB, and stays


class NoKernel(Exception):
    """There is none to be had here; the message says what to do."""


@frozen
class Kernel:
    """An unpacked kernel: `image` is what boots, `folder` has the modules in usr/lib/modules/`version`."""

    folder: Path
    version: str

    @property
    def image(self) -> Path:
        return self.folder / "boot" / f"vmlinuz-{self.version}"

    @property
    def modules(self) -> Path:
        return Path("usr/lib/modules") / self.version

    def needed(self, names: Sequence[str]) -> set[Path]:
        """The files of modules and of those that they need, with what modprobe reads; relative to the folder."""
        listed = (self.folder / self.modules / "modules.dep").read_text().splitlines()
        files = {_name(file): [file, *needs.split()] for file, needs in (line.split(":") for line in listed)}
        built_in = (self.folder / self.modules / "modules.builtin").read_text().splitlines()
        wanted = {name.replace("-", "_") for name in names} - {_name(file) for file in built_in}
        if unknown := wanted - files.keys():
            raise LookupError(f"the kernel {self.version} has no module {min(unknown)}; expected one of {PACKAGE}'s")
        found = {self.modules / file for name in wanted for file in files[name]}
        return found | {self.modules / "modules.dep", self.modules / "modules.builtin"}


def kernel() -> Kernel:
    """The newest one in the cache, which is fetched if there is none. Raises NoKernel."""
    if platform.machine() != "x86_64":
        raise NoKernel(f"micro-VMs are for x86_64, this is {platform.machine()}; run these tests there")
    cache = CACHE.expanduser()
    try:
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(cache / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # several workers want it at once
            return _kept(cache) or _fetched(cache)
    except OSError as error:
        raise NoKernel(f"no kernel for micro-VMs: {error}; it needs 120 MB in {cache}") from None


def _kept(cache: Path) -> Kernel | None:
    images = sorted(cache.glob("linux-*/boot/vmlinuz-*"), key=lambda image: image.stat().st_mtime)
    return Kernel(images[-1].parents[1], images[-1].name.removeprefix("vmlinuz-")) if images else None


def _fetched(cache: Path) -> Kernel:
    part = cache / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    depends = _run(["apt-cache", "depends", PACKAGE], cache)
    found = re.search(r"Depends: (linux-image-(\S+))", depends)
    if not found:
        raise NoKernel(f"apt knows no {PACKAGE}; run apt-get update on a Debian, then these tests again")
    package, version = found.groups()
    _run(["apt-get", "-qq", "-o", "APT::Sandbox::User=", "download", package], part)
    (archive,) = part.glob("*.deb")
    _run(["dpkg-deb", "-x", str(archive), str(part)], cache)
    archive.unlink()
    if not (part / "usr/lib/modules").exists():
        (part / "lib").rename(part / "usr/lib")
    if not (part / "lib").exists():
        (part / "lib").symlink_to("usr/lib")
    _run(["busybox", "depmod", "-b", str(part), version], cache)
    whole = cache / f"linux-{version}"
    part.rename(whole)
    return Kernel(whole, version)


def _run(command: list[str], folder: Path) -> str:
    """What a command prints; anything that goes wrong is that the kernel cannot be had."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=300, env={**os.environ, "LC_ALL": "C"}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoKernel(f"no kernel for micro-VMs: {error}; see that {command[0]} works, then run again") from None
    if done.returncode:
        said = " ".join(done.stderr.split())
        raise NoKernel(f"no kernel for micro-VMs: {command[0]}: {said}; run apt-get update with a network, then again")
    return done.stdout


def _name(file: str) -> str:
    """A module's name by its file: kernel/fs/fat/vfat.ko is vfat."""
    return Path(file).name.split(".")[0].replace("-", "_")
