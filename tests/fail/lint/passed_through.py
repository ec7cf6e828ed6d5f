from xform import Rule

tally = Rule(
    decode=len,
    encode=lambda value: "|" * value,
    type="int",
    expected="a stroke for each",
    samples=((0, {}), (3, {})),
)
