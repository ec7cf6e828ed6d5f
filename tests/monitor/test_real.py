"""Real VMs, followed: after each step the store is as libvirt is, and its history has that step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import attrs
import pytest

import xform
from tests.monitor.hosts import running
from tests.monitor.real import Eye, differences, unexplained
from tests.monitor.real_vm import AGENT, NAMELESS, Vm, cd, dimm, disk, id_of, nic, starting, tablet, until
from xform.dialect import Dialect
from xform.errors import HostError
from xform.hypervisor import EMBED, default_uri, import_libvirt, open_connection
from xform.monitor.follow import follow
from xform.monitor.libvirt import EVENTS, Libvirt
from xform.monitor.manager import tell
from xform.monitor.records import Device
from xform.monitor.store import Store
from xform.monitor.watch import GONE, Monitor

URI, WHY = default_uri()
pytestmark = [
    pytest.mark.skipif(URI != EMBED, reason=WHY),
    pytest.mark.xdist_group("qemu"),  # one process probes QEMU once
]

Start = Callable[..., Vm]
Watch = Callable[[Vm], Eye]


@pytest.fixture(scope="module")
def dialect() -> Dialect:
    return xform.load("ovirt")


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if getattr(request, "param", "sqlite") == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
    else:
        with request.getfixturevalue("postgres_server").database() as url:
            yield url


@pytest.fixture
def store(url: str, dialect: Dialect) -> Iterator[Store]:
    with closing(Store(url, dialect)) as store:
        yield store


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    connection = open_connection(import_libvirt(), EMBED)
    before = connection.numOfDomains()
    yield connection
    until(lambda: connection.numOfDomains() == before)


@pytest.fixture
def start(connection: Any, tmp_path: Path) -> Iterator[Start]:
    """Starts VMs, which end with the test."""
    with starting(connection, tmp_path) as start:
        yield start


@pytest.fixture
def watch(request: pytest.FixtureRequest, store: Store, dialect: Dialect) -> Iterator[Watch]:
    """Has a monitor follow a VM whose manager knows what it defined: a look at each step, or one that runs."""
    with ExitStack() as ends:

        def watched(vm: Vm) -> Eye:
            tell(dialect, store, dialect.parse(vm.defined))
            if request.param == "once":
                eye = Eye(vm, store, dialect, lambda: Monitor(dialect, store, [Libvirt(EMBED)]).once())
            else:
                ends.enter_context(running(Monitor(dialect, store, [Libvirt(EMBED)], interval=request.param)))
                eye = Eye(vm, store, dialect)
            eye.begins()
            return eye

        yield watched


by_events = pytest.mark.parametrize("watch", ["once", pytest.param(3600, id="events")], indirect=True)
events_only = pytest.mark.parametrize("watch", [pytest.param(3600, id="events")], indirect=True)
once_only = pytest.mark.parametrize("watch", ["once"], indirect=True)
by_passes = pytest.mark.parametrize("watch", ["once", pytest.param(0.1, id="passes")], indirect=True)


@by_events
def test_a_disk_is_plugged_and_unplugged(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.plug(disk("more", "sdd"))
    monitor.sees("inserted disks more")
    vm.unplug("more")
    monitor.sees("unplugged disks more")


@by_events
def test_L190_what_is_on_usb_goes_without_a_guest(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start(persistent=False))
    for kind, name, element in [
        ("disks", "more", disk("more", "sdd", bus="usb")),
        ("nics", "card", nic("card", 2, model="usb-net")),
        ("inputs", "pen", tablet("pen")),
    ]:
        vm.plug(element)
        monitor.sees(f"inserted {kind} {name}")
        vm.unplug(name)
        monitor.sees(f"unplugged {kind} {name}")


@by_events
def test_L189_a_card_that_no_guest_lets_go_of_is_plugged_until_a_reset(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.plug(nic("card", 2))
    monitor.sees("inserted nics card")
    vm.ask_out("card")
    vm.ask_out("front")
    monitor.sees()
    vm.reset()
    monitor.sees("unplugged nics card", "unplugged nics front")


@by_passes
def test_a_cable_is_pulled_and_put_back(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.change(nic("front", 1, link="down"))
    monitor.sees("updated nics front linked")
    vm.change(nic("front", 1, link="up"))
    monitor.sees("updated nics front linked")


@by_passes
def test_memory_is_plugged_and_stays_where_no_guest_gives_it_back(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.plug(dimm("ram"))
    monitor.sees("inserted dimms ram", "updated current_memory memory")
    vm.ask_out("ram")
    monitor.sees()
    vm.restart()
    monitor.sees("left out dimms ram", "updated current_memory memory")


def test_L186_the_event_of_plugged_memory_comes_early_and_another_look_has_the_rest(
    start: Start, store: Store, dialect: Dialect
) -> None:
    monitor = Eye(vm := start(), store, dialect)
    tell(dialect, store, dialect.parse(vm.defined))
    with running(Monitor(dialect, store, [Libvirt(EMBED)], interval=3600)):
        monitor.begins()
        vm.plug(dimm("ram"))
        monitor.sees("inserted dimms ram", "updated current_memory memory")


@by_passes
def test_a_medium_is_inserted_changed_and_ejected(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.suspend()  # its firmware looks at the drive as well
    vm.change(cd("one.iso"))
    monitor.sees("updated disks cd backing format source")
    vm.change(cd("other.iso"))
    monitor.sees("updated disks cd source")
    vm.change(cd())
    monitor.sees("updated disks cd backing source")


@once_only
def test_L187_a_medium_that_is_refused_leaves_the_tray_open(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.suspend()  # its firmware looks at the drive as well
    vm.change(cd("one.iso"))
    monitor.sees("updated disks cd backing format source")
    with pytest.raises(import_libvirt().libvirtError, match="lock"):
        vm.change(cd("system"))  # a disk has it
    monitor.sees("updated disks cd tray")


@events_only
def test_what_is_written_about_a_vm_is_followed(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.title("A new one")
    monitor.sees("updated title")
    vm.metadata("<clusterVersion>4.7</clusterVersion>")
    monitor.sees("updated cluster_version")
    vm.metadata("<clusterVersion>4.8</clusterVersion>")
    monitor.sees("updated cluster_version")


@once_only
def test_cpus_are_added(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.vcpus(2)
    monitor.sees("updated current_vcpus vcpu_states")


@pytest.mark.parametrize(
    ("watch", "url"),
    [pytest.param("once", "sqlite", id="once-sqlite"), pytest.param(3600, "postgresql", id="events-postgresql")],
    indirect=True,
)
def test_somebody_else_takes_a_disk_out_puts_one_in_its_place_and_ours_elsewhere(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.unplug("data")
    monitor.sees("unplugged disks data")
    vm.plug(disk("", "sdb", file="foreign"))
    monitor.sees("inserted disks")
    vm.plug(nic("stranger", 3))
    monitor.sees("inserted nics stranger")
    vm.plug(disk("data", "sdd"))
    monitor.sees("returned disks data address target")


@events_only
def test_a_vm_is_suspended_resumed_and_reset(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.suspend()
    monitor.sees()
    vm.resume()
    monitor.sees()
    vm.reset()
    monitor.sees()


@by_events
def test_a_vm_that_starts_again_is_as_it_was(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start())
    vm.stop()
    monitor.sees()
    vm.start()
    monitor.sees()


@events_only
def test_a_disk_whose_file_is_missing_is_left_out_of_the_start(start: Start, watch: Watch) -> None:
    monitor = watch(vm := start(more=disk("more", "sdd", more=" startupPolicy='optional'")))
    vm.stop()
    vm.lose("more")
    vm.start()
    monitor.sees("left out disks more")
    vm.stop()
    vm.find("more")
    vm.start()
    monitor.sees("returned disks more")


@pytest.mark.parametrize(
    ("watch", "persistent"),
    [pytest.param("once", True, id="once-persistent"), pytest.param(3600, False, id="events-transient")],
    indirect=["watch"],
)
def test_L191_a_vm_whose_qemu_is_killed_keeps_its_devices(start: Start, watch: Watch, persistent: bool) -> None:
    monitor = watch(vm := start(persistent=persistent))
    vm.plug(disk("more", "sdd"))
    monitor.sees("inserted disks more")
    vm.kill()
    until(lambda: vm.state == ("off" if persistent else GONE))
    monitor.sees()
    vm.start()
    monitor.sees("left out disks more")


def test_L185_no_event_tells_of_cables_media_and_cpus(start: Start) -> None:
    libvirt, vm = import_libvirt(), start()
    vm.suspend()  # its firmware looks at the drive as well
    events = vm.events(getattr(libvirt, f"VIR_DOMAIN_EVENT_ID_{event}") for event in EVENTS)
    with closing(events):
        vm.title("From now on")
        while next(events) != libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE:
            pass
        vm.change(nic("front", 1, link="down"))
        vm.change(cd("one.iso"))
        vm.vcpus(2)
        vm.title("Until now")
        assert next(events) == libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE


def test_L194_the_embedded_driver_has_one_monitor_in_a_process() -> None:
    with closing(Libvirt(EMBED)) as one, closing(Libvirt(EMBED)) as other:
        one.connect()
        with pytest.raises(HostError, match="already tracked"):
            other.connect()


@once_only
def test_L188_the_socket_of_a_channel_is_another_one_after_a_start(
    start: Start, watch: Watch, store: Store, dialect: Dialect
) -> None:
    """A user may choose it as well, so it is told as what it is: one field of the same device."""
    watch(vm := start(more=AGENT))
    before = len(list(store.history(vm.id)))
    vm.restart()
    Monitor(dialect, store, [Libvirt(EMBED)]).once()
    (entry,) = list(store.history(vm.id))[before:]
    assert (entry.change.what, entry.change.kind, list(entry.change.fields)) == ("updated", "channels", ["sources"])


@once_only
def test_L192_a_console_that_its_manager_gave_no_name_is_the_only_one_of_its_type(start: Start, watch: Watch) -> None:
    watch(start(more=NAMELESS))


# --- the comparison itself ------------------------------------------------------------------------------------------


def test_a_store_that_is_not_as_libvirt_is_would_be_noticed(start: Start, dialect: Dialect) -> None:
    vm = start()
    known = follow(dialect, None, vm.dump()).known
    assert differences(dialect, known, vm.dump()) == []
    disks = [one for one in known.devices if one.kind == "disks"]
    moved = attrs.evolve(disks[0], entity=attrs.evolve(disks[0].entity, target="sdz"))
    unplugged = attrs.evolve(disks[0], plugged=False)
    for wrong in (moved, unplugged):
        devices = tuple(wrong if one is disks[0] else one for one in known.devices)
        assert differences(dialect, attrs.evolve(known, devices=devices), vm.dump())

    def named(*ids: str) -> dict[tuple[str, str], Device]:
        return {("disks", name): disk for name, disk in zip(ids, disks, strict=True)}

    first, second, third = (one.id for one in disks)
    before = named(first, second, third)
    assert unexplained(dialect, before, named(first, second, third), []) == []
    assert unexplained(dialect, before, named(second, first, third), [])
    assert unexplained(dialect, before, named(first, second, id_of("other")), [])
