"""Every message that a user can get, with what causes it: `tests/golden/messages.txt`.

The cases stand beside this file, by area; `pytest -n 0 --renew tests/messages` writes the messages anew: read them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.messages.areas import AREAS
from tests.messages.broken import run_broken
from tests.messages.case import NOTHING, text
from tests.messages.sites import sites

UNREACHED = Path(__file__).with_name("unreached.txt")
HEAD = (Path(__file__).with_name("head.txt")).read_text()

pytestmark = pytest.mark.xdist_group("messages")


class Told:
    """All messages, and the places that they came from."""

    def __init__(self) -> None:
        self.reached: set[tuple[str, int]] = set()
        self.text = "\n\n".join([HEAD, *(text(area, self.reached) for area in AREAS)])


@pytest.fixture(scope="module")
def told() -> Told:
    return Told()


@pytest.fixture(scope="module")
def reached(told: Told, tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, int]]:
    """The places that the cases came by, and those that the broken tables of tests/fail do."""
    return told.reached | run_broken(tmp_path_factory.mktemp("broken"))


def test_every_message_stands_in_one_file_with_what_causes_it(told: Told, golden: Callable[[str, str], None]) -> None:
    golden("messages.txt", told.text)
    assert NOTHING not in told.text


def test_every_place_that_tells_something_is_come_by_or_excused(reached: set[tuple[str, int]]) -> None:
    """A line of unreached.txt is a beginning of names, and why no case comes by them."""
    excused = [line.partition(" :: ")[0] for line in UNREACHED.read_text().splitlines()]
    missed = sorted({site.name for site in sites() if (site.file, site.line) not in reached})
    assert [name for name in missed if not name.startswith(tuple(excused))] == [], "no case causes these"
    assert [one for one in excused if not any(name.startswith(one) for name in missed)] == [], "these are stale"
