"""The options of pytest's plugin.  What they ask for is imported when they are given: other runs pay nothing."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("xform")
    group.addoption("--xform", metavar="DIALECT", help="Lint the tables of a dialect, each file a test.")
    group.addoption(
        "--xform-corpus",
        metavar="DIR",
        action="append",
        default=[],
        help="With --xform: try its laws on all *.xml of this folder, each a test; may be given several times.",
    )
    group.addoption(
        "--xform-schemas",
        metavar="DIR",
        action="append",
        default=[],
        help="Folder of RELAX NG files, may be given several times: the linter asks them all, the laws the first; "
        "by default those of the installed libvirt.",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--xform"):
        from xform.testing import Plugin

        config.pluginmanager.register(Plugin(config), "xform-laws")
    elif config.getoption("--xform-corpus") or config.getoption("--xform-schemas"):
        raise pytest.UsageError("--xform-corpus and --xform-schemas go with --xform DIALECT")
