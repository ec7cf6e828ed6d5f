"""What a dialect computes that no codec says: a named, typed, pure pair of functions with samples."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from traceback import walk_tb
from typing import Any

from attrs import field, frozen

from xform.errors import lasting, quoted

_OURS = (__file__, lasting.__code__.co_filename)  # what stands around a rule's function


def _refusing(call: Callable[..., Any], *told: type[Exception]) -> Callable[..., Any]:
    """The same function, where whatever it raises beside these says that it does not admit what it is given."""
    if not callable(call):
        raise ValueError(f"decode and encode of a Rule are functions, not {quoted(call)}")
    lasts = lasting(call)
    passed: tuple[type[Exception], ...] = (ValueError, MemoryError, RecursionError, *told)

    @wraps(call, updated=())
    def refuses(*args: Any, **kwargs: Any) -> Any:
        try:
            return lasts(*args, **kwargs)
        except passed:
            raise
        except Exception as error:
            frames = ((frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__))
            own = [(file, line) for file, line in frames if file not in _OURS]
            at = [f" ({Path(file).name}:{line})" for file, line in own if file == own[0][0]]
            # what Python says may hold a secret, one of the needs perhaps
            raise ValueError(f"its rule raised {type(error).__name__}{at[-1] if at else ''}") from error

    return refuses


def _decode(call: Callable[..., Any]) -> Callable[..., Any]:
    return _refusing(call)


def _encode(call: Callable[..., Any]) -> Callable[..., Any]:
    """What a value of another type runs into is told as such by whoever asks (`xform.validate.admits`)."""
    return _refusing(call, AttributeError, TypeError)


def _is_sample(one: object) -> bool:
    return isinstance(one, tuple | list) and len(one) == 2 and isinstance(one[1], Mapping)


@frozen(kw_only=True)
class Rule:
    """One pair in a dialect's ``rules.py``, used by a row as ``rule NAME [needs FIELD ...]``.

    ``decode(text, **needs)`` gives the field's value, ``encode(value, **needs)`` the text; both raise ValueError
    for what the rule does not admit.  The needs are decoded fields of the same entity, or context by keyword; what is
    absent or was not given is None.  `type` is the field's Python type as written, `expected` says in words what the
    text must be, and `samples` are (value, needs) pairs on which the pair is checked.
    """

    decode: Callable[..., Any] = field(converter=_decode)
    encode: Callable[..., str] = field(converter=_encode)
    type: str = field()
    expected: str
    samples: tuple[tuple[Any, dict[str, Any]], ...] = field()

    @type.validator
    def _type(self, _: Any, value: object) -> None:
        try:
            ast.parse(value if isinstance(value, str) else "", mode="eval")
        except SyntaxError:
            raise ValueError(f"the type of a Rule is an annotation as a text, not {quoted(value)}") from None

    @samples.validator
    def _samples(self, _: Any, value: object) -> None:
        pairs = value if isinstance(value, tuple | list) else [value]
        if odd := [one for one in pairs if not _is_sample(one)]:
            raise ValueError(
                f"samples of a Rule are pairs of a value and its needs, ((0, {{}}), …), not {quoted(odd[0])}"
            )
