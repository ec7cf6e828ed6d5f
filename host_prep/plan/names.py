"""Names from a document that become names of files."""

from __future__ import annotations

import re

from xform.errors import HostError


def plain(name: str, what: str) -> str:
    """A name that is one file's name, and that neither udev nor a command takes for more than a name.

    Raises HostError for any other.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.:+=@-]*", name):
        raise HostError(f"{what} is {name!r}; expected a plain name of letters, digits and _.:+=@-, not led by a sign")
    return name
