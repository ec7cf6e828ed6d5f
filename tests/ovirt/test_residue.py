"""What the `ovirt` tables do not say of documents that real managers and hosts made, each with its reason."""

import re
from collections import Counter
from pathlib import Path

from tests import corpus
from tests.ovirt.material import OVIRT
from tests.ovirt.material import corpus as folder

FILE = Path(__file__).with_name("residue.txt")
_LINE = re.compile(r" *(\d+) +(\S+) +(.*)")


def reasons() -> dict[str, str]:
    """The words beside each path, which people write."""
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    return {found[2]: found[3] for found in map(_LINE.match, lines) if found}


def test_residue_and_drift_of_real_documents_are_named_with_their_reasons(golden):
    folder("samples"), folder("live")
    files = [*corpus.samples(), *corpus.folders()["live"]]
    left = Counter()
    for file in files:
        document = OVIRT.open(file.read_bytes())
        left.update(re.sub(r"\[\d+\]", "", found.path) for found in document.residue)
        left.update(re.sub(r"\[\d+\]", "", found.path) + "(drift)" for found in document.drift)
    known = reasons()
    width = max(map(len, left), default=0)
    lines = [f"{count:4}  {path:{width}}  {known.get(path, '')}".rstrip() for path, count in sorted(left.items())]
    golden(FILE, "".join(f"{line}\n" for line in [f"# residue and drift of {len(files)} documents", *lines]))
    assert not [path for path in left if not known.get(path)], f"say in {FILE} why no row takes these"
