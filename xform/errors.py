"""Errors that a user can mend. Each message is one line: where, what is wrong, what was expected."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xform.validate import Problem


class XformError(Exception):
    """Bad use or bad input; the message is complete, and a command exits with 2."""


class TableError(XformError):
    """A mapping file says something that the language does not."""


class DocumentError(XformError):
    """A text that is no document of the dialect."""


class EntityError(XformError):
    """An entity, or the file it comes from, that its tables do not admit; of an entity with the `problems` told."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class DeepError(EntityError):
    """Entities within entities that are more than Python's stack holds, or that hold themselves."""

    def __init__(self) -> None:
        super().__init__("entities are nested too deeply; expected fewer within each other")


class StoreError(XformError):
    """A store that cannot be opened, read or written."""


class UnreadableError(StoreError):
    """The tables cannot read what is stored of one VM."""


class HostError(XformError):
    """libvirt, QEMU or the host refused; a command exits with 3."""


class Terminated(SystemExit):
    """SIGTERM or SIGHUP, which unwinds the stack."""


def lasting(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same function of a dialect's Python: where it would end the process it is at fault like any other."""

    @wraps(call, updated=())
    def lasts(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except Terminated:
            raise
        except SystemExit as error:
            # with the place that it came from
            raise RuntimeError(f"SystemExit was raised: {error}").with_traceback(error.__traceback__) from None

    return lasts


@contextmanager
def named(source: str, kind: type[XformError]) -> Iterator[None]:
    """Within, each line of an error of this kind says what it is about."""
    try:
        yield
    except kind as error:
        raise kind("\n".join(f"{source}: {line}" for line in str(error).splitlines())) from None


def visible(text: str) -> str:
    r"""A text for a terminal or a log: what is not seen there, or does something to it, stands escaped.

    >>> visible("a\x1b[2J\u202eb\n")
    'a\\x1b[2J\\u202eb\n'
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in "\n\t\xa0" else letter.encode("unicode_escape").decode()
        for letter in text
    )


def visible_name(name: str) -> str:
    """The name of a file as messages show it, or what else is to stay in its line: it may hold anything."""
    return visible(name).replace("\n", "\\n").replace("\t", "\\t")


def quoted(value: object) -> str:
    """A value as messages show it, short enough for one line."""
    text = repr(value)
    return text if len(text) <= _LONG else text[: _LONG - 2] + "…" + text[-1]


def passwordless(text: str) -> str:
    """A URL, or what begins as one, as messages show it."""
    return re.sub(r"(:/+[^/@\s:]*):[^/@\s]*@", r"\1:***@", text)


def said(error: BaseException) -> str:
    """The first line of what an error says; attrs' validators put field and value beside it."""
    return str(error.args[0] if error.args else type(error).__name__).partition("\n")[0]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest known word, or nothing."""
    if len(word) > _LONG:
        return ""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def instead(word: str, known: Iterable[str]) -> str:
    """What ends a message about an unknown word: the nearest known one, else some of those that there are."""
    words = list(known)
    if near := did_you_mean(word, words):
        return near
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return f"; expected one of {', '.join(words[:_SHOWN])}{more}" if words else ""


_SHOWN = 16  # more are no longer read in a line
_LONG = 100  # a longer word is no slip of the pen, and to look for a near one takes its square
