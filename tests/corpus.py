"""Domain XML documents that libvirt's own tests and real hosts have; not part of the project.

They are looked for where XFORM_CORPUS points, else beside the checkout: `corpus/FOLDER/*.xml` and `live/*/*.xml`.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

HOME = Path(os.environ.get("XFORM_CORPUS") or Path(__file__).parents[2] / "shared")
SLICES = 12

needed = pytest.mark.skipif(
    not (HOME / "corpus").is_dir(),
    reason="no corpus of Domain XML documents; point XFORM_CORPUS to a folder with corpus/ and live/",
)


@cache
def folders() -> dict[str, tuple[Path, ...]]:
    """The documents of each folder, in order."""
    found = {folder.name: tuple(sorted(folder.glob("*.xml"))) for folder in sorted((HOME / "corpus").glob("*/"))}
    live = tuple(sorted((HOME / "live").glob("*/*.xml")))
    return {name: files for name, files in (found | {"live": live}).items() if files}


def documents() -> list[Path]:
    return [file for files in folders().values() for file in files]


@cache
def samples() -> tuple[Path, ...]:
    """The documents among a manager's own files."""
    return tuple(file for file in sorted((HOME / "samples").rglob("*.xml")) if _root(file) == "domain")


def _root(file: Path) -> str | None:
    try:
        return str(etree.fromstring(file.read_bytes()).tag)
    except etree.XMLSyntaxError:
        return None


def part(number: int) -> list[Path]:
    """One of SLICES slices of all documents, alike in what they hold."""
    return documents()[number::SLICES]


sliced = pytest.mark.parametrize("number", range(SLICES), ids=lambda number: f"slice{number + 1}of{SLICES}")


def live_scenarios() -> list[Path]:
    """The folders of documents that one real VM had, step by step, each with its facts.json."""
    return sorted(file.parent for file in (HOME / "live").glob("*/facts.json"))
