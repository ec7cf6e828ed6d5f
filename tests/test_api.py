"""What is public is one list, tests/golden/api.txt: who changes it writes so into CHANGELOG.md."""

from __future__ import annotations

import importlib
import inspect
import re
import tomllib
import typing
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import xform
from xform.table.brought import GROUP

ROOT = Path(__file__).parents[1]

PUBLIC = {
    "xform": tuple(xform.__all__),
    "xform.document": ("Document",),
    "xform.residue": ("Drift", "Residue"),
    "xform.rounding": ("Rounded",),
    "xform.trace": ("Fact", "Line", "Mark"),
    "xform.match": ("Ambiguity", "Matching", "Pair"),
    "xform.match.changes": ("ChangeSet", "Gone", "Inserted", "Paired"),
    "xform.match.explain": ("Explained", "Tried"),
    "xform.pipeline": tuple(importlib.import_module("xform.pipeline").__all__),
    "xform.laws": tuple(importlib.import_module("xform.laws").__all__),
    "xform.strategies": tuple(importlib.import_module("xform.strategies").__all__),
    "xform.documents": tuple(importlib.import_module("xform.documents").__all__),
    "xform.monitor.progress": ("Progress",),
    "xform.monitor.source": ("open_source",),
    "xform.monitor.records": ("Change",),
    "xform.monitor.store": ("Entry", "Store"),
    "xform.monitor.watch": ("Monitor", "Vm"),
    "host_prep.config": ("Config",),
    "host_prep.journal": ("Journal",),
    "host_prep.libvirt": ("Libvirt",),
    "host_prep.start": ("planned", "release", "start"),
    "host_prep.system": ("Host",),
}
# Of these an embedder makes one and hands it on; what else they can do is for those that get it.
MEMBERS: dict[str, set[str]] = {
    "Host": set(),
    "Journal": set(),
    "Libvirt": set(),
    "Progress": {"lag", "well"},
    "Store": {"close", "history", "leases"},
}
# What the engine's modules ask of a dialect, in trees and layouts: no embedder's, as its docstring says.
ENGINE = {
    *("tables", "classes", "root", "tree", "read_tree", "read_element", "detailed", "digest_tree", "refuse"),
    *("layouts", "sections", "vocabulary", "kinds", "same_run", "containers"),
}


class _Written:
    """An annotation that prints as it was written."""

    def __init__(self, text: object) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text if isinstance(self.text, str) else inspect.formatannotation(self.text)


def _signature(function: Callable[..., Any]) -> str:
    found = inspect.signature(function)
    parameters = [
        one if one.annotation is one.empty else one.replace(annotation=_Written(one.annotation))
        for one in found.parameters.values()
    ]
    gives = found.return_annotation
    return str(
        found.replace(parameters=parameters, return_annotation=gives if gives is found.empty else _Written(gives))
    )


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """What a class and its public bases have, but for what every class or exception has."""
    for name, member in sorted(inspect.getmembers_static(cls)):
        ours = not name.startswith("_") and not hasattr(Exception, name)
        ours = ours and name in MEMBERS.get(cls.__name__, {name})
        if ours and not (cls is xform.Dialect and name in ENGINE):
            yield name, member


def _lines(name: str, value: Any, indent: str = "") -> Iterator[str]:
    if isinstance(value, type):
        bases = [base.__name__ for base in value.__bases__ if base is not object]
        init = "" if issubclass(value, Exception) or value is xform.Dialect else _signature(value)
        yield f"{indent}class {name}{init.removesuffix(' -> None')}" + (f" extends {', '.join(bases)}" if bases else "")
        for inner, member in _members(value):
            yield from _lines(inner, member, indent + "    ")
    elif isinstance(value, property | cached_property):
        getter = value.fget if isinstance(value, property) else value.func
        yield f"{indent}{name}: {_signature(getter).partition(' -> ')[2]}"
    elif callable(value):
        for form in typing.get_overloads(value) or [value]:
            yield f"{indent}{name}{_signature(form)}"


def _public() -> Iterator[tuple[str, str, Any]]:
    for module, names in PUBLIC.items():
        for name in names:
            yield module, name, getattr(importlib.import_module(module), name)


def _project() -> Iterator[str]:
    """What is public besides Python's names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    yield f"commands: {' '.join(sorted(project['scripts']))}"
    yield f"extras: {' '.join(sorted(project['optional-dependencies']))}"
    yield f"entry points that packages may bring: {GROUP} xform.stages"


def _options() -> Iterator[str]:
    parser = pytest.Parser(_ispytest=True)
    importlib.import_module("xform_pytest").pytest_addoption(parser)
    yield "options of pytest: " + " ".join(sorted(one.names()[0] for one in parser.getgroup("xform").options))


def test_the_public_names_are_those_of_the_list(golden: Callable[[str, str], None]) -> None:
    lines = [*_project(), *_options()]
    module = ""
    for home, name, value in _public():
        if home != module:
            lines += ["", home]
            module = home
        lines += _lines(name, value, "    ")
    golden("api.txt", "\n".join(lines) + "\n")


def _undocumented() -> Iterator[str]:
    for module, name, value in _public():
        if not (value.__doc__ or "").strip():
            yield f"{module}.{name}"
        if isinstance(value, type):
            for inner, member in _members(value):
                documented = isinstance(member, property | cached_property) or callable(member)
                if documented and not (member.__doc__ or "").strip():
                    yield f"{module}.{name}.{inner}"


def test_every_public_name_says_what_it_means() -> None:
    assert list(_undocumented()) == []


def test_the_page_of_the_api_has_every_public_name_and_no_other() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    modules = set(re.findall(r"^\.\. automodule:: (\S+)", page, re.MULTILINE))
    shown = set(re.findall(r"^\.\. auto(?!module)\w+:: (\S+)", page, re.MULTILINE))
    shown |= {f"{module}.{name}" for module in modules for name in PUBLIC[module]}
    assert shown == {f"{module}.{name}" for module, names in PUBLIC.items() for name in names}
