"""Measures one peer in a process of its own: ``python -m bench.peers.worker MODULE [VARIANT]``.

It first writes, as JSON, the aliases of the devices that the peer finds and how many facts of the document come back
when it generates what it parsed; then for each line ``WORK TIMES`` that it reads the seconds which that took.  Only
what every Python has is imported here: some peers bring their interpreter.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from bench.documents import document
from bench.peers import Peer

TEXT = document(40).encode()


def works(peer: Peer) -> dict[str, Callable[[], Any]]:
    model = peer.parse(TEXT)
    known = {alias: device for alias, device in peer.devices(model) if alias}

    def match() -> list[tuple[Any, Any]]:
        return [(known[alias], device) for alias, device in peer.devices(peer.parse(TEXT)) if alias]

    return {
        "parse": lambda: peer.parse(TEXT),
        "generate": lambda: peer.generate(model),
        "match": peer.match or match,
    }


def facts(text: bytes | str) -> Counter[tuple[str, ...]]:
    """The attributes, texts and empty elements of a document, by where they stand."""
    found: Counter[tuple[str, ...]] = Counter()

    def visit(element: ElementTree.Element, *above: str) -> None:
        path = (*above, element.tag)
        found.update((*path, name) for name in element.attrib)
        if (element.text or "").strip() or not (element.attrib or len(element)):
            found[path] += 1
        for child in element:
            visit(child, *path)

    visit(ElementTree.fromstring(text))
    return found


def main(module: str, variant: str = "") -> None:
    peers: dict[str, Peer] = importlib.import_module(f"bench.peers.{module}").PEERS
    peer = peers[variant]
    calls = works(peer)
    model = peer.parse(TEXT)
    aliases = [alias for alias, _ in peer.devices(model)]
    kept = facts(TEXT) & facts(peer.generate(model))
    print(json.dumps({"aliases": aliases, "facts": kept.total()}), flush=True)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        work, times = line.split()
        call = calls[work]
        start = time.perf_counter()
        for _ in range(int(times)):
            call()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
