"""Feed a target with whatever reaches new code, for as long as one likes: python -m tests.hard.fuzz TARGET --seconds N

A finding is written to tests/hard/found, where `test_found` feeds it again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

FOUND = Path(__file__).parent / "found"
SECONDS = 20  # for one input; more is a hang
MEGABYTES = 2048


def main() -> None:
    with atheris.instrument_imports(include=["xform"]):
        from tests.hard.seeds import seeds
        from tests.hard.targets import TARGETS, feed
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=0, help="time to try; by default without end")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds(asked.target)):
            (Path(corpus) / str(number)).write_bytes(seed)
        options = [
            f"-artifact_prefix={FOUND}/{asked.target}-",
            f"-max_total_time={asked.seconds}",
            f"-timeout={SECONDS}",
            f"-rss_limit_mb={MEGABYTES}",
            "-max_len=4000",
        ]
        atheris.Setup([sys.argv[0], *options, corpus], lambda data: feed(asked.target, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
