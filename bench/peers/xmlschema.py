"""xmlschema: a document decoded into dicts by a schema, and encoded again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xmlschema
from lxml import etree

from bench.peers import Peer

SCHEMA = xmlschema.XMLSchema11(str(Path(__file__).with_suffix(".xsd")))


def devices(domain: Any) -> Iterable[tuple[str | None, Any]]:
    held = domain["devices"]
    for kind in ("disk", "controller", "interface", "channel"):
        for device in held[kind]:
            yield device["alias"]["@name"], device


def generate(domain: Any) -> bytes:
    return etree.tostring(SCHEMA.encode(domain, etree_element_class=etree.Element))


PEERS = {"": Peer(SCHEMA.decode, generate, devices)}
