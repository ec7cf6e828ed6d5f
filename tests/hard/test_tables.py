"""Mapping files that are meant to break what reads them: each is refused in a line, or only text."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xform
from xform.dialect import Dialect
from xform.errors import TableError
from xform.stubs import stubs
from xform.table.reader import MAX_BYTES, MAX_LINE, TableFile

HEAD = 'format = 1\nroot = "M"\n'
TABLE = 'format = 1\n[M]\nelement = "m"\n[M.row]\n'
Load = Callable[..., Dialect]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a dialect of one entity with these rows."""

    def load(rows: str = "", more: str = "", head: str = "") -> Dialect:
        (tmp_path / "dialect.toml").write_text(HEAD + head)
        (tmp_path / "m.toml").write_text(f"{TABLE}{rows}\n{more}\n")
        return xform.load(str(tmp_path))

    return load


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = " + "[" * 900 + "]" * 900, ":1:1: values are nested too deeply"),
        ("a = " + "{b=" * 500, ":1:1: values are nested too deeply"),
        (".".join("a" * 900) + " = 1", ":2:1: a key of 900 parts; expected at most 8"),
        ("[" + ".".join("a" * 900) + "]", ":2:1: a key of 900 parts; expected at most 8"),
        ("[a" + " " * 50_000 + "x", f":2:{MAX_LINE + 1}: the line is too long; expected at most {MAX_LINE} characters"),
        ("[" + " " * 1900, ":2:1902: "),
        ("a = 0x" + "f" * 3000, f":2:{MAX_LINE + 1}: the line is too long"),
        (
            "#" * MAX_LINE + "\n" + f"{'#' * 1000}\n" * 300,
            f": the file is too large; expected at most {MAX_BYTES} bytes",
        ),
        ("a = 'x\0'", ":2:7: "),
    ],
    ids=["arrays", "tables", "dotted key", "dotted header", "blanks", "bracket", "number", "size", "NUL"],
)
def test_L310_a_file_that_takes_what_reads_it_too_far(text: str, expected: str, tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text(f"format = 1\n{text}\n")
    with pytest.raises(TableError) as caught:
        TableFile(file)
    assert str(caught.value).startswith(f"{file}{expected}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["dialect.toml", "x.toml"])
def test_L311_a_pipe_is_no_mapping_file(name: str, tmp_path: Path) -> None:
    if name != "dialect.toml":
        (tmp_path / "dialect.toml").write_text(HEAD)
    os.mkfifo(tmp_path / name)
    with pytest.raises(TableError, match=rf"{name}: it is no regular file; expected a mapping file"):
        xform.load(str(tmp_path))


def test_a_folder_is_no_mapping_file(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text(HEAD)
    (tmp_path / "x.toml").mkdir()
    with pytest.raises(TableError, match=r"x\.toml: it is no regular file"):
        xform.load(str(tmp_path))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (f"a = '{'a/' * 13}@b : str'", "the path is too deep; expected at most 12 elements, or an entity"),
        (f"a = 'a : {'list ' * 300}uint'", "a list cannot hold a list"),
        (f"a = 'a : {'map @a @b ' * 150}uint'", "a map cannot hold a map"),
        (f"a = 'a : {'typed int=@t ' * 100}uint'", "typed goes around a value, not around typed"),
        ("\n".join(f"a{n} = '@a{n} : str'" for n in range(501)), "an entity of 500 rows and more"),
        ("a = \"a[@b='\\u0000']/@c : str\"", "is not text that XML can hold"),
        ("a = '@a : size KiB unit=@b²'", "'@b²' is no attribute beside the size"),
    ],
    ids=["path", "lists", "maps", "typed", "rows", "NUL", "unit"],
)
def test_L312_rows_that_no_code_can_be_made_of(rows: str, expected: str, load: Load) -> None:
    with pytest.raises(TableError) as caught:
        load(rows)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("count", [9, 300])
def test_L312_entities_that_embed_each_other_without_end(count: int, load: Load) -> None:
    entities = "".join(
        f"[A{n}]\nchoice = '@t{n}'\n[A{n}.row]\na = '. : A{n + 1} !'\n[A{n}.x]\n[A{n}.y]\n" for n in range(count)
    )
    with pytest.raises(TableError, match=r"M embeds too much, .* expected at most 1000 rows in one element"):
        load("a = '. : A0'", entities + f"[A{count}.row]\nx = '@x : str !'\n")


def test_as_many_rows_as_there_may_be_are_code(load: Load) -> None:
    rows = "\n".join(f"a{n} = 'a{n} : str'" for n in range(490))
    inner = "b = '@b : str !'\n" + "\n".join(f"b{n} = 'b{n} : str'" for n in range(490))
    dialect = load(f"{rows}\ne = '. : E'", f"[E.row]\n{inner}")
    assert dialect.parse("<m b='1'><a489>x</a489><b489>y</b489></m>").e.b489 == "y"


@pytest.mark.parametrize(
    "uri", ["", "a b", "urn:}x'\\\"{y}", "\\u0000", "http://www.w3.org/XML/1998/namespace"], ids=repr
)
def test_L313_a_namespace_that_no_document_can_declare(uri: str, load: Load) -> None:
    with pytest.raises(TableError, match=r"dialect\.toml:4:1: p cannot be .*; expected a prefix and a URI"):
        load("a = '@a : str'", head=f'[namespaces]\np = "{uri}"\n')


def test_a_use_of_the_same_rows_over_and_over(load: Load) -> None:
    with pytest.raises(TableError, match="'u' stands twice; expected it once"):
        load("", "[N]\nuse = ['u', 'u']\n[use.u]\nb = '@b : str'\n")


# --- what is only text ------------------------------------------------------------------------------------------------

CODE = """{__import__("os").abort()}"""
AWKWARD = ['"', '"""', "\\", '\\"+1+\\"', "{}", "{{", "{x!r}", CODE, "\\n", "\u2028", "%s", "#", "\x85", "]]>", "--"]


@pytest.mark.parametrize("word", AWKWARD)
@pytest.mark.parametrize(
    ("row", "value"),
    [
        ("a[@b='{}']/@c : str", "v"),
        ("a/@c : const '{}'", None),
        ("a/@c : enum x '{}'", "{}"),
        ("a/@c : str = '{}'", None),
        ("a/@c : bool '{}' no", True),
    ],
    ids=["condition", "const", "enum", "default", "bool"],
)
def test_L314_no_word_of_a_table_becomes_code(row: str, value: Any, word: str, load: Load) -> None:
    dialect = load(f"a = {_toml(row.replace('{}', word))} # {word} ends in \\")
    made = dialect.parse("<m/>")
    if value is not None:
        made.a = value.replace("{}", word) if isinstance(value, str) else value
    text = dialect.generate(made)
    assert dialect.parse(text) == made
    assert dialect.update(text, made) == text
    compile(stubs(dialect), "stubs", "exec")


@pytest.mark.parametrize("word", [word for word in AWKWARD if not {"'", '"', "\\"} & set(word)])
def test_no_word_of_a_variant_becomes_code(word: str, load: Load) -> None:
    dialect = load("a = 'a : C'", f'[C]\nchoice = "@t"\n[C."x{word}"]\nx = "@x : str"\n[C.other]\ny = "@y : str"\n')
    made = dialect.M(a=dialect.classes[next(iter(dialect.tables.variants))](x="v"))
    assert dialect.parse(dialect.generate(made)) == made


@pytest.mark.parametrize(
    "row",
    [
        f"rule r needs x={CODE},y",
        f"list D by {CODE}",
        f"map @{CODE} @b",
        "rule __class__",
        "__class__",
        f"typed {CODE}=@t uint",
        f"template {CODE}",
    ],
)
def test_what_is_no_name_is_none_in_code(row: str, load: Load) -> None:
    with pytest.raises(TableError):
        load(f"a = {_toml(f'a : {row}')}", '[D.row]\nx = "@x : str"\n')


@pytest.mark.parametrize("name", ["my-key", "my.key", "m_y.k-e-y"])
def test_L315_the_key_of_a_map_may_have_any_name(name: str, load: Load) -> None:
    dialect = load(f"a = 'a : map @{name} @b'")
    made = dialect.M(a={"k": "v"})
    assert f"<a {name}='k' b='v'/>" in dialect.generate(made)
    assert dialect.parse(dialect.generate(made)) == made


def test_a_byte_order_mark_and_line_ends_of_windows_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_bytes(b"\xef\xbb\xbfformat = 1\r\n[A]\r\nb = 'c' # d\r\n")
    file = TableFile(tmp_path / "t.toml")
    assert (file.origin("A", "b").line, file.origin("A", "b").comment) == (3, "d")


@pytest.mark.parametrize("sign", ["\u2028", "\x85", "\u2029"])
def test_L316_what_is_no_line_end_in_toml_ends_no_line(sign: str, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(f"format = 1\n# x{sign}y\nA = 'x{sign}B = 1'\nC = 1\n")
    file = TableFile(tmp_path / "t.toml")
    assert {name: origin.line for (name,), origin in file.origins.items()} == {"format": 1, "A": 3, "C": 4}


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
