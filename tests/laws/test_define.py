"""Libvirt: what libvirt's mock makes of a document, it makes of the one that is generated again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import xform
from tests import corpus
from xform.errors import HostError
from xform.laws import define, named
from xform.mock import Mock

DOMAIN = xform.load("domain")
MACHINE = "<domain type='kvm'><name>x</name>{}<memory>1024</memory><os><type>hvm</type></os>{}</domain>"
NIC = "<devices><interface type='user'>{}<model type='virtio'/></interface></devices>"
GRAPHICS = "<devices><graphics type='vnc' passwd='sesame' passwdValidTo='{}'/></devices>"


@pytest.fixture(scope="module")
def mock() -> Mock:
    pytest.importorskip("libvirt")
    return Mock()


def without(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Generate documents that lack a text."""
    generate = type(DOMAIN).generate

    def lossy(self: Any, entity: Any, **options: Any) -> str:
        made = generate(self, entity, **options)
        assert name in made
        return made.replace(name, "")

    monkeypatch.setattr(type(DOMAIN), "generate", lossy)


def test_what_libvirt_draws_by_itself_is_excused(mock: Mock) -> None:
    assert define(DOMAIN, MACHINE.format("", NIC.format("")), mock) == []


def test_the_name_that_a_card_got_in_a_container_is_kept(mock: Mock) -> None:
    assert define(DOMAIN, MACHINE.format("", NIC.format("<guest actual='eth0'/>")), mock) == []


def test_what_libvirt_makes_otherwise_is_found(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    without("<model type='virtio'/>", monkeypatch)
    (found,) = define(DOMAIN, MACHINE.format("", NIC.format("<mac address='52:54:00:00:00:01'/>")), mock) or []
    assert str(found) == "libvirt: /domain/devices/interface/model: libvirt makes another element of it (missing)"


def test_a_lost_mac_is_found_though_libvirt_draws_another(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    without("<mac address='52:54:00:00:00:01'/>", monkeypatch)
    (found,) = define(DOMAIN, MACHINE.format("", NIC.format("<mac address='52:54:00:00:00:01'/>")), mock) or []
    assert found.path == "/domain/devices/interface/mac/@address"


def test_a_twin_that_libvirt_refuses_is_found(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    without("<memory unit='KiB'>1024</memory>", monkeypatch)
    (found,) = define(DOMAIN, MACHINE.format("", ""), mock) or []
    assert found.what.startswith("cannot be defined again: XML error: Memory size must be specified")


def test_a_document_that_libvirt_refuses_is_told_from_one_that_fails_and_no_secret_is_shown(mock: Mock) -> None:
    with pytest.raises(HostError, match=r"cannot parse password validity time '\*\*\*'"):
        define(DOMAIN, MACHINE.format("", GRAPHICS.format("sesame")), mock)


def test_the_same_name_and_uuid_are_no_matter(mock: Mock) -> None:
    uuid = "<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>"  # that of the domain in test:///default
    assert [define(DOMAIN, MACHINE.format(uuid, ""), mock) for _ in range(2)] == [[], []]


def test_a_dialect_that_is_not_for_libvirt_has_no_such_law(mock: Mock) -> None:
    mini = xform.load(str(Path(__file__).parents[1] / "dialects" / "mini"))
    assert define(mini, "<machine><name>x</name></machine>", mock) is None


def test_L18_a_mock_that_crashes_is_started_anew(mock: Mock) -> None:
    mock._process.kill()
    mock._process.wait()
    assert define(DOMAIN, MACHINE.format("", ""), mock) == []


def test_L17_libvirt_makes_the_same_of_a_numa_cache(mock: Mock) -> None:
    sizes = "<size value='8' unit='KiB'/><line value='5' unit='B'/>"
    cache = f"<cache level='1' associativity='direct' policy='writeback'>{sizes}</cache>"
    numa = f"<cpu><numa><cell id='0' cpus='0' memory='1048576' unit='KiB'>{cache}</cell></numa></cpu>"
    assert define(DOMAIN, MACHINE.format("", f"<vcpu>1</vcpu>{numa}"), mock) == []


@corpus.needed
@corpus.sliced
def test_libvirt_makes_the_same_of_every_named_document(number: int, mock: Mock) -> None:
    found, tried = Counter[str](), 0
    for file in corpus.part(number):
        data = file.read_bytes()
        if named(DOMAIN, DOMAIN.tree(data)):
            continue
        try:
            findings = define(DOMAIN, data, mock)
        except HostError:
            continue
        tried += 1
        found.update(f"{file.name}: {one}" for one in findings or ())
    assert found == Counter()
    assert tried > 150
