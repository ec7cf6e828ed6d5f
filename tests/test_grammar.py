"""The grammar of rows and paths: what each production reads, and where a wrong row is wrong."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xform.table.grammar import GrammarError, PathSyntax, StepSyntax, parse_path, parse_row


def steps(*names):
    return tuple(StepSyntax(*name) if isinstance(name, tuple) else StepSyntax("", name) for name in names)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (".", PathSyntax()),
        ("@a", PathSyntax((), "a")),
        ("a", PathSyntax(steps("a"))),
        ("a/b-c.d/@e", PathSyntax(steps("a", "b-c.d"), "e")),
        ("n:a/n:b", PathSyntax(steps(("n", "a"), ("n", "b")))),
        ("a/@n:b", PathSyntax(steps("a"), "n:b")),
        ("a/*", PathSyntax(steps("a", "*"))),
        ("n:*", PathSyntax(steps(("n", "*")))),
        ("a[@b='c d']", PathSyntax(steps(("", "a", (("b", "c d"),))))),
        ("a[@b='/']/c", PathSyntax(steps(("", "a", (("b", "/"),)), "c"))),
        ("a[@b='1'][@c='2']/@d", PathSyntax(steps(("", "a", (("b", "1"), ("c", "2")))), "d")),
    ],
)
def test_paths(text, path):
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "text", ["", "/", "/a", "a/", "a//b", "a/@", "@a/b", "a[b]", "a[@b=c]", "a b", "*/a", "..", "@*", "1a"]
)
def test_wrong_paths(text):
    with pytest.raises(GrammarError):
        parse_path(text)


@pytest.mark.parametrize(
    ("row", "column"),
    [("@a : str = 'ab", 11), ("@a : const a'b", 12), ("@a : enum 'a' 'b", 14), ("@a : const 'a'b'", 15)],
)
def test_L328_a_quote_without_an_end_is_told_by_its_column(row, column):
    with pytest.raises(GrammarError, match="has no end; expected another '") as caught:
        parse_row(row)
    assert caught.value.column == column


def test_a_row_has_a_path_a_codec_and_flags():
    row = parse_row("target/@dev : str ! <")
    assert row.paths == (PathSyntax(steps("target"), "dev"),)
    assert (row.codec.word, row.codec.arguments) == ("str", ())
    assert row.flags == {"!": None, "<": None}


def test_several_places():
    assert [path.attribute for path in parse_row("a/@b, c/@d : uint").paths] == ["b", "d"]


def test_a_comma_in_a_condition_parts_nothing():
    assert len(parse_row("a[@b='c,d']/e : str").paths) == 1


def test_a_colon_in_a_name_is_no_end_of_a_path():
    assert parse_row("n:a : str").paths[0].steps == steps(("n", "a"))


def test_arguments():
    assert parse_row("@a : size KiB unit=@unit absent=b").codec.arguments == ("KiB", "unit=@unit", "absent=b")
    assert parse_row("@a : const 'two words'").codec.arguments == ("two words",)
    assert parse_row("@a : rule r needs b c").codec.arguments == ("r", "needs", "b", "c")


def test_flags_with_values():
    assert parse_row("@a : uint = 3 since 9.1 until 11.0 secret >").flags == {
        "=": "3",
        "since": "9.1",
        "until": "11.0",
        "secret": None,
        ">": None,
    }
    assert parse_row("@a : str = 'a b'").flags == {"=": "a b"}


def test_a_list_and_its_keys():
    codec = parse_row("a/b : list Disk by id, name !").codec
    assert (codec.word, codec.item.word, codec.by) == ("list", "Disk", ("id", "name"))
    assert parse_row("a/b : list enum x y").codec.item.arguments == ("x", "y")


def test_a_map_and_its_halves():
    codec = parse_row("a/b : map @name @value").codec
    assert (codec.key.attribute, codec.value.attribute, codec.item.word) == ("name", "value", "str")
    assert parse_row("a/* : map * .").codec.key == PathSyntax(steps("*"))
    assert parse_row("a/* : map * .").codec.item.word == "text"
    assert parse_row("a/b : map @name c/@d uint").codec.item.word == "uint"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("@a", 0, "has no codec; expected `path : codec`"),
        ("a :uint", 0, "has no codec; expected `path : codec`, with blanks on both sides of the colon"),
        ("@a :", 4, "a codec is missing"),
        ("@a : str !!", 5, None),
        ("@a : str ! x", 11, "unknown flag 'x'"),
        ("@a : str ! secrt", 11, "did you mean 'secret'?"),
        ("@a : str ! !", 11, "stands twice"),
        ("@a : str =", 10, "needs a value"),
        ("@a : str since", 14, "needs a value"),
        ("a : list D by", 11, "`by` needs"),
        ("a : list", 8, "a codec is missing"),
        ("a : map @b", 4, "a map needs the paths"),
        ("a, /b : str", 3, "cannot read the path"),
    ],
)
def test_wrong_rows(text, column, message):
    if message is None:
        parse_row(text)  # one word; the codec refuses it
        return
    with pytest.raises(GrammarError) as raised:
        parse_row(text)
    assert message in str(raised.value)
    assert raised.value.column == column


@given(st.text(alphabet="ab@/:[]='*., !<>=\n", max_size=20))
def test_whatever_stands_there_is_read_or_refused(text):
    with suppress(GrammarError):
        parse_row(text)
