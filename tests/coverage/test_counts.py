"""What of a schema the tables say: on a small dialect by itself, on the shipped one against documents."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, seed, settings
from lxml import etree

import xform
from tests.cli.conftest import GRAMMAR
from tests.corpus import HOME
from xform.check.relaxng import read_schema
from xform.cli.coverage import read_reasons, table
from xform.coverage.corpus import by_frequency
from xform.coverage.counts import Count, cover
from xform.coverage.draft import draft
from xform.coverage.walk import State
from xform.documents import documents
from xform.laws.naming import named
from xform.table.resolve import load_tables

HOUSE = Path(__file__).parents[1] / "fail" / "lint" / "base"
SCHEMAS = sorted((HOME / "schemas").glob("libvirt-*"))
of_each_schema = pytest.mark.parametrize("folder", SCHEMAS, ids=lambda folder: folder.name)
needs_schemas = pytest.mark.skipif(not SCHEMAS, reason="no schemas; point XFORM_CORPUS to a folder with schemas/")


@pytest.fixture
def house(tmp_path):
    """The coverage of the small dialect, some texts of whose tables are replaced, and others of its schema."""

    def make(tables=(), schema=(), more=""):
        shutil.copytree(HOUSE, tmp_path / "house")
        for name, pairs in {"house.toml": tables, "parts.rng": schema, "house.rng": schema}.items():
            text = (tmp_path / "house" / name).read_text()
            for old, new in pairs:
                text = text.replace(old, new)
            (tmp_path / "house" / name).write_text(text + (more if name == "house.toml" else ""))
        return cover(load_tables(str(tmp_path / "house")), tmp_path / "house")

    return make


def state(coverage, path):
    return max(node.state for at, node in coverage.all if at == path)


def gap(coverage, path):
    return next(gap for gap in coverage.gaps if gap.path == path)


def test_a_row_claims_its_node_and_what_it_stands_in(house):
    found = house()
    assert {state(found, path) for path in ("@name", "rooms", "rooms/room", "rooms/room/light/@state")} == {
        State.CLAIMED
    }


def test_a_discriminator_is_claimed(house):
    assert state(house(), "heating/@type") is State.CLAIMED


def test_a_unit_is_claimed_with_its_size(house):
    assert state(house(), "area/@unit") is State.CLAIMED


def test_both_halves_of_a_map_are_claimed(house):
    found = house()
    assert (state(found, "label/@key"), state(found, "label")) == (State.CLAIMED, State.CLAIMED)


def test_a_condition_is_claimed(house):
    found = house([("[Room]\n", "porch = \"lamp[@type='led']/@watts : uint\"\n\n[Room]\n")])
    assert state(found, "lamp/@type") is State.CLAIMED


def test_what_no_row_says_is_missing_with_all_that_is_in_it(house):
    found = house()
    assert {state(found, path) for path in ("lamp", "lamp/@type", "garden/bed/@size")} == {State.MISSING}
    assert str(gap(found, "garden/@kind")) == "garden/@kind: parts.rng:38,42"


def test_what_is_kept_whole_is_opaque(house):
    found = house()
    assert {state(found, path) for path in ("metadata/*", "metadata/*/@*")} == {State.OPAQUE}


def test_text_that_no_row_reads_is_missing_alone(house):
    found = house([("map @key .", "list Label"), ("[Room]\n", '[Label.row]\nkey = "@key : str"\n\n[Room]\n')])
    assert state(found, "label/@key") is State.CLAIMED
    assert str(gap(found, "label")) == "label (its text): house.rng:25"


def test_what_one_variant_lacks_is_missing_under_its_word(house):
    both = [('<element name="heating">', '<element name="heating"><optional><attribute name="fuel"/></optional>')]
    found = house(tables=[("[Heating.electric]\n", '[Heating.electric]\nfuel = "@fuel : str"\n')], schema=both)
    assert str(gap(found, "heating/@fuel")) == "heating/@fuel: parts.rng:16 where @type is oven"


def test_a_word_without_a_variant_is_opaque_where_the_choice_keeps_it(house):
    found = house([('[Heating.oven]\nwood = "oven/@wood : enum oak pine"\n', "")])
    assert state(found, "heating/oven/@wood") is State.OPAQUE


@pytest.mark.parametrize("name", ["domain", "ovirt"])
def test_L327_a_schema_of_any_element_in_any_is_walked_to_an_end(name, tmp_path):
    (tmp_path / "domain.rng").write_text(GRAMMAR.replace('"machine"', '"domain"'))
    found = cover(load_tables(name), tmp_path)
    assert [path for path, _ in found.all] == [
        "@*",
        "name",
        "*",
        "*/@*",
        "*/*",
        "*/*/@*",
        "*/*/*",
        "*/*/*/@*",
        "*/*/*/*",
    ]
    assert isinstance(draft(found, "."), list)


def test_what_is_opaque_names_what_keeps_it(house):
    found = house([('[Heating.oven]\nwood = "oven/@wood : enum oak pine"\n', "")])
    kept = {path: node.origin.line for path, node in found.all if node.state is State.OPAQUE}
    assert (kept["metadata/*"], kept["metadata/*/@*"], kept["heating/oven/@wood"]) == (15, 15, 25)


def test_a_word_without_a_variant_is_missing_where_it_is_not_kept(house):
    found = house([('else = "opaque"\n', ""), ('[Heating.oven]\nwood = "oven/@wood : enum oak pine"\n', "")])
    assert state(found, "heating/oven/@wood") is State.MISSING


def test_recursion_is_entered_as_long_as_something_else_is_said(house):
    found = house()
    assert [gap.path for gap in found.gaps if gap.path.endswith("room")] == ["rooms/room/room", "rooms/room/room/room"]


def test_recursion_that_is_said_ends(house):
    found = house([("[Room.row]\n", '[Room.row]\nrooms = "room : list Room by name"\n')])
    assert not [gap for gap in found.gaps if gap.path.startswith("rooms")]


def test_a_declaration_counts_once_at_its_worst_path(house):
    assert house().groups["rooms"] == Count(claimed=1, opaque=0, missing=5)


def test_the_total_counts_a_declaration_of_several_elements_once(house):
    bed = '<element name="bed">'
    found = house(schema=[(bed, f'<optional><ref name="cellar"/></optional>{bed}')])
    assert found.total == Count(claimed=17, opaque=2, missing=19)
    assert sum(count.missing for count in found.groups.values()) == 19
    assert sum(count.claimed for count in found.groups.values()) == 17 + 5


def test_excused_paths_are_no_gaps_and_may_be_stale():
    found = cover(load_tables(str(HOUSE)), HOUSE, ["lamp", "area"])
    assert "lamp" not in {gap.path for gap in found.gaps}
    assert found.stale == {"area"}


def test_frequency_counts_documents(house):
    texts = ["<house><lamp type='led'/></house>", "<house><lamp/><lamp/></house>", "<house/>"]
    found = by_frequency(house(), map(etree.fromstring, texts))
    assert [(gap.path, gap.documents) for gap in found[:3]] == [("lamp", 2), ("lamp/@type", 1), ("rooms/room/room", 0)]


# --- the shipped dialect --------------------------------------------------------------------------------------------


@needs_schemas
@of_each_schema
def test_the_summary_is_what_it_was(folder, golden):
    golden(f"coverage/{folder.name}.txt", table(cover(load_tables("domain"), folder)))


@needs_schemas
@of_each_schema
def test_what_no_row_claims_of_drawn_documents_is_missing(folder):
    """An independent judge: the interpreter reads documents that are drawn from the schema."""
    domain = xform.load("domain")
    known = {gap.path for gap in cover(domain.tables, folder).gaps}

    @seed(1)
    @settings(max_examples=40)
    @given(documents(read_schema(folder / "domain.rng")))
    def judge(root):
        found = named(domain, root)
        unclaimed = [one.path for one in found if one.what.startswith("no row claims")]
        refused = [one.path for one in found if not one.what.startswith("no row claims")]
        for path in unclaimed:
            # a value that its row does not admit (with its unit), or one more of what a row takes once, is declared
            again, holder = re.search(r"\[([2-9]|\d\d+)\]", path), path.rpartition("/@")[0]
            excused = again or holder in refused or any(one.startswith(path) for one in refused)
            assert excused or re.sub(r"\[1\]", "", path).removeprefix("/domain/") in known

    judge()


@needs_schemas
def test_what_no_row_says_is_listed_with_its_reason():
    tables = load_tables("domain")
    listed = read_reasons(str(tables.folder / "opaque.txt"))
    left = {path for folder in SCHEMAS for path, node in cover(tables, folder).all if node.state is not State.CLAIMED}
    assert set(listed) == left
    assert len(listed) <= 25
