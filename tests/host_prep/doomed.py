"""`host-prep`, killed at a step: ``python -m tests.host_prep.doomed before|behind STEP host-prep's arguments``."""

from __future__ import annotations

import os
import signal
import sys

from host_prep.cli import cli
from tests.host_prep.cell import watch


def main() -> None:
    when, step, *arguments = sys.argv[1:]
    now: list[str] = []

    def before(name: str) -> None:
        now[:] = [name]
        if when == "before":
            here()

    def here() -> None:
        if now == [step]:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(before, (lambda _: here()) if when == "behind" else lambda _: None)
    cli.main(arguments, prog_name="host-prep")


if __name__ == "__main__":
    main()
