"""Who may touch what: one process at a time for a VM, and for what all VMs share.  A process that dies lets go."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from xform.errors import HostError, XformError


class InProgress(HostError):
    """Another process is at this VM."""


@contextmanager
def of_vm(folder: Path, vm: str) -> Iterator[str]:
    """The VM's id as it is kept. Raises InProgress where another process has it, XformError for what is no UUID."""
    try:
        id = str(UUID(vm))
    except ValueError:
        raise XformError(f"{vm!r} is no id of a VM; expected a UUID") from None
    with _locked(folder / "locks" / f"{id}.lock", wait=False, what=f"VM {id}"):
        yield id


@contextmanager
def of_host(folder: Path) -> Iterator[None]:
    """Waits until whoever has it is done; it is held for one effect only."""
    with _locked(folder / "locks" / "host.lock", wait=True, what="the host"):
        yield


def sweep(folder: Path) -> None:
    """Remove the locks of processes that were killed."""
    for file in (folder / "locks").glob("*.lock"):
        with suppress(InProgress), _locked(file, wait=False, what=file.stem):
            pass  # whoever lets go of a lock removes it


@contextmanager
def _locked(file: Path, wait: bool, what: str) -> Iterator[None]:
    try:
        descriptor = _taken(file, wait)
    except BlockingIOError:
        raise InProgress(f"{what} is being prepared or released by another process; try again later") from None
    except OSError as error:
        raise HostError(f"{file}: {error.strerror}; expected a state folder that can be written") from None
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _taken(file: Path, wait: bool) -> int:
    """The lock's file, of which whoever had it before leaves nothing: what was waited for may be gone by then."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _is(file, descriptor):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
