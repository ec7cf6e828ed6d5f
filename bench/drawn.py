"""A drawn fleet: VMs made of the project's examples with seeded variation, as many as are asked for, in Parquet."""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from ruamel.yaml import YAML

import xform
from xform.files import entity_from

ROOT = Path(__file__).parents[1]
# VMs that differ in more than their names; each stands for many.
KINDS = 200
_GROUP = 1000
SCHEMA = pa.schema([("name", pa.string()), ("xml", pa.binary())])
EXAMPLES = [ROOT / "examples" / f"{name}.yaml" for name in ("server", "desktop", "cloud_init")]
DEVICES = ("disks", "nics", "graphics", "consoles", "channels", "inputs", "rngs")
NAME, UUID = re.compile(b"<name>[^<]*</name>"), re.compile(b"<uuid>[^<]*</uuid>")
# What is not as the tables say, and how often: an element, an attribute, a value that its row does not admit.
STRANGE = {
    b"<devices><vendor:gauge xmlns:vendor='urn:vendor' unit='1'/>": 0.1,
    b"<devices future='yes'>": 0.05,
    b"<devices><controller type='usb' index='many'/>": 0.02,
}


def kinds(seed: int) -> list[bytes]:
    """Documents of planned examples, of which some devices are left out and some values are others."""
    draw, ovirt = random.Random(seed), xform.load("ovirt")
    examples = [YAML(typ="safe").load(file.read_bytes()) for file in EXAMPLES]
    return [_document(ovirt, draw, deepcopy(draw.choice(examples))) for _ in range(KINDS)]


def _document(ovirt: Any, draw: random.Random, data: dict[str, Any]) -> bytes:
    for name, devices in data.items():
        if name in DEVICES:
            data[name] = [device for device in devices if draw.random() < 0.7]
    for disk in data["disks"]:
        disk |= {"cache": draw.choice(["none", "writeback", "unsafe"]), "format": draw.choice(["raw", "qcow2"])}
    data["memory"] = draw.choice([256, 512, 1024, 4096])
    xml: bytes = ovirt.generate(ovirt.plan(entity_from(ovirt, json.dumps(data).encode(), "drawn"))).encode()
    for strange, often in STRANGE.items():
        if draw.random() < often:
            xml = xml.replace(b"<devices>", strange, 1)
    return xml


def fleet(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many VMs by their names, each a kind with a name and an id of its own; one in a thousand is cut off."""
    draw, drawn = random.Random(seed + 1), kinds(seed)
    for number in range(count):
        xml, name = draw.choice(drawn), f"vm{number}"
        xml = NAME.sub(b"<name>%s</name>" % name.encode(), xml, count=1)
        xml = UUID.sub(b"<uuid>%s</uuid>" % str(uuid.UUID(int=draw.getrandbits(128))).encode(), xml, count=1)
        yield name, xml[: len(xml) // 2] if draw.random() < 0.001 else xml


def write(file: Path, count: int, seed: int) -> Path:
    """The same as a Parquet file."""
    coming = fleet(count, seed)
    with pq.ParquetWriter(file, SCHEMA) as writer:
        while group := list(islice(coming, _GROUP)):
            names, documents = zip(*group, strict=True)
            writer.write_table(pa.table([names, documents], schema=SCHEMA))
    return file
