"""Several who write to one store at the same time neither wait for each other for ever nor undo each other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.monitor.scripted import ID, SMALL, disk, known, moment
from tests.monitor.shortly import load, save
from xform.monitor.records import Change
from xform.monitor.store import Store


def test_who_went_by_an_older_version_writes_nothing(opened: Store) -> None:
    save(opened, known(disk("sda")))
    newer = known(disk("sda"), disk("sdb"), digest=b"newer")
    assert save(opened, newer, Change("inserted", "disks", "disk-sdb"), version=1) == 2
    late = known(disk("sda", size=9), digest=b"older")
    assert save(opened, late, Change("updated", "disks", "disk-sda"), version=1) is None
    assert opened.note(ID, version=1, connection="", state="shut off", run=None, at=moment(1)) is None
    stored = opened.load(ID)
    assert stored
    assert (stored.known, stored.state, stored.version) == (newer, "running", 2)
    assert [one.change.what for one in opened.history()] == ["inserted"]


def test_of_two_who_see_a_vm_for_the_first_time_one_writes_it(opened: Store) -> None:
    assert save(opened, known(disk("sda")), Change("inserted", "disks", "disk-sda")) == 1
    assert save(opened, known(disk("sdb")), Change("inserted", "disks", "disk-sdb")) is None
    assert load(opened) == known(disk("sda"))
    assert [one.change.id for one in opened.history()] == ["disk-sda"]


def test_monitors_on_one_store_neither_deadlock_nor_undo_each_other(store_url: str) -> None:
    """Each adds its own disks to the same VMs, in another order, and looks again when it came too late."""
    vms, rounds = ("a", "b", "c"), 12

    def monitor(name: str, order: tuple[str, ...]) -> None:
        with closing(Store(store_url, SMALL)) as one:
            for number in range(rounds):
                for vm in order:
                    new = disk(f"{name}{number:02}")
                    while True:
                        stored = one.load(vm)
                        devices = stored.known.devices if stored else ()
                        found = known(*devices, new, vm=vm)
                        version = stored.version if stored else None
                        if save(one, found, Change("inserted", "disks", new.id), version=version):
                            break

    with ThreadPoolExecutor(3) as threads:
        for one in [threads.submit(monitor, *told) for told in (("x", vms), ("y", vms[::-1]), ("z", vms))]:
            one.result()
    expected = {f"disk-{name}{number:02}" for name in "xyz" for number in range(rounds)}
    with closing(Store(store_url, SMALL)) as one:
        for vm in vms:
            stored = one.load(vm)
            assert stored
            assert {found.id for found in stored.known.devices} == expected
            assert stored.version == len(expected)
            assert sorted(entry.change.id for entry in one.history(vm)) == sorted(expected)


def test_a_reader_sees_devices_and_digest_of_one_moment(store_url: str) -> None:
    with closing(Store(store_url, SMALL)) as writer, closing(Store(store_url, SMALL)) as reader:
        save(writer, known(digest=b"0"))
        done = threading.Event()

        def write() -> None:
            for number in range(1, 40):
                save(
                    writer, known(*[disk(f"s{one:02}") for one in range(number)], digest=b"%d" % number), version=number
                )
            done.set()

        with ThreadPoolExecutor(1) as threads:
            writing = threads.submit(write)
            while not done.is_set() and not writing.done():
                found = load(reader)
                assert len(found.devices) == int(found.digest)
            writing.result()
