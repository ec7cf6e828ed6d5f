"""Each codec's laws: decode(encode(v)) is v; encode(decode(t)) is t's canonical form; anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xform.codecs import codec, filled
from xform.strategies import values

ROWS = [
    "str",
    "text",
    "uint",
    "int",
    "float",
    "hex",
    "hex 4",
    "bool yes no",
    "enum disk cdrom",
    "uuid",
    "mac",
    "path",
    "bytes",
    "size KiB unit=@unit",
    "size MiB unit=@unit absent=KiB",
    "typed int=@type uint",
    "typed bool=@type bool True False",
    "version",
    "cpuset",
    "template ua-{uuid}",
    "template a-{hex 4}-z",
    "const on",
    "xml",
]


def made(row):
    word, *arguments = row.split()
    return codec(word, arguments)


def decoded(known, text):
    """Decoded as it is written: a size beside its unit."""
    return known.decode(text, known.unit_word) if known.unit else known.decode(text)


@pytest.mark.parametrize("row", ROWS)
def test_samples_come_back(row):
    known = made(row)
    assert known.samples
    for value in known.samples:
        assert decoded(known, known.encode(value)) == value


@pytest.mark.parametrize("row", ROWS)
@given(data=st.data())
def test_drawn_values_come_back(row, data):
    known = made(row)
    value = data.draw(values(known))
    text = known.encode(value)
    assert decoded(known, text) == value
    assert known.encode(decoded(known, text)) == text


@pytest.mark.parametrize("row", ["bool yes no", "enum disk cdrom", "const on"])
def test_finite_codecs_say_each_value_in_one_word(row):
    known = made(row)
    assert known.words
    assert {known.encode(value): value for value in known.words.values()} == known.words
    assert {text: known.decode(text) for text in known.words} == known.words


@pytest.mark.parametrize(
    ("row", "text", "canonical"),
    [
        ("uint", "007", "7"),
        ("int", "-0", "0"),
        ("float", "2", "2.0"),
        ("float", "1e3", "1000.0"),
        ("hex", "31", "0x1f"),
        ("hex", "0X1F", "0x1f"),
        ("hex", "017", "0xf"),
        ("hex 4", "0x1", "0x0001"),
        ("uuid", "6BA7B8109DAD41D180B400C04FD430C8", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
        ("mac", "52:54:00:AB:CD:EF", "52:54:00:ab:cd:ef"),
        ("cpuset", "3,1,0-2", "0-3"),
        ("cpuset", "0-3,^2", "0-1,3"),
        ("cpuset", " 0 , 2 ", "0,2"),
        ("bytes", "eGZv\ncm0=", "eGZvcm0="),
        ("template ua-{uuid}", "ua-6BA7B810-9DAD-41D1-80B4-00C04FD430C8", "ua-6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
        ("xml", "<a  b='1'/>", '<a b="1"></a>'),
    ],
)
def test_L08_canonical_forms(row, text, canonical):
    known = made(row)
    assert known.encode(known.decode(text)) == canonical
    assert known.encode(known.decode(canonical)) == canonical


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ("uint", " 1"),
        ("uint", "1_0"),
        ("uint", "-1"),
        ("uint", "+1"),
        ("uint", ""),
        ("uint", "\u0663"),
        ("uint", "1" * 21),
        ("int", " 1_0 "),
        ("int", "--1"),
        ("int", "\uff11"),
        ("float", "nan"),
        ("float", "inf"),
        ("float", "1,5"),
        ("float", "."),
        ("hex", "1f"),
        ("hex", "0x"),
        ("hex", "089"),
        ("hex", "-1"),
        ("hex", "0x" + "f" * 17),
        ("bool yes no", "on"),
        ("bool yes no", "YES"),
        ("enum disk cdrom", "dis"),
        ("uuid", "6ba7b810-9dad-41d1-80b4-00c04fd430c"),
        ("uuid", "{6ba7b810-9dad-41d1-80b4-00c04fd430c8}"),
        ("mac", "52-54-00-ab-cd-ef"),
        ("mac", "52:54:00:ab:cd"),
        ("path", ""),
        ("bytes", "a"),
        ("bytes", "*"),
        ("size KiB", "1.5"),
        ("size KiB", "-1"),
        ("version", "4."),
        ("version", "v4"),
        ("cpuset", ""),
        ("cpuset", "3-1"),
        ("cpuset", "0-99999999"),
        ("cpuset", "9" * 5000),
        ("cpuset", "16384"),
        ("cpuset", "\u0663"),
        ("template ua-{uuid}", "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
        ("template aa{str}aa", "aaa"),
        ("const on", "off"),
        ("str", "\x00"),
        ("str", "\ud800"),
    ],
)
def test_texts_that_are_refused(row, text):
    with pytest.raises(ValueError, match="is not"):
        made(row).decode(text)


@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("uint", True),
        ("uint", -1),
        ("uint", 1.0),
        ("uint", 10**20),
        ("int", False),
        ("int", "1"),
        ("float", 1),
        ("float", float("nan")),
        ("float", float("inf")),
        ("hex", True),
        ("hex", 1 << 64),
        ("bool yes no", 1),
        ("bool yes no", None),
        ("enum disk cdrom", "floppy"),
        ("uuid", "6BA7B810-9DAD-41D1-80B4-00C04FD430C8"),
        ("mac", "52:54:00:AB:CD:EF"),
        ("path", ""),
        ("str", b"x"),
        ("str", "\x01"),
        ("str", "\uffff"),
        ("bytes", "x"),
        ("size KiB", True),
        ("size KiB", 10**20),
        ("cpuset", "1,0"),
        ("version", "4.x"),
        ("template ua-{uuid}", "x"),
        ("const on", "off"),
        ("xml", "<a>"),
        ("xml", "<a/><b/>"),
        ("xml", "<!DOCTYPE a><a/>"),
    ],
)
def test_values_that_are_refused(row, value):
    with pytest.raises(ValueError):
        made(row).encode(value)


@pytest.mark.parametrize(
    ("unit", "amount"),
    [(None, 1), ("KiB", 1), ("kib", 1), ("k", 1), ("MiB", 1024), ("GiB", 1 << 20), ("b", 1), ("bytes", 1), ("KB", 1)],
)
def test_L09_sizes_without_case_and_rounded_up(unit, amount):
    assert made("size KiB unit=@unit").decode("1", unit) == amount


def test_a_size_of_many_bytes():
    known = made("size KiB unit=@unit absent=b")
    assert known.decode("2049") == 3
    assert known.decode("2048", "b") == 2
    assert known.decode("1000", "KB") == 977


@pytest.mark.parametrize("unit", ["parsec", "kibi", "KiBi", "Ki"])
def test_a_unit_that_nobody_knows(unit):
    with pytest.raises(ValueError, match="unit"):
        made("size KiB unit=@unit").decode("1", unit)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("uimt", "unknown codec 'uimt' (did you mean 'uint'?)"),
        ("uint 3", "uint takes no argument, but '3' stands there"),
        ("enum", "enum needs its words"),
        ("enum a b a", "enum has 'a' twice"),
        ("bool yes", "bool needs its pair of words, the one for true first; expected e.g. `bool yes no`"),
        ("const", "const needs one word; quote it if it has spaces: const 'a b'"),
        ("size", "size needs the field's unit; expected e.g. `size KiB unit=@unit`"),
        ("size furlong", "unknown unit 'furlong'; expected b, KB, KiB, MB, MiB and so on"),
        ("size MiB absent=KiB", "without unit=@… no MiB can be written where an absent unit means KiB"),
        ("template x", "cannot read the template 'x'; expected text around one {codec}, as in ua-{uuid}"),
    ],
)
def test_wrong_arguments(row, message):
    with pytest.raises(ValueError) as raised:
        made(row)
    assert str(raised.value).startswith(message.partition(" unit=@unit`")[0])


@pytest.mark.parametrize("row", ["uint", "int", "size MiB"])
def test_of_too_many_digits_it_is_said_how_many_there_may_be(row):
    for refused in (lambda: made(row).decode("9" * 21), lambda: made(row).encode(10**20)):
        with pytest.raises(ValueError, match=r", of at most 20 digits$"):
            refused()


def test_the_longest_list_of_cpus_is_read_and_a_longer_text_is_refused():
    known, every_other = made("cpuset"), ",".join(map(str, range(0, 1 << 14, 2)))
    assert known.encode(known.decode(every_other)) == every_other
    with pytest.raises(ValueError, match=r"^200000 characters are too long a CPU list; expected at most 65536$"):
        known.decode("0," * 99_999 + "00")


def test_an_unknown_word_is_hinted_at():
    with pytest.raises(ValueError, match=r"'cdrum' is not one of disk, cdrom \(did you mean 'cdrom'\?\)"):
        made("enum disk cdrom").decode("cdrum")


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_L15_text_with_rows_through_it_is_not_blank(text):
    known = filled(made("text"))
    with pytest.raises(ValueError, match="blank"):
        known.decode(text)
    with pytest.raises(ValueError, match="blank"):
        known.encode(text)
    assert known.decode(" a ") == " a "
