from xform import Rule


def decode(text: str) -> int:
    return int(text) // 10 * 10


rounded = Rule(decode=decode, encode=str, type="int", expected="a number", samples=((60, {}), (75, {})))
