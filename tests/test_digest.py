"""The canonical digest: other where a significant value is, the same where none is."""

from __future__ import annotations

import copy
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import xform
from bench.documents import document
from tests import corpus
from xform.strategies import entities
from xform.table.walk import device_rows

DIALECTS = [xform.load("domain"), xform.load("ovirt")]
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.tables.name)
TEXT = document(8).encode()
GUEST = """<domain type='kvm' id='7'>
  <name>vm</name>
  <devices>
    <disk type='file' device='disk'>
      <source file='/a' index='1'/>
      <target dev='sda' bus='scsi'/>
      <alias name='ua-1'/>
    </disk>
    <disk type='file' device='disk'>
      <source file='/b' index='2'/>
      <target dev='sdb' bus='scsi'/>
      <alias name='ua-2'/>
    </disk>
    <channel type='unix'>
      <target type='virtio' name='org.example.0' state='disconnected'/>
    </channel>
  </devices>
</domain>
"""
domain = DIALECTS[0]


def changed(old: str, new: str, text: str = GUEST) -> bool:
    assert old in text
    return domain.digest(text) != domain.digest(text.replace(old, new))


def test_a_significant_value_counts() -> None:
    assert changed("file='/a'", "file='/c'")
    assert changed("<name>vm</name>", "<name>vm2</name>")


def test_L151_a_live_value_does_not_count() -> None:
    assert not changed("index='1'", "index='9'")
    assert not changed(" index='1'", "")
    assert not changed("state='disconnected'", "state='connected'")
    assert not changed("id='7'", "id='8'")


def test_white_space_comments_and_what_no_row_names_do_not_count() -> None:
    assert not changed("\n", "\n\n   ")
    assert not changed("<name>", "<!-- a -->\n<name>")
    assert not changed("<name>", "<unknown a='1'><b/></unknown><name>")
    assert not changed("device='disk'", "device='disk' unknown='1'")


def test_L150_the_order_of_devices_and_of_attributes_does_not_count() -> None:
    root = etree.fromstring(GUEST)
    root[1].append(root[1][0])
    for element in root.iter():
        items = element.items()
        element.attrib.clear()
        element.attrib.update(reversed(items))
    assert domain.digest(etree.tostring(root)) == domain.digest(GUEST)


def test_the_order_of_what_no_ladder_tells_apart_counts() -> None:
    text = "<domain type='kvm'><name>a</name><os><type>hvm</type><boot dev='hd'/><boot dev='cdrom'/></os></domain>"
    assert changed("<boot dev='hd'/><boot dev='cdrom'/>", "<boot dev='cdrom'/><boot dev='hd'/>", text)


def test_a_device_that_is_gone_or_moves_its_content_to_another_counts() -> None:
    assert changed("<target dev='sda' bus='scsi'/>", "")
    swapped = GUEST.replace("ua-1", "x").replace("ua-2", "ua-1").replace("x'/>", "ua-2'/>")
    assert domain.digest(swapped) != domain.digest(GUEST)


def test_a_form_of_one_value_counts_which_costs_a_look() -> None:
    memory = GUEST.replace("<devices>", "<memory unit='KiB'>1048576</memory><devices>")
    other = memory.replace("unit='KiB'>1048576", "unit='GiB'>1")
    assert domain.parse(memory) == domain.parse(other)
    assert domain.digest(memory) != domain.digest(other)


def test_of_what_is_kept_whole_everything_counts() -> None:
    strange = GUEST.replace("type='unix'>", "type='strange'>\n<odd a='1'/>")
    assert changed("<odd a='1'/>", "<odd a='2'/>", strange)


def test_a_secret_does_not_count() -> None:
    text = GUEST.replace("</devices>", "<graphics type='vnc' port='1' passwd='one'/></devices>")
    assert not changed("passwd='one'", "passwd='two'", text)


def test_an_entry_of_a_join_counts() -> None:
    ovirt = DIALECTS[1]
    assert b"<ovirt-vm:imageID>" in TEXT
    other = TEXT.replace(b"<ovirt-vm:imageID>00000004", b"<ovirt-vm:imageID>00000009", 1)
    assert ovirt.digest(other) != ovirt.digest(TEXT)


def test_L150_another_prefix_does_not_count() -> None:
    for dialect in DIALECTS:
        assert dialect.digest(TEXT.replace(b"ovirt-vm:", b"x:").replace(b":ovirt-vm", b":x")) == dialect.digest(TEXT)


def test_L152_another_process_with_another_seed_of_hashes_comes_to_the_same() -> None:
    code = "import sys, xform; print(xform.load('ovirt').digest(sys.stdin.buffer.read()).hex())"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=TEXT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {DIALECTS[1].digest(TEXT).hex().encode() + b"\n"}


@every_dialect
def test_a_text_and_its_tree_come_to_the_same(dialect: xform.Dialect) -> None:
    for text in (TEXT, TEXT.replace(b"<alias", b"<x:odd xmlns:x='urn:x'/><alias"), TEXT.replace(b"\n    <", b"\n<")):
        assert dialect.digest(text) == dialect.digest_tree(dialect.tree(text))
        assert dialect.digest(text.decode()) == dialect.digest(text)


