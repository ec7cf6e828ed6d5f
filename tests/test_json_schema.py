"""The JSON Schemas of mapping files: they admit what the tables admit, and refuse what is wrong by its form alone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.cli.conftest import Xform, call  # noqa: F401
from xform.codecs import CODECS
from xform.errors import TableError
from xform.json_schema import dialect_schema, mapping_schema
from xform.table.forms import FORMS
from xform.table.grammar import FLAGS
from xform.table.resolve import load_tables
from xform.table.words import DIALECT_WORDS, WORDS

ROOT = Path(__file__).parents[1]
MAPPINGS = ROOT / "mappings"
FAIL = ROOT / "tests" / "fail"
TAPLO = Path(sys.executable).parent / "taplo"
SCHEMAS = {"mapping": json.loads(mapping_schema()), "dialect": json.loads(dialect_schema())}
CHECKS = {name: jsonschema.Draft7Validator(schema) for name, schema in SCHEMAS.items()}
SOUND = sorted([*MAPPINGS.glob("*/*.toml"), *(ROOT / "tests" / "dialects").glob("*/*.toml"), *FAIL.glob("base/*.toml")])
BROKEN = sorted(FAIL.glob("*.toml"))


def kind(file: Path) -> str:
    return "dialect" if file.stem == "dialect" or file.stem.startswith("dialect-") else "mapping"


def faults(file: Path) -> list[str]:
    errors = CHECKS[kind(file)].iter_errors(tomllib.loads(file.read_text()))
    return [f"{file.name}: {error.json_path}: {error.message}" for error in errors]


# --- the files ----------------------------------------------------------------------------------------------------


def test_the_schemas_that_are_shipped_are_those_of_the_language(golden: Callable[[str | Path, str], None]) -> None:
    golden(MAPPINGS / "mapping.schema.json", mapping_schema())
    golden(MAPPINGS / "dialect.schema.json", dialect_schema())


def test_the_schemas_are_json_schemas() -> None:
    for check in CHECKS.values():
        check.check_schema(check.schema)


@pytest.mark.parametrize("file", sorted(MAPPINGS.glob("*/*.toml")), ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_table_names_its_schema_in_its_first_line(file: Path) -> None:
    found = re.fullmatch(r"#:schema (\S+)", file.read_text().partition("\n")[0])
    assert found
    assert (file.parent / found[1]).resolve() == MAPPINGS / f"{kind(file)}.schema.json"


def test_the_command_prints_them(call: Xform) -> None:  # noqa: F811
    assert call("show", "--json-schema", "mapping").stdout == mapping_schema()
    assert call("show", "--json-schema", "dialect").stdout == dialect_schema()
    assert call("show", "--json-schema", "mapping", "Disk").exit_code == 2


def test_every_codec_has_a_form_and_every_word_is_documented() -> None:
    assert set(FORMS) == {*CODECS, "rule", "Entity", "list", "map"}
    page = (ROOT / "docs" / "language.md").read_text()
    words = [*FORMS, *FLAGS, *WORDS, *DIALECT_WORDS]
    assert [word for word in words if not re.search(rf"[`\[.]{re.escape(word)}[`\] .]", page)] == []


# --- what they say of tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", SOUND, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_sound_file_is_admitted(file: Path) -> None:
    assert faults(file) == []


def test_a_broken_table_is_refused_where_its_form_is_wrong(golden: Callable[[str | Path, str], None]) -> None:
    """The others need the linter, which knows names and other rows; what is no TOML at all, editors see themselves."""
    admitted = [file for file in BROKEN if _is_toml(file) and not faults(file)]
    golden("json_schema/needs_the_linter.txt", "".join(file.with_suffix(".txt").read_text() for file in admitted))


def _is_toml(file: Path) -> bool:
    try:
        tomllib.loads(file.read_text())
    except tomllib.TOMLDecodeError:
        return False
    return True


def taplo(folder: Path, *arguments: object) -> tuple[int, set[str]]:
    """The exit code of `taplo lint`, and the names of the files that it refuses.  It reaches no network."""
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run(
        [TAPLO, "lint", "--no-auto-config", "--colors", "never", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )
    # by the places that it shows: lines of its log run into each other
    places = re.findall(r"[^\s:]+\.toml(?=:\d+:\d+)", done.stdout + done.stderr)
    return done.returncode, {Path(place).name for place in places}


def test_taplo_admits_every_table_by_the_schema_that_it_names(tmp_path: Path) -> None:
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    tables = sorted((tmp_path / "mappings").glob("*/*.toml"))
    assert taplo(tmp_path, *tables) == (0, set())
    disk = tmp_path / "mappings" / "domain" / "disk.toml"
    disk.write_text(disk.read_text().replace(" : uint", " : uimt", 1))
    assert taplo(tmp_path, *tables) == (1, {"disk.toml"})


@pytest.mark.parametrize("name", ["mapping", "dialect"])
def test_taplo_refuses_the_same_broken_tables(name: str) -> None:
    files = [file for file in BROKEN if kind(file) == name and _is_toml(file)]
    schema = (MAPPINGS / f"{name}.schema.json").as_uri()
    _, refused = taplo(FAIL, "--schema", schema, *files)
    assert refused == {file.name for file in files if faults(file)}


# --- rows ---------------------------------------------------------------------------------------------------------

RULES = """\
from xform import Rule

name = Rule(decode=str, encode=str, type="str", expected="text", samples=(("a", {}),))
of_field = Rule(
    decode=lambda text, field: text, encode=lambda value, field: value, type="str", expected="text",
    samples=(("a", {"field": "b"}),),
)
"""


@pytest.fixture(scope="module")
def dialect(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for dialects of one row, with what a row may name: an entity, a namespace, a field, rules."""
    folder = tmp_path_factory.mktemp("dialect")
    (folder / "dialect.toml").write_text('format = 1\nroot = "Root"\n[namespaces]\nn = "urn:n"\n')
    (folder / "rules.py").write_text(RULES)
    return folder


