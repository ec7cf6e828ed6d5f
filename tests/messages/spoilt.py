"""What a machine may lack, or refuse."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from tests.messages.case import Spoilt

NOBODY = 65534


def without(*modules: str) -> Spoilt:
    """Nothing of these packages can be imported."""

    class Missing:
        def find_spec(
            self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            if name.partition(".")[0] in modules:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            return None

    def remove() -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] in modules]:
            del sys.modules[name]
        for name in [
            name for name in sys.modules if name.startswith(("xform.audit", "xform.monitor", "host_prep.traffic"))
        ]:
            del sys.modules[name]
        sys.meta_path.insert(0, Missing())

    return Spoilt(f"without {' and '.join(modules)}", remove)


def _small_files() -> None:
    sys.dont_write_bytecode = True  # cut, it would fail whoever imports it next
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))


def _nobody() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _full() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


def _folder() -> None:
    os.dup2(os.open(".", os.O_RDONLY), 0)


def _installed() -> None:
    sys.path.insert(0, os.getcwd())


def _closed(stream: str) -> None:
    setattr(sys, stream, None)


NO_ROOM = Spoilt("files may not grow past 16 bytes", _small_files)
NOT_ROOT = Spoilt("as a user with no rights", _nobody)
FULL = Spoilt("standard output is /dev/full", _full)
INSTALLED = Spoilt("what is in this folder is installed", _installed)
FOLDER_STDIN = Spoilt("standard input is a folder", _folder)
NO_STDIN = Spoilt("standard input is closed", lambda: _closed("stdin"))
NO_STDOUT = Spoilt("standard output is closed", lambda: _closed("stdout"))
