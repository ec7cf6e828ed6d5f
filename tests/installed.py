"""The wheel, installed from its file into an environment that has nothing else, as a user has it.

Tests that use the fixture `installed` are of one group (`pytestmark = wheel`), so that one worker makes it once.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

ROOT = Path(__file__).parents[1]

wheel = pytest.mark.xdist_group("wheel")


@frozen
class Installed:
    """An environment of Python with the wheel, and the folder that the wheel came from."""

    wheel: Path
    home: Path

    def run(self, folder: Path, *command: object, code: int = 0, **environment: str) -> str:
        """What a command of the environment, or `python`, prints in a folder; errors too, in a terminal's order."""
        program, *arguments = map(str, command)
        done = subprocess.run(
            [self.home / "bin" / program, *arguments],
            cwd=folder,
            env=self.environment(folder) | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def environment(self, folder: Path) -> dict[str, str]:
        """The variables of a shell in which it is activated; what is cached is kept in the folder."""
        path = f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XFORM_"))}
        return kept | {"PATH": path, "XDG_CACHE_HOME": str(folder / ".cache"), "VIRTUAL_ENV": str(self.home)}


def build(target: str, folder: Path, source: Path = ROOT) -> Path:
    """The distribution that is made of a source: a `wheel`, or an `sdist`."""
    _do(sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", folder, within=source)
    (built,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return built


def install(folder: Path, *others: str) -> Installed:
    """Build the wheel, and install it with the locked versions of what it needs, and nothing but these others."""
    built = build("wheel", folder)
    locked = re.findall(r"^[\w.-]+==.*?(?= \\)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    (folder / "constraints.txt").write_text("\n".join(locked))
    home = folder / "environment"
    _do(sys.executable, "-m", "venv", home)
    _do(home / "bin" / "pip", "install", "--constraint", folder / "constraints.txt", built, *others)
    return Installed(built, home)


def _do(*command: object, within: Path = ROOT) -> None:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        list(map(str, command)), cwd=within, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
