"""The document that a finding shows is one that shows it."""

import pytest

from tests.check.test_lint import HOME, found_in
from xform.compile.interpreter import Reader
from xform.dialect import Dialect
from xform.faults.search import Search
from xform.schema import Schema
from xform.table.resolve import load_tables
from xform.xml import parse_text


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """The first finding of a broken table, and the dialect that holds the table."""
    monkeypatch.chdir(tmp_path)

    def load(stem):
        found = found_in(HOME / f"{stem}.toml", tmp_path)
        return found[0], Dialect(load_tables("broken"))

    return load


@pytest.mark.parametrize(
    ("stem", "entity", "read"),
    [
        ("overlap", "Roof", "NamedRoof"),
        ("overlap-condition", "Roof", "FlatRoof"),
    ],
)
def test_what_one_variant_writes_is_read_as_another(broken, stem, entity, read):
    finding, dialect = broken(stem)
    found = Reader(dialect.classes).entity(entity, parse_text(finding.witness))
    assert type(found).__name__ == read


def test_what_goes_through_an_element_is_read_as_its_blank_text(broken):
    finding, dialect = broken("passed_through")
    assert Reader(dialect.classes).document(parse_text(finding.witness), {}).entity.count == 0


def test_what_lacks_a_required_row_is_valid(broken, tmp_path):
    finding, dialect = broken("may_be_absent")
    assert Schema(tmp_path / "base", "house.rng").said(parse_text(finding.witness)) == []
    assert Reader(dialect.classes).document(parse_text(finding.witness), {}).entity.color is None


@pytest.mark.parametrize("stem", ["unknown_path-attribute", "unknown_word"])
def test_what_the_schema_does_not_have_is_invalid_for_that(broken, tmp_path, stem):
    finding, _ = broken(stem)
    named = finding.witness.replace("<house", "<house name='x'").replace("<lamp", "<lamp type='led'")
    (misfit,) = Search(Schema(tmp_path / "base", "house.rng"), parse_text(named)).faults()
    assert (misfit.element.tag, misfit.attribute) in {("lamp", "wats"), ("house", "color")}
