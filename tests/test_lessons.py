"""Every lesson of docs/lessons.md has a test that bears its id, and no test bears another."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_each_lesson_has_a_test_and_each_id_a_lesson() -> None:
    lessons = set(re.findall(r"^\| (L\d+) \|", (TESTS.parent / "docs" / "lessons.md").read_text(), re.MULTILINE))
    names = re.findall(r"def (test_L\w+)", "\n".join(file.read_text() for file in TESTS.rglob("test_*.py")))
    assert {one for name in names for one in re.findall(r"L\d+", name)} == lessons
