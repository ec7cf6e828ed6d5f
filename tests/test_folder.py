"""A dialect's folder: how it is found, and how its Python is loaded."""

import os
import pickle
import subprocess
import sys
import threading
import typing
from pathlib import Path

import pytest

from xform.errors import TableError
from xform.table.folder import base_folder, digest, find, load_module, sources, stamps

HOST = """\
from __future__ import annotations
from attrs import frozen

@frozen
class Pool:
    name: str

@frozen
class Host:
    pools: list[Pool]
"""


def registered(folder: Path) -> list[str]:
    return [name for name, module in sys.modules.items() if str(folder) in str(getattr(module, "__file__", None))]


def test_the_files_of_a_dialect_are_its_tables_and_its_python_with_their_data(tmp_path: Path) -> None:
    names = ["dialect.toml", "plan/__init__.py", "data/os.toml", "rules.py", "README.md", "data/deep/er.toml"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert [str(file.relative_to(tmp_path)) for file in sources(tmp_path)] == sorted(names[:4])
    before = digest(tmp_path)
    (tmp_path / "data" / "os.toml").write_text("a = 1\n")
    assert digest(tmp_path) != before


def test_a_file_that_goes_while_they_are_looked_at_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text("")
    listed = sources(tmp_path)
    monkeypatch.setattr("xform.table.folder.sources", lambda folder: listed)
    listed[0].unlink()
    assert [*stamps(tmp_path)] == [str(tmp_path / "b.toml")]


def test_a_dialect_extends_one_by_name_or_by_its_path_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("base", "site/inner", "site/domain"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "dialect.toml").touch()
    site = tmp_path / "site"
    assert base_folder(site, "inner") == site / "inner"
    assert base_folder(site, "../base") == site / "../base"
    assert base_folder(site, "domain") == find("domain")  # a name says the same in every folder
    for name in ("base", "./base"):
        with pytest.raises(TableError, match=f"no dialect '{name}'"):
            base_folder(site, name)


def test_a_module_runs_once_however_many_threads_ask(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("import time\nfrom pathlib import Path\ntime.sleep(0.05)\nRUN = object()\n")
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(load_module(tmp_path, "rules"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(module) for module in found}) == 1


def test_a_module_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert load_module(tmp_path, "rules") is None


def test_a_changed_file_runs_anew_even_within_one_second(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / "rules.py").write_text(f"NUMBER = {number}\n")
        os.utime(tmp_path / "rules.py", ns=(0, 1_000_000_000 + number))
        module = load_module(tmp_path, "rules")
        assert module is not None
        assert vars(module)["NUMBER"] == number
        assert load_module(tmp_path, "rules") is module


def test_a_module_is_told_by_its_path_however_that_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a-b/mini", "a_b/mini", "ü/mini"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "rules.py").write_text(f"NAME = {name!r}\n")
        assert vars(load_module(tmp_path / name, "rules") or object)["NAME"] == name
    monkeypatch.chdir(tmp_path / "a-b")
    assert load_module(Path("mini"), "rules") is load_module(tmp_path / "a_b" / ".." / "a-b" / "mini", "rules")


def test_types_are_found_by_their_names_and_values_survive_pickle(tmp_path: Path) -> None:
    (tmp_path / "host.py").write_text(HOST)
    module = load_module(tmp_path, "host")
    assert module is not None
    assert typing.get_type_hints(module.Host) == {"pools": list[module.Pool]}
    host = module.Host([module.Pool("a")])
    assert pickle.loads(pickle.dumps(host)) == host


def test_values_go_to_a_process_that_has_loaded_nothing(tmp_path: Path) -> None:
    (tmp_path / "host.py").write_text(HOST)
    module = load_module(tmp_path, "host")
    assert module is not None
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer))"
    sent = pickle.dumps(module.Host([module.Pool("a")]))
    done = subprocess.run([sys.executable, "-c", code], input=sent, stdout=subprocess.PIPE, check=True)
    assert done.stdout == b"Host(pools=[Pool(name='a')])\n"


def test_a_module_that_fails_leaves_nothing_behind_and_loads_once_it_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "rules.py"
    file.write_text("1 / 0\n")
    for _ in range(2):
        with pytest.raises(TableError, match=r"rules\.py:1: ZeroDivisionError: .*; expected Python that loads$"):
            load_module(tmp_path, "rules")
        assert registered(tmp_path) == []
    file.write_text("MENDED = True\n")
    assert vars(load_module(tmp_path, "rules") or object)["MENDED"]


def test_a_folder_is_the_same_from_wherever_it_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find("mine") == find("./mine") == tmp_path / "mine"
