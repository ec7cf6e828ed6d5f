from collections.abc import Callable

from xform import Rule


def shifted(by: int) -> Callable[..., int]:
    return lambda text, **needs: int(text) + by


less = Rule(
    decode=shifted(-1),
    encode=lambda value, **needs: str(value + 1),
    type="int",
    expected="a number",
    samples=((1, {"low": 0, "high": 0}),),
)
