"""Match: order on either side changes nothing, and of each device one thing is said."""

from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xform
from tests import corpus
from xform.laws import match
from xform.match import Climb, held
from xform.strategies import entities

MINI = xform.load(str(Path(__file__).parents[1] / "dialects" / "mini"))
IDS = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]
randoms = st.randoms(use_true_random=False)

# Few values, so that keys stand on several devices, on one side, or below an identity that differs.
disks = st.lists(
    st.builds(
        MINI.Disk,
        id=st.sampled_from([None, *IDS]),
        image=st.sampled_from([None, "a", "b"]),
        target=st.sampled_from(["vda", "vdb", "vdc"]),
    ),
    max_size=6,
)


@settings(max_examples=400)
@given(disks, disks, randoms)
def test_devices_that_are_alike(ours, theirs, random):
    document = MINI.generate(MINI.Machine(name="x", disks=theirs))
    assert match(MINI, document, MINI.Machine(name="x", disks=ours), random=random) == []


@pytest.mark.parametrize("name", ["domain", "ovirt"])
def test_drawn_entities(name):
    dialect = xform.load(name)

    @settings(max_examples=60)
    @given(entities(dialect), entities(dialect), randoms)
    def holds(one, other, random):
        both = {
            kind.name: held(one, kind.name) + held(other, kind.name)
            for kind in dialect.kinds
            if kind.row.form == "list"
        }
        assert match(dialect, dialect.generate(one, live=True), attrs.evolve(other, **both), random=random) == []

    holds()


@pytest.mark.parametrize("name", ["domain", "ovirt"])
@pytest.mark.parametrize("scenario", corpus.live_scenarios(), ids=lambda folder: folder.name)
def test_documents_of_a_real_libvirt(name, scenario):
    dialect = xform.load(name)
    known = dialect.parse((scenario / "defined.xml").read_bytes())

    @settings(max_examples=60)
    @given(st.sampled_from(sorted(scenario.glob("*.xml"))), randoms)
    def holds(file, random):
        assert match(dialect, file.read_bytes(), known, random=random) == []

    holds()


@corpus.needed
@corpus.sliced
def test_documents_against_themselves(number):
    domain = xform.load("domain")
    found = {
        file.name: list(map(str, findings))
        for file in corpus.part(number)
        if (findings := match(domain, file.read_bytes()))
    }
    assert found == {}


def document(*targets):
    return MINI.generate(MINI.Machine(name="x", disks=[MINI.Disk(target=target) for target in targets]))


def test_a_match_by_order_is_found(monkeypatch):
    monkeypatch.setattr(
        Climb,
        "candidates",
        lambda self, at: [([our], [their]) for our, their in zip(self.ours, self.theirs, strict=True)],
    )
    findings = match(MINI, document("vda", "vdb", "vdc"))
    assert "match: 4: disks: paired by id, but not in another order" in map(str, findings)


def test_a_device_that_is_forgotten_is_found(monkeypatch):
    monkeypatch.setattr(Climb, "report", lambda self: None)
    assert [str(finding) for finding in match(MINI, document("vda"), MINI.Machine(name="x"))] == [
        "match: 1: /machine: of some device nothing is said, or more than one thing"
    ]
