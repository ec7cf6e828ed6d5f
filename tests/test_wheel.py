"""The wheel is complete: what it holds works without the checkout, and says what it needs beyond itself."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed import Installed, build, wheel

pytestmark = wheel
ROOT = Path(__file__).parents[1]
CONTEXTS = ROOT / "examples" / "contexts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder outside the checkout with entity files, documents that are made of them, a schema and tables."""
    shutil.copy(ROOT / "examples" / "server.yaml", tmp_path / "vm.yaml")
    shutil.copy(ROOT / "tests" / "golden" / "examples" / "server.xml", tmp_path / "vm.xml")
    (tmp_path / "web.xml").write_text("<domain type='kvm'>\n  <name>web</name>\n</domain>\n")
    (tmp_path / "web.yaml").write_text("type: kvm\nname: web\n")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "domain.rng").write_text(
        '<element name="domain" xmlns="http://relaxng.org/ns/structure/1.0"><attribute name="type"/>'
        '<element name="name"><text/></element></element>'
    )
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "dialect.toml").write_text('format = 1\nroot = "Domain"\nschema = "domain.rng"\n')
    (tmp_path / "tables" / "domain.toml").write_text(
        'format = 1\n[Domain]\nelement = "domain"\n\n[Domain.row]\ntype = "@type : str !"\nname = "name : text !"\n'
    )
    (tmp_path / "host-prep.yaml").write_text(f"root: {tmp_path}\n")
    return tmp_path


def test_what_is_installed_is_not_the_checkout(installed: Installed, tmp_path: Path) -> None:
    said = installed.run(
        tmp_path, "python", "-c", "import xform; print(xform.__file__, xform.load('ovirt').tables.folder)"
    )
    assert all(Path(file).is_relative_to(installed.home) for file in said.split())


@pytest.mark.parametrize(
    ("name", "contexts"),
    [
        ("linux_desktop", ["host=linux_desktop.host.yaml", "cluster=cluster.yaml"]),
        ("windows_11", ["cluster=cluster.yaml"]),
        ("s390x", ["cluster=s390x.cluster.yaml"]),
    ],
)
def test_an_example_is_generated_with_its_contexts(
    name: str, contexts: list[str], installed: Installed, tmp_path: Path
) -> None:
    options: list[str] = []
    for keyword, file in (one.split("=") for one in contexts):
        (tmp_path / file).write_text((CONTEXTS / file).read_text())
        options += ["--context", f"{keyword}={file}"]
    (tmp_path / "vm.yaml").write_text((ROOT / "examples" / f"{name}.yaml").read_text())
    made = installed.run(tmp_path, "xform", "generate", "vm.yaml", "--no-check", *options)
    assert made == (ROOT / "tests" / "golden" / "examples" / f"{name}.xml").read_text()


@pytest.mark.parametrize(
    "command",
    [
        "--version",
        "generate vm.yaml --no-check",
        "parse vm.xml --json",
        "update web.xml web.yaml --dialect domain",
        "match web.xml --known web.yaml --dialect domain",
        "validate web.xml --schemas schemas --dialect domain",
        "gate web.xml --schemas schemas --dialect domain --report page.html",
        "lint tables --schemas schemas",
        "coverage --schemas schemas --dialect tables",
        "draft name --schemas schemas --dialect tables",
        "coverage --schemas schemas --dialect tables --html coverage.html",
        "trace vm.xml",
        "trace vm.xml --html trace.html",
        "match web.xml --known web.yaml --dialect domain --html match.html",
        "reference -o reference",
        "show Disk",
        "show Disk --code",
        "show --xsd ovirt-vm",
        "stubs domain",
        "completion bash",
        "run vm.yaml --until generate",
        "run --from match vm.xml",
    ],
)
def test_a_command_needs_nothing_else(command: str, installed: Installed, folder: Path) -> None:
    installed.run(folder, "xform", *command.split())


