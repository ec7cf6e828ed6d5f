"""What Prometheus reads of a monitor."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from xform.errors import XformError
from xform.monitor.progress import Progress

_LOCAL = "127.0.0.1"

_GAUGES: dict[str, tuple[str, Callable[[Progress], float]]] = {
    "connected": ("1 while the connection stands.", lambda one: float(one.connected)),
    "vms": ("VMs that the connection has.", lambda one: one.vms),
    "failed": ("VMs that could not be looked at the last time.", lambda one: len(one.failed)),
    "ambiguous": ("VMs with devices that cannot be told apart.", lambda one: len(one.ambiguous)),
    "lag_seconds": ("Seconds since the last complete pass began.", lambda one: one.lag),
}
_COUNTERS: dict[str, tuple[str, Callable[[Progress], float]]] = {
    "changed": ("Changes found.", lambda one: one.changed),
    "undelivered": ("Callbacks that raised; the history has their changes.", lambda one: one.undelivered),
}


class Metrics(Collector):
    """The figures of every connection, read when they are asked for."""

    def __init__(self, progress: Sequence[Progress]) -> None:
        self._progress = progress

    @property
    def _held(self) -> list[Progress]:
        return [one for one in self._progress if one.held]

    def collect(self) -> Iterator[Metric]:
        for name, (about, value) in _GAUGES.items():
            gauge = GaugeMetricFamily(f"xform_monitor_{name}", about, labels=["connection"])
            for one in self._held:
                gauge.add_metric([one.name], value(one))
            yield gauge
        for name, (about, value) in _COUNTERS.items():
            counter = CounterMetricFamily(f"xform_monitor_{name}", about, labels=["connection"])
            for one in self._held:
                counter.add_metric([one.name], value(one))
            yield counter
        seconds = CounterMetricFamily(
            "xform_monitor_seconds", "Seconds spent, by phase.", labels=["connection", "phase"]
        )
        for one in self._held:
            for phase, spent in one.seconds.items():
                seconds.add_metric([one.name, phase], spent)
        yield seconds


@contextmanager
def serving(progress: Sequence[Progress], where: str) -> Iterator[str]:
    """Serve them at ``[ADDRESS:]PORT`` (0: any free one); the URL. Raises XformError."""
    address, _, port = where.rpartition(":")
    registry = CollectorRegistry()
    registry.register(Metrics(progress))
    try:
        server, thread = start_http_server(int(port), address.strip("[]") or _LOCAL, registry)
    except (ValueError, OverflowError):
        raise XformError(f"{where!r} is no [ADDRESS:]PORT; expected e.g. 9177 or 0.0.0.0:9177") from None
    except socket.gaierror as error:
        raise XformError(f"{where}: {error.strerror}; expected an address of this machine") from None
    except OSError as error:
        raise XformError(f"{where}: {error.strerror}; expected an address of this machine, and a free port") from None
    try:
        yield f"http://{address or _LOCAL}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
