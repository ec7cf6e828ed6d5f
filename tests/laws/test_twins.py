"""Twins: the compiled forms do what the interpreter does, to the last byte."""

import copy
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import xform
from tests import corpus
from xform.compile.interpreter import Reader, Reading, Writer
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


def disturbed(document, random):
    """A document in which a few nodes are others than its tables expect."""
    root = etree.fromstring(document)
    for _ in range(random.randint(1, 6)):
        element = random.choice([*root.iter(etree.Element)])
        names = [*element.keys(), "unknown"]
        match random.randrange(8):
            case 0:
                element.set("unknown", "1")
            case 1:
                element.insert(
                    random.randint(0, len(element)), random.choice([*map(copy.copy, root.iter(etree.Element))])
                )
            case 2:
                element.insert(0, etree.Comment("note"))
            case 3:
                element.set(random.choice(names), random.choice(["", "bad", "1", "yes"]))
            case 4:
                element.attrib.pop(random.choice(names), None)
            case 5:
                element.text = random.choice(["", "bad", "7", None])
            case 6 if element is not root:
                element.tail = "more"
            case 7 if element is not root:
                element.addnext(copy.copy(element))
    return etree.tostring(root)


@pytest.mark.parametrize("name", NAMES)
def test_drawn_documents_that_were_disturbed(name):
    dialect = xform.load(NAMES[name])

    @settings(max_examples=200 if name in ("workshop", "annex") else 60)
    @given(entities(dialect), st.randoms(use_true_random=False))
    def holds(entity, random):
        document = disturbed(dialect.generate(entity, live=True), random)
        assert list(map(str, twins(dialect, document))) == []

    holds()


@corpus.needed
@corpus.sliced
def test_documents_that_were_disturbed(number):
    dialect = xform.load("domain")
    found = {
        file.name: list(map(str, findings))
        for file in corpus.part(number)[::3]
        if (findings := twins(dialect, disturbed(file.read_bytes(), Random(file.name))))
    }
    assert found == {}


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


def test_what_only_one_form_leaves_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    mini = xform.load(str(DIALECTS / "mini"))
    document = "<machine><name>x</name><options fast='maybe' slow='1'/></machine>"
    unclaimed = Reading.unclaimed
    monkeypatch.setattr(Reading, "unclaimed", lambda self, node: [pair for pair in unclaimed(self, node) if pair[1]])
    monkeypatch.setattr(Reader, "refuse", lambda *_, **__: None)
    assert [str(found) for found in twins(mini, document)] == [
        "twins: 1: /machine/options: parse: detailed and interpreted tell other residue",
        "twins: 1: /machine/options: parse: detailed and interpreted tell other refusals",
    ]


def test_what_one_form_writes_otherwise_is_found_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    mini = xform.load(str(DIALECTS / "mini"))
    entity = mini.Machine(name="x", screens=[mini.Screen(kind="vnc", password="sesame")])
    text = Writer.text
    monkeypatch.setattr(Writer, "text", lambda self, made: text(self, made).replace("sesame", "open"))
    assert [str(found) for found in twins_entity(mini, entity)] == [
        "twins: 4: generate: compiled and interpreted write another line",
        "twins: 4: generate live: compiled and interpreted write another line",
    ]


JOINED = """\
format = 1
[Box]
element = "box"
[Box.row]
items = "item : list Item by label"
[Item]
element = "item"
[Item.row]
label = "@label : str !"
[Item.join."meta/entry"]
on = ["@name = label"]
note = "@note : str = none"
seen = "@seen : str < = never"
"""


@pytest.mark.parametrize("more", ["", "<meta><entry name='a'/></meta>", "<meta><entry name='a' note='x'/></meta>"])
def test_what_is_absent_from_a_second_place_means_its_default_to_each_form(more: str, tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nname = "joined"\nroot = "Box"\n')
    (tmp_path / "box.toml").write_text(JOINED)
    dialect = xform.load(str(tmp_path))
    document = f"<box><item label='a'/>{more}</box>"
    assert twins(dialect, document.encode()) == []
    assert dialect.parse(document).items[0].note == ("x" if "note" in more else "none")
