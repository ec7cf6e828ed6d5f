"""A monitor's connections as a table that follows them, for people on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from xform.monitor.progress import Progress


class Board:
    """Is drawn anew each time, as its connections stand then."""

    def __init__(self, progress: Sequence[Progress]) -> None:
        self._progress = progress

    def __rich__(self) -> Table:
        table = Table(box=None, header_style="bold")
        for column in ("connection", "state"):
            table.add_column(column)
        for column in ("VMs", "changed", "failed", "ambiguous", "last pass", "lag"):
            table.add_column(column, justify="right", no_wrap=True)
        for one in self._progress:
            if not one.held:
                table.add_row(Text(one.name), Text("another's", "dim"))
                continue
            table.add_row(
                Text(one.name),
                _state(one),
                str(one.vms),
                str(one.changed),
                Text(str(len(one.failed)), "red" if one.failed else ""),
                Text(str(len(one.ambiguous)), "yellow" if one.ambiguous else ""),
                f"{one.passed.astimezone():%H:%M:%S}" if one.passed else "none yet",
                f"{one.lag:.0f} s",
            )
        return table


def _state(one: Progress) -> Text:
    if one.connected:
        return Text("connected", "green")
    return Text(one.fault.removeprefix(f"{one.name}: "), "red") if one.fault else Text("connecting", "yellow")
