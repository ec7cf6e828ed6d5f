"""Values that are meant to be more than values: none becomes markup, a command, a path, an option or a terminal's."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import xform
from host_prep import media
from host_prep.config import Config
from host_prep.effects.payload import PayloadImage
from host_prep.media import Content
from host_prep.plan.names import plain
from host_prep.system import Host
from tests.host_prep.conftest import VM
from xform.cli import cli
from xform.cli.commands import seen
from xform.cli.common import annotation, write
from xform.cli.gate_reports import junit
from xform.cli.verdict import Verdict
from xform.codecs import codec as make_codec
from xform.errors import EntityError, HostError, visible
from xform.files import entity_from
from xform.laws.corpus import Outcome
from xform.monitor.metrics import Metrics
from xform.monitor.progress import Progress

DOMAIN = xform.load("domain")
MARKUP = [
    "</name><name>x",
    "]]>",
    "<!--",
    "&amp;",
    "' a='b",
    '"',
    "<?x?>",
    "&#10;",
    "<![CDATA[",
    "\t\n\r",
    "\x85\u2028",
    "\ufffd",
]
NOT_XML = ["\x00", "\x1b[2J", "\x08", "\ud800", "\udfff", "\ufffe", "\uffff"]
TERMINAL = ["\x1b[2J\x1b[1;31m", "\x9b31m", "\x07", "\u202e", "\u2066x\u2069", "\u200b", "\r", "\x08\x08", "\x7f"]
OPTIONS = ["-o", "--help", "-", "--", "-rf /", "@file", "+x", "a/../../b", "../x", "/etc/passwd", ".", "..", "", "a\nb"]
SHELL = ["$(id)", "`id`", ";id", "|id", "a b", "*", "%n", "{a,b}", "~", "!x", "&"]


# --- XML --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", MARKUP)
def test_no_value_becomes_markup(text: str) -> None:
    vm = DOMAIN.Domain(
        type="kvm",
        name=f"a{text}b",
        disks=[DOMAIN.Disk(target=f"a{text}b", source=DOMAIN.FileDiskSource(path=f"a{text}b"))],
    )
    written = DOMAIN.generate(vm)
    assert DOMAIN.parse(written) == vm
    assert DOMAIN.parse(DOMAIN.update("<domain type='kvm'><name>x</name></domain>", vm)) == vm
    assert len(etree.fromstring(written).xpath("//*")) == 6


@pytest.mark.parametrize("text", NOT_XML)
@pytest.mark.parametrize("write", [DOMAIN.generate, lambda vm: DOMAIN.update("<domain type='kvm'/>", vm)])
def test_what_xml_cannot_hold_is_refused_with_its_field(text: str, write: Callable[[Any], str]) -> None:
    vm = DOMAIN.Domain(type="kvm", name="a", disks=[DOMAIN.Disk(target=f"a{text}", source=DOMAIN.FileDiskSource())])
    with pytest.raises(EntityError, match=r"^disks\[0\]\.target: .* is not text that XML can hold$"):
        write(vm)


@pytest.mark.parametrize("key", ["a b", "a²", "1a", "a:b", "<a/>", "", "a>b", "-a", "a/b"])
def test_L321_no_key_becomes_more_than_an_elements_name(key: str, tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "M"\n')
    (tmp_path / "m.toml").write_text('format = 1\n[M]\nelement = "m"\n[M.row]\na = "a/* : map * ."\n')
    dialect = xform.load(str(tmp_path))
    with pytest.raises(EntityError, match=r"the key .* cannot be an element's name"):
        dialect.generate(dialect.M(a={key: "v"}))


# --- entities within each other ---------------------------------------------------------------------------------------


def layers(count: int) -> Any:
    """A disk on so many layers."""
    layer = None
    for _ in range(count):
        layer = DOMAIN.LayerBackingStore(format="raw", source=DOMAIN.FileDiskSource(path="/a"), backing=layer)
    disk = DOMAIN.Disk(target="vda", source=DOMAIN.FileDiskSource(path="/a"), backing=layer)
    return DOMAIN.Domain(type="kvm", name="a", disks=[disk])


def metadata(kept: str) -> Any:
    return DOMAIN.Domain(type="kvm", name="a", metadata=[kept])


def endless() -> Any:
    vm = layers(1)
    vm.disks[0].backing.backing = vm.disks[0].backing
    return vm


WAYS: dict[str, Callable[[Any], Any]] = {
    "generate": DOMAIN.generate,
    "check": DOMAIN.check,
    "update": lambda vm: DOMAIN.update("<domain type='kvm'/>", vm),
}


@pytest.mark.parametrize("made", [lambda: layers(2000), endless], ids=["deep", "endless"])
@pytest.mark.parametrize("way", WAYS)
def test_L324_an_entity_that_holds_itself_is_refused(way: str, made: Callable[[], Any]) -> None:
    vm = made()
    with pytest.raises(EntityError, match=r"^entities are nested too deeply; expected fewer within each other$"):
        WAYS[way](vm)


@pytest.mark.parametrize(
    ("vm", "why"),
    [
        (lambda: layers(253), "elements are nested too deeply"),
        (lambda: metadata("<a>" * 255 + "</a>" * 255), "elements are nested too deeply"),
        (lambda: DOMAIN.Domain(type="kvm", name="a" * 11_000_000), "the document is too large"),
    ],
    ids=["entities", "kept XML", "size"],
)
@pytest.mark.parametrize("way", ["generate", "check"])
def test_L326_what_no_reader_takes_is_not_written(way: str, vm: Callable[[], Any], why: str) -> None:
    with pytest.raises(EntityError, match=f"^its document could not be read: {why}"):
        WAYS[way](vm())


@pytest.mark.parametrize("vm", [lambda: layers(252), lambda: metadata("<a>" * 254 + "b" + "</a>" * 254)])
def test_what_is_as_deep_as_may_be_is_written_and_read(vm: Callable[[], Any]) -> None:
    made = vm()
    DOMAIN.check(made)
    assert DOMAIN.parse(DOMAIN.generate(made)) == made


@pytest.mark.parametrize("kept", [5, None, b"<a/>", "hunter2"], ids=repr)
def test_L329_what_is_no_kept_xml_is_told_without_showing_it(kept: Any) -> None:
    with pytest.raises(EntityError) as caught:
        DOMAIN.check(DOMAIN.Domain(type="kvm", name=DOMAIN.Opaque(kept), disks=[DOMAIN.Opaque(kept)]))
    assert str(kept) not in str(caught.value)


def test_an_entity_file_that_is_too_deep_is_refused_in_a_line() -> None:
    inner = "{type: layer, format: raw, backing: " * 300 + "{type: end}" + "}" * 300
    with pytest.raises(EntityError) as caught:
        entity_from(DOMAIN, f"{{type: kvm, name: a, disks: [{{target: a, backing: {inner}}}]}}".encode(), "vm.yaml")
    assert "nested too deeply" in str(caught.value)
    assert "recursion" not in str(caught.value)


# --- terminals and logs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", TERMINAL)
def test_L322_no_message_does_anything_to_a_terminal(text: str, tmp_path: Path) -> None:
    (tmp_path / f"a{text}.xml").write_text("<domain>")
    said = CliRunner().invoke(cli, ["parse", str(tmp_path / f"a{text}.xml")], color=True)
    assert said.exit_code == 2
    assert text not in said.stderr
    assert visible(text) in said.stderr
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.parametrize("text", TERMINAL)
def test_no_line_of_a_log_does_anything_to_a_terminal(text: str) -> None:
    assert text not in json.dumps(seen(None, "info", {"event": text, "vm": f"a{text}b"}), ensure_ascii=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "shown"), [(Terminal(), "a\\x1b[2J\n"), (io.StringIO(), "a\x1b[2J\n")])
def test_what_is_written_to_a_terminal_is_seen_and_elsewhere_as_it_is(
    stream: io.StringIO, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    write(None, "a\x1b[2J\n")
    assert stream.getvalue() == shown


def test_what_is_read_by_people_stays_as_it_is() -> None:
    text = "✓ ö€𝄞 – 漢字\n\tx\xa0y"
    assert visible(text) is text or visible(text) == text


@pytest.mark.parametrize("text", ["a\n::error::b", "a%0Ab", "a::b", "a,line=1", "a\rb"])
def test_no_value_becomes_an_annotation_of_its_own(text: str) -> None:
    made = annotation("error", text, text, 1)
    assert len(made.splitlines()) == 1
    assert made.count("::error::") + made.startswith("::error ") <= 2
    assert made.partition("::error file=")[2].partition(",line=1")[0].find("\n") < 0


@pytest.mark.parametrize("name", ['a"} 1\nx{y="', "a\\", "\n", "a\x00\x1b[2J"], ids=repr)
def test_no_connections_name_becomes_a_figure_of_its_own(name: str) -> None:
    registry = CollectorRegistry()
    registry.register(Metrics([Progress(name)]))
    read = list(text_string_to_metric_families(generate_latest(registry).decode()))
    assert {one.labels["connection"] for family in read for one in family.samples} == {name}


@pytest.mark.parametrize("text", [*MARKUP, *NOT_XML], ids=repr)
def test_nothing_becomes_markup_of_a_report(text: str) -> None:
    verdict = Verdict([], {f"a{text}.xml": Outcome(unread=f"<failure>{text}")}, [])
    made = etree.fromstring(junit(verdict))
    assert [one.tag for one in made.iter()] == ["testsuites", "testsuite", "testcase", "failure"]


# --- hosts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in OPTIONS + SHELL if not name.startswith("+")])
def test_L323_no_name_of_a_document_becomes_a_path_or_an_option(name: str) -> None:
    with pytest.raises(HostError, match="expected a plain name"):
        plain(name, "it")


class Recorder(Host):
    """A host on which commands are not run."""

    def __init__(self, config: Config) -> None:
        super().__init__(config, None)  # type: ignore[arg-type]
        self.commands: list[list[str]] = []

    def run(self, *arguments: Any, **_: Any) -> bytes:
        self.commands.append([str(argument) for argument in arguments])
        return b""

    def set_rights(self, *_: Any, **__: Any) -> None:
        pass

    def rename(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize("name", OPTIONS + SHELL)
def test_L323_no_file_of_a_payload_becomes_a_path_or_an_option(name: str, tmp_path: Path) -> None:
    content = Content("LABEL", {name: b"x", f"d/{name}": b"y"})
    if media.fault(content, floppy=True):
        return  # refused before anything is run
    host = Recorder(Config(root=tmp_path))
    PayloadImage(path=tmp_path / f"{VM}-sda.img", floppy=True, digest="", content=content).apply(
        type("At", (), {"host": host})(), {}
    )
    for command in host.commands:
        given = [
            argument for argument in command if name and name in argument and not argument.startswith(str(tmp_path))
        ]
        assert all(argument.startswith("::/") for argument in given if len(name) > 2), command


@pytest.mark.parametrize("label", ["-n", "--help", "a\nb", "\x1b", "é", "a" * 12])
def test_a_label_is_the_argument_of_its_option_or_refused(label: str, tmp_path: Path) -> None:
    content = Content(label, {"a": b"x"})
    if media.fault(content, floppy=True):
        return
    host = Recorder(Config(root=tmp_path))
    PayloadImage(path=tmp_path / "x.img", floppy=True, digest="", content=content).apply(
        type("At", (), {"host": host})(), {}
    )
    (command,) = [command for command in host.commands if label in command]
    assert command[-2:] == ["-n", label]


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        (["float"], "1e999"),
        (["hex"], "0" + "7" * 22),
        (["hex"], "99999999999999999999"),
        (["size", "KiB", "unit=@unit", "absent=EiB"], "99999999999999999999"),
    ],
)
def test_L325_no_number_is_read_that_cannot_be_written(codec: list[str], text: str) -> None:
    with pytest.raises(ValueError, match=r" is not a "):
        make_codec(codec[0], codec[1:]).decode(text)
