"""Who may touch what: one process at a time for a VM, and for what all VMs share.  A process that dies lets go."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from xform.errors import HostError, XformError, quoted

_GLANCE = 0.02  # seconds


class InProgress(HostError):
    """Another process is at this VM."""


def id_of(vm: str) -> str:
    """A VM's id as libvirt writes it. Raises XformError for what is no UUID."""
    try:
        return str(UUID(vm))
    except ValueError:
        raise XformError(f"{quoted(vm)} is no id of a VM; expected a UUID") from None


@contextmanager
def of_vm(folder: Path, vm: str, seconds: float = 0) -> Iterator[str]:
    """The VM's id as it is kept.

    Raises InProgress where another process has it and keeps it for so long, XformError for what is no UUID.
    """
    id = id_of(vm)
    with _locked(folder / "locks" / f"{id}.lock", seconds, f"VM {id}"):
        yield id


@contextmanager
def of_host(folder: Path, seconds: float) -> Iterator[None]:
    """It is held for one effect only. Raises InProgress where somebody keeps it for so long."""
    with _locked(folder / "locks" / "host.lock", seconds, "the host"):
        yield


def sweep(folder: Path) -> None:
    """Remove the locks of processes that were killed."""
    for file in (folder / "locks").glob("*.lock"):
        with suppress(InProgress), _locked(file, 0, file.stem):
            pass  # whoever lets go of a lock removes it


@contextmanager
def _locked(file: Path, seconds: float, what: str) -> Iterator[None]:
    until = time.monotonic() + seconds
    try:
        while (descriptor := _taken(file)) is None:
            if time.monotonic() > until:
                raise InProgress(f"{what} is being prepared or released by another process; try again later")
            time.sleep(_GLANCE)
    except OSError as error:
        raise HostError(f"{file}: {error.strerror}; expected a state folder that can be written") from None
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _taken(file: Path) -> int | None:
    """The lock's file; None where another process has it.  Whoever lets go of it removes it, so it is made anew."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is(file, descriptor):
            return descriptor
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
