"""Of sequences of documents, drawn and recorded, we say what is true, and know why the original does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

import xform
from tests.corpus import live_scenarios

from .looks import Sequence, recorded
from .original_differences import REASONS, Difference, Reason, differences
from .sequences import Sequenced, drawn, steps


@pytest.fixture(scope="module")
def ovirt() -> Any:
    return xform.load("ovirt")


def without_reason(dialect: Any, sequence: Sequence) -> list[Difference]:
    """Where the two sides differ and nobody knows why; that ours is the truth is held on the way."""
    return [one for one in differences(dialect, sequence) if not any(reason.fits(one) for reason in REASONS)]


@given(steps)
def test_whatever_happens_to_a_vm_we_say_what_did_and_know_why_the_original_does_not(
    ovirt: Any, given: Sequenced
) -> None:
    assert without_reason(ovirt, drawn(given)) == []


@pytest.mark.parametrize("scenario", live_scenarios(), ids=lambda folder: folder.name)
def test_of_a_real_vm_we_say_what_happened_and_know_why_the_original_does_not(ovirt: Any, scenario: Path) -> None:
    assert without_reason(ovirt, recorded(scenario)) == []


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_a_case_shows_each_reason(ovirt: Any, reason: Reason) -> None:
    assert [one.name for one in differences(ovirt, drawn(reason.case)) if reason.fits(one)]


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.name)
def test_each_reason_has_a_lesson(reason: Reason) -> None:
    assert f"| {reason.lesson} |" in (Path(__file__).parents[2] / "docs" / "lessons.md").read_text()
