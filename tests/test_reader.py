"""The reader of mapping files: values as tomllib has them, and the place and comment of every key."""

import pytest

from xform.errors import TableError
from xform.table.reader import TableFile, scan


def place(text, *key):
    origin = scan("f.toml", text)[key]
    return origin.line, origin.column, origin.comment


def test_a_key_has_line_and_column():
    text = "format = 1\n[A]\n  b = 'c'\n"
    assert place(text, "format")[:2] == (1, 1)
    assert place(text, "A")[:2] == (2, 1)
    assert place(text, "A", "b")[:2] == (3, 3)


def test_a_comment_behind_a_key_is_its_own():
    assert place("a = 1 # the first\nb = 2\n", "a")[2] == "the first"
    assert place("a = 1 # the first\nb = 2\n", "b")[2] == ""


def test_the_comment_lines_above_a_key_are_joined():
    assert place("# one\n# two\na = 1\n", "a")[2] == "one two"


def test_a_blank_line_parts_a_comment_from_a_key():
    assert place("# a heading\n\na = 1\n", "a")[2] == ""


def test_a_comment_behind_goes_before_one_above():
    assert place("# above\na = 1 # behind\n", "a")[2] == "behind"


def test_a_table_has_a_comment():
    assert place("# what it is\n[A]\nb = 1\n", "A")[2] == "what it is"
    assert place("[A] # what it is\n", "A")[2] == "what it is"
    assert place("# what it is\n[A.row]\nb = 1\n", "A", "row")[2] == "what it is"
    assert place("# what it is\n[A.row]\nb = 1\n", "A")[2] == "what it is"


def test_a_table_keeps_the_place_of_its_own_header():
    text = "# A\n[A]\nelement = 'a'\n[A.row]\nb = 'c'\n"
    assert place(text, "A") == (2, 1, "A")


def test_a_hash_inside_a_string_is_no_comment():
    assert place("a = 'b # c' # d\n", "a")[2] == "d"
    assert place('a = "b \\" # c" # d\n', "a")[2] == "d"
    assert place("a = 'b # c'\n", "a")[2] == ""


def test_brackets_inside_a_string_open_nothing():
    text = "a = 'b[c' # d\ne = 1 # f\n"
    assert place(text, "a")[2] == "d"
    assert place(text, "e") == (2, 1, "f")


def test_an_array_over_several_lines():
    text = "a = [ # first\n  'b', # not a\n  'c = d',\n]\ne = 1\n"
    assert set(scan("f", text)) == {("a",), ("e",)}
    assert place(text, "e")[0] == 5


def test_a_string_over_several_lines():
    text = 'a = """\nb = 1 # no\n[C]\n"""\nd = 2 # yes\n'
    assert set(scan("f", text)) == {("a",), ("d",)}
    assert place(text, "d") == (5, 1, "yes")


def test_quoted_and_dotted_keys():
    text = "[A.join.\"m/n:v[@x='y']\"]\n\"b c\" = 1\n'd' = 2\ne . f = 3\n"
    at = ("A", "join", "m/n:v[@x='y']")
    assert place(text, *at)[0] == 1
    assert place(text, *at, "b c")[0] == 2
    assert place(text, *at, "d")[0] == 3
    assert place(text, *at, "e", "f")[0] == 4


def read(folder, text):
    file = folder / "t.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return TableFile(file)


def test_a_file_gives_values_and_origins(tmp_path):
    file = read(tmp_path, "format = 1\n[A.row]\nb = '@b : str'  # what b is\n")
    assert file.values == {"A": {"row": {"b": "@b : str"}}}
    assert str(file.origin("A", "row", "b")) == f"{tmp_path}/t.toml:3:1"
    assert file.origin("A", "row", "b").comment == "what b is"


def test_windows_line_ends(tmp_path):
    file = read(tmp_path, "format = 1\r\n[A.row]\r\nb = 'c : str' # d\r\n")
    assert file.origin("A", "row", "b").line == 3
    assert file.origin("A", "row", "b").comment == "d"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"format = 1\na = '\xff'\n", "not UTF-8 at byte 16"),
        ("format = 1\na = \n", ":2:5: Invalid value; expected TOML"),
        ("format = 2\n", ":1:1: format is 2; expected `format = 1`"),
        ("format = 1.0\n", ":1:1: format is 1.0; expected `format = 1`"),
        ("format = true\n", ":1:1: format is True; expected `format = 1`"),
        ("[A]\n", ":1:1: format is missing; expected `format = 1`"),
        ("format = 1\na = {b = 1}\n", "write each key on a line of its own"),
    ],
)
def test_files_that_are_refused(tmp_path, text, message):
    with pytest.raises(TableError) as raised:
        read(tmp_path, text)
    assert message in str(raised.value)
    assert str(raised.value).startswith(f"{tmp_path}/t.toml")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "key", "second", "first"),
    [
        ("[A]\n  b = 1\nc = 2\n  b = 2\n", "b", "5:3", "3:3"),
        ("[A]\nb.c = 1\nb.d = 2\nb.c = 3\n", "b.c", "5:1", "3:1"),
        ("[A.row]\nb = 1\n[A]\n [A.row]\n", "A.row", "5:2", "2:1"),
        ("[A]\nrow.b = 1\n[A.row]\n", "A.row", "4:1", "3:1"),
        ("[A]\nrow = 1\n[A.row.b]\n", "A.row", "4:1", "3:1"),
        ("[A.row]\nb = 1\n[A]\nrow.c = 2\n", "row", "5:1", "2:1"),
        ('[A]\nb = """\nb = 2\n"""\nb = [\n1,\n]\n', "b", "6:1", "3:1"),
    ],
)
def test_what_stands_twice_is_told_with_both_places(tmp_path, text, key, second, first):
    with pytest.raises(TableError) as raised:
        read(tmp_path, "format = 1\n" + text)
    file = tmp_path / "t.toml"
    assert str(raised.value) == f"{file}:{second}: {key!r} stands twice; first at {file}:{first}"


@pytest.mark.parametrize(
    "text", ["[A.row]\nb = 1\n[A]\nc = 2\n", "[A]\nb.c = 1\nb.d = 2\n", "[A]\nb.c = 1\n[A.b.d]\ne = 2\n[A.e]\n"]
)
def test_a_table_may_be_declared_in_parts(tmp_path, text):
    assert set(read(tmp_path, "format = 1\n" + text).values) == {"A"}


def test_a_fault_before_a_key_that_stands_twice_is_told_first(tmp_path):
    with pytest.raises(TableError, match=r":3:5: Invalid value; expected TOML"):
        read(tmp_path, "format = 1\na = 1\nb = \na = 2\n")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TableError, match=r"none\.toml: No such file"):
        TableFile(tmp_path / "none.toml")
