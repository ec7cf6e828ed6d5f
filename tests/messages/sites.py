"""Where messages come from: each place of the code that raises an error, or tells one; and which were come by."""

from __future__ import annotations

import ast
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from attrs import frozen

ROOT = Path(__file__).parents[2]
CODE = ("xform", "host_prep", "mappings", "xform_pytest.py")

TOLD = {"Fault", "Finding", "GrammarError", "Misfit", "TableError", "HostError"}
"""What is made in one place and raised or shown in another."""

NOT_FOR_USERS = {
    "AssertionError",
    "AttributeError",
    "Exit",
    "KeyError",
    "NotImplementedError",
    "SystemExit",
    "Terminated",
}
"""What a caller's code is told, or nobody."""


@frozen
class Site:
    """A place of the code; `name` stays the same while its lines move."""

    file: str
    line: int
    name: str


@cache
def sites() -> tuple[Site, ...]:
    found: list[Site] = []
    for part in CODE:
        for file in sorted((ROOT / part).rglob("*.py")) or [ROOT / part]:
            name = str(file.relative_to(ROOT))
            found += [Site(name, line, f"{name}: {said}") for line, said in _told(ast.parse(file.read_text()))]
    return tuple(dict.fromkeys(found))


def _told(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        call = node.exc if isinstance(node, ast.Raise) else node
        if isinstance(call, ast.Call) and (node is not call or _tells(call)) and _named(call) not in NOT_FOR_USERS:
            yield call.lineno, _said(call)


def _tells(call: ast.Call) -> bool:
    name = _named(call)
    return name in TOLD or (name == "echo" and any(keyword.arg == "err" for keyword in call.keywords))


def _named(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _said(call: ast.Call) -> str:
    """The text of a message with … for what is put into it; else the code that makes it."""
    for argument in call.args:
        if isinstance(argument, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in argument.values)
            return " ".join("".join(parts).split())
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            return " ".join(argument.value.split())
    return " ".join(ast.unparse(call).split())


def _lines(code: CodeType) -> frozenset[int]:
    """By identity: to hash a function's code takes as long as to run it."""
    if id(code) not in _known:
        _known[id(code)] = code, frozenset(line for _, _, line in code.co_lines() if line)
    return _known[id(code)][1]


_known: dict[int, tuple[CodeType, frozenset[int]]] = {}


@contextmanager
def noted(reached: set[tuple[str, int]]) -> Iterator[None]:
    """Within, the places that are come by are added, by file and line."""
    lines: dict[str, set[int]] = {}
    for site in sites():
        lines.setdefault(str(ROOT / site.file), set()).add(site.line)

    def called(frame: FrameType, event: str, _: Any) -> Any:
        wanted = lines.get(frame.f_code.co_filename)
        return passed if wanted and not wanted.isdisjoint(_lines(frame.f_code)) else None

    def passed(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and frame.f_lineno in lines[frame.f_code.co_filename]:
            reached.add((str(Path(frame.f_code.co_filename).relative_to(ROOT)), frame.f_lineno))
        return passed

    before = sys.gettrace()
    threading.settrace(called)
    sys.settrace(called)
    try:
        yield
    finally:
        sys.settrace(before)
        threading.settrace(before)
