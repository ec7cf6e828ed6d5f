"""`xform coverage` and `xform draft`: what is printed, exceptions, exit codes, the map."""

import json
import re
import shutil
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1] / "fail" / "lint" / "base"


@pytest.fixture
def house(call, tmp_path, monkeypatch):
    """Run a command on the small dialect of the linter's tests, as `house` in the working folder."""
    shutil.copytree(HOUSE, tmp_path / "house")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: call(*arguments, "--schemas", "house", dialect="house")


@pytest.fixture
def whole(house):
    """The small dialect without what its tables miss."""
    for file, lost in (("house.rng", "lamp"), ("house.rng", "garden"), ("parts.rng", "room")):
        text = (Path("house") / file).read_text()
        pattern = {
            "lamp": r'<element name="lamp">.*?</element>',
            "garden": r'<optional><ref name="garden"/></optional>',
            "room": r'<zeroOrMore><ref name="room"/></zeroOrMore>',
        }[lost]
        (Path("house") / file).write_text(re.sub(pattern, "<empty/>", text, flags=re.DOTALL))
    return house


def test_a_table_by_top_level_element(house):
    done = house("coverage")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0].split() == ["element", "declared", "claimed", "opaque", "missing"]
    assert ["lamp", "3", "0", "0", "3"] in [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.splitlines()[-1].split()[-4:] == ["38", "22", "2", "14"]


def test_nothing_missing_is_well(whole):
    done = whole("coverage")
    assert (done.exit_code, done.stderr) == (0, "")


def test_what_is_missing_with_its_place_in_the_schema(house):
    done = house("coverage", "--missing")
    assert done.exit_code == 1
    assert "garden/@kind: parts.rng:38,42" in done.stdout.splitlines()
    assert done.stderr == "14 paths, on which 14 of 38 declarations are missing\n"


def test_what_most_documents_have_comes_first(house, tmp_path):
    (tmp_path / "corpus").mkdir()
    for number, text in enumerate(["<house><lamp/></house>", "<house><lamp/><garden/></house>", "<barn/>", "<house"]):
        (tmp_path / "corpus" / f"{number}.xml").write_text(text)
    done = house("coverage", "--missing", "--corpus", "corpus")
    assert done.stdout.splitlines()[:3] == [
        "     2 lamp: house.rng:19",
        "     1 garden: parts.rng:35",
        "     0 rooms/room/room: parts.rng:4",
    ]
    assert done.stderr.startswith("corpus/3.xml:1:7: ")


def test_a_document_that_cannot_be_read_is_exit_code_2(whole, tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.xml").write_text("<house")
    done = whole("coverage", "--corpus", "corpus")
    assert (done.exit_code, done.stdout) == (2, whole("coverage").stdout)
    assert done.stderr.startswith("corpus/a.xml:1:7: ")


def test_a_corpus_that_is_not_there(house):
    done = house("coverage", "--corpus", "corpus")
    assert (done.exit_code, done.stderr.startswith("corpus: No such file or directory; expected")) == (2, True)


def test_exceptions_excuse_paths(house, tmp_path):
    missing = [line.split(": ")[0] for line in house("coverage", "--missing").stdout.splitlines()]
    (tmp_path / "known").write_text("# known\n" + "".join(f"{path} : not now\n" for path in missing))
    assert house("coverage", "--exceptions", "known").exit_code == 0


def test_a_stale_exception_is_a_finding(whole, tmp_path):
    (tmp_path / "known").write_text("\narea : not now\n")
    done = whole("coverage", "--exceptions", "known")
    assert (done.exit_code, done.stderr) == (1, "known:2:1: stale: nothing is missing on area\n")


def test_an_exception_without_a_reason_is_bad_input(house, tmp_path):
    (tmp_path / "known").write_text("area\n")
    done = house("coverage", "--exceptions", "known")
    assert (done.exit_code, done.stderr) == (2, "known:1:1: this is no exception; expected `path : reason`\n")


def test_the_map_is_one_file_with_a_cell_for_every_declaration(house, tmp_path):
    house("coverage", "--html", "map.html")
    page = (tmp_path / "map.html").read_text()
    assert 'href="house/house.toml#L8" title="@name: claimed, house/house.toml:8"' in page
    assert page.count('<a class="missing" href="#missing" ') == 14
    assert not re.search(r"https?://|src=|@import|<script|<link", page)


def test_the_map_is_drawn_beside_json(house, tmp_path):
    done = house("coverage", "--html", "map.html", "--json")
    assert json.loads(done.stdout)["total"]["missing"] == 14
    assert (tmp_path / "map.html").exists()


def test_draft_prints_rows(house):
    done = house("draft", "lamp")
    assert (done.exit_code, done.stdout.splitlines()[:2]) == (0, ["# house/house.toml:4", "[House.row]"])


def test_draft_where_nothing_is_missing(house):
    done = house("draft", "area")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "nothing is missing on area\n")


def test_draft_of_a_path_that_is_not_there(house):
    done = house("draft", "lmap")
    assert (done.exit_code, done.stderr) == (2, "the schema has no lmap (did you mean 'lamp'?)\n")


@pytest.mark.parametrize("command", [("coverage",), ("draft", ".")])
def test_a_dialect_without_a_schema_is_bad_use(house, command):
    (Path("house") / "dialect.toml").write_text('format = 1\nname = "house"\nroot = "House"\n')
    (Path("house") / "house.toml").write_text(
        'format = 1\n[House]\nelement = "house"\n[House.row]\nname = "@name : str"\n'
    )
    done = house(*command)
    assert done.exit_code == 2
    assert "house/dialect.toml: no schema to look into; name one as `schema`" in done.stderr


def test_a_schema_of_other_documents_is_bad_use(house):
    text = (Path("house") / "house.rng").read_text()
    (Path("house") / "house.rng").write_text(text.replace('name="house"', 'name="barn"'))
    done = house("coverage")
    assert done.exit_code == 2
    assert "the schema has no document <house>" in done.stderr


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no document in corpus; expected some\n"),
        (
            {"a.xml": "<barn/>"},
            "no document of the dialect base in corpus; expected some whose root element is <house>\n",
        ),
    ],
)
def test_a_corpus_without_documents_is_refused(house, tmp_path, files, message):
    (tmp_path / "corpus").mkdir()
    for name, text in files.items():
        (tmp_path / "corpus" / name).write_text(text)
    done = house("coverage", "--corpus", "corpus")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", message)


