"""Slices: the text of each device, of documents that are laid out as libvirt lays them out."""

from __future__ import annotations

import pytest
from lxml import etree

import xform
from bench.documents import document
from tests import corpus
from xform.slices import alone, cut, cuttable

DOMAIN = xform.load("domain")
TEXT = document(8).encode()


def test_every_device_is_cut_as_it_stands() -> None:
    slices = cut(DOMAIN, TEXT)
    assert slices
    assert [kind for kind, _ in slices.devices].count("disks") == 2
    for kind, text in slices.devices:
        element = etree.fromstring(text)
        assert cuttable(DOMAIN)[element.tag.encode()] == kind
        assert text in TEXT


def test_the_rest_is_the_document_without_them() -> None:
    slices = cut(DOMAIN, TEXT)
    assert slices
    root = etree.fromstring(slices.rest)
    assert [child.tag for child in root.find("devices")] == ["emulator", "memballoon"]
    assert slices.fit(DOMAIN, DOMAIN.tree(TEXT))
    assert slices.fit(DOMAIN, root)


def test_what_stands_elsewhere_than_it_seemed_does_not_fit() -> None:
    odd = b"<domain>\n <devices/>\n <metadata><a>\n  <devices>\n    <disk/>\n  </devices></a></metadata></domain>"
    slices = cut(DOMAIN, odd)
    assert slices
    assert not slices.fit(DOMAIN, DOMAIN.tree(odd))


@pytest.mark.parametrize(
    "hidden",
    [
        b"\n    <!-- -->",
        b"\n    <?a b?>",
        b"\n    text",
        b"\n    <serial>\n    <b/>\n    </serial>",
        b"\n    <serial>\n    </console>",
        b"\n    <serial><target>",
        b"\n  </devices>\n  <devices>",
    ],
)
def test_what_could_hide_a_device_leaves_the_document_whole(hidden: bytes) -> None:
    assert cut(DOMAIN, TEXT.replace(b"\n    <video>", hidden + b"\n    <video>")) is None


def test_a_prefix_means_something_only_in_its_document() -> None:
    assert alone(b"<interface><mac address='52:54:00:00:00:01'/></interface>")
    assert not alone(b"<interface><x:mac/></interface>")
    assert not alone(b"<interface x:a='1'/>")


@corpus.needed
def test_dumps_of_libvirt_are_cut() -> None:
    for scenario in corpus.live_scenarios():
        for file in scenario.glob("*live*.xml"):
            text = file.read_bytes()
            slices = cut(DOMAIN, text)
            assert slices, file
            assert slices.fit(DOMAIN, DOMAIN.tree(text)), file
