"""A host that refuses: a step of a start fails, or two of them, and what is there then?"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import frozen

from host_prep.libvirt import Refused
from host_prep.system import CommandError
from tests.forked import ended, fork
from tests.host_prep.crash import watch
from xform.errors import HostError

FAULTS: Mapping[str, Callable[[str], HostError]] = {
    "full": lambda step: HostError(f"cannot {step}: No space left on device"),
    "denied": lambda step: HostError(f"cannot {step}: Permission denied"),
    "failed": lambda step: CommandError(f"{step} failed with 1: it says nothing", 1),
    "hangs": lambda step: CommandError(f"{step} took longer than 30 s and was ended", None),
    "refused": lambda step: Refused(f"fake:///: {step} refused", 38),
}


def kinds_of(step: str) -> tuple[str, ...]:
    """How a step can fail."""
    if step.startswith("libvirt"):
        return ("refused",)
    return ("failed", "hangs") if step.startswith("run ") else ("full", "denied")


@frozen
class Broken:
    """How an action ended: what it raised, and at which of the points it came by."""

    message: str | None
    hit: list[int]
    steps: list[str]


def broken_at(action: Callable[[], None], points: Mapping[int, str]) -> Broken:
    """An action whose step N fails in the way that `points` says of N, before it does anything."""
    with tempfile.NamedTemporaryFile() as file:

        def refused() -> None:
            number, hit, steps = itertools.count(), list[int](), list[str]()

            def before(step: str) -> None:
                now = next(number)
                steps.append(step)
                if now in points:
                    hit.append(now)
                    raise FAULTS[points[now]](f"{step} (step {now})")

            watch(before, lambda: None)
            message = None
            try:
                action()
            except HostError as error:
                message = str(error)
            Path(file.name).write_text(json.dumps([message, hit, steps]))

        code = ended(fork(refused))
        assert code == 0, f"it ended with {code}"
        return Broken(*json.loads(Path(file.name).read_bytes()))
