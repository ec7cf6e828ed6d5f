"""Sets of CPUs, as numbers and as libvirt writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xform import EntityError

from .guest import step

SETS = step("numbers")


@given(st.sets(st.integers(0, 200)))
def test_a_set_comes_back_from_its_text(values: set[int]) -> None:
    assert SETS.numbers(SETS.ranges(values)) == sorted(values)


@pytest.mark.parametrize(("text", "values"), [("0-3,^2", [0, 1, 3]), ("8, 1", [1, 8]), ("^1,1", [1]), ("", [])])
def test_what_a_part_excludes_is_out_until_another_names_it(text: str, values: list[int]) -> None:
    assert SETS.numbers(text) == values


@pytest.mark.parametrize("text", ["x", "1-", "-1", "1-2-3", "^", "\u00b2"])
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(EntityError, match="is no set of numbers; expected one such as 0-3,"):
        SETS.numbers(text)


def test_neighbours_are_joined() -> None:
    assert SETS.ranges([2, 0, 1, 4]) == "0-2,4"
