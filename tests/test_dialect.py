"""A dialect as an embedder uses it: load, parse, generate, plan, and the classes."""

from __future__ import annotations

import threading
import traceback
import typing
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest

import xform
from xform.compile import generate, keys, parse
from xform.laws import create_get, twins_entity
from xform.table.resolve import load_tables
from xform.xml import MAX_BYTES

ID = "00000000-0000-4000-8000-000000000001"
NIC = "00000000-0000-4000-8000-000000000002"
EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def ovirt() -> xform.Dialect:
    return xform.load("ovirt")


def guest(inside: str = "") -> str:
    return f"<domain type='kvm'><name>x</name><uuid>{ID}</uuid>{inside}</domain>"


def test_text_and_bytes_are_both_taken(ovirt: xform.Dialect) -> None:
    text = f"<?xml version='1.0' encoding='iso-8859-1'?>{guest().replace('>x<', '>é<')}"
    assert ovirt.parse(text).name == ovirt.parse(text.encode("iso-8859-1")).name == "é"


def test_namespaces_match_by_uri_whatever_the_prefix(ovirt: xform.Dialect) -> None:
    metadata = (
        "<metadata><a:vm xmlns:a='http://ovirt.org/vm/1.0'><a:clusterVersion>4.8</a:clusterVersion></a:vm></metadata>"
    )
    assert ovirt.parse(guest(metadata)).cluster_version == "4.8"


def test_foreign_metadata_is_kept_whole(ovirt: xform.Dialect) -> None:
    foreign = "<b:os xmlns:b='urn:b' b:id='1'>text<b:c/></b:os>"
    vm = ovirt.parse(guest(f"<metadata>{foreign}</metadata>"))
    assert ovirt.parse(ovirt.generate(vm)) == vm
    assert 'xmlns:b="urn:b"' in ovirt.generate(vm)


def test_L07_an_entry_that_names_another_device_is_not_ours_because_the_mac_fits(ovirt: xform.Dialect) -> None:
    nic = f"<interface type='user'><mac address='52:54:00:00:00:01'/><alias name='ua-{NIC}'/></interface>"
    entry = "<v:device alias='ua-{}' mac_address='52:54:00:00:00:01'><v:network>{}</v:network></v:device>"
    stale, right = entry.format(ID, "stale"), entry.format(NIC, "right")

    def network(*entries: str) -> Any:
        metadata = f"<metadata><v:vm xmlns:v='http://ovirt.org/vm/1.0'>{''.join(entries)}</v:vm></metadata>"
        return ovirt.parse(guest(f"{metadata}<devices>{nic}</devices>")).nics[0].network

    assert network(stale) is None
    assert network(stale, right) == network(right, stale) == "right"
    assert network("<v:device mac_address='52:54:00:00:00:01'><v:network>by mac</v:network></v:device>") == "by mac"


def test_what_the_second_place_could_not_be_found_by_is_refused_not_lost(ovirt: xform.Dialect) -> None:
    vm = ovirt.Vm(id=ID, name="x", disks=[ovirt.Disk(source=ovirt.FileDiskSource(), pool_id=ID)])
    with pytest.raises(xform.EntityError, match=r"disks\[0\].*target"):
        ovirt.generate(vm)


def test_L11_white_space_in_attributes_and_text_comes_back() -> None:
    domain = xform.load("domain")
    text = " a\tb\nc\rd <&'\"> "
    disk = domain.Disk(target=text, serial=text, source=domain.FileDiskSource(path=text))
    (back,) = domain.parse(domain.generate(domain.Domain(type="kvm", name="x", disks=[disk]))).disks
    assert (back.target, back.serial, back.source.path) == (text, text, text)


def test_a_value_that_its_row_does_not_admit_spoils_nothing_else(ovirt: xform.Dialect) -> None:
    vm = ovirt.parse(guest("<memory>much</memory><vcpu>2</vcpu>"))
    assert (vm.memory, vm.vcpus) == (None, 2)


def test_an_unknown_variant_is_kept_opaque_and_written_back(ovirt: xform.Dialect) -> None:
    inside = "<driver cache='none'/><source bucket='b'><x/></source><target dev='vda'/>"
    vm = ovirt.parse(guest(f"<devices><disk type='cloud' device='disk'>{inside}</disk></devices>"))
    assert isinstance(vm.disks[0].source, xform.Opaque)
    assert (vm.disks[0].cache, vm.disks[0].target) == ("none", "vda")
    assert ovirt.parse(ovirt.generate(vm)) == vm
    assert 'bucket="b"' in ovirt.generate(vm)


