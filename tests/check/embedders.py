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


@attrs.define
class Nest:
    name: str
    seen: str | None = None


@attrs.define
class Vault:
    name: str
    code: str | None = None
    pin: str | None = attrs.field(default=None, repr=False)
