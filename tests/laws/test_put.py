"""Putting: what is put is read again, and a document keeps every byte that this is not about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings

import xform
from tests import corpus
from xform.document import Document
from xform.laws import Finding, get_put, least_edit, put_entity, put_get, put_put
from xform.strategies import entities

DIALECTS = Path(__file__).parents[1] / "dialects"
FOLDERS = {name: str(DIALECTS / name) for name in ("workshop", "annex", "mini")}
MINI = xform.load(FOLDERS["mini"])


def sampled(files: list[Path], share: int) -> list[Path]:
    """One of so many files, always the same ones."""
    return [file for file in files if crc32(file.name.encode()) % share == 0]


Law = Callable[..., list[Finding]]


def broken(law: Law, name: str, files: list[Path]) -> dict[str, list[str]]:
    dialect = xform.load(name)
    found = {file.name: law(dialect, file.read_bytes()) for file in files}
    return {file: list(map(str, findings)) for file, findings in found.items() if findings}


# --- documents of libvirt's and of a manager's


@corpus.needed
@corpus.sliced
def test_every_document_stays_what_it_is_if_what_it_says_is_put(number: int) -> None:
    assert broken(get_put, "domain", corpus.part(number)) == {}


@corpus.needed
@pytest.mark.parametrize("name", ["domain", "ovirt"])
def test_documents_of_a_manager_stay_what_they_are(name: str) -> None:
    assert broken(get_put, name, [*corpus.folders()["live"], *corpus.samples()]) == {}


@corpus.needed
@pytest.mark.parametrize("name", ["domain", "ovirt"])
@pytest.mark.parametrize("law", [put_get, put_put, least_edit], ids=lambda law: law.__name__)
def test_one_fact_is_put(law: Law, name: str) -> None:
    assert broken(law, name, [*sampled(corpus.documents(), 20), *corpus.samples()]) == {}


@corpus.needed
@pytest.mark.parametrize("name", ["domain", "ovirt"])
def test_a_document_comes_to_say_what_another_one_says(name: str) -> None:
    dialect, files = xform.load(name), sampled(corpus.documents(), 12)
    found = {
        (one.name, other.name): findings
        for one, other in zip(files, [*files[1:], files[0]], strict=True)
        if (findings := put_entity(dialect, one.read_bytes(), dialect.parse(other.read_bytes())))
    }
    assert found == {}


# --- drawn entities


@pytest.mark.parametrize("name", ["domain", "ovirt", *FOLDERS])
def test_one_drawn_entity_is_put_in_the_place_of_another(name: str) -> None:
    dialect = xform.load(FOLDERS.get(name, name))

    @settings(max_examples=80 if name in FOLDERS else 40)
    @given(entities(dialect), entities(dialect))
    def holds(one: object, other: object) -> None:
        assert put_entity(dialect, dialect.generate(one, live=True), other) == []

    holds()


@pytest.mark.parametrize("name", ["domain", "ovirt", *FOLDERS])
def test_one_fact_of_a_drawn_entity_is_put(name: str) -> None:
    dialect = xform.load(FOLDERS.get(name, name))

    @settings(max_examples=30 if name in FOLDERS else 15)
    @given(entities(dialect))
    def holds(entity: object) -> None:
        document = dialect.generate(entity, live=True)
        for law in (get_put, put_get, put_put, least_edit):
            assert law(dialect, document) == []

    holds()


# --- every fact of one document, with all that an update can meet

MACHINE = """<machine ratio="0.5" x='1'><!-- a machine -->
  <name>web</name>
  <memory unit='GiB'>1</memory>
  <options fast='on'/>
  <features>
    <policy name='a' value='force'/><policy name='b' value='forbid' later='1'/>
    <spin state='on'/>
  </features>
  <devices>
    <disk type='file'><source file='/a' index='3'/>
      <target dev='vda'/><!-- of a --><readonly/>
    </disk>
    <disk type='martian' device='disk'>
      <source red='/b'/>
      <target dev='vdb'/>
      <serial>ua-6ba7b810-9dad-41d1-80b4-00c04fd430c8</serial>
    </disk>
    <screen type='vnc' passwd='sesame'/>
    <screen type='vnc' passwd='sesame'/>
    <screen type='vnc' passwd='sesame'/>
  </devices>
  <metadata>
    <o:machine xmlns:o='urn:example:mini'>
      <o:device kind='disk' name='vda'><o:note>n</o:note><o:later/></o:device>
      <o:device kind='disk' name='vdz'><o:note>stale</o:note></o:device>
    </o:machine>
    <kept xmlns='urn:x'><as it='is'/></kept>
  </metadata>
  <clock offset='localtime'><tick>1</tick> <tick>2</tick></clock>
