"""Documents of a running VM with what is true of them: which device each of their elements is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
from lxml import etree

from .original import Row, address_of, alias_of

# The field of our VM that holds the devices of an element, and the type of the original's row.
KINDS = {
    "disk": ("disks", "disk"),
    "interface": ("nics", "interface"),
    "controller": ("controllers", "controller"),
    "channel": ("channels", "channel"),
    "console": ("consoles", "console"),
    "input": ("inputs", "input"),
    "graphics": ("graphics", "graphics"),
    "video": ("videos", "video"),
    "sound": ("sounds", "sound"),
    "memballoon": ("balloon", "balloon"),
    "rng": ("rngs", "rng"),
    "tpm": ("tpms", "tpm"),
    "watchdog": ("watchdogs", "watchdog"),
    "hostdev": ("hostdevs", "hostdev"),
    "redirdev": ("redirdevs", "redir"),
    "memory": ("dimms", "memory"),
    "lease": ("leases", "lease"),
}


def mark_of(node: Any) -> str:
    """What tells an element from the others of its kind in one document of a running domain."""
    return alias_of(node) or str(node.get("type", ""))


@attrs.frozen
class Look:
    """A document, the run that it is of, and the names of its devices by kind and mark."""

    xml: bytes
    run: int
    names: dict[tuple[str, str], str]

    @cached_property
    def elements(self) -> dict[str, Any]:
        devices = etree.fromstring(self.xml).find("devices")
        assert devices is not None
        found = {(KINDS[str(node.tag)][0], mark_of(node)): node for node in devices if node.tag in KINDS}
        return {name: found[where] for where, name in self.names.items()}

    @cached_property
    def addresses(self) -> dict[str, str]:
        """The address of each device as the original would write it."""
        return {name: address_of(node) for name, node in self.elements.items()}


@attrs.frozen
class Managed:
    """What a manager knows: its devices by their ids, their names, the original's rows, and one document of them."""

    names: dict[str, str]
    rows: list[Row]
    xml: bytes


@attrs.frozen
class Sequence:
    managed: Managed
    looks: list[Look]


def recorded(folder: Path) -> Sequence:
    """The documents that a real VM had while it ran."""
    facts = json.loads((folder / "facts.json").read_text())
    devices = [device for device in facts["devices"] if device["kind"] in KINDS]
    by_mark = {
        (KINDS[device["kind"]][0], device["facts"]["type"] if device.get("alias_lost") else device["alias"]): device[
            "id"
        ]
        for device in devices
    }
    files = ["live.xml", *(name for name in facts["documents"] if name.startswith("step-") and "inactive" not in name)]
    looks = []
    for file in files:
        xml = (folder / file).read_bytes()
        root = etree.fromstring(xml)
        if root.get("id") is None:
            continue
        marks = [(KINDS[str(node.tag)][0], mark_of(node)) for node in root.iterfind("devices/*") if node.tag in KINDS]
        looks.append(
            Look(xml, int(str(root.get("id"))), {where: by_mark.get(where, ":".join(where)) for where in marks})
        )
    rows = [Row(device["id"], *row_of(device)) for device in devices]
    return Sequence(
        Managed({device["id"]: device["id"] for device in devices}, rows, first_seen(folder, devices)), looks
    )


def row_of(device: dict[str, Any]) -> tuple[str, str]:
    facts = device["facts"]
    type = KINDS[device["kind"]][1]
    return type, str(
        facts.get("model") if type in ("controller", "video") and "model" in facts else facts.get("type", type)
    )


def first_seen(folder: Path, devices: list[dict[str, Any]]) -> bytes:
    """A document of every device of the manager's, as the first document that has it shows it."""
    root = etree.fromstring((folder / "defined.xml").read_bytes())
    into = root.find("devices")
    assert into is not None
    del into[:]
    for device in devices:
        if device["present"]:
            other = etree.fromstring((folder / device["present"][0]).read_bytes())
            into.extend(list(nodes(other, device))[:1])
    for node in into:
        node.attrib.pop("passwd", None)  # no document of a running domain has it
    return etree.tostring(root)


def nodes(root: Any, device: dict[str, Any]) -> Iterator[Any]:
    mark = device["facts"]["type"] if device.get("alias_lost") else device["alias"]
    return (
        node
        for node in root.find("devices").iterchildren(device["kind"])
        if mark in (mark_of(node), node.get("type") if device.get("alias_lost") else None)
    )
