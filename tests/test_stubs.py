"""Stubs: what editors and type checkers know of entity classes is what the tables say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import xform
from tests.cli.conftest import MINI
from xform.stubs import stubs

ROOT = Path(__file__).parents[1]
WORKSHOP = ROOT / "tests" / "dialects" / "workshop"

GOOD = """\
from typing import TYPE_CHECKING, assert_type

import xform

if TYPE_CHECKING:
    from own import OwnDialect
    from workshop import WorkshopDialect
    from xform.types.ovirt import OvirtDialect

ovirt = xform.load("ovirt")
vm = ovirt.read("vm.yaml")
assert_type(vm, "OvirtDialect.Vm")
assert_type(xform.load(), "OvirtDialect")
assert_type(ovirt.parse(b"<domain/>"), "OvirtDialect.Vm")
assert_type(ovirt.plan(vm), "OvirtDialect.Vm")
assert_type(ovirt.update(b"<domain/>", vm), bytes)
assert_type(ovirt.update("<domain/>", vm), str)
disk = ovirt.Disk(target="vda", cache="none", source=ovirt.FileDiskSource(path="/a"))
vm.disks.append(disk)
disk.source = xform.Opaque("<disk/>")
domain = xform.load("domain")
domain.generate(domain.Domain(type="kvm", name="x"), live=True)


def paths(vm: "OvirtDialect.Vm") -> "list[str | None]":
    disks = [disk for disk in vm.disks if not isinstance(disk, xform.Opaque)]
    return [disk.source.path for disk in disks if isinstance(disk.source, ovirt.FileDiskSource)]


def fill(workshop: "WorkshopDialect") -> "WorkshopDialect.Workshop":
    return workshop.Workshop(name="x", fuel=workshop.OilFuel(grade="light"), features={"a": "b"})


def shrink(own: "OwnDialect") -> "OwnDialect.House":
    house = own.parse(b"<house/>")
    house.name = own.House(name="hut").name
    return house


assert_type(xform.load("./site").Disk, type)
"""

BAD = """\
import xform

ovirt, domain = xform.load("ovirt"), xform.load("domain")
ovirt.Disk(target="vda", cashe="none")
ovirt.Disk(target="vda", cache="nine")
ovirt.Disk("disk")
ovirt.FileDiskSource(path=5)
print(ovirt.Disk(target="vda").tarjet)
domain.generate(ovirt.read("vm.yaml"))
domain.Domain(name="x")
"""


@pytest.mark.parametrize("dialect", ["domain", "ovirt"])
def test_the_stubs_that_are_shipped_are_those_of_the_tables(
    dialect: str, golden: Callable[[str | Path, str], None]
) -> None:
    golden(ROOT / "xform" / "types" / f"{dialect}.pyi", stubs(xform.load(dialect)))


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of the two programs above."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    folder = tmp_path_factory.mktemp("programs")
    (folder / "workshop.pyi").write_text(stubs(xform.load(str(WORKSHOP))))
    own = folder / "own"
    own.mkdir()
    (own / "dialect.toml").write_text('format = 1\nname = "own"\nroot = "House"\n')
    (own / "house.toml").write_text(
        'format = 1\n[House]\nelement = "house"\nclass = "model:House"\n[House.row]\nname = "@name : str !"\n'
    )
    (own / "model.py").write_text("from attrs import define\n\n\n@define\nclass House:\n    name: str\n")
    (folder / "own.pyi").write_text(stubs(xform.load(str(own))))
    (folder / "good.py").write_text(GOOD)
    (folder / "bad.py").write_text(BAD)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--follow-imports=silent",
            "--no-error-summary",
            "good.py",
            "bad.py",
        ],
        cwd=folder,
        env={"MYPYPATH": f"{ROOT}:{own}", "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_a_type_checker_follows_entities_through_a_dialect(checked: list[str]) -> None:
    assert [line for line in checked if not line.startswith("bad.py")] == []


def test_a_type_checker_finds_wrong_names_and_wrong_types(checked: list[str]) -> None:
    faults = {line.split(":")[1]: line.split(": error: ")[1] for line in checked if ": error: " in line}
    assert len(faults) == len(FAULTS)
    assert [(line, fault) for line, fault in FAULTS.items() if not faults[line].startswith(fault)] == []


FAULTS = {
    "4": 'Unexpected keyword argument "cashe" for "Disk"',
    "5": 'Argument "cache" to "Disk" has incompatible type "Literal[\'nine\']"',
    "6": 'Too many positional arguments for "Disk"',
    "7": 'Argument "path" to "FileDiskSource" has incompatible type "int"',
    "8": '"Disk" has no attribute "tarjet"',
    "9": 'Argument 1 to "generate" of "DomainDialect" has incompatible type "Vm"',
    "10": 'Missing named argument "type" for "Domain"',
}


@pytest.mark.parametrize("folder", ["domain", "ovirt", str(WORKSHOP), str(MINI)], ids=lambda folder: Path(folder).name)
def test_a_class_has_the_fields_that_its_stub_says(folder: str) -> None:
    """By name, in order, and whether each may be left out."""
    dialect = xform.load(folder)
    (outer,) = [node for node in ast.parse(stubs(dialect)).body if isinstance(node, ast.ClassDef)]
    found = {node.name: _fields(node) for node in outer.body if isinstance(node, ast.ClassDef)}
    assert found == {name: _attributes(dialect.classes[name]) for name in dialect.classes.names()}


def _fields(node: ast.ClassDef) -> list[tuple[str, bool]]:
    fields = [field for field in node.body if isinstance(field, ast.AnnAssign)]
    return [(ast.unparse(field.target), field.value is not None) for field in fields]


def _attributes(cls: Any) -> list[tuple[str, bool]]:
    own = attrs.fields(cls) if attrs.has(cls) else ()
    return [(attribute.name, attribute.default is not attrs.NOTHING) for attribute in own]


def test_a_field_is_documented_by_the_comment_of_its_row() -> None:
    text = stubs(xform.load("domain"))
    assert '        rotation_rate: int | None = None\n        """rpm; 1: no rotation"""\n' in text


def test_L390_an_embedders_class_stands_for_itself_as_a_type(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nname = "own"\nroot = "House"\n')
    (tmp_path / "house.toml").write_text(
        'format = 1\n[House]\nelement = "house"\n[House.row]\nparts = "part : list Part"\n'
        '[Part]\nclass = "tests.test_dialect:OwnPart"\n[Part.row]\nsize = "@size : uint"\n'
    )
    text = stubs(xform.load(str(tmp_path)))
    assert "import tests.test_dialect\n" in text
    assert "    Part: TypeAlias = tests.test_dialect.OwnPart\n" in text
    assert "parts: list[OwnDialect.Part | Opaque] = ...\n" in text


def test_a_field_may_be_called_as_a_type(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nname = "own"\nroot = "House"\n')
    (tmp_path / "house.toml").write_text(
        'format = 1\n[House]\nelement = "house"\n[House.row]\n'
        'str = "@str : str"\nlist = "all/list : list str"\nbool = "@word : enum str bool"\n'
    )
    text = stubs(xform.load(str(tmp_path)))
    assert "import builtins\n" in text
    assert "        str: builtins.str | None = None\n" in text
    assert "        list: builtins.list[builtins.str] = ...\n" in text
    assert "        bool: Literal['str', 'bool'] | None = None\n" in text
