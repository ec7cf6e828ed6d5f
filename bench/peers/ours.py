"""Ours, by dialect: in a process of its own as every other one."""

from __future__ import annotations

from typing import Any

import xform
from bench.documents import document
from bench.peers import Peer

TEXT = document(40).encode()


def _ours(name: str) -> Peer:
    dialect: Any = xform.load(name)
    known = dialect.parse(TEXT)
    return Peer(
        parse=dialect.parse,
        generate=lambda vm: dialect.generate(vm, live=True),
        devices=lambda _: (),
        match=lambda: dialect.match(TEXT, known).pairs,
    )


PEERS = {name: _ours(name) for name in ("domain", "ovirt")}
