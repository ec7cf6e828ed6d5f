"""Schema: what is generated of a valid document is valid for the libvirt version that the document is from."""

from functools import cache
from pathlib import Path

import pytest

import xform
from tests import corpus
from xform.laws import valid
from xform.schema import Schema

DOMAIN = xform.load("domain")
VERSIONS = ["libvirt-9.0.0", "libvirt-11.3.0"]


@cache
def schema(version):
    if not (corpus.HOME / "schemas" / version).is_dir():
        pytest.skip(f"no RELAX NG files of {version}; point XFORM_CORPUS to a folder that has schemas/{version}")
    return Schema(corpus.HOME / "schemas" / version)


@corpus.needed
@corpus.sliced
def test_what_is_generated_is_valid(number):
    files = [file for file in corpus.part(number) if file.parent.name in VERSIONS]
    found = {file.name: valid(DOMAIN, file.read_bytes(), schema(file.parent.name)) for file in files}
    assert {name: findings for name, findings in found.items() if findings != []} == {}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_usb_device_by_product_and_place_keeps_the_order_that_the_schema_asks_for(version):
    usb = "<vendor id='0x1234'/><product id='0xbeef'/><address bus='1' device='2'/>"
    devices = f"<devices><hostdev mode='subsystem' type='usb'><source>{usb}</source></hostdev></devices>"
    os = "<os><type>hvm</type></os>"
    vm = f"<domain type='kvm'><name>x</name><memory>1</memory>{os}{devices}</domain>"
    assert valid(DOMAIN, vm, schema(version)) == []


SMALL = """<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element name="machine">
  <element name="name"><text/></element>
  <optional><element name="memory"><text/></element></optional>
</element></start></grammar>"""


def test_what_is_generated_otherwise_than_the_schema_has_it_is_found(tmp_path):
    (tmp_path / "mini.rng").write_text(SMALL)
    mini, small = xform.load(str(Path(__file__).parents[1] / "dialects" / "mini")), Schema(tmp_path, "mini.rng")
    assert valid(mini, "<machine><name>x</name></machine>", small) == []
    # the unit is written, and this schema knows none
    (found,) = valid(mini, "<machine><name>x</name><memory>1</memory></machine>", small)
    assert found.law == "schema"
    # of what is not valid itself nothing is said
    assert valid(mini, "<machine><memory>1</memory></machine>", small) is None
