"""Schemas as patterns: each construct of RELAX NG that schemas are written with."""

import re
from pathlib import Path

import pytest

from xform.check.place import Place
from xform.check.relaxng import (
    EMPTY,
    NEVER,
    TEXT,
    Attribute,
    Choice,
    Data,
    Element,
    Group,
    Interleave,
    Ref,
    Repeat,
    Tokens,
    Value,
    Wild,
    leaves,
    names,
    read_schema,
)
from xform.errors import XformError

HEAD = 'xmlns="http://relaxng.org/ns/structure/1.0"'


@pytest.fixture
def read(tmp_path: Path):
    """Read a schema from the text of one pattern, or of several files."""

    def read(pattern: str, **files: str):
        for name, text in {"main": pattern, **files}.items():
            (tmp_path / f"{name}.rng").write_text(re.sub(r"^<(\w+)", rf"<\1 {HEAD}", text))
        return read_schema(tmp_path / "main.rng")

    return read


A = Element(("a",), EMPTY)
B = Element(("b",), EMPTY)
BOTH = '<element name="a"><empty/></element><element name="b"><empty/></element>'


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("<empty/>", EMPTY),
        ("<text/>", TEXT),
        ("<notAllowed/>", NEVER),
        ("<value>on</value>", Value("on")),
        ('<data type="int"/>', Data("int")),
        ('<data type="string"><param name="pattern">[ab]</param></data>', Data("string", (("pattern", "[ab]"),))),
        (
            '<data type="string"><except><value>x</value></except></data>',
            Data("string", but=Value("x")),
        ),
        (f"<group>{BOTH}</group>", Group((A, B))),
        (f"<interleave>{BOTH}</interleave>", Interleave((A, B))),
        (f"<choice>{BOTH}</choice>", Choice((A, B))),
        (f"<optional>{BOTH}</optional>", Choice((Group((A, B)), EMPTY))),
        (f"<oneOrMore>{BOTH}</oneOrMore>", Repeat(Group((A, B)))),
        (f"<zeroOrMore>{BOTH}</zeroOrMore>", Choice((Repeat(Group((A, B))), EMPTY))),
        (f"<mixed>{BOTH}</mixed>", Interleave((Group((A, B)), TEXT))),
        ('<list><data type="int"/></list>', Tokens(Data("int"))),
        ('<attribute name="a"/>', Attribute(("a",), TEXT)),
        ('<attribute name="a"><value>on</value></attribute>', Attribute(("a",), Value("on"))),
        ("<choice><notAllowed/><empty/></choice>", EMPTY),
        ("<group><empty/><text/></group>", TEXT),
        ("<group><notAllowed/><text/></group>", NEVER),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_pattern(read, text, pattern):
    assert read(text) == pattern


