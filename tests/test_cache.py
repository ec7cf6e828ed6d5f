"""What is kept for all processes: found again, made anew after any change, and never trusted to anybody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import attrs
import pytest

import xform
from xform import cache
from xform.codecs import Codec
from xform.compile.program import Program
from xform.loader import _loaded
from xform.table import resolve
from xform.table.model import Table

HERE = Path(__file__).parent
MACHINE = "<machine><name>m</name><devices><disk><target dev='a'/></disk></devices></machine>"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where things are kept, with nothing in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "xform"


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A dialect that can be changed."""
    return Path(shutil.copytree(HERE / "dialects" / "mini", tmp_path / "mini"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was read or compiled, and not found."""
    from xform.compile import detail, generate, keys, parse

    found: list[str] = []

    def note(module: Any, name: str) -> None:
        function = getattr(module, name)

        def noted(*args: Any) -> Any:
            found.append(f"{module.__name__.rpartition('.')[2]}")
            return function(*args)

        monkeypatch.setattr(module, name, noted)

    note(resolve, "load_tables")
    for module in (parse, detail, generate, keys):
        note(module, "units")
    return found


def use(name: Path | str) -> str:
    """Every form of a dialect, used once, as a process does that knows of none yet."""
    _loaded.clear()
    dialect = xform.load(str(name))
    machine = dialect.parse(MACHINE)
    assert len(dialect.match(MACHINE, machine).pairs) == 1
    assert dialect.open(MACHINE).residue == []
    return dialect.generate(machine)


def test_what_was_made_once_is_found_again(folder: Path, mini: Path, made: list[str]) -> None:
    first = use(mini)
    assert sorted(made) == ["detail", "generate", "keys", "parse", "resolve"]
    made.clear()
    assert use(mini) == first
    assert made == []


@pytest.mark.parametrize("name", ["disk.toml", "dialect.toml", "rules.py"])
def test_a_change_of_any_file_makes_everything_anew(folder: Path, mini: Path, made: list[str], name: str) -> None:
    use(mini)
    made.clear()
    (mini / name).write_text((mini / name).read_text() + "# changed\n")
    use(mini)
    assert len(made) == 5


def test_a_change_of_the_dialect_that_one_extends_does_so_too(folder: Path, tmp_path: Path, made: list[str]) -> None:
    for name in ("workshop", "annex"):
        shutil.copytree(HERE / "dialects" / name, tmp_path / name)
    xform.load(str(tmp_path / "annex"))
    made.clear()
    xform.load(str(tmp_path / "annex"))
    assert made == []
    file = tmp_path / "workshop" / "parts.toml"
    file.write_text(file.read_text().replace("light heavy", "light"))
    fuel = xform.load(str(tmp_path / "annex")).tables.shapes["Fuel"]
    assert made == ["resolve", "resolve"]
    assert "heavy" not in str(fuel)


def test_with_rules_from_elsewhere_nothing_is_kept(
    folder: Path, mini: Path, tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (mini / "rules.py").rename(tmp_path / "rules_from_elsewhere.py")
    (mini / "rules.py").write_text("from rules_from_elsewhere import *\n")
    first = use(mini)
    made.clear()
    assert use(mini) == first
    assert len(made) == 5
    del sys.modules["rules_from_elsewhere"]


def test_rules_are_those_of_the_folder(folder: Path, mini: Path) -> None:
    for _ in range(2):
        disk = xform.load(str(mini)).tables.shapes["Disk"]
        assert isinstance(disk, Table)
        codec = disk.fields["auto"].codec
        assert codec is not None
        assert codec.decode("y") is True


def test_tables_that_were_kept_are_equal_to_those_that_were_read(folder: Path) -> None:
    xform.load("ovirt")
    kept = xform.load("ovirt").tables
    read = resolve.load_tables("ovirt")
    for ours, theirs in zip(kept.lineage, read.lineage, strict=True):
        assert list(ours.shapes) == list(theirs.shapes)
        for name, shape in theirs.shapes.items():
            assert alike(ours.shapes[name]) == alike(shape)


def alike(value: Any) -> Any:
    """A value of tables with codecs by what they were made of."""
    if isinstance(value, Codec):
        return value.made
    if attrs.has(type(value)):
        return type(value), [alike(getattr(value, field.name)) for field in attrs.fields(type(value))]
    if isinstance(value, tuple | dict):
        return [alike(item) for item in (value.items() if isinstance(value, dict) else value)]
    return value


def spoil_content(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def let_others_write(file: Path) -> None:
    file.chmod(0o620)


def link(file: Path) -> None:
    file.rename(file.with_suffix(".away"))
    file.symlink_to(file.with_suffix(".away"))


@pytest.mark.parametrize("spoil", [spoil_content, cut, empty, let_others_write, link], ids=lambda spoil: spoil.__name__)
def test_a_file_that_cannot_be_trusted_is_made_anew(folder: Path, mini: Path, made: list[str], spoil: Any) -> None:
    first = use(mini)
    for file in folder.iterdir():
        spoil(file)
    made.clear()
    assert use(mini) == first
    assert sorted(made) == ["detail", "generate", "keys", "parse", "resolve"]


def close_folder(folder: Path) -> None:
    folder.chmod(0o770)


def link_folder(folder: Path) -> None:
    folder.rename(folder.with_name("away"))
    folder.symlink_to(folder.with_name("away"))


def file_there(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


@pytest.mark.parametrize("spoil", [close_folder, link_folder, file_there], ids=lambda spoil: spoil.__name__)
def test_a_folder_that_cannot_be_trusted_is_not_used(folder: Path, mini: Path, made: list[str], spoil: Any) -> None:
    first = use(mini)
    spoil(folder)
    made.clear()
    assert use(mini) == first
    assert sorted(made) == ["detail", "generate", "keys", "parse", "resolve"]


def test_what_another_user_owns_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store("a", lambda: b"data")
    assert cache.load("a") == b"data"
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.load("a") is None
    cache.store("b", lambda: pytest.fail("made for nobody"))


@pytest.mark.parametrize("home", ["", "relative", "/proc/nothing"])
def test_without_a_folder_nothing_is_kept(home: str, mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    monkeypatch.setenv("HOME", home)
    assert use(mini) == use(mini)


def test_a_full_disk_is_no_error_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store("a", lambda: b"data")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    cache.store("b", lambda: b"data")
    assert [file.name for file in folder.iterdir()] == ["a"]


def test_the_folder_is_for_its_user_alone(folder: Path) -> None:
    cache.store("a", lambda: b"data")
    assert [folder.stat().st_mode & 0o777, (folder / "a").stat().st_mode & 0o777] == [0o700, 0o600]


def test_the_oldest_go_when_there_are_many(folder: Path) -> None:
    for number in range(cache.KEEP + 5):
        cache.store(str(number), lambda: b"")
        os.utime(folder / str(number), ns=(number, number))
    assert len(list(folder.iterdir())) <= cache.KEEP + 1
    assert cache.load("0") is None
    assert cache.load(str(cache.KEEP + 4)) == b""


@pytest.mark.parametrize("kept", [False, True])
def test_a_traceback_shows_compiled_source(folder: Path, mini: Path, kept: bool) -> None:
    if kept:
        use(mini)
    dialect = xform.load(str(mini))
    with pytest.raises(AttributeError) as caught:
        Program(dialect.classes, "parse")["parse_Disk"](5, {})
    shown = "".join(traceback.format_exception(caught.value))
    assert "in parse_Disk\n    is__source = words_Source.get(e.get('type'))" in shown


def test_another_process_finds_what_one_has_made(folder: Path) -> None:
    code = f"import xform; xform.load({str(HERE / 'dialects' / 'mini')!r}).parse({MACHINE!r}); import sys; " + (
        "print('xform.table.resolve' in sys.modules, 'xform.compile.parse' in sys.modules)"
    )
    said = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)]
    assert said == ["True True\n", "False False\n"]
