"""What all tests share: golden files that one option renews, and repeatable Hypothesis runs."""

from __future__ import annotations

import atexit
import difflib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import hypothesis
import pytest
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from tests.forked import silent
from tests.installed import Installed, install

GOLDEN = Path(__file__).parent / "golden"

# What tests make is kept for tests only.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="xform-cache-")
atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)

# A shell that starts the tests behind itself has ^C ignored in them; what they start is to be stopped by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What Hypothesis takes from the modules that are loaded would let a test's cases depend on the tests before it.
providers._get_local_constants = Constants

# Every run draws the same cases; HYPOTHESIS_PROFILE=search draws new ones, and more of them.
hypothesis.settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large],
)
hypothesis.settings.register_profile(
    "search", hypothesis.settings.get_profile("repeatable"), derandomize=False, max_examples=2000
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew", action="store_true", help="write golden files and expected messages anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--renew` only the tests run that have something to renew."""
    if config.getoption("--renew"):
        others = [item for item in items if "renew" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if "renew" in getattr(item, "fixturenames", ())]


@pytest.fixture(scope="module")
def quiet() -> Iterator[None]:
    """Nothing is logged: `usefixtures` asks for it, so that it comes before all others of a module, and ends behind."""
    with silent():
        yield


@pytest.fixture
def renew(request: pytest.FixtureRequest) -> bool:
    """Are golden files to be written anew?  Use it without workers: ``pytest -n 0 --renew``."""
    return bool(request.config.getoption("--renew"))


@pytest.fixture
def golden(renew: bool) -> Callable[[str | Path, str], None]:
    """A check that a text is what a golden file (under tests/golden, or at a full path) holds."""

    def check(name: str | Path, text: str) -> None:
        file = GOLDEN / name
        if renew:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"no golden file {file}; make it with: pytest -n 0 --renew"
        expected = file.read_text(encoding="utf-8")
        if text != expected:  # pytest's own difference of long texts takes minutes
            lines = difflib.unified_diff(expected.splitlines(), text.splitlines(), str(file), "now", n=1, lineterm="")
            pytest.fail("\n".join([f"{file} is stale; renew it with: pytest -n 0 --renew", *islice(lines, 60)]))

    return check


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment of its own; mark the tests with `tests.installed.wheel`."""
    return install(tmp_path_factory.mktemp("installed"))
