from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from xform import Rule

WORDS = {"y": True, "n": False}


def decode(text: str) -> bool:
    if text not in WORDS:
        raise ValueError(f"{text!r} is not y or n")
    return WORDS[text]


yes_no = Rule(
    decode=decode,
    encode=lambda value: "y" if value else "n",
    type="bool",
    expected="y or n",
    samples=((True, {}), (False, {})),
)


def home(host: Any, kind: str | None) -> str:
    """The folder where a host keeps disks of a kind, with a slash; nothing where no host is known."""
    return "" if host is None else f"{host.folder}/{kind or 'disk'}s/"


def below(text: str, host: Any, kind: str | None) -> str:
    if not text.startswith(home(host, kind)):
        raise ValueError(f"{text!r} is not below {home(host, kind)}")
    return text.removeprefix(home(host, kind))


below_home = Rule(
    decode=below,
    encode=lambda value, host, kind: home(host, kind) + value,
    type="str",
    expected="a path below the host's folder",
    samples=(
        ("a.img", {"host": None, "kind": "disk"}),
        ("b.img", {"host": SimpleNamespace(folder="/run"), "kind": None}),
    ),
)
