"""Twins: the compiled forms do what the interpreter does, to the last byte."""

from pathlib import Path

import pytest
from hypothesis import given, settings

import xform
from tests import corpus
from xform.compile.interpreter import Writer
from xform.laws import twins, twins_entity
from xform.strategies import entities

DIALECTS = Path(__file__).parents[1] / "dialects"
NAMES = {"workshop": str(DIALECTS / "workshop"), "annex": str(DIALECTS / "annex"), "domain": "domain", "ovirt": "ovirt"}


@pytest.mark.parametrize("name", NAMES)
def test_drawn_entities(name):
    dialect = xform.load(NAMES[name])

    @settings(max_examples=120 if name in ("workshop", "annex") else 60)
    @given(entities(dialect))
    def holds(entity):
        assert twins_entity(dialect, entity) == []
        assert twins(dialect, dialect.generate(entity, live=True)) == []

    holds()


@corpus.needed
@corpus.sliced
@pytest.mark.parametrize("name", ["domain"])
def test_documents(name, number):
    dialect = xform.load(name)
    found = {
        file.name: list(map(str, findings))
        for file in corpus.part(number)
        if (findings := twins(dialect, file.read_bytes()))
    }
    assert found == {}


@corpus.needed
def test_documents_of_a_manager():
    dialect = xform.load("ovirt")
    files = corpus.folders()["live"]
    found = {file: list(map(str, findings)) for file in files if (findings := twins(dialect, file.read_bytes()))}
    assert found == {}


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<workshop>",
        "<other/>",
        "<workshop/>",
        "<workshop><name>a<b/>c</name><name>d</name></workshop>",
        "<workshop fuel='coal'><name/><fuel price='x'/><tank litres='-1' a='b'/></workshop>",
        "<workshop fuel='oil'><name/></workshop>",
        "<workshop><name/><tools><tool/><tool name='a'><handle/></tool><tool name='b' slot='089'/></tools></workshop>",
        "<workshop><name/><features><heating/><a state='1'/><a state='2'/><b/></features></workshop>",
        "<workshop><name/><places><place/><place type='pci'/><place type='usb' model='plain'/></places></workshop>",
        "<workshop><name/><area unit='furlong'>1</area><area unit='MiB'>2</area></workshop>",
        "<workshop><name/><paint color='pink'/><paint color='red'/><coat color='blue'/></workshop>",
    ],
)
def test_odd_documents(document):
    assert twins(xform.load(NAMES["workshop"]), document) == []


def test_what_one_form_writes_otherwise_is_found_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    mini = xform.load(str(DIALECTS / "mini"))
    entity = mini.Machine(name="x", screens=[mini.Screen(kind="vnc", password="sesame")])
    text = Writer.text
    monkeypatch.setattr(Writer, "text", lambda self, made: text(self, made).replace("sesame", "open"))
    assert [str(found) for found in twins_entity(mini, entity)] == [
        "twins: 4: generate: compiled and interpreted write another line",
        "twins: 4: generate live: compiled and interpreted write another line",
    ]
