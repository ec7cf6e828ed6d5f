"""Entity files: what they may hold, and the line that says what is wrong with one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given

import xform
from xform.errors import EntityError
from xform.files import context_from, dump_entity, entity_from, read_context, read_entity, to_json, to_yaml
from xform.strategies import entities

MINI = xform.load(str(Path(__file__).parent / "dialects" / "mini"))
UUID = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def read(text: str, name: str | None = None) -> Any:
    return entity_from(MINI, text.encode(), "m.yaml", name)


def faults(text: str | bytes, name: str | None = None) -> list[str]:
    with pytest.raises(EntityError) as caught:
        entity_from(MINI, text.encode() if isinstance(text, str) else text, "m.yaml", name)
    return str(caught.value).splitlines()


def test_L374_a_field_may_be_called_as_a_parameter_of_what_reads_the_file(tmp_path: Path) -> None:
    names = ("attrs", "cl", "converter", "typevar_map", "classes")
    (tmp_path / "dialect.toml").write_text('format = 1\nroot = "Box"\n')
    rows = "".join(f'{name} = "@{name} : uint"\n' for name in names)
    parts = 'parts = "part : list Part"\n[Part]\nclass = "model:Part"\n[Part.row]\n'
    (tmp_path / "box.toml").write_text(f'format = 1\n[Box]\nelement = "box"\n[Box.row]\n{rows}{parts}{rows}')
    fields = "".join(f"    {name}: int | None = None\n" for name in names)
    (tmp_path / "model.py").write_text(f"import attrs\n\n@attrs.define\nclass Part:\n{fields}")
    box: Any = xform.load(str(tmp_path))
    told = ", ".join(f"{name}: 1" for name in names)
    entity = entity_from(box, f"{{{told}, parts: [{{{told}}}]}}".encode(), "box.yaml")
    assert {getattr(one, name) for one in (entity, *entity.parts) for name in names} == {1}
    with pytest.raises(EntityError) as caught:
        entity_from(box, b"{cl: x, parts: [{attrs: x}]}", "box.yaml")
    assert str(caught.value).splitlines() == [
        "box.yaml:1:6: cl: 'x' is not a whole number",
        "box.yaml:1:25: parts[0].attrs: 'x' is not a whole number",
    ]


# --- what files may hold --------------------------------------------------------------------------------------------


def test_yaml_becomes_an_entity(tmp_path: Path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("name: web\nmemory: 1024\ndisks:\n  - target: vda\n    source: {type: file, path: /a}\n")
    disk = MINI.Disk(target="vda", source=MINI.FileSource(path="/a"))
    assert read_entity(MINI, file) == MINI.Machine(name="web", memory=1024, disks=[disk])


def test_json_is_read_by_the_same_way() -> None:
    assert read('{"name": "web",\n\t"acpi": true, "ratio": 1e1}') == MINI.Machine(name="web", acpi=True, ratio=10.0)


def test_json_may_hold_characters_that_yaml_may_not() -> None:
    assert read('{"name": "a\x7f\x85\u2028b\\ud834\\udd1e"}').name == "a\x7f\x85\u2028b\U0001d11e"


def test_any_entity_can_be_read_by_name() -> None:
    assert read("{name: h, port: 1}", "Host") == MINI.Host(name="h", port=1)


@pytest.mark.parametrize("word", ["yes", "off", "2024-01-01", "1_0", "12:30:45", "<<"])
def test_words_are_text_as_in_yaml_1_2(word: str) -> None:
    assert read(f"name: {word}").name == word


def test_a_variant_is_told_by_its_type() -> None:
    assert read("{target: vda, backing: {type: device, device: /dev/x}}", "Disk").backing == MINI.DeviceBacking(
        device="/dev/x"
    )


def test_what_no_table_says_is_opaque_xml_in_any_form() -> None:
    assert read("""{target: vda, source: {opaque: "<disk type='vhost'/>"}}""", "Disk").source == xform.Opaque(
        '<disk type="vhost"></disk>'
    )


@pytest.mark.parametrize("text", ["aGk=", "!!binary aGk=", "'aG\n  k='"])
def test_bytes_are_base64(text: str) -> None:
    assert read(f"{{target: vda, blob: {text}}}", "Disk").blob == b"hi"


def test_values_that_have_several_forms_are_read_in_any() -> None:
    entity = read(f"{{name: web, uuid: {UUID.upper()}, disks: [{{target: vda, mac: '52:54:00:AB:CD:EF'}}]}}")
    assert (entity.uuid, entity.disks[0].mac) == (UUID, "52:54:00:ab:cd:ef")


def test_an_anchor_may_be_used_again() -> None:
    assert (
        read("{name: web, disks: [{target: vda, source: &s {type: file}}, {target: vdb, source: *s}]}").disks[1].source
    )


@pytest.mark.filterwarnings("error")
def test_an_anchor_may_stand_twice_without_a_word() -> None:
    assert read(f"name: &a web\nuuid: &a {UUID}").uuid == UUID


def test_null_is_a_field_without_value() -> None:
    assert read("{name: web, uuid: null}").uuid is None


# --- what is said of others -----------------------------------------------------------------------------------------


def test_every_fault_is_told_with_its_line_and_column() -> None:
    assert faults("nmae: web\nmemory: '5'\ndisks:\n  - target: vda\n    cache: bogus\n") == [
        "m.yaml:1:1: name: missing; expected a value",
        "m.yaml:1:1: nmae: unknown field of Machine (did you mean 'name'?)",
        "m.yaml:2:9: memory: '5' is not a whole number; remove the quotes",
        "m.yaml:5:12: disks[0].cache: 'bogus' is not one of default, none, writeback",
    ]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("name: 5", "name: 5 is not text; quote it"),
        ("memory: '5 '", "memory: '5 ' is not a whole number"),
        ("acpi: 'true'", "acpi: 'true' is not true or false; remove the quotes"),
        ("memory: true", "memory: True is not a whole number"),
        ("memory: 1.0", "memory: 1.0 is not a whole number"),
        ("memory: -1", "memory: -1 is not a whole number of KiB"),
        ("acpi: 1", "acpi: 1 is not true or false"),
        ("acpi: null", "acpi: nothing is not true or false"),
        ("fast: 'on'", "fast: 'on' is not true or false"),
        ("ratio: much", "ratio: 'much' is not a number"),
        ("uuid: 0xff", "uuid: 255 is not text; quote it"),
        ("disks: {}", "disks: a mapping is not a list"),
        ("disks: null", "disks: nothing is not a list"),
        ("disks: [5]", "disks[0]: 5 is not a mapping with the fields of Disk"),
        ("policies: [a]", "policies: a list is not a mapping"),
        ("policies: {vmx: forse}", "policies.vmx: 'forse' is not one of force, forbid (did you mean 'force'?)"),
        ("clock: {ticks: [1, x]}", "clock.ticks[1]: 'x' is not a whole number"),
        (
            "clock: {opaque: <clock>}",
            "clock.opaque: 1:8: Premature end of data in tag clock line 1; expected well-formed XML",
        ),
        ("clock: {opaque: <a/>, ticks: []}", "clock: opaque stands alone; leave out ticks"),
        ("screens: [{kind: vnk}]", "screens[0].kind: 'vnk' is not one of vnc, spice (did you mean 'vnc'?)"),
    ],
)
def test_nothing_is_converted_that_was_not_meant(field: str, expected: str) -> None:
    other = "" if field.startswith("name") else ", name: web"
    (line,) = faults(f"{{{field}{other}}}")
    assert line.partition(": ")[2] == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{type: fiel}", "m.yaml:1:30: source.type: 'fiel' is not one of file, network (did you mean 'file'?)"),
        ("{path: /a}", "m.yaml:1:23: source: type is missing; expected one of file, network"),
        (
            "{type: file, protocol: x}",
            "m.yaml:1:36: source.protocol: unknown field of FileSource; expected one of type, path, index",
        ),
        (
            "nbd",
            "m.yaml:1:23: source: 'nbd' is not a mapping with `type`, one of file, network, "
            "and the fields of that Source",
        ),
    ],
)
def test_a_variant_that_is_none(source: str, expected: str) -> None:
    assert faults(f"{{target: vda, source: {source}}}", "Disk") == [expected]


def test_a_secret_is_never_shown() -> None:
    lines = faults("name: web\nscreens:\n  - kind: vnc\n    password: [hunter2]\n  - kind: vnc\n    password: 31337\n")
    assert lines == [
        "m.yaml:4:15: screens[0].password: the secret value is not text",
        "m.yaml:6:15: screens[1].password: the secret value is not text",
    ]


NO_TAG = "a tag is not accepted; quote a text that begins with !"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "m.yaml:1:1: the file is empty; expected fields with their values"),
        ("# nothing", "m.yaml:1:1: the file is empty; expected fields with their values"),
        ("- a", "m.yaml:1:1: a list stands at the top; expected the fields of Machine"),
        ("name", "m.yaml:1:1: 'name' stands at the top; expected the fields of Machine"),
        ("a: [\n", "m.yaml:2:1: the end of the file stands here; expected a value"),
        ("a: 1\na: 2", "m.yaml:2:1: the key 'a' stands twice; expected it once"),
        ("5: 2", "m.yaml:1:1: the key '5' is not text; quote it"),
        (
            "a: 1\n---\nb: 2",
            "m.yaml:2:1: another document stands here; expected one document",
        ),
        ("a: !!python/name:os.system x", f"m.yaml:1:4: {NO_TAG}"),
        ("a: !own {}", f"m.yaml:1:4: {NO_TAG}"),
        ("a: *b", "m.yaml:1:4: an undefined alias; quote a text that begins with *"),
        ("name: a\x00b", "m.yaml:1:8: the character '\\x00' cannot stand in YAML or JSON; remove it"),
        ("name: " + "9" * 5000, "m.yaml:1:7: a number of 5000 digits; no field holds one"),
        (b"name: \xe4", "m.yaml:1:7: not UTF-8; expected YAML or JSON as UTF-8 text"),
        ("[" * 100_000, "m.yaml:1:1: values are nested too deeply; expected fields with their values"),
        ("a: &a [*a]", "m.yaml:1:1: values are nested too deeply; expected fields with their values"),
        ("x" * (5 << 20), "m.yaml: the file is too large; expected at most 4194304 bytes"),
    ],
)
def test_a_file_that_is_no_entity(text: str | bytes, expected: str) -> None:
    assert faults(text) == [expected]


@pytest.mark.parametrize(
    "text", ["*hunter", "*hunter!", "!hunter", "!hu!nter", "!!hunter", "!<hunter>", '"a\\hunter"', "'a'hunter"]
)
def test_a_text_that_should_have_been_quoted_is_never_shown(text: str) -> None:
    (told,) = faults(f"name: {text}")
    assert told.startswith("m.yaml:1:")
    assert not re.search("hu|nter", told)


def test_aliases_cannot_grow_without_bound() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    (line,) = faults("\n".join(lines))
    assert line.endswith("aliases make more than 200000 values of this file")


def test_a_file_that_holds_too_much_is_left_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xform.marked.MAX_VALUES", 10)
    assert faults("a: [" + "1, " * 1000) == ["m.yaml:1:26: more than 10 values; expected YAML or JSON"]


def test_the_first_hundred_faults_are_told() -> None:
    lines = faults("name: web\n" + "".join(f"nmae{n}: x\n" for n in range(200)))
    assert len(lines) == 101
    assert lines[-1] == "m.yaml: more than 100 faults; mend these first"


def test_a_value_that_is_not_there_is_told_with_its_key() -> None:
    assert faults("name:\n\nmemory: 5\n") == ["m.yaml:1:1: name: nothing is not text"]
    assert faults("name: ~\n") == ["m.yaml:1:7: name: nothing is not text"]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(EntityError, match=r"none\.yaml: No such file or directory; expected a YAML or JSON file$"):
        read_entity(MINI, tmp_path / "none.yaml")


def test_an_unknown_entity_is_one_line() -> None:
    with pytest.raises(EntityError, match=r"^m\.yaml: no entity 'Dsik' in the dialect mini \(did you mean 'Disk'\?\)$"):
        read("{}", "Dsik")


# --- and back -------------------------------------------------------------------------------------------------------


def test_what_is_empty_or_default_is_left_out() -> None:
    assert dump_entity(MINI, MINI.Machine(name="web", clock=MINI.Clock())) == {"name": "web", "clock": {}}


def test_the_type_of_a_variant_comes_first() -> None:
    assert list(dump_entity(MINI, MINI.DeviceBacking(device="/d"))) == ["type", "device"]


@given(entities(MINI))
def test_a_file_gives_back_the_entity_it_was_made_from(entity: Any) -> None:
    data = dump_entity(MINI, entity)
    assert read(to_yaml(data)) == entity
    assert read(to_json(data)) == entity


# --- context --------------------------------------------------------------------------------------------------------


def test_a_context_is_read_as_strictly(tmp_path: Path) -> None:
    file = tmp_path / "host.yaml"
    file.write_text("folder: /run\nload: 1\npools: [{name: a}]\nlabels: {zone: east}\n")
    host = read_context(MINI, "host", file)
    assert attrs.asdict(host) == {
        "folder": "/run",
        "speed": "slow",
        "load": 1.0,
        "pools": [{"name": "a", "size": 0}],
        "labels": {"zone": "east"},
        "note": None,
    }


def test_a_context_that_is_none_is_told_with_line_and_column() -> None:
    with pytest.raises(EntityError) as caught:
        context_from(MINI, "host", b"folder: 5\nspeed: fats\npools: [{nmae: a}]\nlabels: {a: 1}\n", "h.yaml")
    assert str(caught.value).splitlines() == [
        "h.yaml:1:9: folder: 5 is not text; quote it",
        "h.yaml:2:8: speed: 'fats' is not one of slow, fast (did you mean 'fast'?)",
        "h.yaml:3:9: pools[0].name: missing; expected a value",
        "h.yaml:3:10: pools[0].nmae: unknown field of Pool (did you mean 'name'?)",
        "h.yaml:4:13: labels.a: 1 is not text; quote it",
    ]


def test_a_context_that_the_dialect_does_not_declare() -> None:
    with pytest.raises(EntityError, match=r"^h\.yaml: the dialect mini takes no 'hots' \(did you mean 'host'\?\)$"):
        context_from(MINI, "hots", b"{}", "h.yaml")
