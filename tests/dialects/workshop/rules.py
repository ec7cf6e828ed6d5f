"""What no codec of the language says."""

from xform.rules import Rule


def _decode(text: str, level: int | None) -> int:
    return int(text) + (level or 0)


def _encode(value: int, level: int | None) -> str:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is not a height")
    return str(value - (level or 0))


# The document counts from the level, the entity from the ground.
above = Rule(
    decode=_decode,
    encode=_encode,
    type="int",
    expected="a number, above the level",
    samples=((0, {"level": 0}), (7, {"level": 3}), (-2, {"level": None})),
)
