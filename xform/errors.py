"""Errors that a user can mend. Each message is one line: where, what is wrong, what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class XformError(Exception):
    """Bad use or bad input; the message is complete, and a command exits with 2."""


class TableError(XformError):
    """A mapping file says something that the language does not."""


class DocumentError(XformError):
    """A text that is no document of the dialect."""


class EntityError(XformError):
    """An entity, or the file it comes from, that its tables do not admit."""


class StoreError(XformError):
    """A store that cannot be opened, read or written."""


class HostError(XformError):
    """libvirt, QEMU or the host refused; a command exits with 3."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` for the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