def test_a_fault_is_told_with_its_line_in_the_whole_document() -> None:
    text = TEXT.replace(b"</domain>", b"</other>")
    with pytest.raises(xform.DocumentError, match=f":{text.count(bytes([10]))}:"):
        domain.digest(text)


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(xform.DocumentError, match="expected <domain>"):
        domain.digest("<network/>")


# --- laws -------------------------------------------------------------------------------------------------------


@every_dialect
@given(data=st.data())
@settings(max_examples=40)
def test_documents_of_one_digest_are_one_in_intent(dialect: xform.Dialect, data: st.DataObject) -> None:
    entity = data.draw(entities(dialect))
    text = dialect.generate(entity, live=True)
    for other in mutations(etree.fromstring(text.encode()), 25, data.draw(st.randoms(use_true_random=False))):
        if dialect.digest(other) == dialect.digest(text):
            assert intent(dialect, other) == intent(dialect, text.encode())


@every_dialect
@given(data=st.data())
@settings(max_examples=40)
def test_live_values_alone_make_no_other_digest(dialect: xform.Dialect, data: st.DataObject) -> None:
    entity = data.draw(entities(dialect))
    text = dialect.generate(entity, live=True)
    plain = dialect.update(text, lifeless(entity), live=True)
    assert dialect.digest(text) == dialect.digest(plain), f"{text}\n{plain}"


@corpus.needed
@corpus.sliced
def test_documents_of_the_corpus_keep_their_digest_in_another_form(number: int) -> None:
    for file in corpus.part(number)[::7]:
        text = file.read_bytes()
        root = etree.fromstring(text)
        for dialect in DIALECTS:
            known = dialect.digest(text)
            assert dialect.digest(reformed(root)) == known, file
            assert dialect.digest_tree(dialect.tree(text)) == known, file


@corpus.needed
@corpus.sliced
def test_documents_of_the_corpus_lose_no_change(number: int) -> None:
    chance = random.Random(number)
    for file in corpus.part(number)[::15]:
        text = file.read_bytes()
        for dialect in DIALECTS:
            known, same = dialect.digest(text), intent(dialect, text)
            for other in mutations(etree.fromstring(text), 15, chance):
                if dialect.digest(other) == known:
                    assert intent(dialect, other) == same, file


def mutations(root: Any, number: int, chance: random.Random) -> Iterator[bytes]:
    """The document with one node changed or taken away, so many times."""
    places = [(at, name) for at, element in enumerate(root.iter("*")) for name in (*element.keys(), None, "")]
    for at, name in chance.sample(places, min(number, len(places))):
        other = copy.deepcopy(root)
        element = list(other.iter("*"))[at]
        if name is None:
            if element is other:
                continue
            element.getparent().remove(element)
        elif name:
            value = chance.choice([None, element.get(name) + "1", "1", "yes", "disk"])
            if value is None:
                del element.attrib[name]
            else:
                element.set(name, value)
        elif len(element) == 0:
            element.text = chance.choice([None, (element.text or "") + "1", "7"])
        yield etree.tostring(other)


def reformed(root: Any) -> bytes:
    """The same document with attributes in another order, other prefixes, and other indentation."""
    prefixes = {
        uri: f"p{at}" for at, uri in enumerate(dict.fromkeys(uri for e in root.iter("*") for uri in e.nsmap.values()))
    }

    def build(element: Any) -> Any:
        made = etree.Element(element.tag, dict(reversed(element.items())), {p: u for u, p in prefixes.items()})
        made.text = element.text
        for child in element:
            made.append(build(child) if isinstance(child.tag, str) else copy.deepcopy(child))
            made[-1].tail = child.tail
        return made

    made = build(root)
    if not any(element.text and element.text.strip() and len(element) for element in made.iter("*")):
        etree.indent(made, "\t")
    return etree.tostring(made)


def intent(dialect: xform.Dialect, text: bytes) -> Any:
    """What of a document's entity a digest stands for: no live values, no secrets, devices in any order."""
    entity = dialect.parse(text)
    root = plain(entity)
    for row in device_rows(dialect.tables):
        if row.form == "list":
            root[row.name] = sorted(map(repr, root[row.name]))
    return root


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(item) for item in value]
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        return {"": type(value).__name__} | {
            field.name: plain(getattr(value, field.name))
            for field in fields
            if field.eq and not ((row := field.metadata.get("row")) and row.secret)
        }
    return value


def lifeless(value: Any) -> Any:
    """An entity without its live values."""
    if isinstance(value, list):
        return [lifeless(item) for item in value]
    if attrs.has(type(value)):
        fields = attrs.fields(type(value))
        rows = {field.name: field.metadata.get("row") for field in fields}
        return type(value)(
            **{
                field.alias: lifeless(getattr(value, field.name))
                for field in fields
                if not ((row := rows[field.name]) and row.live)
            }
        )
    return value
