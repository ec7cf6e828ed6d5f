"""What the tests of the `ovirt` dialect share: the dialect and its plan, the examples, documents of real VMs."""

import os
from pathlib import Path
from typing import Any

import pytest

import xform
from xform.table.folder import load_module

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
CORPUS = Path(os.environ.get("XFORM_CORPUS") or ROOT.parent / "shared")

OVIRT = xform.load("ovirt")
PLANNING: Any = load_module(OVIRT.tables.folder, "plan")
Host = PLANNING.Host


def plan(vm: Any, host: Any = None, **context: Any) -> Any:
    return PLANNING.plan(vm, dialect=OVIRT, host=host, **context)


def example_host() -> Any:
    return OVIRT.read_context("host", EXAMPLES / "host.yaml")


def contexts(name: str) -> dict[str, Any]:
    """What an example is planned by: files of its own, or the cluster that most of them are in."""
    folder = EXAMPLES / "contexts"
    files = {keyword: folder / f"{name}.{keyword}.yaml" for keyword in ("host", "cluster")}
    if not files["cluster"].is_file():
        files["cluster"] = folder / "cluster.yaml"
    return {keyword: OVIRT.read_context(keyword, file) for keyword, file in files.items() if file.is_file()}


def corpus(name: str) -> Path:
    """A folder of the test material, or a skip that says what is missing."""
    if not (CORPUS / name).is_dir():
        pytest.skip(f"no {CORPUS / name}; XFORM_CORPUS names the folder that holds {name}/")
    return CORPUS / name
