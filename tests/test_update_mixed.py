"""Update where an element has a text and children, and where a name has a namespace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import xform
from xform.laws import least_edit, put_get, put_put

OURS, OTHERS = "urn:example:n", "urn:example:m"


@pytest.fixture
def box(tmp_path: Path) -> xform.Dialect:
    rows = {
        "text": "g : text",
        "x": "g/h/@x : text",
        "y": "g/i/@y : text",
        "named": "@n:z : text",
        "deep": "g/@n:z : text",
        "note": "g/n:note/@n:z : text",
        "plain": "n:a/b/@c : text",
    }
    (tmp_path / "dialect.toml").write_text(f'format = 1\nroot = "Box"\n[namespaces]\nn = "{OURS}"\n')
    lines = "".join(f'{name} = "{row}"\n' for name, row in rows.items())
    (tmp_path / "box.toml").write_text(f'format = 1\n[Box]\nelement = "box"\n[Box.row]\n{lines}')
    return xform.load(str(tmp_path))


def put(box: xform.Dialect, document: str, **values: Any) -> str:
    """A document that says these values beside its own; the laws hold of it before and after."""
    opened = box.open(document)
    for name, value in values.items():
        setattr(opened.entity, name, value)
    after = opened.to_xml()
    assert opened.to_xml() == after  # what the first update did to the tree is nothing to the second
    assert isinstance(after, str)
    for one in (document, after):
        assert [found for law in (put_get, put_put, least_edit) for found in law(box, one, thorough=True)] == []
    return after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<box/>", "<box>\n  <g>t<h x='1'/>\n  </g>\n</box>"),
        ("<box>\n  <g/>\n</box>", "<box>\n  <g>t<h x='1'/></g>\n</box>"),
        ("<box>\n  <g>\n    <i y='2'/>\n  </g>\n</box>", "<box>\n  <g>t<h x='1'/><i y='2'/>\n  </g>\n</box>"),
        ("<box><g><!-- a -->s</g></box>", "<box><g><!-- a -->t<h x='1'/></g></box>"),
    ],
)
def test_L370_an_element_comes_with_a_text_and_a_child_at_once(box: xform.Dialect, before: str, after: str) -> None:
    assert put(box, before, text="t", x="1") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<box/>", f"<box xmlns:n='{OURS}' n:z='1'/>"),
        ('<box\n  b="2" ><g/></box>', f'<box xmlns:n=\'{OURS}\' n:z="1"\n  b="2" ><g/></box>'),
        (f"<box xmlns:a='{OURS}'/>", f"<box a:z='1' xmlns:a='{OURS}'/>"),
        (f"<box xmlns:n='{OTHERS}' n:b='2'/>", f"<box xmlns:n1='{OURS}' n1:z='1' xmlns:n='{OTHERS}' n:b='2'/>"),
        (f"<box xmlns:ns0='{OTHERS}'/>", f"<box xmlns:n='{OURS}' n:z='1' xmlns:ns0='{OTHERS}'/>"),
    ],
)
def test_L371_an_attribute_comes_with_its_namespace(box: xform.Dialect, before: str, after: str) -> None:
    assert put(box, before, named="1") == after


def test_L371_a_namespace_is_declared_once_on_the_way(box: xform.Dialect) -> None:
    inside = "<g n:z='2'>\n    <n:note n:z='3'/>\n  </g>"
    all_three = {"named": "1", "deep": "2", "note": "3"}
    assert put(box, "<box>\n  <g/>\n</box>", **all_three) == f"<box xmlns:n='{OURS}' n:z='1'>\n  {inside}\n</box>"
    shadowed = f"<box><g xmlns:n='{OTHERS}'/></box>"
    after = (
        f"<box xmlns:n='{OURS}' n:z='1'><g xmlns:n1='{OURS}' n1:z='2' xmlns:n='{OTHERS}'><n1:note n1:z='3'/></g></box>"
    )
    assert put(box, shadowed, **all_three) == after


def test_L371_a_default_namespace_is_none_of_attributes_and_of_plain_names(box: xform.Dialect) -> None:
    default = f"<box><a xmlns='{OURS}'/><g/></box>"
    assert put(box, default, plain="1") == f"<box><a xmlns='{OURS}'><b xmlns='' c='1'/></a><g/></box>"
    assert put(box, default, deep="1") == f"<box><a xmlns='{OURS}'/><g xmlns:n='{OURS}' n:z='1'/></box>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<g>t<h x='1'/>\n  </g>", "<g>t</g>"),
        ("<g>t<h x='1'/>\n    <i y='2'/>\n  </g>", "<g>t<i y='2'/>\n  </g>"),
        ("<g>t<!-- a --><h x='1'/>\n <!-- b -->\n  </g>", "<g>t<!-- a --><!-- b --></g>"),
        ("<g>t\n    <h x='1'/>\n  </g>", "<g>t\n    </g>"),  # which is the text's, as it was before
        ("<g>\n    <h x='1'/>\n    <i y='2'/>\n  </g>", "<g>\n    <i y='2'/>\n  </g>"),
        ("<g>t<other/>\n    <h x='1'/>\n  </g>", "<g>t<other/>\n  </g>"),
    ],
)
def test_L372_white_space_of_a_child_that_goes_is_no_part_of_a_text(
    box: xform.Dialect, before: str, after: str
) -> None:
    assert put(box, f"<box>\n  {before}\n</box>", x=None) == f"<box>\n  {after}\n</box>"


def test_L372_a_text_changes_while_the_child_behind_it_goes(box: xform.Dialect) -> None:
    written = box.generate(box.Box(text="t", x="1", y="2", named=None, deep=None, note=None, plain=None))
    assert put(box, written, text="u", x=None, y=None) == "<box>\n  <g>u</g>\n</box>\n"
    assert put(box, written, text=None, x=None, y=None) == "<box>\n</box>\n"
