"""libvirt's mock, in a process of its own: what libvirt makes of documents.

Some documents make some versions of libvirt write where they should not, and it crashes sooner or later.  That process
is then started anew.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from xform.errors import HostError
from xform.hypervisor import MOCK, import_libvirt


class Mock:
    """The mock, with nothing in it but what is defined for a moment.  Ends with the last reference to it, or at exit.

    Raises HostError where libvirt-python cannot be imported.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start()

    def define(self, document: str) -> str:
        """What libvirt makes of a document, secrets included; nothing stays defined. Raises HostError if it refuses."""
        with self._lock:
            # a crash may be the fault of a document that was answered before
            answer = self._asked(document) or self._asked(document)
        dump, refusal = answer or (None, "libvirt crashes")
        if dump is None:
            raise HostError(refusal)
        return str(dump)

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the C library tells there of a crash
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            text=True,
        )
        self._end = weakref.finalize(self, _end, self._process)
        (wrong,) = self._answer() or ("libvirt's mock does not start",)
        if wrong:
            raise HostError(wrong)

    def _asked(self, document: str) -> list[str | None] | None:
        """What is answered, None after a crash."""
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps(document) + "\n")
            self._process.stdin.flush()
            if answer := self._answer():
                return answer
        except BrokenPipeError:
            pass
        self._end()
        self._start()
        return None

    def _answer(self) -> list[str | None] | None:
        assert self._process.stdout
        line = self._process.stdout.readline()
        answer: list[str | None] | None = json.loads(line) if line else None
        return answer


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(BrokenPipeError):
        process.communicate()


# --- the other process ------------------------------------------------------------------------------------------


def _serve(lines: Iterable[str]) -> None:
    """Say that all is well, or what is not; then answer each line, a document, with a dump or a refusal."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        libvirt = import_libvirt()
        connection = _connect(libvirt)
    except HostError as error:
        print(json.dumps([str(error)]), flush=True)
        return
    print(json.dumps([None]), flush=True)
    for line in lines:
        print(json.dumps(_defined(libvirt, connection, json.loads(line))), flush=True)


def _connect(libvirt: Any) -> Any:
    # what test:///default holds has a domain of its own, which documents could collide with
    with open(os.memfd_create("node"), "wb") as node:
        node.write(b"<node/>")
        node.flush()
        try:
            return libvirt.open(f"{MOCK}:///proc/self/fd/{node.fileno()}")
        except libvirt.libvirtError as error:
            raise HostError(f"{MOCK}://: {' '.join(str(error).split())}") from None


def _defined(libvirt: Any, connection: Any, document: str) -> tuple[str | None, str]:
    try:
        domain = connection.defineXML(document)
        dump = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)
        domain.undefine()
    except libvirt.libvirtError as error:
        return None, " ".join(str(error).split())
    return dump, ""


if __name__ == "__main__":
    _serve(sys.stdin)