INSTALL = "install it with: pip install"
LIBVIRT = f"libvirt-python cannot be imported (No module named 'libvirt'); {INSTALL} 'libvirt-xform[libvirt]'"
STORE = f"a store needs more than is installed (No module named 'sqlalchemy'); {INSTALL} 'libvirt-xform[monitor]'"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("xform run --from prepare vm.xml", 3, LIBVIRT),
        ("xform gate vm.xml --laws libvirt", 3, LIBVIRT),
        ("xform monitor --connect test:///default --store sqlite:///vms.db", 2, STORE),
        ("xform match vm.xml --known sqlite:///vms.db", 2, STORE),
        ("host-prep plan vm.xml", 3, LIBVIRT),
        ("host-prep prepare vm.xml", 3, LIBVIRT),
        ("host-prep start vm.xml", 3, LIBVIRT),
        ("host-prep release 0c5e7d1a-94b3-4f26-8d07-6b2e1f3a9c55", 3, LIBVIRT),
        ("host-prep recover", 3, LIBVIRT),
        ("host-prep status", 3, LIBVIRT),
        ("host-prep dump 0c5e7d1a-94b3-4f26-8d07-6b2e1f3a9c55", 3, LIBVIRT),
    ],
)
def test_what_needs_more_says_in_a_line_what_to_install(
    command: str, code: int, said: str, installed: Installed, folder: Path
) -> None:
    (folder / "vms.db").touch()
    output = installed.run(folder, *command.split(), code=code, HOST_PREP_CONFIG="host-prep.yaml")
    assert len([line for line in output.splitlines() if line.startswith(said)]) == 1
    assert "Traceback" not in output


def test_L302_a_watcher_does_not_wait_for_a_libvirt_that_cannot_come(installed: Installed, folder: Path) -> None:
    output = installed.run(folder, "host-prep", "watch", code=3, HOST_PREP_CONFIG="host-prep.yaml")
    assert output.startswith(LIBVIRT)
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize("module", ["xform.strategies", "xform.documents"])
def test_strategies_name_the_extra_that_brings_hypothesis(module: str, installed: Installed, tmp_path: Path) -> None:
    output = installed.run(tmp_path, "python", "-c", f"import {module}", code=1)
    assert output.splitlines()[-1] == (
        "ModuleNotFoundError: No module named 'hypothesis'; install it with: pip install 'libvirt-xform[test]'"
    )


def test_every_extra_that_a_message_names_is_there(installed: Installed, tmp_path: Path) -> None:
    code = "from importlib.metadata import metadata; print(*metadata('libvirt-xform').get_all('Provides-Extra'))"
    files = [*(ROOT / "xform").rglob("*.py"), *(ROOT / "host_prep").rglob("*.py")]
    named = set(re.findall(r"libvirt-xform\[(\w+)\]", "\n".join(file.read_text() for file in files)))
    assert named
    assert named <= set(installed.run(tmp_path, "python", "-c", code).split())


def test_a_store_is_made_by_what_is_installed(installed: Installed, tmp_path: Path) -> None:
    (site,) = installed.home.glob("lib/python*/site-packages")
    code = (
        f"import sys; sys.path.append({next(path for path in sys.path if path.endswith('site-packages'))!r})\n"
        "import xform; from xform.monitor.store import Store; Store('sqlite:///x.db', xform.load('domain')).close()\n"
        "print(xform.__file__)"
    )
    assert Path(installed.run(tmp_path, "python", "-c", code).strip()).is_relative_to(site)
    assert (tmp_path / "x.db").exists()


def test_the_schema_of_metadata_is_made_of_what_is_installed(installed: Installed, tmp_path: Path) -> None:
    made = installed.run(tmp_path, "xform", "show", "--xsd", "ovirt-vm")
    assert 'targetNamespace="http://ovirt.org/vm/1.0"' in made


# --- types --------------------------------------------------------------------------------------------------------