@pytest.fixture
def foreign(house):
    """The same, of a schema that has a namespace which the tables do not declare."""
    file = Path("house") / "house.rng"
    text = file.read_text()
    inner = '<element name="lamp" ns="http://example.org/house/acme/1.0"><attribute name="watts"/><empty/></element>'
    file.write_text(re.sub('<element name="lamp">.*?</element>', inner, text, flags=re.DOTALL))
    return house


def test_L397_a_namespace_that_the_tables_do_not_declare_has_a_readable_name(foreign):
    done = foreign("coverage")
    assert ["acme:lamp", "2", "0", "0", "2"] in [line.split() for line in done.stdout.splitlines()]
    assert "http" not in foreign("coverage", "--missing").stdout


def test_drafts_say_which_namespace_is_to_be_declared(foreign):
    said = foreign("draft", "acme:lamp").stdout
    assert said.startswith('# dialect.toml\n# [namespaces]\n# acme = "http://example.org/house/acme/1.0"\n\n# house/')
    assert '"acme:lamp/@watts : str"' in said
    assert "namespaces" not in foreign("draft", "garden").stdout


def test_what_documents_have_of_an_undeclared_namespace_is_counted(foreign, tmp_path):
    (tmp_path / "one.xml").write_text("<house xmlns:a='http://example.org/house/acme/1.0'><a:lamp/></house>")
    assert "     1 acme:lamp: " in foreign("coverage", "--missing", "--corpus", "one.xml").stdout
