"""The root file system of a micro-VM, as the archive that a kernel unpacks into memory.

Everything in it is at its place on this machine, and nothing is copied to get there: cpio takes it from where it is.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import cache_from_source
from pathlib import Path

from packaging.requirements import Requirement

from tests.microvm.kernel import Kernel

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
PYTHON = Path(sys.prefix).resolve() / "bin" / "python"
SOURCES = ("host_prep", "xform", "mappings", "tests/__init__.py", "tests/host_prep", "tests/microvm", "pyproject.toml")
REQUIREMENTS = ("libvirt-xform[host]", "pytest")
COMMANDS = ("busybox", "blkid", "dmsetup", "losetup", "lvm", "mount", "umount")
_NOT_NEEDED = ("config-", "dist-packages", "idlelib", "lib2to3", "site-packages", "test")  # of the standard library

LVM = """# Nobody here runs udevd: lvm makes its links itself, and waits for nobody.
activation { udev_sync = 0  udev_rules = 0  verify_udev_operations = 1 }
devices { obtain_device_list_from_udev = 0 }
"""


def write(
    archive: Path,
    kernel: Kernel,
    modules: Sequence[str],
    commands: Sequence[str],
    files: Sequence[str],
    tests: Sequence[str],
) -> None:
    """The root file system for some tests, by their node ids, with what a machine says that they need."""
    made = archive.with_suffix(".made")
    for folder in ("dev", "proc", "sys", "run/lock/lvm", "tmp", "etc/lvm", "root", "var/log/libvirt"):
        (made / folder).mkdir(parents=True)
    (made / "etc/lvm/lvm.conf").write_text(LVM)
    (made / "tests").write_text("\n".join(tests))
    (made / "modules").write_text("".join(f"{module}\n" for module in modules))
    (made / "var/run").symlink_to("/run")
    (made / "python").symlink_to(PYTHON)
    (made / "checkout").symlink_to(CHECKOUT)
    shutil.copy(HERE / "init", made)
    with open(archive, "wb") as file:
        for root, paths in (
            (Path("/"), _of_host(commands, files)),
            (kernel.folder, kernel.needed(modules)),
            (made, {path.relative_to(made) for path in made.rglob("*")}),
        ):
            _append(file.fileno(), root, paths)


def _append(file: int, root: Path, paths: Iterable[Path]) -> None:
    """An archive of these paths below a folder, after what is in the file: the kernel unpacks one after the other."""
    listed = {above for path in paths for above in (path, *path.parents)} - {Path()}
    names = b"\0".join(os.fsencode(path) for path in sorted(listed))
    subprocess.run(["cpio", "-o0", "-H", "newc", "--quiet", "-R0:0"], cwd=root, input=names, stdout=file, check=True)


def _of_host(commands: Sequence[str], more: Sequence[str]) -> set[Path]:
    files = {PYTHON, PYTHON.parents[1] / "pyvenv.cfg", Path("/etc/passwd"), Path("/etc/group")}
    files |= {_command(name) for name in (*COMMANDS, *commands)}
    files |= set(_standard_library()) | set(_packages())
    files |= {file for source in (*SOURCES, *more) for file in _below(CHECKOUT / source)}
    if missing := [str(file) for file in files if not os.path.lexists(file)]:
        raise FileNotFoundError(
            f"{min(missing)}: a micro-VM has this from the machine, which lacks it; run tools/system"
        )
    files |= _libraries(files)
    files |= {path for path in map(Path, ("/bin", "/sbin", "/lib", "/lib64")) if path.is_symlink()}
    return {path.relative_to("/") for file in files for path in _with_targets(file)}


def _command(name: str) -> Path:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    return Path(found or f"/usr/bin/{name}")


def _standard_library() -> Iterator[Path]:
    root = Path(sysconfig.get_path("stdlib"))
    for file in _below(root):
        if not file.relative_to(root).parts[0].startswith(_NOT_NEEDED):
            yield file


def _packages() -> Iterator[Path]:
    """The files of the project's requirements, and of theirs."""
    wanted, seen = list(REQUIREMENTS), set()
    while wanted:
        requirement = Requirement(wanted.pop())
        if str(requirement) in seen:
            continue
        seen.add(str(requirement))
        package = importlib.metadata.distribution(requirement.name)
        for file in (Path(str(file.locate())) for file in package.files or ()):
            # compiled anew they would take longer than the tests
            yield from (path for path in (file, Path(cache_from_source(str(file)))) if path.is_file())
        for needed in map(Requirement, package.requires or ()):
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                wanted.append(str(needed))


def _below(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
    for file in path.rglob("*"):
        # what other tests are just compiling has another name, and is gone in a moment
        if file.is_file() and (file.parent.name != "__pycache__" or file.suffix == ".pyc"):
            yield file


def _libraries(files: set[Path]) -> set[Path]:
    """The libraries that programs among the files, and modules of Python, are linked to."""
    linked = [str(file) for file in files if file.suffix in (".so", "") and _is_elf(file)]
    said = subprocess.run(["ldd", *linked], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    return {Path(found) for found in re.findall(r"^\t(?:\S+ => )?(/\S+) \(0x", said, re.MULTILINE)}


def _is_elf(file: Path) -> bool:
    with open(file, "rb") as opened:
        return opened.read(4) == b"\x7fELF"


def _with_targets(path: Path) -> Iterator[Path]:
    """A path without links in its folders; and if it is a link itself, what it leads to."""
    path = Path(os.path.realpath(path.parent)) / path.name
    yield path
    if path.is_symlink():
        yield from _with_targets(path.parent / os.readlink(path))
