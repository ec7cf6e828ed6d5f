"""The tables that are shipped, and those of the tests, have no fault."""

from pathlib import Path

import pytest

from tests import corpus
from xform.check.relaxng import read_schema
from xform.lint import lint
from xform.table.resolve import load_tables

SCHEMAS = sorted((corpus.HOME / "schemas").glob("*/domain.rng"))
DIALECTS = Path(__file__).parents[1] / "dialects"


def faults(name, schemas=()):
    return [str(finding) for finding in lint(load_tables(name), schemas) if not finding.note]


@pytest.mark.parametrize("name", ["domain", "ovirt", *(str(folder) for folder in sorted(DIALECTS.glob("*/")))])
def test_the_tables_by_themselves(name):
    assert faults(name) == []


@pytest.mark.skipif(not SCHEMAS, reason="no schemas of several libvirt versions; point XFORM_CORPUS to a folder")
@pytest.mark.parametrize("name", ["domain", "ovirt"])
def test_the_tables_beside_libvirts_schemas(name):
    assert faults(name, [read_schema(file) for file in SCHEMAS]) == []


@pytest.mark.skipif(not SCHEMAS, reason="no schemas of several libvirt versions; point XFORM_CORPUS to a folder")
@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda file: file.parent.name)
def test_rows_that_a_version_lacks_say_since_when_they_are_known(schema):
    assert faults("domain", [read_schema(schema)]) == []
