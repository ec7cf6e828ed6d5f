"""What broke something once is fed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hard.targets import TARGETS, feed

FOUND = sorted((Path(__file__).parent / "found").iterdir())


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.name)
def test_what_was_found_once_is_read_or_refused(file: Path) -> None:
    feed(file.name.partition("-")[0], file.read_bytes())


def test_each_finding_is_of_a_target() -> None:
    assert {file.name.partition("-")[0] for file in FOUND} <= set(TARGETS)