PROGRAM = """\
import xform
from xform.pipeline import run

ovirt = xform.load("ovirt")
vm = ovirt.parse("<domain/>")
disk = ovirt.Disk(target="vdb", interface="virtio")
vm.disks.append(disk)
text: str = ovirt.generate(vm)
data: bytes = ovirt.update(b"<domain/>", vm)
result = run(ovirt, vm, until="generate")
seconds: float = result.stages[0].seconds
rungs: list[tuple[str, ...]] = [pair.rung for pair in ovirt.match(text, vm).pairs]
"""


def checked(installed: Installed, folder: Path, program: str) -> list[str]:
    """What mypy says of a program that uses what is installed."""
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [
            sys.executable,
            *("-m", "mypy", "--strict", "--no-error-summary", "--no-color-output", "--no-incremental"),
            *("--python-executable", installed.home / "bin" / "python", "program.py"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout + done.stderr).splitlines()


def test_a_type_checker_knows_what_is_installed_and_finds_a_wrong_field(installed: Installed, tmp_path: Path) -> None:
    assert checked(installed, tmp_path, PROGRAM) == []
    field, value = checked(installed, tmp_path, PROGRAM.replace("target=", "targte=").replace('"virtio"', '"vertio"'))
    assert field.startswith('program.py:6: error: Unexpected keyword argument "targte" for "Disk"')
    assert value.startswith('program.py:6: error: Argument "interface" to "Disk" has incompatible type')


# --- a dialect that another package brings ------------------------------------------------------------------------

ACME = {
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-tables"
version = "2.1"
dependencies = ["libvirt-xform"]

[project.entry-points."xform.dialects"]
acme = "acme.tables"

[tool.hatch.build.targets.wheel]
packages = ["acme"]
""",
    "acme/__init__.py": "raise SystemExit('nobody asked for this to be imported')\n",
    "acme/tables/dialect.toml": 'format = 1\nname = "acme"\nextends = "domain"\n',
    "acme/tables/disk.toml": """\
format = 1

[Disk]
extends = "domain:Disk"

[Disk.row]
target = "target/@dev : rule slot"   # number of the slot, from 0
""",
    "acme/tables/rules.py": """\
from xform import Rule

slot = Rule(
    decode=lambda text: ord(text[2]) - ord("a"),
    encode=lambda slot: f"vd{chr(ord('a') + slot)}",
    type="int",
    expected="vda to vdz",
    samples=((0, {}), (25, {})),
)
""",
}


def test_a_dialect_of_another_package_is_used_by_its_name(installed: Installed, tmp_path: Path) -> None:
    for name, text in ACME.items():
        (tmp_path / "acme" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "acme" / name).write_text(text)
    built = build("wheel", tmp_path / "built", tmp_path / "acme")
    site = tmp_path / "site"
    installed.run(tmp_path, "pip", "install", "--no-deps", "--target", site, built)
    (tmp_path / "vm.xml").write_text(
        "<domain type='kvm'><name>web</name><devices><disk type='file' device='disk'>"
        "<target dev='vdc' bus='virtio'/></disk></devices></domain>"
    )
    (tmp_path / "lone").mkdir()  # no checkout's acme/ beside it
    parsed = installed.run(tmp_path / "lone", "xform", "parse", "--dialect", "acme", "../vm.xml", PYTHONPATH=str(site))
    assert "target: 2" in parsed
    assert "dialect acme " in installed.run(tmp_path / "lone", "xform", "--version", PYTHONPATH=str(site))
    assert "acme" not in installed.run(tmp_path / "lone", "xform", "--version")


def test_the_json_schemas_are_there_as_files_and_by_the_command(installed: Installed, tmp_path: Path) -> None:
    folder = "import xform; print(xform.load('domain').tables.folder.parent)"
    shipped = Path(installed.run(tmp_path, "python", "-c", folder).strip())
    for name in ("mapping", "dialect"):
        made = installed.run(tmp_path, "xform", "show", "--json-schema", name)
        assert made == (shipped / f"{name}.schema.json").read_text()
