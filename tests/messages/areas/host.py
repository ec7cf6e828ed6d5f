"""What a host refuses, and why what was begun cannot be undone."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.messages.case import Area, Case
from tests.messages.hosts import (
    CDROM,
    FILE,
    OTHER,
    SETTINGS,
    VM,
    config,
    hardware,
    host_prep,
    payload,
    refused,
    running,
    started,
    vm,
)
from tests.messages.spoilt import NOT_ROOT, without


def journal(version: int = 0, broken: bool = False) -> None:
    config().state.mkdir(parents=True)
    file = config().state / "journal.db"
    if broken:
        file.write_text("notes" * 300)
        return
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def prepared_other() -> None:
    Path("before.xml").write_text(vm(id=OTHER))
    host_prep("prepare", "before.xml")


def of_another() -> None:
    started()
    with closing(sqlite3.connect(config().state / "journal.db")) as connection:
        connection.execute("UPDATE vm SET uri = 'qemu:///system'")
        connection.commit()


def unknown_effect() -> None:
    started()
    with closing(sqlite3.connect(config().state / "journal.db")) as connection:
        connection.execute("UPDATE effect SET kind = 'Nothing'")
        connection.commit()


def blocked() -> None:
    started(CDROM, payload(FILE.format("a")))
    image = config().payloads / f"{VM}-sdc.img"
    image.unlink()
    (image / "somebody's").mkdir(parents=True)


def locked() -> None:
    """As long as the process lives, somebody else is at the VM."""
    file = config().state / "locks" / f"{VM}.lock"
    file.parent.mkdir(parents=True)
    fcntl.flock(os.open(file, os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)


def saved() -> None:
    started()
    hardware().save(VM)


def crashed() -> None:
    """A VM that was prepared, and whose guest crashed before anybody looked."""
    Path("before.xml").write_text(vm())
    host_prep("prepare", "before.xml")
    running(id=VM, state="paused")
    hardware().crash(VM)


def no_locks() -> None:
    config().state.mkdir(parents=True)
    (config().state / "locks").write_text("")


AREA = Area(
    "Hosts",
    [
        Case("no settings", "host-prep plan vm.xml --config none.yaml", {"vm.xml": vm()}),
        Case(
            "settings with faults",
            "host-prep plan vm.xml",
            {
                "vm.xml": vm(),
                "settings.yaml": "connect: 5\nsecond: 3\nseconds: 0\nimage_owner: [a]\nlvm_devices: sda\n",
            },
        ),
        Case("a limit of nothing", "host-prep plan vm.xml", {"vm.xml": vm(), "settings.yaml": "seconds: 0\n"}),
        Case("no ovirt-vm metadata", "host-prep plan vm.xml --dialect domain", {"vm.xml": vm()}),
        Case("two ways to begin", "host-prep start vm.xml --incoming --restore state", {"vm.xml": vm()}),
        Case("not in UTF-8", "host-prep plan vm.xml", {"vm.xml": b"<domain><name>\xff</name></domain>"}),
        Case("no VM's id", "host-prep release web"),
        Case("a VM that nobody knows", f"host-prep release {VM}"),
        Case(
            "a request with faults",
            "host-prep plan vm.xml --with request.yaml",
            {"vm.xml": vm(), "request.yaml": "tikets: []\nsecrets: [{id: a, usage: cephs, name: b, value: hunter2}]\n"},
        ),
        refused("no uuid", id=""),
        refused("a name in two lines", name="a&#10;b"),
        refused("no saved state", options=" --restore state"),
        Case("no libvirt-python", "host-prep status --connect test:///default", spoilt=without("libvirt")),
        Case("libvirt that cannot be reached", "host-prep status --connect none:///"),
        refused("a domain of the name that runs", world=running),
        refused("a domain of the name that is prepared", world=prepared_other, command="start"),
        refused("a VM that runs", world=started, command="start"),
        Case("the release of a VM that runs", f"host-prep release {VM}", world=started),
        Case("the release of a VM of another libvirt", f"host-prep release {VM}", world=of_another),
        Case("a VM of another libvirt", "host-prep start vm.xml", {"vm.xml": vm()}, world=of_another),
        Case("the recovery of a VM of another libvirt", "host-prep recover", world=of_another),
        refused("a VM with a saved state", world=lambda: (running(), hardware().save(OTHER))),
        Case("the release of a VM with a saved state", f"host-prep release {VM}", world=saved),
        Case("the recovery of a VM whose guest has crashed", "host-prep recover", world=crashed),
        Case("the document of a VM that libvirt does not have", f"host-prep dump {VM} --connect test:///default"),
        refused("a VM that is at work", command="start", settings="seconds: 0.1", world=locked),
        Case("a journal of a later version", "host-prep recover", world=lambda: journal(99)),
        Case("a journal that is none", "host-prep recover", world=lambda: journal(broken=True)),
        Case("a journal that may not be written", "host-prep recover --connect test:///default", spoilt=NOT_ROOT),
        Case("an effect that this version does not know", "host-prep recover", world=unknown_effect),
        refused(
            "a state folder in which there is no room for locks",
            command="start",
            world=no_locks,
        ),
        Case("what cannot be undone", f"host-prep release {VM} --force", world=blocked),
    ],
    SETTINGS,
)
