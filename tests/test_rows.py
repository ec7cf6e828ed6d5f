"""Rows as they may stand together: whatever the tables admit is written and read back, by both forms of the engine."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xform
from xform.documents import sprinkled
from xform.laws import create_get, least_edit, put_entity, put_get, twins, twins_entity
from xform.strategies import entities
from xform.xml import parse_text

REST = """
[Leaf.row]
x = "@x : uint"
y = "y  : str"

[Sure.row]
x = "@x : uint !"

[Kind]
choice = "@kind"
else   = "opaque"

[Kind.one]
one = "both/@one : str"

[Kind.two]
two = "both/@two : uint"
any = "both/any  : list text"
"""


ROWS = [
    ["f : const c"],
    ["f/g : const 'c d'", "f/@a : str"],
    ["@a, f/@a : uint"],
    ["f, . : str"],
    ["f : text", "f/g/@a : str"],
    ["f/*[@k='v'] : map * ."],
    ["f : map @n:k @n:v", "f[@k='v'] : text"],
    ["* : list xml", "n:* : list xml", "n:f : Leaf"],
    ["* : list xml", "*[@k='v'] : list xml"],
    ["f : Leaf", "f[@k='v'] : Leaf", "f[@k='v'][@j='w']/@a : str"],
    [". : Sure", "f : list xml", "* : map * @v"],
    [". : Kind", "both/@three : str", "both/note : text"],
    [". : Kind", "both : text", "list : list Leaf"],
    ["f : text", "f/g/@a : text", "f/h/@a : text", "f/i : list Leaf by x", "f/n:j/k/@n:a : text"],
    ["f : uint", "f/g : text", "f/g/h : list text", "f/g/@n:a : text", "@n:b, f/@b : text"],
]


@pytest.mark.parametrize("rows", ROWS, ids=lambda rows: "; ".join(rows))
def test_what_may_stand_together_comes_back(rows, tmp_path):
    it = load(tmp_path, {f"row{at}": row for at, row in enumerate(rows)})

    @settings(max_examples=40)
    @given(entities(it))
    def holds(entity):
        assert create_get(it, entity) == twins_entity(it, entity) == twins(it, it.generate(entity)) == []

    holds()


@pytest.mark.parametrize("rows", ROWS, ids=lambda rows: "; ".join(rows))
def test_what_may_stand_together_is_put(rows, tmp_path):
    it = load(tmp_path, {f"row{at}": row for at, row in enumerate(rows)})

    @settings(max_examples=60)
    @given(entities(it), entities(it), st.data())
    def holds(one, other, data):
        for document in (it.generate(one), data.draw(sprinkled(parse_text(it.generate(one))))):
            assert put_entity(it, document, other) == put_get(it, document) == least_edit(it, document) == []

    holds()


def load(folder: Path, rows: dict[str, str]) -> xform.Dialect:
    (folder / "dialect.toml").write_text('format = 1\nroot = "House"\n[namespaces]\nn = "urn:example:n"\n')
    text = "".join(f'{name} = "{row}"\n' for name, row in rows.items())
    (folder / "house.toml").write_text(f'format = 1\n[House]\nelement = "house"\n[House.row]\n{text}{REST}')
    return xform.load(str(folder))


@pytest.mark.parametrize("name", ["x", "x_", "place2_twin", "read_uint_0", "first_Kind", "canonical", "live"])
def test_a_field_is_told_from_the_names_of_compiled_code(name, tmp_path):
    it = load(tmp_path, {"x": "@x : uint", name: "@a : uint", "twin": "@b, f/@b : uint", "kind": ". : Kind"})
    entity = it.parse("<house a='1' kind='two'><f b='3'/><both two='4'/></house>")
    assert (getattr(entity, name), entity.twin, entity.kind.two) == (1, 3, 4)
    assert create_get(it, entity) == []