def test_what_an_owners_row_says_of_an_opaque_variants_child_stands_once(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    rows = 'inside = ". : Inside"\nsize = "source/@size : uint"\nseal = "source/lid/@seal : str"\n'
    rows += 'note = "source/note : text"\n'
    inside = '[Inside]\nchoice = "@type"\nelse = "opaque"\n[Inside.file]\npath = "source/@file : path"\n'
    (tmp_path / "box.toml").write_text(f'format = 1\n[Box]\nelement = "box"\n[Box.row]\n{rows}{inside}')
    box = xform.load(str(tmp_path))
    entity = box.parse("<box type='odd'><source size='1' z='2'><lid seal='s' y='3'/><note>n</note></source></box>")
    assert (entity.size, entity.seal, entity.note) == (1, "s", "n")
    assert entity.inside.xml == '<box type="odd"><source z="2"><lid y="3"></lid></source></box>'
    entity.seal = "other"
    assert box.parse(box.generate(entity)) == entity
    bare = box.parse("<box type='odd'><source size='1'><lid seal='s'/></source></box>")
    assert bare.inside.xml == '<box type="odd"></box>'  # what stands for the owner's rows alone is theirs
    assert create_get(box, bare) == []


def test_a_wildcard_yields_to_the_rows_of_an_embedded_entity(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    rows = 'em = ". : Em"\nrest = "* : list xml"\n[Em.row]\nq = "q/@q : uint !"\n'
    (tmp_path / "box.toml").write_text(f'format = 1\n[Box]\nelement = "box"\n[Box.row]\n{rows}')
    box = xform.load(str(tmp_path))
    entity = box.parse("<box><q q='1'/><z/></box>")
    assert (entity.em.q, entity.rest) == (1, ["<z></z>"])
    assert twins_entity(box, entity) == create_get(box, entity) == []


def test_an_item_without_a_required_field_is_kept_whole() -> None:
    domain = xform.load("domain")
    entity = domain.parse(guest("<devices><disk><serial>s</serial></disk><disk><target dev='vda'/></disk></devices>"))
    assert [type(disk) for disk in entity.disks] == [xform.Opaque, domain.Disk]
    assert domain.parse(domain.generate(entity)) == entity


def test_live_values_are_read_but_no_part_of_equality_nor_written_unasked(ovirt: xform.Dialect) -> None:
    running = ovirt.parse(guest().replace("<domain", "<domain id='7'"))
    assert running.live_id == 7
    assert running == ovirt.parse(guest())
    assert " id='7'" not in ovirt.generate(running)
    assert " id='7'" in ovirt.generate(running, live=True)


def test_a_wrong_value_is_named_by_its_field(ovirt: xform.Dialect) -> None:
    vm = ovirt.Vm(id=ID, name="x", disks=[ovirt.Disk(target="vda", cache="nome")])
    with pytest.raises(xform.EntityError, match=r"disks\[0\]\.cache: 'nome' is not one of .*did you mean 'none'"):
        ovirt.generate(vm)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda it, other: it.Disk(), "Disk is no Vm; expected Vm"),
        (lambda it, other: None, "nothing is no Vm; expected Vm"),
        (lambda it, other: xform.Opaque("<domain></domain>"), "Opaque is no Vm; expected Vm"),
        (lambda it, other: other.Domain(type="kvm", name="x"), "Domain of domain is no Vm of ovirt; expected Vm"),
        (
            lambda it, other: {"disks": [it.Disk(source=it.FileDiskSource()), it.Nic()]},
            "disks[1]: Nic is no Disk; expected Disk or Opaque",
        ),
        (lambda it, other: {"disks": [None]}, "disks[0]: nothing is no Disk; expected Disk or Opaque"),
        (
            lambda it, other: {"disks": [other.Disk(target="vda")]},
            "disks[0]: Disk of domain is no Disk of ovirt; expected Disk or Opaque",
        ),
        (lambda it, other: {"balloon": it.Nic()}, "balloon: Nic is no Balloon; expected Balloon or Opaque"),
        (
            lambda it, other: {"clock": it.Clock(offset="utc", timers=[it.Video()])},
            "clock.timers[0]: Video is no Timer; expected Timer or Opaque",
        ),
        (
            lambda it, other: {"disks": [it.Disk(source=other.FileDiskSource(path="/a"))]},
            "disks[0].source: FileDiskSource of domain is no DiskSource of ovirt; expected one of FileDiskSource, ",
        ),
    ],
)
def test_an_entity_of_a_wrong_class_is_refused_at_its_place(ovirt: Any, make: Any, expected: str) -> None:
    made = make(ovirt, xform.load("domain"))
    with pytest.raises(xform.EntityError) as error:
        ovirt.generate(ovirt.Vm(id=ID, name="x", **made) if isinstance(made, dict) else made)
    assert str(error.value).startswith(expected)


