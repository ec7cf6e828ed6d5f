"""`xform lint --watch`: what is changed is looked at again, whatever state it is in, until Ctrl-C."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1] / "fail" / "lint"
SOUND = 'format = 1\n[House]\nextends = "base:House"\n[House.row]\ncolor = "@color : enum red blue"\n'
CODEC = SOUND.replace("enum", "enmu")


class Watch:
    """A process that lints; its looks end with a line that counts."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xform", "lint", "broken", "--watch", *options],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def until(self, end: str) -> str:
        """What it says up to a line that begins so."""
        assert self.process.stdout
        said = ""
        for line in self.process.stdout:
            said += line
            if line.startswith(end):
                return said
            if re.match(r"\d+ faults?, ", line):
                break
        raise AssertionError(said)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        assert self.process.communicate()[0] == ""
        return self.process.returncode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(HOME / "base", tmp_path / "base")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "dialect.toml").write_text('format = 1\nname = "broken"\nextends = "../base"\n')
    (tmp_path / "broken" / "house.toml").write_text(SOUND)
    return tmp_path


@pytest.fixture
def watch(folder: Path) -> Iterator[Callable[..., Watch]]:
    started: list[Watch] = []

    def start(*options: str) -> Watch:
        started.append(Watch(folder, *options))
        return started[-1]

    yield start
    for one in started:
        with one.process:
            one.process.kill()


def replace(file: Path, content: str | bytes) -> None:
    """As editors write a file: another one takes its place, and nobody sees a part of it."""
    beside = file.with_name(f".{file.name}.new")
    beside.write_bytes(content.encode() if isinstance(content, str) else content)
    os.replace(beside, file)


def test_a_finding_appears_and_goes_as_the_file_changes(watch: Callable[..., Watch], folder: Path) -> None:
    watching, file = watch("--schemas", str(folder / "base")), folder / "broken" / "house.toml"
    assert watching.until("0 faults") == "0 faults, 0 notes\n"
    replace(file, CODEC)
    assert watching.until("1 fault") == (
        "\n--- changed: broken/house.toml\n"
        "broken/house.toml:5:1: House.color: unknown codec 'enmu' (did you mean 'enum'?) (load)\n"
        "1 fault, 0 notes\n"
    )
    replace(file, SOUND)
    assert watching.until("0 faults") == "\n--- changed: broken/house.toml\n0 faults, 0 notes\n"
    assert watching.interrupt() == 0


def test_the_exit_code_is_that_of_the_last_look(watch: Callable[..., Watch], folder: Path) -> None:
    (folder / "broken" / "house.toml").write_text(CODEC)
    watching = watch()
    watching.until("1 fault")
    assert watching.interrupt() == 1


def test_files_that_come_and_go_and_those_of_inherited_dialects_count(
    watch: Callable[..., Watch], folder: Path
) -> None:
    watching, base = watch("--schemas", str(folder / "base")), folder / "base" / "house.toml"
    watching.until("0 faults")
    other = folder / "broken" / "other.toml"
    replace(other, "format = 1\n[house]\n")
    assert "--- changed: broken/other.toml\n" in watching.until("1 fault")
    other.unlink()
    assert "--- changed: broken/other.toml\n" in watching.until("0 faults")
    sound = base.read_text()
    replace(base, sound.replace("[House]", "[Hause]", 1))
    assert watching.until("1 fault").startswith("\n--- changed: base/house.toml\nbase/")
    replace(base, sound)
    watching.until("0 faults")
    assert watching.interrupt() == 0


def test_a_folder_that_goes_and_comes_changes_no_other(watch: Callable[..., Watch], folder: Path) -> None:
    process = watch()
    process.until("0 faults")
    (folder / "broken").rename(folder / "gone")
    said = process.until("no dialect 'broken'")
    assert "--- changed: broken/dialect.toml, broken/house.toml\n" in said
    (folder / "gone").rename(folder / "broken")
    said = process.until("0 faults")
    assert "--- changed: broken/dialect.toml, broken/house.toml\n" in said
    assert process.interrupt() == 0


def test_a_file_that_cannot_be_read_is_told_and_outlived(watch: Callable[..., Watch], folder: Path) -> None:
    watching, head = watch("--schemas", str(folder / "base")), folder / "broken" / "dialect.toml"
    watching.until("0 faults")
    sound = head.read_bytes()
    replace(head, b"\xff")
    assert "broken/dialect.toml: not UTF-8 at byte 0" in watching.until("broken/dialect.toml:")
    head.unlink()
    assert "No such file or directory" in watching.until("broken/dialect.toml:")
    replace(head, sound)
    watching.until("0 faults")
    assert watching.interrupt() == 0


def test_what_is_no_dialect_is_not_watched(watch: Callable[..., Watch], folder: Path) -> None:
    shutil.rmtree(folder / "broken")
    watching = watch()
    watching.until("no dialect 'broken'")
    assert watching.process.wait() == 2
