"""An embedder's own class, which has drifted from its table."""

import attrs


@attrs.define
class Den:
    name: str | None
    floor: int
    lihgt: bool | None


@attrs.define
class Lair:
    name: str
    owner: str
    kyes: list[str]
