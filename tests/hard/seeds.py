"""Where mutation starts: what each target takes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.hard.targets import TESTS

ROOT = TESTS.parent
MACHINE = b"""<machine xmlns:m='urn:example:mini'>
  <name>web</name>
  <memory unit='KiB'>1024</memory>
  <metadata><m:machine><m:device kind='disk' name='vda'><m:note>a</m:note></m:device></m:machine></metadata>
  <disk device='disk' type='file'>
    <source file='/a' index='1'/><driver cache='none' type='raw'/><target dev='vda'/><readonly/>
    <serial>ua-6ba7b810-9dad-41d1-80b4-00c04fd430c8</serial><blob>aGk=</blob><address mac='52:54:00:00:00:01'/>
  </disk>
  <!-- a comment --><disk device='disk'><target dev='vdb'/><![CDATA[x]]></disk>
</machine>
"""
DOMAIN = b"""<domain type='kvm' id='3'>
  <name>web</name>
  <memory unit='MiB'>1024</memory>
  <vcpu cpuset='0-3,^2'>4</vcpu>
  <devices>
    <disk type='file' device='disk'>
      <source file='/a'/><target dev='vda' bus='virtio'/><alias name='ua-1'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </disk>
    <interface type='bridge'>
      <mac address='52:54:00:00:00:01'/><source bridge='b'/>
    </interface>
  </devices>
</domain>
"""
ROWS = b"""a/b/@c : uint
@device : enum disk cdrom floppy = disk
source/host : list Host by name, port
feature : map @name @policy enum force forbid
a[@b='c']/@d, e/@f : size KiB unit=@unit absent=b since 9.1 until 11.0
alias/@name : template ua-{uuid} <
secret/@value : typed int=@type uint secret
x/y : const 'a b'
m:a/* : map * .
list uint""".splitlines()
HEAD = b'format = 1\nroot = "M"\n[namespaces]\nm = "urn:m"\n'
TABLE = b"""format = 1
# A machine.
[M]
element = "m"
[M.row]
name = "name : text !"  # its name
n = "@n : uint = 5"
disks = "disk : list Disk by target"
tags = "m:tag : map @my-key @v"
[Disk]
choice = "@type"
[Disk.row]
target = "target/@dev : str !"
[Disk.file]
path = "source/@file : path"
[Disk.block]
dev = "source/@dev : path"
"""


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """What a target takes, from short to long."""
    golden = [file.read_bytes() for file in sorted((TESTS / "golden" / "examples").glob("*.xml"))[:2]]
    documents = [MACHINE, DOMAIN, *golden]
    texts = [
        b"0-3,^5",
        b"0x1f",
        b"52:54:00:AB:cd:ef",
        b"6ba7b810-9dad-41d1-80b4-00c04fd430c8",
        b"aGk=",
        b"1e5",
        b"<a b='c'/>",
    ]
    known: dict[str, list[bytes]] = {
        "table": [TABLE, *(file.read_bytes() for file in _files("tests/dialects/mini/*.toml"))],
        "row": list(ROWS),
        "dialect": [HEAD + b"\n---\n" + TABLE],
        "document": documents,
        "update": [b"\n---\n".join(pair) for pair in ((MACHINE, MACHINE), (DOMAIN, DOMAIN))],
        "followed": [b"\n---\n".join(pair) for pair in ((MACHINE, MACHINE), (DOMAIN, DOMAIN))],
        "entity": [
            b"name: web\nmemory: 1024\ndisks:\n  - target: vda\n    source: {type: file, path: /a}\n    blob: aGk=\n",
            b'{"name": "web", "memory": 1024, "devices": {"disks": []}}',
        ],
        "context": [b"folder: /run\nload: 1\npools: [{name: a}]\nlabels: {zone: east}\n"],
        "codec": texts,
    }
    return tuple(known[target])


def _files(pattern: str) -> list[Path]:
    return sorted(ROOT.glob(pattern))