def test_a_wrong_class_is_refused_where_no_word_tells_what_is_embedded() -> None:
    workshop: Any = xform.load(str(Path(__file__).parent / "dialects" / "workshop"))
    annex: Any = xform.load(str(Path(__file__).parent / "dialects" / "annex"))
    fuel = workshop.classes["NoneFuel"]()
    for wrong, expected in (
        ({"grid": fuel}, "grid: NoneFuel is no Grid; expected Grid or Opaque"),
        ({"grid": annex.Grid(line=1)}, "grid: Grid of annex is no Grid of workshop; expected Grid or Opaque"),
        (
            {"tools": [workshop.Tool(name="x", handle=annex.PlainHandle(grip="g"))]},
            "tools[0].handle: PlainHandle of annex is no Handle of workshop; expected one of LongHandle, PlainHandle",
        ),
    ):
        entity = workshop.Workshop(name="x", fuel=fuel, **wrong)
        with pytest.raises(xform.EntityError) as error:
            workshop.generate(entity)
        assert str(error.value) == expected
        assert twins_entity(workshop, entity) == []


def test_classes_have_slots_types_and_documentation(ovirt: xform.Dialect) -> None:
    cls = ovirt.Disk
    assert cls is ovirt.Disk
    assert not hasattr(cls(target="vda"), "__dict__")
    assert cls.__annotations__["target"] == str | None
    assert "guest-visible name" in (cls.__doc__ or "")
    with pytest.raises(TypeError):
        cls("vda")


def test_a_secret_is_not_shown(ovirt: xform.Dialect) -> None:
    assert "sesame" not in repr(ovirt.VncGraphics(password="sesame"))
    assert repr(xform.Opaque("<graphics type='new' passwd='sesame'/>")) == "Opaque(xml='<graphics…')"


@pytest.mark.parametrize("write", ["generate", "update"])
def test_a_secret_is_in_no_traceback(ovirt: xform.Dialect, write: str) -> None:
    vm = ovirt.Vm(id=ID, name="x", graphics=[ovirt.VncGraphics(password="sesame")])
    xml = ovirt.generate(vm)
    vm.graphics[0].password = "sesame\0"
    with pytest.raises(xform.EntityError) as refused:
        ovirt.generate(vm) if write == "generate" else ovirt.update(xml, vm)
    assert "sesame" not in "".join(traceback.format_exception(refused.value))


def test_an_entity_that_is_not_there_is_an_attribute_error(ovirt: xform.Dialect) -> None:
    with pytest.raises(AttributeError, match="no entity 'Nope'"):
        ovirt.Nope  # noqa: B018
    assert "Disk" in dir(ovirt)


def test_a_document_beyond_the_bound_is_refused_before_it_is_parsed(ovirt: xform.Dialect) -> None:
    with pytest.raises(xform.DocumentError, match="the document is too large; expected at most 10485760 bytes"):
        ovirt.parse(b" " * (MAX_BYTES + 1))


def test_a_dialect_is_loaded_once_until_one_of_its_files_changes(tmp_path: Path) -> None:
    base, ours = tmp_path / "base", tmp_path / "ours"
    for folder, head in ((base, 'root = "Box"'), (ours, 'extends = "../base"')):
        folder.mkdir()
        (folder / "dialect.toml").write_text(f"format = 1\n{head}\n")
    (base / "box.toml").write_text('format = 1\n[Box]\nelement = "box"\n[Box.row]\nsize = "@size : uint"\n')
    first = xform.load(str(ours))
    assert xform.load(f"{base}/../ours") is first
    (base / "box.toml").write_text('format = 1\n[Box]\nelement = "box"\n[Box.row]\nwidth = "@width : uint"\n')
    second = xform.load(str(ours))
    assert second is not first
    assert second.parse("<box width='3'/>").width == 3
    assert first.parse("<box size='3'/>").size == 3
    (ours / "plan.py").write_text("def plan(box, *, dialect):\n    return 'planned'\n")
    assert xform.load(str(ours)).plan(second.Box()) == "planned"


