"""What we make of the metadata against what another program made of them: its records of documents, values and dumps.

A record's made-up words stand for ours: a scalar `k` is of the kind that its type says, one-letter ids are UUIDs, and
every entry has a device.  Where a record holds a defect of that program, a test below says what we do.
"""

import json
import re
from typing import Any

import pytest
from lxml import etree

from xform.xml import own_text

from .material import CORPUS, OVIRT, corpus

VM = "http://ovirt.org/vm/1.0"
FILE = CORPUS / "oracle" / "metadata_pairs.HEAD.json"
RECORDS = {record["name"]: record for record in (json.loads(FILE.read_text()) if FILE.is_file() else [])}

KINDS = {
    "int": ("exitCode", "exit_code"),
    "float": ("startTime", "start_time"),
    "bool": ("destroy_on_reboot", "destroy_on_reboot"),
    None: ("exitMessage", "exit_message"),
}
UUIDS = {letter: f"6ba7b810-9dad-41d1-80b4-00c04fd4300{at}" for at, letter in enumerate("DIPVR")}
NICS = {letter: f"0c5e7d1a-94b3-4f26-8d07-6b2e1f3a9c5{letter}" for letter in "12"}
MAC = "00:1a:4a:16:01:51"

DEVICES = {
    "device": "<disk><target dev='sda'/></disk>",
    "device-duplicate": "".join(
        f"<interface type='bridge'><mac address='{MAC}'/><alias name='ua-{known}'/></interface>"
        for known in NICS.values()
    ),
}
GROUPS = "<disk><target dev='vda'/></disk>"


def ours(xml: str) -> str:
    """The record's document in words that the tables know."""
    hint = re.search(r':k type="(int|float|bool)"', xml)
    word = "network" if "mac_address" in xml else KINDS[hint[1] if hint else None][0]
    xml = re.sub(r"(</?(?:ovirt-vm:)?)k\b", rf"\g<1>{word}", xml)
    xml = re.sub(r"(:(?:pool|domain|image|volume)ID>)([DIPVR])<", lambda found: found[1] + UUIDS[found[2]] + "<", xml)
    xml = re.sub(r'alias="([12])"', lambda found: f'alias="ua-{NICS[found[1]]}"', xml).replace('"m"', f'"{MAC}"')
    return xml.replace("<ovirt-vm:device name=", '<ovirt-vm:device devtype="disk" name=')


def record(name: str) -> dict[str, Any]:
    corpus("oracle")
    found: dict[str, Any] = RECORDS[name]
    return found


def document(name: str) -> str:
    xml = ours(record(name)["xml"])
    target = re.search(r'name="(vda|hdc)"', xml)
    devices = DEVICES.get(name, f"<disk><target dev='{target[1]}'/></disk>" if target else "")
    return xml.replace("<uuid>", "<name>a</name><uuid>").replace("</domain>", f"<devices>{devices}</devices></domain>")


def field(name: str) -> Any:
    """The value of the scalar of a record."""
    hint = re.search(r':k type="(int|float|bool)"', record(name)["xml"])
    return getattr(OVIRT.parse(document(name)), KINDS[hint[1] if hint else None][1])


def written(name: str) -> list[Any]:
    """What is written of the metadata of a record's VM."""
    root = etree.fromstring(OVIRT.generate(OVIRT.parse(document(name)), live=True))
    return tree(root.find(f"metadata/{{{VM}}}vm"))


def dumped(name: str) -> list[Any]:
    """What the other program wrote of them, in our words."""
    return tree(etree.fromstring(ours(record(name)["dumped"])))


def tree(element: Any) -> list[Any]:
    """An element's children without order and blanks; what holds nothing is not there."""
    found = (
        []
        if element is None
        else [
            [etree.QName(child).localname, sorted(child.items()), own_text(child).strip(), tree(child)]
            for child in element
        ]
    )
    return sorted((one for one in found if one[2] or one[3]), key=repr)


def names(part: str) -> list[str]:
    return [name for name in RECORDS if re.match(part, name)] or ["the oracle's records"]


# The records whose program refuses or loses something; a test below has each.
REFUSED = [name for name, one in RECORDS.items() if "load_error" in one]
DEFECTS = [
    *REFUSED,
    "scalar-float-'nan'",
    "scalar-bool-'yes'",
    "scalar-attrs-lost",
    "duplicate-key",
    "unprefixed-child",
    "custom",
    "two-customs",
    "device-no-attrs",
    "device-all-subkeys",
    "device-payload-file-empty",
    "scalar-long-'12'",
]
AGREED = [name for name in RECORDS if name not in DEFECTS]


