"""Connections to libvirt: start a domain, dump it, end it, and leave nothing behind.  Knows no word of Domain XML.

libvirt-python is an extra of the distribution and imported where a connection is opened.  Without a daemon there are
``qemu:///embed``, real QEMU from this process, and ``test:///default``, a mock within libvirt.
"""

from __future__ import annotations

import atexit
import importlib
import os
import platform
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from xform.errors import HostError, passwordless
from xform.process import termination
from xform.scratch import scratch

EMBED = "qemu:///embed"
TEST = "test:///default"
MOCK = "test"  # its scheme, and what a document for it calls its hypervisor

# libvirt's sockets stand some 60 characters below the root, and a socket's path has at most 107.
_LONGEST_BASE = 40
_DRIVERS = (
    "/usr/lib/*/libvirt/connection-driver",
    "/usr/lib64/libvirt/connection-driver",
    "/usr/lib/libvirt/connection-driver",
)
_EMULATORS = {"x86_64": "qemu-system-x86", "aarch64": "qemu-system-arm"}

T = TypeVar("T")


def default_uri() -> tuple[str, str]:
    """The URI to use where none is given, and in one line why: real QEMU where it is installed, else libvirt's mock."""
    machine = platform.machine()
    emulator = f"qemu-system-{machine}"
    missing = []
    if not shutil.which(emulator):
        missing.append(f"{emulator} (Debian package {_EMULATORS.get(machine, 'qemu-system-misc')})")
    if not any(list(Path("/").glob(f"{folder[1:]}/libvirt_driver_qemu.so")) for folder in _DRIVERS):
        missing.append("libvirt's QEMU driver (Debian package libvirt-daemon-driver-qemu)")
    if missing:
        return TEST, f"{EMBED} is not available: missing {' and '.join(missing)}; {TEST} is used"
    return EMBED, f"{emulator} and libvirt's QEMU driver are installed"


class Hypervisor:
    """A connection to libvirt, as a context manager, that at its end ends every domain it started.

    Also when the body raises, on ^C, and on SIGTERM and SIGHUP where nobody else handles them (they raise Terminated,
    which is a SystemExit).
    Domains are transient, so that nothing stays defined.  A process that is killed cannot clean up: a daemon then
    ends the domains by itself; those of ``qemu:///embed`` live on until the next process that uses it on this machine.

    ``qemu:///embed`` works in a private folder, one for the process because libvirt can have no second one, and
    removed when the process exits.  Outside of it libvirt keeps what it shares with all its drivers: its runtime folder
    (``/run/libvirt``, for others than root in ``~/.cache/libvirt``) and the parent of its control groups.

    Every call raises HostError with libvirt's own message in one line; libvirt itself prints nothing.
    """

    def __init__(self, uri: str | None = None) -> None:
        self.uri = uri or default_uri()[0]
        self._libvirt: Any = None
        self._connection: Any = None
        self._started: list[str] = []

    def __enter__(self) -> Hypervisor:
        self._libvirt = import_libvirt()
        with ExitStack() as stack:
            stack.enter_context(termination())
            # One thread talks to libvirt: a signal ends our waiting at once, yet never comes between a domain's start
            # and its being noted, nor into the cleaning up.
            self._worker = stack.enter_context(ThreadPoolExecutor(1, "libvirt"))
            stack.callback(self._call, self._close)
            self._call(self._open)
            self._exits = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.__exit__(kind, error, trace)

    def start(self, xml: str) -> str:
        """Start a transient domain from a document; its UUID."""
        return self._call(self._start, xml)

    def dump(self, uuid: str) -> str:
        """The live document of a domain; secrets are left out, as libvirt does."""
        return self._call(lambda: str(self._connection.lookupByUUIDString(uuid).XMLDesc(0)))

    def end(self, uuid: str) -> None:
        """End a domain and wait until its process is gone; one that has ended by itself is well."""
        self._call(self._end, uuid)

    def _call(self, function: Callable[..., T], *arguments: object) -> T:
        try:
            return self._worker.submit(function, *arguments).result()
        except self._libvirt.libvirtError as error:
            raise HostError(f"{self.uri}: {' '.join(str(error).split())}") from None

    def _open(self) -> None:
        self._connection = open_connection(self._libvirt, self.uri)

    def _start(self, xml: str) -> str:
        # A daemon ends a domain whose client is gone; the drivers within this process have no such thing.
        uri = urlsplit(self.uri)
        inside = uri.scheme == "test" or uri.path == "/embed"
        domain = self._connection.createXML(xml, 0 if inside else self._libvirt.VIR_DOMAIN_START_AUTODESTROY)
        uuid = str(domain.UUIDString())
        self._started.append(uuid)
        return uuid

    def _end(self, uuid: str) -> None:
        gone = (self._libvirt.VIR_ERR_NO_DOMAIN, self._libvirt.VIR_ERR_OPERATION_INVALID)
        try:
            self._connection.lookupByUUIDString(uuid).destroy()
        except self._libvirt.libvirtError as error:
            if error.get_error_code() not in gone:
                raise
        if uuid in self._started:
            self._started.remove(uuid)

    def _close(self) -> None:
        if self._connection is None:
            return
        faults = []
        for uuid in reversed(self._started[:]):
            try:
                self._end(uuid)
            except self._libvirt.libvirtError as error:
                faults.append(error)
        close_connection(self._connection, self.uri)
        self._connection = None
        if faults:
            raise faults[0]


