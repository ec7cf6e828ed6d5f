"""The comparer: what it takes for equal, and that it takes nothing else so."""

import pytest

from xform.compare import compare, same


def kinds(left, right):
    return [(found.kind, found.path) for found in compare(left, right)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("<a><b/><c/></a>", "<a><c/><b/></a>"),
        ("<a>\n  <b> x </b>\n</a>", "<a><b>x</b></a>"),
        ("<a><!-- no --><b/><?pi x?></a>", "<a><b/></a>"),
        ("<a xmlns:p='urn:x'><p:b p:c='1'/></a>", "<a xmlns:q='urn:x'><q:b q:c='1'/></a>"),
        ("<a xmlns='urn:x'><b/></a>", "<p:a xmlns:p='urn:x'><p:b/></p:a>"),
        ("<a b='0x03'/>", "<a b='3'/>"),
        ("<a b='0x0A'/>", "<a b='0xa'/>"),
        ("<a b='007'/>", "<a b='7'/>"),
        ("<a b='1.0'/>", "<a b='1'/>"),
        ("<a b='52:54:00:AB:CD:EF'/>", "<a b='52:54:00:ab:cd:ef'/>"),
        ("<a>6BA7B8109DAD41D180B400C04FD430C8</a>", "<a>6ba7b810-9dad-41d1-80b4-00c04fd430c8</a>"),
        ("<a b='0,1,2,5'/>", "<a b='0-2,5'/>"),
        ("<a b='0-3,^2'/>", "<a b='0-1,3'/>"),
        ("<a unit='MiB'>1</a>", "<a unit='KiB'>1024</a>"),
        ("<a unit='kb'>2</a>", "<a unit='bytes'>2000</a>"),
        ("<a unit='K'>2</a>", "<a unit='KiB'>2</a>"),
        ("<a id='7' size='1' unit='G'/>", "<a id='7' size='1024' unit='MiB'/>"),
        ("<a unit='KiB'>5</a>", "<a>5</a>"),
        ("<a>5</a>", "<a unit='b'>5</a>"),
        ("<a>5</a>", "<a unit='KiB'>5120</a>"),  # without a unit some count in MiB
    ],
)
def test_L10_equal(left, right):
    assert compare(left, right) == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("<a b='1e3'/>", "<a b='1000'/>"),
        ("<a b='4.10'/>", "<a b='4.1'/>"),
        ("<a b='disk'/>", "<a b='DISK'/>"),
        ("<a b='0x10'/>", "<a b='10'/>"),
        ("<a b='3-1'/>", "<a b='1-3'/>"),
        ("<a b=' x'/>", "<a b='x'/>"),
        ("<a>x y</a>", "<a>x  y</a>"),
        ("<a b='1_0'/>", "<a b='10'/>"),
        ("<a b='\u0663'/>", "<a b='3'/>"),
        ("<a unit='KB'>1</a>", "<a unit='KiB'>1</a>"),
        ("<a unit='GiB'>5</a>", "<a>5</a>"),
        ("<a unit='KiB'>5</a>", "<a>5120</a>"),
        ("<a>5</a>", "<a unit='KiB'>5121</a>"),
        ("<a unit='parsec'>1</a>", "<a unit='au'>1</a>"),
        ("<a><b>1</b><b>2</b></a>", "<a><b>2</b><b>1</b></a>"),
        ("<a xmlns:p='urn:x'><p:b/></a>", "<a xmlns:p='urn:y'><p:b/></a>"),
        ("<a/>", "<b/>"),
    ],
)
def test_different(left, right):
    assert compare(left, right)


def test_a_lost_attribute_is_missing():
    assert kinds("<a><b c='1'/></a>", "<a><b/></a>") == [("missing", "/a/b/@c")]


def test_an_attribute_only_on_the_right_is_added():
    found = compare("<a>\n<b/></a>", "<a><b c='1'/></a>")
    assert [(one.kind, one.path, one.line, one.right) for one in found] == [("added", "/a/b/@c", 2, "1")]
    assert found[0].node.tag == "b"


def test_a_lost_element_is_missing():
    assert kinds("<a><b c='1'/></a>", "<a/>") == [("missing", "/a/b")]


def test_a_lost_element_that_holds_nothing_is_empty():
    assert kinds("<a><b/><c> <d/> </c></a>", "<a/>") == [("empty", "/a/b"), ("empty", "/a/c")]


def test_an_element_only_on_the_right_is_added():
    assert kinds("<a/>", "<a><b/></a>") == [("added", "/a/b")]
    assert kinds("<a><b/></a>", "<a><b/><b/></a>") == [("added", "/a/b")]


def test_of_several_elements_the_lost_one_is_named():
    left = "<a><b c='1'/><b c='2'/><b c='3'/></a>"
    assert kinds(left, "<a><b c='1'/><b c='3'/></a>") == [("missing", "/a/b[2]")]


def test_text_behind_a_child_counts():
    assert kinds("<a>x<b/>y</a>", "<a>x<b/></a>") == [("changed", "/a")]


def test_each_difference_is_one_line():
    shown = [str(found) for found in compare("<a b='1'>\n<c/>\n<d e='1'/></a>", "<a b='2' f='3'/>")]
    assert shown == [
        "1: /a/@b: '1' became '2'",
        "1: /a/@f: '3' was added",
        "2: /a/c: is missing",
        "3: /a/d: is missing",
    ]


def test_same_is_symmetric():
    assert same("3", "0x3")
    assert same("0x3", "3")
    assert same("1", "1.0")