def test_an_element_knows_where_it_is_declared(read):
    found = read('<element name="a">\n\n<element name="b"><empty/></element></element>')
    (inner,) = leaves(found.inner, Element)
    assert (Path(found.file).name, found.line, inner.line) == ("main.rng", 1, 3)


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ('<element name="a"><empty/></element>', ["a"], ["b", "{urn:x}a"]),
        ('<element name="a" ns="urn:x"><empty/></element>', ["{urn:x}a"], ["a"]),
        ('<element xmlns:p="urn:x" name="p:a"><empty/></element>', ["{urn:x}a"], ["a"]),
        ("<element><name>a</name><empty/></element>", ["a"], ["b"]),
        ("<element><choice><name>a</name><name>b</name></choice><empty/></element>", ["a", "b"], ["c"]),
        ("<element><anyName/><empty/></element>", ["a", "{urn:x}a"], []),
        ("<element><anyName><except><name>a</name></except></anyName><empty/></element>", ["b"], ["a"]),
        ('<element><nsName ns="urn:x"/><empty/></element>', ["{urn:x}a"], ["a", "{urn:y}a"]),
        (
            '<element><anyName><except><nsName ns=""/></except></anyName><empty/></element>',
            ["{urn:x}a"],
            ["a"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_name_class(read, text, known, unknown):
    element = read(text)
    assert all(names(element.names, tag) for tag in known)
    assert not any(names(element.names, tag) for tag in unknown)


def test_an_attribute_takes_no_namespace_from_around_it(read):
    element = read('<element name="a" ns="urn:x"><attribute name="b"/></element>')
    assert element.inner.names == ("b",)


# --- grammars ---------------------------------------------------------------------------------------------------


def grammar(*parts: str) -> str:
    return "<grammar>" + "".join(parts) + "</grammar>"


def define(name: str, pattern: str, more: str = "") -> str:
    return f'<define name="{name}"{more}>{pattern}</define>'


START = '<start><ref name="x"/></start>'


def behind(pattern):
    """What references lead to in the end."""
    while isinstance(pattern, Ref):
        pattern = pattern.target
    return pattern


def test_a_reference_is_looked_up_when_it_is_asked_for(read):
    inner = define("x", '<element name="a"><optional><ref name="x"/></optional></element>')
    element = behind(read(grammar(START, inner)))
    again = Place("", (element,)).child("a")
    assert again.child("a").child("a") is not None


def test_includes_are_resolved(read):
    found = read(grammar('<include href="other.rng"/>', START), other=grammar(define("x", "<text/>")))
    assert behind(found) is TEXT


def test_what_an_include_replaces_is_not_taken_from_the_file(read):
    include = '<include href="other.rng"><define name="x"><text/></define></include>'
    found = read(grammar(include), other=grammar(START, define("x", "<empty/>")))
    assert behind(found) is TEXT


@pytest.mark.parametrize(
    ("combine", "pattern"), [("choice", Choice((A, B))), ("interleave", Interleave((A, B)))], ids=["choice", "all"]
)
def test_definitions_of_one_name_are_combined(read, combine, pattern):
    more = f' combine="{combine}"'
    one, other = '<element name="a"><empty/></element>', '<element name="b"><empty/></element>'
    assert behind(read(grammar(START, define("x", one, more), define("x", other, more)))) == pattern


def test_a_div_only_holds_others(read):
    assert behind(read(grammar("<div>", START, define("x", "<text/>"), "</div>"))) is TEXT


def test_a_grammar_within_another_has_names_of_its_own(read):
    inner = grammar(START, define("x", "<empty/>"))
    element = behind(read(grammar(START, define("x", f'<element name="a">{inner}</element>'))))
    assert behind(element.inner) is EMPTY


def test_a_grammar_within_another_may_refer_to_the_names_around_it(read):
    inner = grammar('<start><parentRef name="y"/></start>')
    outer = grammar(START, define("x", f'<element name="a">{inner}</element>'), define("y", "<text/>"))
    assert behind(behind(read(outer)).inner) is TEXT


def test_a_grammar_within_the_start_of_another_has_names_of_its_own(read):
    inner = grammar(START, define("x", "<empty/>"))
    found = read(grammar(f'<start><element name="a">{inner}<ref name="x"/></element></start>', define("x", "<text/>")))
    one, other = behind(found).inner.parts
    assert (behind(one), behind(other)) == (EMPTY, TEXT)


def test_a_file_is_referred_to_as_a_whole(read):
    found = read('<externalRef href="other.rng"/>', other='<element name="a"><empty/></element>')
    assert found == A


# --- what is no schema ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<group><elemnt/></group>", "main.rng:1: <elemnt> is no pattern of RELAX NG"),
        (grammar("<elemnt/>"), "main.rng:1: <elemnt> in a grammar; expected define, start, include or div"),
        (grammar(), "main.rng:1: the grammar has no start"),
        ("<element/>", "main.rng:1: <element> has no name"),
        ('<ref name="x"/>', "main.rng:1: <ref> stands outside the grammar that it refers to"),
        ("<element><text/></element>", "main.rng:1: <text> is no name"),
        (grammar('<include href="main.rng"/>'), "main.rng: the schema includes itself; expected a RELAX NG schema"),
        (grammar('<include href="no.rng"/>'), "no.rng: No such file or directory; expected a RELAX NG schema"),
    ],
    ids=["pattern", "grammar", "start", "name", "reference", "name class", "circle", "file"],
)
def test_what_is_wrong_is_said_with_its_place(read, text, said):
    with pytest.raises(XformError) as raised:
        read(text)
    assert str(raised.value).endswith(said)


def test_a_reference_to_nothing_is_told_by_its_name(read):
    with pytest.raises(XformError, match="refers to 'x', which it does not define"):
        behind(read(grammar(START)))


def test_another_document_is_no_schema(tmp_path):
    (tmp_path / "main.rng").write_text("<schema/>")
    with pytest.raises(XformError, match=r"main\.rng:1: the root is 'schema'; expected a RELAX NG schema"):
        read_schema(tmp_path / "main.rng")


def test_any_name_is_a_wild_one(read):
    assert read("<element><anyName/><empty/></element>").names == (Wild(),)