def import_libvirt() -> Any:
    """libvirt-python, which prints nothing. Raises HostError where it is not installed."""
    # libvirt reads this once, when it is loaded, and logs to stderr otherwise.
    quiet = "LIBVIRT_LOG_OUTPUTS" not in os.environ
    if quiet:
        os.environ["LIBVIRT_LOG_OUTPUTS"] = "4:file:/dev/null"
    try:
        libvirt = importlib.import_module("libvirt")
    except ImportError as error:
        raise HostError(
            f"libvirt-python cannot be imported ({error}); install it with: pip install 'libvirt-xform[libvirt]' "
            "(on Debian it needs gcc, libvirt-dev, pkg-config and python3-dev)"
        ) from None
    finally:
        if quiet:
            del os.environ["LIBVIRT_LOG_OUTPUTS"]
    libvirt.registerErrorHandler(lambda *_: None, None)
    return libvirt


def open_connection(libvirt: Any, uri: str, read_only: bool = False) -> Any:
    """A connection whose events are delivered.  That to the embedded driver is the process's one, and may do all.

    Raises HostError.
    """
    _event_loop(libvirt)
    try:
        if uri == EMBED:
            return _embedded(libvirt)
        return libvirt.openReadOnly(uri) if read_only else libvirt.open(uri)
    except libvirt.libvirtError as error:
        said = " ".join(str(error).split())
        raise HostError(
            f"{passwordless(uri)}: {said}; expected a libvirt that runs: start it, or name another"
        ) from None


def close_connection(connection: Any, uri: str) -> None:
    """Close what `open_connection` gave, unless all the process shares it."""
    if uri != EMBED:
        connection.close()


_lock = threading.Lock()
_loop: threading.Thread | None = None
_root: Path | None = None
_connection: Any = None


def _event_loop(libvirt: Any) -> None:
    """libvirt's default event loop, before the first connection; the embedded driver talks to QEMU through it."""
    global _loop

    def run() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    with _lock:
        if _loop is None:
            libvirt.virEventRegisterDefaultImpl()
            _loop = threading.Thread(target=run, name="libvirt-events", daemon=True)
            _loop.start()


def _embedded(libvirt: Any) -> Any:
    """This process's connection to the embedded driver, made on first use and closed at exit.

    libvirt registers the driver anew with every connection, and has room for twenty.
    """
    global _connection
    root = embedded_root()
    with _lock:
        if _connection is None:
            _connection = libvirt.open(f"{EMBED}?root={quote(str(root))}")
            atexit.register(_connection.close)
        return _connection


def embedded_root() -> Path:
    """This process's folder for the embedded driver, made on first use and removed at exit."""
    global _root
    with _lock:
        if _root is None:
            short = len(tempfile.gettempdir()) <= _LONGEST_BASE
            _root = scratch("xform-", None if short else "/tmp", _remove)
            _settle(_root)
        return _root


def _settle(root: Path) -> None:
    """No virtlogd, no rights given away, no mounts of QEMU's own: they need a daemon or reach beyond the folder."""
    settings = ['stdio_handler = "file"', 'security_driver = "none"', "namespaces = []"]
    if os.geteuid() == 0:
        settings += [f'{who} = "root"' for who in ("user", "group", "swtpm_user", "swtpm_group")]
        settings += ["dynamic_ownership = 0"]  # root needs no owner changed, and libvirt would print of it
    (root / "etc").mkdir()
    (root / "etc" / "qemu.conf").write_text("\n".join(settings) + "\n")


def _remove(root: Path) -> None:
    """Remove a root, and end a QEMU that is still running in it."""
    for file in (root / "run" / "qemu").glob("*.pid"):
        with suppress(OSError, ValueError):
            pid = int(file.read_text())
            if pid != os.getpid() and _runs_in(pid, root):
                os.kill(pid, signal.SIGKILL)
                until = time.monotonic() + 10
                while _runs_in(pid, root) and time.monotonic() < until:
                    time.sleep(0.02)
    shutil.rmtree(root, ignore_errors=True)


def _runs_in(pid: int, root: Path) -> bool:
    """Whether the process is a QEMU of this root: its arguments name the folder; a dead one's are empty."""
    try:
        return f"{root}/".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
