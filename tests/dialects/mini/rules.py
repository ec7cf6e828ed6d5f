from xform import Rule

WORDS = {"y": True, "n": False}


def decode(text: str) -> bool:
    if text not in WORDS:
        raise ValueError(f"{text!r} is not y or n")
    return WORDS[text]


yes_no = Rule(
    decode=decode,
    encode=lambda value: "y" if value else "n",
    type="bool",
    expected="y or n",
    samples=((True, {}), (False, {})),
)