def refusal(dialect: Path, row: str, table: str = "row") -> str:
    """What the tables say of a row in such a table of an entity; nothing where it is sound."""
    head = "" if table == "row" else f"[Root.{table}]\n"
    text = f'[Root]\nelement = "root"\n[Root.row]\nfield = "@field : str"\n{head}it = {json.dumps(row)}\n'
    (dialect / "root.toml").write_text(f'format = 1\n{text}[Entity.row]\nname = "@name : str !"\n')
    try:
        load_tables(str(dialect))
    except TableError as error:
        return str(error)
    return ""


def admitted(row: str, definition: str = "row") -> bool:
    schema = {"$ref": f"#/definitions/{definition}", "definitions": SCHEMAS["mapping"]["definitions"]}
    return jsonschema.Draft7Validator(schema).is_valid(row)


@pytest.mark.parametrize(("definition", "table"), [("row", "row"), ("switched", "when.safe"), ("known", "known")])
def test_what_is_proposed_to_writers_of_a_row_is_sound(definition: str, table: str, dialect: Path) -> None:
    proposals = SCHEMAS["mapping"]["definitions"][definition]["anyOf"][1]["enum"]
    wrong = {row: refusal(dialect, row.replace("rule name needs", "rule of_field needs"), table) for row in proposals}
    assert {row: said for row, said in wrong.items() if said} == {}


names = st.sampled_from(["a", "b-c", "d.e", "_f", "ü", "名1"])
qualified = st.builds(str.__add__, st.sampled_from(["", "n:"]), names)
conditions = st.lists(
    st.builds("[@{}='{}']".format, names, st.sampled_from(["", "x y", "a/b", "1,2", '"', "="])), max_size=1
).map("".join)
steps = st.builds(str.__add__, qualified, conditions)
elements = st.lists(steps, min_size=1, max_size=3).map("/".join)
wild = st.builds(str.__add__, st.sampled_from(["", "a/"]), st.sampled_from(["*", "n:*", "*[@b='c']"]))
attributes = st.builds("{}@{}".format, st.sampled_from(["", "a/", "n:b[@c='d']/"]), qualified)
places = st.one_of(st.just("."), elements, attributes)
several = st.lists(places, min_size=1, max_size=2, unique=True).map(", ".join)
words = st.sampled_from(["x", "yes", "'two words'", "v=1", "a'b c'd", "by", "no!", "9.1", "'!'"])
units = st.sampled_from(["KiB", "b", "mb", "'GiB'", "EIB", "bytes"])
values = st.one_of(
    st.sampled_from([form.example for word, form in FORMS.items() if form.path == "@name" and word != "rule"]),
    st.builds("hex {}".format, st.sampled_from(["1", "16", "'4'"])),
    st.builds("enum {}".format, st.lists(words, min_size=1, unique=True).map(" ".join)),
    st.builds("bool {}".format, st.lists(words, min_size=2, max_size=2, unique=True).map(" ".join)),
    st.builds("const {}".format, words),
    st.builds("size {} absent={} unit=@{}".format, units, units, names),
    st.sampled_from(
        ["size MB", "rule name", "rule of_field needs field", "template 'a {hex 4} b'", "template x {uint}"]
    ),
)
typed = st.builds("typed {}=@{} {}".format, names, names, values)
map_values = st.sampled_from([".", "@v", "a/@n:v", "a", "@v uint", "@v enum a b", "@v typed int=@t uint"])
rows = st.tuples(
    st.one_of(
        st.builds("{} : {}".format, several, st.one_of(values, typed)),
        st.builds("{} : present".format, st.lists(elements, min_size=1, max_size=2, unique=True).map(",".join)),
        st.builds("{} : {}".format, st.one_of(elements, wild), st.sampled_from(["xml", "list xml"])),
        st.builds("{} : list {}".format, st.one_of(elements, attributes), values),
        st.builds("{}\t:  map {} {}".format, elements, st.sampled_from(["@k", "@n:k"]), map_values),
        st.builds("{} : map * {}".format, wild, map_values),
        st.builds("{} : {}".format, elements, st.sampled_from(["Entity", "list Entity", "list  Entity by name"])),
        st.sampled_from([". : Entity", ". : const x", "n:a/b : template /{field}/{field} >"]),
    ),
    st.sampled_from(["", "!", "<", ">", "= x", "= yes", "= '!'", "= 7", "=  9.1", "! secret"]),
    st.sampled_from(["", "secret", "since 9.1", "since 9 until '11.0'", "  secret until 11 "]),
).map(" ".join)


@given(row=rows)
def test_a_row_that_the_tables_admit_is_admitted(dialect: Path, row: str) -> None:
    assume(not refusal(dialect, row))
    assert admitted(row)


WRONG = """\
@a
@a :
@a : uimt
@a : str !!
@a : str ! !
@a : str = 1 !
@a : str =
@a : str < >
@a : str since
@a : hex 17
@a : bool yes
@a : size
@a : size KX
@a : size unit=@u
@a : const
@a : const a b
@a : template x
@a : typed uint
@a : present
a : list
a : list list str
a : list const x
a : list Entity by
a : map @k
a, b : Entity
@a/b : str
a//b : str
*/b : xml
* : str
a[b] : str
-a : str
"""


@pytest.mark.parametrize("row", WRONG.splitlines())
def test_a_row_that_is_wrong_by_its_form_is_refused(row: str, dialect: Path) -> None:
    assert refusal(dialect, row)
    assert not admitted(row)
