"""The laws, tried on drawn entities of a dialect, as the tests of the laws do on whole ones."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, settings

from xform.dialect import Dialect
from xform.laws import create_get, get_put, match, put_entity, twins_entity
from xform.strategies import entities

# The same ones each time; nobody asks for the smallest that breaks a law.
DRAWN = settings(
    max_examples=10,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


def broken(dialect: Dialect) -> str:
    """What a law, or the drawing, fails with on the first drawn entities for which one does; empty where all hold."""

    @DRAWN
    @given(entities(dialect), entities(dialect))
    def holds(one: Any, other: Any) -> None:
        document = dialect.generate(one, live=True)
        found = [*create_get(dialect, one), *get_put(dialect, document), *put_entity(dialect, document, other)]
        found += [*match(dialect, document), *twins_entity(dialect, one)]
        assert not found, str(found[0])

    try:
        holds()
    except Exception as error:
        return str(error) or type(error).__name__
    return ""