def test_many_threads_use_one_fresh_dialect_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: Counter[str] = Counter()

    def counted(form: str, compile: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            compiled[form] += 1
            return compile(*args)

        return call

    for module in (parse, generate, keys):
        monkeypatch.setattr(module, "units", counted(module.__name__.rpartition(".")[2], module.units))
    fresh, ready, results = xform.Dialect(load_tables("ovirt")), threading.Barrier(8), []
    xml = guest("<devices><disk><target dev='sda' bus='scsi'/></disk></devices>")

    def work(turn: int) -> None:
        ready.wait()
        # some begin with one function, some with another
        vm = fresh.Vm(type="kvm", id=ID, name="x", disks=[fresh.Disk(target="sda", interface="scsi")])
        vm = vm if turn % 2 else fresh.parse(xml)
        found = fresh.match(xml, vm)
        results.append((fresh.generate(vm), [pair.rung for pair in found.pairs], type(found.pairs[0].found)))

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, turn) for turn in range(8)]:
            done.result()
    assert compiled == {"parse": 1, "generate": 1, "keys": 1}
    assert [(rungs, cls) for _, rungs, cls in results] == [([("interface", "target")], fresh.Disk)] * 8
    assert {fresh.parse(text).name for text, *_ in results} == {"x"}


def test_a_context_is_made_of_plain_values(ovirt: xform.Dialect) -> None:
    host = ovirt.context("host", networking="user")
    assert (host.networking, host.emulation) == ("user", "kvm")
    assert host == ovirt.context("host", networking="user")
    with pytest.raises(xform.EntityError, match=r"^host\.networking: 'usr' is not one of bridge, user \(did you mean"):
        ovirt.context("host", networking="usr")
    with pytest.raises(xform.EntityError, match=r"^the dialect ovirt takes no 'hots' \(did you mean 'host'\?\)$"):
        ovirt.context("hots")


def test_a_context_is_read_from_a_file(ovirt: xform.Dialect) -> None:
    assert ovirt.read_context("host", EXAMPLES / "host.yaml").networking == "user"


@attrs.define(kw_only=True)
class OwnPart:
    """A class of an embedder's, called otherwise than its table."""

    size: int | None = None
    label: typing.Any = None


def test_an_embedders_own_class_is_used(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    table = f'[Part]\nclass = "{__name__}:OwnPart"\n[Part.row]\nsize = "@size : uint"\n'
    (tmp_path / "box.toml").write_text(
        f'format = 1\n[Box]\nelement = "box"\n[Box.row]\nparts = "part : list Part"\n{table}'
    )
    box = xform.load(str(tmp_path))
    entity = box.parse("<box><part size='3'/></box>")
    assert entity.parts == [OwnPart(size=3)]
    assert box.generate(entity) == "<box>\n  <part size='3'/>\n</box>\n"


def test_a_class_of_a_python_file_of_the_dialect_is_used(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    (tmp_path / "box.toml").write_text(
        'format = 1\n[Box]\nelement = "box"\nclass = "model:Crate"\n[Box.row]\nwidth = "@width : uint"\n'
    )
    (tmp_path / "model.py").write_text("import attrs\n\n@attrs.define\nclass Crate:\n    width: int | None = None\n")
    box = xform.load(str(tmp_path))
    assert repr(box.parse("<box width='3'/>")) == "Crate(width=3)"


def test_an_embedders_class_that_lacks_a_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    rows = f'[Box]\nelement = "box"\nclass = "{__name__}:OwnPart"\n[Box.row]\nwidth = "@width : uint"\n'
    (tmp_path / "box.toml").write_text(f"format = 1\n{rows}")
    with pytest.raises(xform.TableError, match=r"box\.toml:2:1: Box: .*OwnPart has no field 'width'; expected one"):
        xform.load(str(tmp_path)).parse("<box/>")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": "x"}, "id: 'x' is not a UUID"),
        ({"memory": "x"}, "memory: 'x' is not a whole number of MiB"),
        ({"disks": None}, "disks: nothing is not a list"),
        ({"boot_sequence": "x"}, "boot_sequence: 'x' is not a list"),
        ({"boot_sequence": ["x"]}, "boot_sequence[0]: 'x' is not one of "),
        ({"cpu": "x"}, "cpu: str is no Cpu; expected Cpu or Opaque"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)),
)
def test_L375_what_a_plan_cannot_take_is_told_in_words_of_the_tables(
    ovirt: Any, fields: dict[str, Any], said: str
) -> None:
    vm = attrs.evolve(ovirt.read(EXAMPLES / "desktop.yaml"), **fields)
    with pytest.raises(xform.EntityError) as raised:
        ovirt.plan(vm)
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)  # and nothing is told as missing that a plan fills in


