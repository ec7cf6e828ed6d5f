"""What a dialect computes that no codec says: a named, typed, pure pair of functions with samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class Rule:
    """One pair in a dialect's ``rules.py``, used by a row as ``rule NAME [needs FIELD ...]``.

    ``decode(text, **needs)`` gives the field's value, ``encode(value, **needs)`` the text; both raise ValueError
    for what the rule does not admit.  The needs are decoded fields of the same entity, or context by keyword; what is
    absent or was not given is None.  `type` is the field's Python type as written, `expected` says in words what the
    text must be, and `samples` are (value, needs) pairs on which the pair is checked.
    """

    decode: Callable[..., Any]
    encode: Callable[..., str]
    type: str
    expected: str
    samples: tuple[tuple[Any, dict[str, Any]], ...]
