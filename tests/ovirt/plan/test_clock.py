"""The guest's clock."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from ..material import OVIRT
from .guest import Host, faults, planned, recalled, setting, step, vm

CLOCK = step("clock")
SUMMER, WINTER = datetime(2024, 7, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
FAST = Host(tsc_frequency=1234567980)


def clock(guest: Any, now: datetime = WINTER, **context: Any) -> Any:
    return CLOCK.plan(guest, setting(guest, **context), now).clock


def timers(guest: Any, **context: Any) -> list[str]:
    return [timer.name for timer in clock(guest, **context).timers]


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [
        ("Europe/Berlin", 3600, 7200),
        ("W. Europe Standard Time", 3600, 7200),
        ("GMT Standard Time", 0, 3600),
        ("Etc/GMT", 0, 0),
        ("India Standard Time", 19800, 19800),
        ("Asia/Kathmandu", 20700, 20700),
        ("Pacific Standard Time", -28800, -25200),
        ("Nowhere/Land", None, None),
        ("Europe", None, None),
        ("../etc/passwd", None, None),
    ],
)
def test_a_zone_is_ahead_of_utc_by_seconds_that_the_season_decides(
    zone: str, winter: int | None, summer: int | None
) -> None:
    assert (CLOCK.offset(zone, WINTER), CLOCK.offset(zone, SUMMER)) == (winter, summer)


def test_every_zone_of_windows_is_one_of_the_tz_database() -> None:
    zones = CLOCK.windows_zones()
    assert len(zones) > 130
    assert [zone for zone in zones.values() if ZoneInfo(zone).utcoffset(WINTER) is None] == []


def test_the_clock_is_that_of_the_vms_zone() -> None:
    made = clock(vm(time_zone="Europe/Berlin"), SUMMER)
    assert (made.offset, made.adjustment) == ("variable", "7200")


@pytest.mark.parametrize(("os", "adjustment"), [("windows_11", "3600"), ("rhel_9x64", "0"), (None, "0")])
def test_without_a_zone_the_operating_system_decides(os: str | None, adjustment: str) -> None:
    assert clock(vm(guest_os=os), SUMMER).adjustment == adjustment


def test_a_known_clock_stays_whatever_the_season() -> None:
    known = OVIRT.Clock(offset="variable", adjustment="5")
    assert clock(vm(clock=known)).adjustment == "5"
    assert clock(vm(clock=OVIRT.Clock(offset="localtime"))).adjustment is None


@pytest.mark.parametrize(
    ("os", "arch", "names"),
    [
        (None, "x86_64", ["rtc", "pit", "hpet"]),
        ("windows_11", "x86_64", ["hypervclock", "rtc", "pit", "hpet"]),
        (None, "ppc64le", ["rtc", "pit"]),
        (None, "s390x", ["rtc", "pit"]),
    ],
)
def test_timers_are_those_of_machine_and_guest(os: str | None, arch: str, names: list[str]) -> None:
    assert timers(vm(guest_os=os), arch=arch) == names


def test_what_each_timer_does() -> None:
    said = [(timer.name, timer.present, timer.tick_policy) for timer in clock(vm(guest_os="windows_11")).timers]
    assert said == [
        ("hypervclock", True, None),
        ("rtc", None, "catchup"),
        ("pit", None, "delay"),
        ("hpet", False, None),
    ]


def test_the_speed_of_the_counter_is_told_as_the_host_has_it() -> None:
    found = clock(vm(use_tsc_frequency=True), host=FAST).timers
    assert (len(found), found[-1].name, found[-1].frequency) == (4, "tsc", 1234567980)
    assert "tsc" not in timers(vm(use_tsc_frequency=True))
    assert "tsc" not in timers(vm(), host=FAST)


def test_a_known_timer_stays_and_is_not_added_again() -> None:
    known = OVIRT.Timer(name="hpet", present=True)
    found = clock(vm(clock=OVIRT.Clock(offset="variable", timers=[known]))).timers
    assert ([timer.name for timer in found], found[0]) == (["hpet", "rtc", "pit"], known)


@pytest.mark.parametrize("arch", ["x86_64", "ppc64le", "s390x"])
def test_the_documents_are_valid(arch: str) -> None:
    assert faults(planned(vm(guest_os="windows_11", use_tsc_frequency=True), host=FAST, arch=arch)) == []


@pytest.mark.parametrize(
    ("used", "known", "host", "found"),
    [
        (True, None, FAST, True),
        (False, True, FAST, False),
        (None, None, FAST, None),
        (True, True, Host(), True),
    ],
)
def test_whether_the_guest_knows_the_speed_is_recalled(
    used: bool | None, known: bool | None, host: Any, found: bool | None
) -> None:
    given = setting(host=host)
    running = planned(vm(use_tsc_frequency=used), given)
    assert recalled(running, vm(use_tsc_frequency=known), given).use_tsc_frequency is found


def test_planning_again_in_another_season_changes_nothing() -> None:
    guest = vm(time_zone="Europe/Berlin")
    first = CLOCK.plan(guest, setting(guest), WINTER)
    assert CLOCK.plan(first, setting(guest), SUMMER) == first
    assert evolve(first, clock=None) == guest