def test_what_a_recall_is_given_as_known_is_told_in_words_of_the_tables(ovirt: Any) -> None:
    with pytest.raises(xform.EntityError, match="disks: nothing is not a list"):
        ovirt.recall(ovirt.Vm(name="x", id=ID), known=ovirt.Vm(name="x", id=ID, disks=None))


def test_what_is_wrong_with_a_plan_itself_is_raised_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    (tmp_path / "box.toml").write_text('format = 1\n[Box]\nelement = "box"\n[Box.row]\nsize = "@size : uint"\n')
    (tmp_path / "plan.py").write_text("def plan(box, *, dialect):\n    return box.size / 0\n")
    box: Any = xform.load(str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        box.plan(box.Box(size=1))
    with pytest.raises(xform.EntityError, match="size: 'a' is not a whole number"):
        box.plan(box.Box(size="a"))


def test_arguments_of_another_type_are_told_in_a_line(ovirt: Any) -> None:
    vm = ovirt.plan(ovirt.read(EXAMPLES / "desktop.yaml"))
    for call, said in (
        (lambda: ovirt.parse(None), "document: NoneType is no document; expected its text, as str or bytes"),
        (lambda: ovirt.parse(EXAMPLES), "document: PosixPath is no document; expected its text, as str or bytes"),
        (lambda: ovirt.generate(vm, version=9.0), "the version is 9.0; expected a text such as '9.0.0'"),
        (
            lambda: ovirt.generate(vm, part="hotplug", only=vm.disks[0]),
            "`only` is one Disk; expected a list of items",
        ),
    ):
        with pytest.raises(xform.XformError) as raised:
            call()
        assert str(raised.value) == said


def test_an_entity_that_is_not_there_is_told_with_the_nearest(ovirt: xform.Dialect) -> None:
    with pytest.raises(AttributeError, match="dialect 'ovirt' has no entity 'Disc' \\(did you mean 'Disk'\\?\\)"):
        _ = ovirt.Disc


@pytest.mark.parametrize("way", ["parse", "open", "generate", "plan", "recall", "match", "masked"])
def test_a_context_that_the_dialect_does_not_take_is_no_context(ovirt: xform.Dialect, way: str) -> None:
    xml = "<domain type='kvm'><name>a</name></domain>"
    vm = ovirt.parse(xml)
    given = {"match": (xml, vm)}.get(way, (vm,) if way in {"generate", "plan", "recall"} else (xml,))
    with pytest.raises(xform.EntityError, match=r"^the dialect ovirt takes no 'hots' \(did you mean 'host'\?\)$"):
        getattr(ovirt, way)(*given, hots=1)


def test_a_dialect_without_contexts_takes_none() -> None:
    domain = xform.load("domain")
    with pytest.raises(xform.EntityError, match=r"^the dialect domain takes no 'verison'$"):
        domain.parse("<domain type='kvm'/>", verison="0.1")


def test_a_plan_may_ask_for_a_context_that_no_class_is_named_for(tmp_path: Path) -> None:
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    (tmp_path / "box.toml").write_text('format = 1\n[Box]\nelement = "box"\n[Box.row]\nname = "@name : str"\n')
    (tmp_path / "plan.py").write_text("def plan(box, *, dialect, site):\n    return dialect.Box(name=site)\n")
    box = xform.load(str(tmp_path))
    assert box.plan(box.Box(), site="a").name == "a"
    assert "name='a'" in box.generate(box.Box(name="a"), site="a")


@pytest.mark.parametrize(("value", "called"), [("examples/host.yaml", "str"), ({"networking": "user"}, "dict")])
def test_a_context_of_another_class_is_refused(ovirt: xform.Dialect, value: object, called: str) -> None:
    vm = ovirt.parse("<domain type='kvm'><name>a</name></domain>")
    said = rf"^host: {called} is no Host; read_context\('host', FILE\) reads one from a file$"
    with pytest.raises(xform.EntityError, match=said):
        ovirt.plan(vm, host=value)


def test_a_context_may_be_of_a_class_that_extends_its_own(ovirt: xform.Dialect) -> None:
    host = ovirt.context("host", networking="user")
    more = type("More", (type(host),), {})(networking="user")
    xml = "<domain type='kvm'><name>a</name></domain>"
    assert ovirt.parse(xml, host=more) == ovirt.parse(xml, host=None)
