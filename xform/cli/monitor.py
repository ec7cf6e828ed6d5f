"""`xform monitor`: follow the VMs of connections into a database."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from xform.cli.commands import PIPE
from xform.cli.common import common, load, logged_lines, read_entity
from xform.cli.completion import FILE
from xform.errors import XformError

if TYPE_CHECKING:
    from types import FrameType

    from xform.dialect import Dialect
    from xform.monitor.records import Change
    from xform.monitor.watch import Monitor, Vm


@click.command()
@click.option(
    "--connect",
    metavar="URI",
    multiple=True,
    required=True,
    help="libvirt's URI, or exec:COMMAND ARGUMENTS for a host's agent; may be given several times.",
)
@click.option("--store", "url", metavar="URL", required=True, help="sqlite:///FILE or postgresql://USER@HOST/NAME.")
@click.option(
    "--known",
    metavar="FILE",
    type=FILE,
    multiple=True,
    help="An entity that its manager knows; its devices are managed from now on.",
)
@click.option(
    "--interval",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Look at all VMs this often; events name the ones to look at at once.",
)
@click.option(
    "--share",
    metavar="SECONDS",
    type=click.FloatRange(min=1),
    help="Share the connections with other monitors of the store: one that falls silent for so long is stood in for.",
)
@click.option("--once", is_flag=True, help="Look at all VMs once and end.")
@click.option("--json", "as_json", is_flag=True, help="Changes as lines of JSON on standard output.")
@click.option("--metrics", metavar="[ADDRESS:]PORT", help="Serve metrics for Prometheus there, by itself on 127.0.0.1.")
@common
def monitor(
    connect: tuple[str, ...],
    url: str,
    known: tuple[str, ...],
    interval: float,
    share: float | None,
    once: bool,
    as_json: bool,
    metrics: str | None,
    dialect: str,
) -> int:
    """Follow the VMs of libvirt connections, or of hosts' agents, into a database.

    SIGTERM and ^C end it between two VMs.  Exit code with --once: 1 if a connection or a VM failed, or devices could
    not be told apart.
    """
    import structlog

    from xform.monitor.opening import open_store
    from xform.monitor.source import open_source

    if share is not None and once:
        raise XformError("--share is for monitors that go on; expected it without --once")
    sources = [open_source(one) for one in dict.fromkeys(connect)]
    tables = load(dialect)
    entities = [read_entity(tables, file) for file in known]
    store = open_store(url, tables)

    from xform.monitor.manager import tell
    from xform.monitor.watch import Monitor

    lines = Lines(tables)
    with ExitStack() as stack:
        stack.callback(store.close)
        for entity in entities:
            tell(tables, store, entity)
        watching = Monitor(
            tables,
            store,
            sources,
            interval=interval,
            on_change=lines.write if as_json else None,
            leases=store.leases([source.name for source in sources], share) if share is not None else None,
        )
        lines.monitor = watching
        stack.enter_context(stopping(watching))
        stack.enter_context(shown(watching))
        if metrics is not None:
            from xform.monitor.metrics import serving

            served = stack.enter_context(serving(watching.progress, metrics))
            structlog.get_logger().info("metrics", url=served)
        if once:
            well = watching.once()
        else:
            watching.run()
            well = True
    return PIPE if lines.unread else 0 if well else 1


class Lines:
    """Changes on standard output.  When nobody reads there any more, the monitor ends."""

    monitor: Monitor

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.unread = False

    def write(self, vm: Vm, changes: tuple[Change, ...]) -> None:
        try:
            click.echo(json.dumps(self._data(vm, changes), ensure_ascii=False))
        except BrokenPipeError:
            self.unread = True
            self.monitor.stop()
            raise

    def _data(self, vm: Vm, changes: tuple[Change, ...]) -> dict[str, Any]:
        from xform.files import dump_value

        came = ("inserted", "returned")
        devices = {(one.kind, one.id): one for one in vm.known.devices}

        def device(kind: str, id: str) -> dict[str, Any]:
            one = devices[kind, id]
            entity = dump_value(self._dialect, one.entity, masked=True)
            return {"alias": one.alias, "address": one.address, "device": entity}

        return {
            "vm": vm.id,
            "name": vm.name,
            "connection": vm.connection,
            "at": vm.at.isoformat(),
            "changes": [
                {
                    "what": one.what,
                    "kind": one.kind,
                    "id": one.id,
                    "fields": dump_value(self._dialect, one.fields, masked=True),
                    **(device(one.kind, one.id) if one.kind and one.what in came else {}),
                }
                for one in changes
            ],
            "ambiguous": [
                {"kind": kind, "rung": list(rung), "devices": list(devices)} for kind, rung, devices in vm.ambiguous
            ],
        }


@contextmanager
def stopping(monitor: Monitor) -> Iterator[None]:
    """Within, SIGTERM and ^C end the monitor; a second one ends the process."""

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(number, before[number])
        monitor.stop()

    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def shown(monitor: Monitor) -> Iterator[None]:
    """On standard error: a line for each event, and on a terminal a table below them that stays up to date."""
    from rich.console import Console
    from rich.live import Live

    from xform.monitor.table import Board

    console = Console(stderr=True)
    with ExitStack() as stack:
        if console.is_terminal:
            # within, what is written to standard error stands above the table
            stack.enter_context(Live(Board(monitor.progress), console=console, refresh_per_second=2))
        with logged_lines():
            yield
