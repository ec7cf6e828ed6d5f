from xform import Rule

less = Rule(
    decode=lambda text, watts: int(text) - 1,
    encode=lambda value, watts: str(value + 1),
    type="int",
    expected="a number",
    samples=((1, {"watts": 0}),),
)
