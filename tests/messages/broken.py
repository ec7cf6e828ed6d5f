"""The tables of tests/fail, which are cases of their own: each has its message beside it."""

from __future__ import annotations

import shutil
from contextlib import chdir, suppress
from pathlib import Path

from tests.messages.sites import ROOT, noted
from xform.check.relaxng import read_schema
from xform.errors import TableError
from xform.lint import lint
from xform.table.resolve import load_tables

HOME = ROOT / "tests" / "fail"
HEAD = 'format = 1\nname = "broken"\nextends = "../base"\n'


def run_broken(folder: Path) -> set[tuple[str, int]]:
    """The places that they come by."""
    reached: set[tuple[str, int]] = set()
    for home in (HOME, HOME / "lint"):
        for file in sorted(home.glob("*.toml")):
            at = folder / home.name / file.stem
            shutil.copytree(home / "base", at / "base")
            (at / "broken").mkdir()
            more = file.with_suffix(".head")
            (at / "broken" / "dialect.toml").write_text(HEAD + (more.read_text() if more.exists() else ""))
            shutil.copy(file, at / "broken" / ("dialect.toml" if file.stem.startswith("dialect-") else file.name))
            if (rules := file.with_suffix(".py")).exists():
                shutil.copy(rules, at / "broken" / "rules.py")
            with chdir(at), noted(reached), suppress(TableError):
                tables = load_tables("broken")
                lint(tables, [read_schema(at / "base" / "house.rng")] if home.name == "lint" else [])
    return reached
