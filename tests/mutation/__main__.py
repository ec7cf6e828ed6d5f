"""``python -m tests.mutation``: alter every row of mappings/ovirt in every way; each time some test must fail."""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict

from tests.mutation.gate import NOBODY, VERDICTS, benches, every, tried


def main() -> int:
    """Print what nobody tells of as it is found, then the counts by file; 1 where there is any."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in tried(list(benches()), list(every())):
        counts[one.alteration.origin.file][one.verdict] += 1
        if one.verdict == NOBODY:
            print(f"{one.alteration}: {NOBODY}", flush=True)
    whole = sum(counts.values(), Counter[str]())
    print(f"{'':30} {'altered':>8}  " + "  ".join(VERDICTS))
    for file, count in [*sorted(counts.items()), ("all", whole)]:
        numbers = "  ".join(f"{count[word]:{len(word)}}" for word in VERDICTS)
        print(f"{file:30} {count.total():8}  {numbers}")
    print(f"{sum(os.times()[:4]):.0f} s of processors")
    return 1 if whole[NOBODY] else 0


if __name__ == "__main__":
    sys.exit(main())