def test_every_record_is_agreed_with_or_has_its_test() -> None:
    corpus("oracle")
    assert len(RECORDS) == 44
    assert set(DEFECTS) <= set(RECORDS)


@pytest.mark.parametrize("name", [name for name in AGREED if "k" in RECORDS[name]["values"]] or [""])
def test_scalars_are_read_as_their_type_says(name: str) -> None:
    expected = record(name)["values"]["k"]
    assert (field(name), type(field(name))) == (expected, type(expected))


@pytest.mark.parametrize("name", AGREED or [""])
def test_what_is_read_is_written_the_same(name: str) -> None:
    record(name)
    assert written(name) == dumped(name)


@pytest.mark.parametrize("name", list(RECORDS) or [""])
def test_what_is_not_changed_stays_to_the_byte(name: str) -> None:
    text = document(name)
    assert OVIRT.update(text, OVIRT.parse(text)) == text


def test_what_a_manager_says_of_a_vm_is_read() -> None:
    vm, expected = OVIRT.parse(document("engine-vm-level")), record("engine-vm-level")["values"]
    assert (vm.ballooning_enabled, vm.launch_paused, vm.destroy_on_reboot) == (True, False, True)
    assert {
        "clusterVersion": vm.cluster_version,
        "cpuPolicy": vm.cpu_policy,
        "minGuaranteedMemoryMb": vm.min_guaranteed_memory,
        "resumeBehavior": vm.resume_behavior,
    }.items() <= expected.items()


def test_custom_properties_are_text() -> None:
    """There a number is a number where it says so; hooks get text all the same."""
    assert OVIRT.parse(document("custom")).custom_properties == {
        key: str(value) for key, value in record("custom")["custom"].items()
    }


def device(query: dict[str, str]) -> str:
    if "mac_address" in query:
        alias = f"<alias name='ua-{NICS[query['alias']]}'/>" if "alias" in query else ""
        return f"<interface type='bridge'><mac address='{MAC}'/>{alias}</interface>"
    return f"<disk><target dev='{query['name']}'/></disk>"


# A device asks with its own key; queries that no device makes are those without its name.
QUERIES = [
    (name, query)
    for name in ("device", "device-duplicate")
    for query in RECORDS.get(name, {"queries": []})["queries"]
    if {"mac_address", "name"} & set(query["query"]) and "x" not in query["query"]
]


@pytest.mark.parametrize(("name", "query"), QUERIES or [("", {})], ids=str)
def test_a_device_gets_its_entry_and_no_other(name: str, query: dict[str, Any]) -> None:
    record(name)
    text = re.sub("<devices>.*</devices>", f"<devices>{device(query['query'])}</devices>", document(name))
    vm = OVIRT.parse(text)
    if "mac_address" in query["query"]:
        # two entries fit there, which is an error; each names another device by its alias, so neither is this one's
        assert vm.nics[0].network == query.get("result", {}).get("k")
    else:
        ids = {"domainID": "domain_id", "imageID": "image_id", "poolID": "pool_id", "volumeID": "volume_id"}
        found = {word: getattr(vm.disks[0], known) for word, known in ids.items()}
        assert found == {word: UUIDS.get(query["result"].get(word)) for word in ids}


# --- its defects, and what we do ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in REFUSED if name.startswith("scalar")] or [""])
def test_a_scalar_that_is_none_is_left_alone_and_told(name: str) -> None:
    """There the whole VM cannot start."""
    record(name)
    opened = OVIRT.open(document(name).replace("<metadata>", "<title>x</title><metadata>"))
    assert field(name) is None
    assert [one for one in opened.residue if one.path.startswith("/domain/metadata")]


@pytest.mark.parametrize("name", ["scalar-float-'nan'", "scalar-bool-'yes'"])
def test_L23_a_word_that_is_no_number_and_no_truth_is_no_value(name: str) -> None:
    """There `nan` is a time, and `yes` means False."""
    record(name)
    assert field(name) is None


def test_an_unknown_type_of_a_text_does_not_matter() -> None:
    assert field("scalar-long-'12'") == record("scalar-long-'12'")["values"]["k"]
    assert 'type="long"' in document("scalar-long-'12'")


def test_other_attributes_of_a_scalar_stay() -> None:
    """There they are lost with the first write."""
    text = document("scalar-attrs-lost")
    vm = OVIRT.parse(text)
    assert vm.exit_code == 1
    vm.exit_code = 2
    assert OVIRT.update(text, vm, live=True) == text.replace(">1<", ">2<")


