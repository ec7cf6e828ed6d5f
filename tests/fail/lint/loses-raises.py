from xform import Rule


def decode(text: str, area: int) -> int:
    return int(text) // area


halved = Rule(
    decode=decode,
    encode=lambda value, area: str(value * area),
    type="int",
    expected="a number",
    samples=((60, {"area": 0}),),
)
