from __future__ import annotations

from typing import Literal

from attrs import field, frozen


@frozen(kw_only=True)
class Pool:
    name: str
    size: int = 0


@frozen(kw_only=True)
class Host:
    """What the machine will run on."""

    folder: str
    speed: Literal["slow", "fast"] = "slow"
    load: float = 0.0
    pools: list[Pool] = field(factory=list)
    labels: dict[str, str] = field(factory=dict)
    note: str | None = None