</machine>
"""


@pytest.mark.parametrize("document", [MACHINE, MACHINE.encode(), MACHINE.replace("\n", "\r\n")])
@pytest.mark.parametrize("law", [put_get, put_put, least_edit], ids=lambda law: law.__name__)
def test_every_fact_is_put(law: Law, document: str | bytes) -> None:
    assert law(MINI, document, thorough=True) == []


# --- what the laws find


def spoiled(monkeypatch: pytest.MonkeyPatch, spoil: Callable[[str], str]) -> None:
    """Have every update that changes something do something else as well."""
    updated = Document._updated

    def wrong(self: Document, live: bool) -> str:
        after = updated(self, live)
        return after if after == self._text.text else spoil(after)

    monkeypatch.setattr(Document, "_updated", wrong)


def test_a_byte_that_changed_by_itself_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Document, "_updated", lambda self, live: self._text.text.replace("'/a'", '"/a"'))
    assert list(map(str, get_put(MINI, MACHINE))) == [
        "get-put: 10: str: the document is not the same any more",
        "get-put: 10: bytes: the document is not the same any more",
    ]


def test_a_put_that_changes_another_field_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled(monkeypatch, lambda after: after.replace("dev='vda'", "dev='vdx'"))
    assert "put-get: disks[0].target: 'vda' was read back as 'vdx'" in map(str, put_get(MINI, MACHINE))


def test_a_put_that_touches_what_is_not_its_claim_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled(monkeypatch, lambda after: after.replace("<!-- of a -->", "<!-- of b -->"))
    found = least_edit(MINI, MACHINE, thorough=True)
    assert "least-edit: 11: uuid: more changed than what it claims" in map(str, found)
    # but not where the comment stands in what goes
    assert put_get(MINI, MACHINE, thorough=True) == []


@pytest.mark.parametrize("spoil", [lambda text: text.replace("\n  <name>", "\n <name>"), str.rstrip])
def test_white_space_that_is_not_beside_the_claim_is_kept(
    monkeypatch: pytest.MonkeyPatch, spoil: Callable[[str], str]
) -> None:
    spoiled(monkeypatch, spoil)
    assert "ratio" in {found.path for found in least_edit(MINI, MACHINE, thorough=True)}


def test_residue_that_the_second_put_loses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    updated = Document._updated

    def wrong(self: Document, live: bool) -> str:
        after = updated(self, live)
        return after if self._text.text == MACHINE else after.replace("<o:later/>", "")

    monkeypatch.setattr(Document, "_updated", wrong)
    found = set(map(str, put_put(MINI, MACHINE, thorough=True)))
    assert "put-put: uuid: residue of the last put alone was lost" in found
    # what goes with the item that the first put took away is excused
    assert "put-put: metadata: residue of the last put alone was lost" not in found


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled(monkeypatch, lambda after: after.replace("sesame", "open"))
    found = [*map(str, put_get(MINI, MACHINE, thorough=True)), *map(str, least_edit(MINI, MACHINE, thorough=True))]
    assert any("***" in one for one in found)
    assert "sesame" not in "".join(found)