def test_L24_of_two_elements_for_one_value_the_first_counts_and_both_stay() -> None:
    """There the last one counts, and the other is lost."""
    text = document("duplicate-key")
    vm = OVIRT.parse(text)
    assert (vm.exit_message, record("duplicate-key")["values"]["k"]) == ("1", "2")
    vm.exit_message = "3"
    assert OVIRT.update(text, vm, live=True) == text.replace(">1<", ">3<")


def test_a_word_without_its_namespace_is_nobodys() -> None:
    """There it is taken for one of the namespace."""
    assert field("unprefixed-child") is None


def test_two_groups_of_properties_are_both_read() -> None:
    """There only the first one is."""
    assert OVIRT.parse(document("two-customs")).custom_properties == {"a": "1", "b": "2"}


def test_an_entry_without_a_key_is_nobodys() -> None:
    text = document("device-no-attrs")
    assert "<ovirt-vm:device >" in OVIRT.update(text, OVIRT.parse(text))


def test_nested_groups_nobody_knows_stay() -> None:
    """There they are lost with the first write."""
    text = document("nested-skipped")
    vm = OVIRT.parse(text)
    vm.exit_message = "2"
    assert OVIRT.update(text, vm, live=True) == text.replace("exitMessage>1<", "exitMessage>2<")


def test_a_file_without_content_is_an_empty_file() -> None:
    """There it is none, and making the image fails."""
    (disk,) = OVIRT.parse(document("device-payload-file-empty")).disks
    assert disk.payload == OVIRT.Payload(files={"f": b""})


def test_a_file_without_a_path_is_left_alone() -> None:
    """There the whole VM cannot start."""
    (disk,) = OVIRT.parse(document("device-payload-file-no-path")).disks
    assert disk.payload == OVIRT.Payload()


def test_every_group_of_a_disks_entry_is_read() -> None:
    (disk,) = OVIRT.parse(document("device-all-subkeys")).disks
    ((_, expected),) = record("device-all-subkeys")["devices"]
    assert (disk.guid, disk.shared, disk.shared_flag) == (expected["GUID"], None, expected["shared"])
    assert disk.old_address == {key: str(value) for key, value in expected["address"].items()}
    assert disk.old_auth == expected["auth"]
    assert disk.change == OVIRT.MediaChange(
        state="loading",
        **{f"{key}_id": UUIDS[expected["change"][f"{key}ID"]] for key in ("pool", "domain", "image", "volume")},
    )
    (node,) = expected["diskReplicate"]["volumeChain"]
    assert disk.replica == OVIRT.DiskReplica(
        path=expected["diskReplicate"]["path"],
        disk_type=expected["diskReplicate"]["diskType"],
        volume_chain=[OVIRT.VolumeChainNode(volume_id=UUIDS[node["volumeID"]])],
    )
    assert disk.image_hosts == [OVIRT.ImageHost(**host) for host in expected["hosts"]]
    assert disk.payload == OVIRT.Payload(volume_id="config-2", files={"openstack/latest/user_data": b"a", "a": b"b"})
    assert disk.prepared_payload == OVIRT.Payload(volume_id="x", files={"f": b"a"})
    assert (disk.spec_params, disk.vm_properties) == ({"pinToIoThread": "1"}, expected["vm_custom"])
    assert disk.volume_chain == [OVIRT.VolumeChainNode(volume_id=UUIDS["V"], lease_offset=0)]


def test_limits_among_other_words_of_a_disk_are_kept() -> None:
    """There they are dropped."""
    (disk,) = OVIRT.parse(document("device-all-subkeys")).disks
    assert disk.spec_io_tune == {"read_bytes_sec": "5"}


def test_the_groups_of_a_nics_entry_are_read() -> None:
    xml = document("device-all-subkeys").replace('devtype="disk" name="vda"', f'mac_address="{MAC}"')
    nic = f"<interface type='bridge'><mac address='{MAC}'/></interface>"
    (found,) = OVIRT.parse(re.sub("<devices>.*</devices>", f"<devices>{nic}</devices>", xml)).nics
    ((_, expected),) = record("device-all-subkeys")["devices"]
    assert found.port_mirroring == expected["portMirroring"]
    assert found.custom_properties == {"queues": str(expected["custom"]["queues"])}
    assert found.vm_properties == expected["vm_custom"]
