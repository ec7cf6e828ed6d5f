"""The host: whatever changes it, or looks at it, goes through here, with a line of log each.

No shell; arguments are lists; every command has a time limit.  Nothing here knows what it is for.
"""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from attrs import frozen

from xform.errors import HostError
from xform.process import end

if TYPE_CHECKING:
    from host_prep.config import Config
    from host_prep.libvirt import Libvirt

T = TypeVar("T")


class CommandError(HostError):
    """A command that failed; `code` is what it exited with, None where it took too long."""

    def __init__(self, message: str, code: int | None) -> None:
        super().__init__(message)
        self.code = code


@frozen
class Stat:
    """Of a file: what it is, its rights and its owners."""

    kind: str  # file, folder, link, block, char, socket or pipe
    mode: int
    uid: int
    gid: int
    size: int
    target: str | None  # of a link


_KINDS = (
    (stat.S_ISREG, "file"),
    (stat.S_ISDIR, "folder"),
    (stat.S_ISLNK, "link"),
    (stat.S_ISBLK, "block"),
    (stat.S_ISCHR, "char"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "pipe"),
)


class Host:
    """One host.  Paths are those of its config, whose root tests move; files are written whole or not at all."""

    def __init__(self, config: Config, libvirt: Libvirt) -> None:
        self.config = config
        self.libvirt = libvirt
        self.log = structlog.get_logger("host_prep")

    # Looking

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def boot(self) -> str:
        """Which start of the host this is."""
        return (self.read(self.config.proc / "sys/kernel/random/boot_id") or b"").decode().strip()

    def stat(self, path: Path) -> Stat | None:
        """None where nothing is. A link is told of itself."""

        def found() -> Stat | None:
            try:
                of = os.lstat(path)
            except (FileNotFoundError, NotADirectoryError):
                return None
            kind = next(kind for test, kind in _KINDS if test(of.st_mode))
            target = os.readlink(path) if kind == "link" else None
            return Stat(kind, stat.S_IMODE(of.st_mode), of.st_uid, of.st_gid, of.st_size, target)

        return self._file("look at", path, found)

    def check_owner(self, owner: str) -> None:
        """Raises HostError for a user or group that the host does not have."""
        _ids(owner)

    def exists(self, path: Path) -> bool:
        """Whether something is there, behind all links."""
        return self._file("look at", path, lambda: os.path.exists(path))

    def executable(self, path: Path) -> bool:
        """Whether a file is there, behind all links, that may be run."""
        return self._file("look at", path, lambda: os.path.isfile(path) and os.access(path, os.X_OK))

    def real(self, path: Path) -> Path:
        """What is behind all links."""
        return self._file("look at", path, lambda: Path(os.path.realpath(path)))

    def which(self, command: str) -> Path | None:
        """Where a command is; None where it is not installed."""
        found = shutil.which(command)
        return Path(found) if found else None

    def read(self, path: Path) -> bytes | None:
        """The content of a file; None where there is none."""

        def content() -> bytes | None:
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

        return self._file("read", path, content)

    def names(self, path: Path) -> list[str]:
        """What is in a folder, sorted; nothing where there is none."""

        def names() -> list[str]:
            try:
                return sorted(os.listdir(path))
            except (FileNotFoundError, NotADirectoryError):
                return []

        return self._file("list", path, names)

    # Changing files

    def write(self, path: Path, content: bytes, mode: int = 0o644, owner: str | None = None) -> None:
        """A file with this content, which is there whole or not at all, also after a crash."""

        def change() -> None:
            part = part_of(path)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "wb") as file:
                file.write(content)
                if owner:
                    os.fchown(descriptor, *_ids(owner))
                os.fchmod(descriptor, mode)
                file.flush()
                os.fsync(descriptor)
            os.rename(part, path)

        self._change("write", path, change, size=len(content), mode=oct(mode), owner=owner)

    def poke(self, path: Path, text: str) -> None:
        """Write to a file as it stands, such as one of the kernel's."""

        def change() -> None:
            descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
            with open(descriptor, "wb", buffering=0) as file:
                file.write(text.encode())

        self._change("poke", path, change, text=text)

    def make_folder(self, path: Path, mode: int = 0o755) -> None:
        """A folder, and those above it; one that is there stays as it is."""

        def change() -> None:
            if path.is_dir():
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(exist_ok=True)
            path.chmod(mode)

        self._change("make folder", path, change, mode=oct(mode))

    def link(self, path: Path, target: str) -> None:
        """A symbolic link; one that is there is replaced."""

        def change() -> None:
            part = part_of(path)
            part.unlink(missing_ok=True)
            part.symlink_to(target)
            os.rename(part, path)

        self._change("link", path, change, target=target)

    def set_rights(self, path: Path, mode: int | None = None, owner: str | None = None) -> None:
        """Of a file, behind links."""

        def change() -> None:
            if owner:
                os.chown(path, *_ids(owner))
            if mode is not None:
                os.chmod(path, mode)

        self._change("set rights", path, change, mode=None if mode is None else oct(mode), owner=owner)

    def rename(self, path: Path, new: Path) -> None:
        """A file, or a folder, under a new name of the same file system; a file that has it is replaced."""
        self._change("rename", path, lambda: os.rename(path, new), new=str(new))

    def remove(self, path: Path) -> bool:
        """Remove a file or a link, or an empty folder, and what a broken-off write of it left; whether it was there."""

        def change() -> bool:
            there = False
            for one in (part_of(path), path):
                try:
                    os.rmdir(one) if one.is_dir() and not one.is_symlink() else os.unlink(one)
                except (FileNotFoundError, NotADirectoryError):
                    there = False
                else:
                    there = True
            return there

        return self._change("remove", path, change)

    def remove_tree(self, path: Path) -> bool:
        """Remove a folder with all that is in it, and no link's target; whether there was one."""

        def change() -> bool:
            if not path.is_dir() or path.is_symlink():
                return False
            shutil.rmtree(path)
            return True

        return self._change("remove tree", path, change)

    # Commands

    def run(
        self,
        *arguments: str | Path,
        input: bytes | None = None,
        environment: dict[str, str] | None = None,
        reads: bool = False,
    ) -> bytes:
        """What a command prints; one that `reads` changes nothing.  It is logged, so its arguments hold no secret.

        Raises CommandError with what it said last.
        """
        command = [str(argument) for argument in arguments]
        return self.act(
            "run",
            lambda: self._run(command, input, environment),
            command=shlex.join(command),
            changes=not reads,
        )

    def _run(self, command: list[str], input: bytes | None, environment: dict[str, str] | None) -> bytes:
        name, seconds = Path(command[0]).name, self.config.seconds
        try:
            # a group of its own: it ends with all that it started
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise CommandError(f"{command[0]}: no such command; install it, or correct PATH", 127) from None
        except OSError as error:
            raise CommandError(f"{command[0]}: {error.strerror}", 126) from None
        try:
            output, errors = process.communicate(input, seconds)
        except subprocess.TimeoutExpired:
            raise CommandError(f"{name} took longer than {seconds:g} s and was ended", None) from None
        finally:
            if process.returncode is None:
                end(process)
        if process.returncode:
            said = " ".join(errors.decode(errors="replace").split()) or "it says nothing"
            raise CommandError(f"{name} failed with {process.returncode}: {said}", process.returncode)
        return output

    def _change(self, what: str, path: Path, change: Callable[[], T], **said: Any) -> T:
        said = {name: value for name, value in said.items() if value is not None}
        return self.act(what, lambda: self._file(what, path, change), path=str(path), changes=True, **said)

    def _file(self, what: str, path: Path, action: Callable[[], T]) -> T:
        try:
            return action()
        except OSError as error:
            raise HostError(f"cannot {what} {path}: {error.strerror or error}") from None

    def act(self, what: str, action: Callable[[], T], *, changes: bool, **said: Any) -> T:
        """The one way by which this reaches the world; tests that break things stand in it."""
        try:
            done = action()
        except HostError as error:
            self.log.debug(what, **said, error=str(error))
            raise
        self.log.debug(what, **said)
        return done


def part_of(path: Path) -> Path:
    """Where a file, or a folder, is made before it gets its name."""
    return path.with_name(f".{path.name}.part")


def _ids(owner: str) -> tuple[int, int]:
    """``user:group``, each a name or a number, as numbers. Raises HostError for one that the host does not know."""
    user, _, group = owner.partition(":")
    try:
        uid = int(user) if user.isdecimal() else pwd.getpwnam(user).pw_uid if user else -1
        gid = int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid if group else -1
    except KeyError:
        raise HostError(
            f"{owner}: the host has no such user or group; set an owner that it has (docs/host.md)"
        ) from None
    return uid, gid
