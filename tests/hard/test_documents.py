"""Documents that are meant to break what reads them: each is refused in a line, or read in bounded time and memory."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable

import pytest

import xform
from xform.errors import DocumentError
from xform.faults import locate
from xform.xml import MAX_ATTRIBUTES, MAX_NODES

DOMAIN = xform.load("domain")
MEMORY = 1 << 30  # bytes that reading a document may take


def document(devices: str = "", more: str = "") -> str:
    return f"<domain type='kvm'><name>x</name>{more}<devices>{devices}</devices></domain>"


@pytest.mark.parametrize(
    "data",
    [
        document().encode("utf-16-le"),
        b"<?xml version='1.0' encoding='utf-16'?>" + document().encode(),
        b"<?xml version='1.0' encoding='utf-7'?><domain type='kvm'><name>+AA</name></domain>",
        b"<?xml version='1.0' encoding='utf-8'?><domain type='kvm'><name>\xe4</name></domain>",
        b"<?xml version='1.0' encoding='idna'?>" + document().encode(),
        b"<?xml version='1.1'?><domain type='kvm'><name>&#1;</name></domain>",
        b"\x1f\x8b\x08" + bytes(100),
        b"<domain type='kvm'><name>a&#0;</name></domain>",
        b"<domain type='kvm'><name>&#xd800;</name></domain>",
        b"<domain type='kvm' type='qemu'/>",
        b"<domain xmlns:a='urn:x' xmlns:b='urn:x' a:c='1' b:c='2'/>",
        b"<domain><x:a/></domain>",
        b"<!DOCTYPE domain [<!ENTITY % a SYSTEM 'file:///dev/zero'> %a;]><domain/>",
        b"<!DOCTYPE domain PUBLIC 'a' '/dev/zero'><domain/>",
        b"<!DOCTYPE domain [<!ATTLIST domain type CDATA 'kvm'>]><domain/>",
        b"<!DOCTYPE domain [<!ENTITY a '"
        + b"a" * 100_000
        + b"'>]><domain><name>"
        + b"&a;" * 10_000
        + b"</name></domain>",
    ],
    ids=lambda data: data[:40].decode("ascii", "replace"),
)
def test_what_is_no_plain_xml_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        DOMAIN.open(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "device",
    [
        "<graphics type='vnc' passwd='a&hunter;'/>",
        "<graphics type='vnc' passwd='a' hunter'/>",
        "<x>a&hunter;b</x>",
        "<x><![CDATA[hunter</x>",
        "<x><!-- hunter -- --></x>",
        "<x><?hunter</x>",
        "<x xmlns:a='hunter^'/>",
        "<x xml:id='a hunter'/>",
    ],
)
def test_what_is_no_xml_is_told_without_words_that_may_be_secret(device: str) -> None:
    with pytest.raises(DocumentError) as caught:
        DOMAIN.open(document(device))
    assert "hunter" not in str(caught.value)


def test_an_entity_that_is_not_defined_says_how_to_write_its_sign() -> None:
    with pytest.raises(DocumentError, match=r"^document:1:\d+: an entity that is not defined; expected & as &amp;$"):
        DOMAIN.open("<domain><name>a&hunter;</name></domain>")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<?xml version='1.0' encoding='foo'?><domain/>", "expected an encoding such as UTF-8"),
        (b"<domain>" + b"<a>" * 300 + b"</a>" * 300 + b"</domain>", "expected fewer within each other"),
    ],
)
def test_what_is_well_formed_and_refused_is_told_what_is_expected(data: bytes, told: str) -> None:
    with pytest.raises(DocumentError, match=f"^document:1:[0-9]+: [^;]+; {told}$"):
        DOMAIN.open(data)


def test_messages_about_huge_values_are_short() -> None:
    huge = "x" * 100_000
    text = document(f"<disk type='file' device='{huge}'/>", f"<memory unit='{huge}'>1</memory>")
    opened = DOMAIN.open(text)
    told = [*(one.reason for one in opened.residue), *map(str, locate(DOMAIN, None, text))]
    assert len(told) >= 4
    assert max(map(len, told)) < 1000


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", "\ufeff"),
        ("utf-8", ""),
        ("iso-8859-1", ""),
        ("windows-1252", ""),
        ("utf-16-le", "\ufeff"),
        ("utf-16-be", "\ufeff"),
        ("utf-32-le", "\ufeff"),
    ],
)
def test_L320_a_document_stays_in_the_encoding_that_it_is_in(encoding: str, mark: str) -> None:
    named = "" if mark else f"<?xml version='1.0' encoding='{encoding}'?>"
    before, after = (mark + named + document().replace("x<", f"{name}<") for name in "üö")
    opened = DOMAIN.open(before.encode(encoding))
    opened.entity.name = "ö"
    assert opened.to_xml() == after.encode(encoding)


def test_L401_a_namespace_with_a_relative_uri_is_read_and_written_like_any_other() -> None:
    entity = DOMAIN.parse(read := document(more="<metadata><a:x xmlns:a='u' xmlns='v'><y a:z='1'/></a:x></metadata>"))
    assert entity.metadata == ['<a:x xmlns:a="u"><y xmlns="v" a:z="1"></y></a:x>']
    assert DOMAIN.parse(DOMAIN.generate(entity)) == entity
    assert DOMAIN.update(read, entity) == read


def test_L317_xinclude_is_an_element_like_any_other() -> None:
    text = document(more="<x:include xmlns:x='http://www.w3.org/2001/XInclude' href='/etc/passwd' parse='text'/>")
    assert any("x:include" in one.path for one in DOMAIN.open(text).residue)


CROWDS: dict[str, Callable[[int], str]] = {
    "siblings": lambda count: document("<a/>" * count),
    "comments": lambda count: document("<!-- -->" * count),
    "instructions": lambda count: document("<?a?>" * count),
    "texts": lambda count: document("a<b/>" * (count // 2)),
    "disks": lambda count: document("<disk type='file'><target dev='vda'/></disk>" * (count // 2)),
    "names": lambda count: document(more="<name>a</name>" * (count // 2)),
}


@pytest.mark.parametrize("crowd", CROWDS)
def test_L318_a_document_of_too_many_nodes_is_refused(crowd: str) -> None:
    with pytest.raises(DocumentError, match=f"has too much in it; expected at most {MAX_NODES} nodes"):
        DOMAIN.parse(CROWDS[crowd](MAX_NODES * 11 // 10))


def test_attributes_are_bounded() -> None:
    attributes = "".join(f" a{number}='1'" for number in range(MAX_ATTRIBUTES + 1))
    with pytest.raises(DocumentError, match=f"expected at most {MAX_ATTRIBUTES}"):
        DOMAIN.parse(document(f"<disk{attributes}/>" + "<!-- -->" * 15_000))


def test_in_a_small_document_attributes_are_not_counted() -> None:
    attributes = "".join(f" a{number}='1'" for number in range(MAX_ATTRIBUTES + 1))
    assert DOMAIN.parse(document(f"<disk{attributes}/>")).name == "x"


LARGE: dict[str, str] = {
    "white space": document(" \n\t" * 3_000_000),
    "CDATA": document(more=f"<title>{'<![CDATA[a]]>' * 30_000}</title>"),
    "a long name": document(more=f"<title>{'a' * 9_000_000}</title>"),
    "a long number": document(more=f"<memory>{'1' * 9_000_000}</memory>"),
    "many CPUs": document(more=f"<vcpu cpuset='{'0-16383,^5,' * 5000}0'>1</vcpu>"),
    "CPUs without end": document(more="<vcpu cpuset='0-99999999999'>1</vcpu>"),
    "blanks between CPUs": document(more=f"<vcpu cpuset='{'0 , ' * 2_000_000}x'>1</vcpu>"),
    "base64": document(more=f"<title>{'QUFB' * 2_000_000}</title>"),
    "a long UUID": document(more=f"<uuid>{'0' * 5_000_000}</uuid>"),
    "namespaces": document(
        more="<metadata>" + "".join(f"<p{n}:a xmlns:p{n}='urn:{n}'/>" for n in range(40_000)) + "</metadata>"
    ),
}


@pytest.mark.parametrize("what", LARGE)
def test_what_is_large_is_read_within_bounded_memory(what: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            """
import sys, resource, xform
domain = xform.load("domain")
domain.parse("<domain type='kvm'/>")
try:
    domain.digest(sys.stdin.buffer.read())
except xform.XformError:
    pass
""",
        ],
        input=LARGE[what].encode(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("devices", [2000, 4000])
def test_L319_devices_that_nothing_tells_apart_are_ambiguous_however_many(devices: int) -> None:
    text = document("<interface type='user'><mac address='52:54:00:00:00:01'/></interface>" * devices)
    found = DOMAIN.match(text, DOMAIN.parse(text))
    (one,) = found.ambiguous
    assert (len(one.known), len(one.found)) == (devices, devices)
    assert found.pairs == []
    assert len(set(found.changes().ambiguous[0][2])) == devices
    assert {tried.answer for tried in found.explain()[0].tried} == {"lacks", "several"}
