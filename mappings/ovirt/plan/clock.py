"""The guest's clock: how far it is ahead of UTC, and the timers that the guest counts by."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import evolve

from .context import Config, Entity, OsInfo, Setting, complete
from .features import enlightened

_UTC = "Etc/GMT"
_WINDOWS = Path(__file__).parents[1] / "data" / "windows_zones.toml"


@cache
def windows_zones() -> dict[str, str]:
    return tomllib.loads(_WINDOWS.read_text(encoding="utf-8"))


def zone_of(vm: Entity, os: OsInfo, config: Config) -> str:
    """The VM's time zone, else the usual one of its operating system; Windows has names of its own."""
    return vm.time_zone or (config.windows_time_zone if os.family == "windows" else _UTC)


def offset(zone: str, now: datetime) -> int | None:
    """Seconds that a zone is ahead of UTC; None for one that is not known."""
    try:
        found = now.astimezone(ZoneInfo(windows_zones().get(zone, zone))).utcoffset()
    except (KeyError, ValueError, OSError):
        return None
    return int(found.total_seconds()) if found else 0


def timers(vm: Entity, setting: Setting) -> list[Entity]:
    """The timers of a guest, in order."""
    timer, host = setting.dialect.Timer, setting.host
    wanted = [timer(name="hypervclock", present=True)] if enlightened(setting) else []
    wanted += [timer(name="rtc", tick_policy="catchup"), timer(name="pit", tick_policy="delay")]
    if setting.x86:
        wanted.append(timer(name="hpet", present=False))
    if vm.use_tsc_frequency and host.tsc_frequency is not None:
        wanted.append(timer(name="tsc", frequency=host.tsc_frequency))
    return wanted


def plan(vm: Entity, setting: Setting, now: datetime | None = None) -> Entity:
    """Complete the clock; `now` decides whether it is summer."""
    clock = vm.clock or setting.dialect.Clock(offset="variable")
    if clock.offset == "variable":
        seconds = offset(zone_of(vm, setting.os, setting.config), now or datetime.now(UTC)) or 0
        clock = complete(clock, adjustment=str(seconds))
    there = {getattr(timer, "name", None) for timer in clock.timers}
    added = [timer for timer in timers(vm, setting) if timer.name not in there]
    return evolve(vm, clock=evolve(clock, timers=[*clock.timers, *added]))


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """Whether the guest is told how fast the counter is: where the host's is known, its timer is there or is not."""
    before = getattr(known, "use_tsc_frequency", None)
    listed = vm.clock.timers if vm.clock is not None else []
    told = any(getattr(timer, "name", None) == "tsc" and timer.frequency for timer in listed)
    unknown = setting.host.tsc_frequency is None or (before is None and not told)
    return evolve(vm, use_tsc_frequency=True if told else before if unknown else False)
