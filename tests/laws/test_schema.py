"""Schema: what is generated of a valid document is valid for the libvirt version that the document is from."""

from functools import cache

import pytest

import xform
from tests import corpus
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
    found = {}
    for file in corpus.part(number):
        if (version := file.parent.name) in VERSIONS:
            problems = schema(version).problems(DOMAIN.generate(DOMAIN.parse(file.read_bytes())))
            if problems:
                found[file.name] = list(map(str, problems))
    assert found == {}
