"""What the manager and the host keep in the metadata: found by the device's own key, read whole, written as they do."""

import re
from typing import Any

import pytest

from xform import laws

from .material import OVIRT
from .metadata import ID, OTHER, PAYLOAD, VM, document


def disk(entry: str, attributes: str = "devtype='disk' name='sda'") -> Any:
    """The disk of a document with this entry."""
    text = document(f"<o:device {attributes}>{entry}</o:device>", "<disk><target dev='sda'/></disk>")
    return OVIRT.parse(text).disks[0]


# --- values with their type ---------------------------------------------------------------------------------------

TYPED = [
    ("destroy_on_reboot", "destroy_on_reboot", "bool", "True", True),
    ("exitCode", "exit_code", "int", "-3", -3),
    ("minGuaranteedMemoryMb", "min_guaranteed_memory", "int", "1024", 1024),
    ("startTime", "start_time", "float", "1523801666.38", 1523801666.38),
]
typed = pytest.mark.parametrize(("element", "field", "hint", "text", "value"), TYPED)


@typed
def test_a_value_is_read_with_the_name_of_its_type_and_without(
    element: str, field: str, hint: str, text: str, value: Any
) -> None:
    for attribute in (f" type='{hint}'", ""):
        vm = OVIRT.parse(document(f"<o:{element}{attribute}>{text}</o:{element}>"))
        assert (getattr(vm, field), type(getattr(vm, field))) == (value, type(value))


@typed
def test_a_value_is_written_with_the_name_of_its_type(
    element: str, field: str, hint: str, text: str, value: Any
) -> None:
    written = OVIRT.generate(OVIRT.Vm(id=ID, name="a", **{field: value}), live=True)
    assert f"<ovirt-vm:{element} type='{hint}'>{text}</ovirt-vm:{element}>" in written


@typed
def test_a_value_with_another_type_stays_as_it_is(element: str, field: str, hint: str, text: str, value: Any) -> None:
    opened = OVIRT.open(document(f"<o:{element} type='long'>{text}</o:{element}>"))
    assert getattr(opened.entity, field) is None
    assert [f"'long' is not the type '{hint}'" in one.reason for one in opened.residue] == [True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<o:destroy_on_reboot type='bool'>True<", "<o:destroy_on_reboot type='bool'>False<"),
        ("<o:destroy_on_reboot type='bool'>true<", "<o:destroy_on_reboot type='bool'>false<"),
        ("<o:destroy_on_reboot>TRUE<", "<o:destroy_on_reboot>FALSE<"),
        ("<o:destroy_on_reboot type='bool'>1<", "<o:destroy_on_reboot type='bool'>0<"),
    ],
)
def test_an_update_keeps_the_form_of_a_typed_value(old: str, new: str) -> None:
    before = document(f"{old}/o:destroy_on_reboot>")
    vm = OVIRT.parse(before)
    assert vm.destroy_on_reboot is True
    vm.destroy_on_reboot = False
    assert OVIRT.update(before, vm) == before.replace(old, new)


def test_a_new_typed_value_brings_the_name_of_its_type() -> None:
    before = document()
    vm = OVIRT.parse(before)
    vm.min_guaranteed_memory = 512
    assert '<o:minGuaranteedMemoryMb type="int">512</o:minGuaranteedMemoryMb>' in OVIRT.update(before, vm).replace(
        "'", '"'
    )


# --- what only the host writes ------------------------------------------------------------------------------------

RUNNING = (
    "<o:startTime type='float'>5.5</o:startTime><o:jobs>{}</o:jobs><o:exitMessage>gone</o:exitMessage>"
    "<o:device devtype='disk' name='sda'><o:guestName>/dev/sda</o:guestName><o:deviceId>d</o:deviceId></o:device>"
)


def test_a_manager_that_knows_nothing_of_the_run_leaves_it_there() -> None:
    before = document(RUNNING, "<disk><target dev='sda'/></disk>")
    vm = OVIRT.parse(document("", "<disk><target dev='sda'/></disk>"))
    vm.launch_paused = True
    after = OVIRT.update(before, vm)
    assert OVIRT.parse(after).launch_paused is True
    assert RUNNING in after


def test_a_new_start_begins_without_what_the_host_wrote() -> None:
    made = OVIRT.generate(OVIRT.parse(document(RUNNING, "<disk><target dev='sda'/></disk>")))
    assert not re.search("startTime|jobs|exitMessage|guestName|deviceId|ovirt-vm:device", made)


def test_the_host_writes_what_it_knows() -> None:
    before = document(RUNNING, "<disk><target dev='sda'/></disk>")
    vm = OVIRT.parse(before)
    vm.jobs, vm.disks[0].guest_name = None, "/dev/sdb"
    after = OVIRT.update(before, vm, live=True)
    assert after == before.replace("<o:jobs>{}</o:jobs>", "").replace(">/dev/sda<", ">/dev/sdb<")


# --- devices and their entries ------------------------------------------------------------------------------------


def test_L19_metadata_of_a_mediated_device_are_found_by_the_uuid_of_its_source() -> None:
    text = document(
        f"<o:device devtype='hostdev' uuid='{OTHER.upper()}'><o:mdevType>nvidia-28|compact</o:mdevType>"
        "<o:mdevDriverParameters>fps=60</o:mdevDriverParameters></o:device>",
        f"<hostdev mode='subsystem' type='mdev' model='vfio-pci'>"
        "<address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>"
        f"<source><address uuid='{OTHER}'/></source></hostdev>",
    )
    (device,) = OVIRT.parse(text).hostdevs
    assert (device.uuid, device.mdev_type, device.mdev_parameters) == (OTHER, "nvidia-28|compact", "fps=60")
    assert laws.create_get(OVIRT, OVIRT.parse(text)) == []


def test_a_hostdev_that_is_no_mediated_device_has_no_metadata() -> None:
    text = document(
        f"<o:device devtype='hostdev' uuid='{OTHER}'><o:mdevType>nvidia-28</o:mdevType></o:device>",
        "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='2'/></source></hostdev>",
    )
    opened = OVIRT.open(text)
    assert opened.entity.hostdevs[0].mdev_type is None
    assert [one.path for one in opened.residue] == ["/domain/metadata/o:vm/o:device"]


def mediated(*uuids: str) -> str:
    """Mediated devices as somebody else defines them, without an alias of ours."""
    return document(
        devices="".join(
            "<hostdev mode='subsystem' type='mdev' model='vfio-pci'>"
            f"<source><address uuid='{known}'/></source></hostdev>"
            for known in uuids
        )
    )


def test_mediated_devices_are_matched_by_their_uuid() -> None:
    found = OVIRT.match(mediated(ID, OTHER), known=OVIRT.parse(mediated(OTHER, ID)))
    assert [(pair.known.uuid, pair.rung) for pair in found.pairs if pair.known.uuid != pair.found.uuid] == []
    assert {pair.rung for pair in found.pairs} == {("uuid",)}


def test_mediated_devices_of_different_uuids_are_no_pair() -> None:
    found = OVIRT.match(mediated(ID), known=OVIRT.parse(mediated(OTHER)))
    assert (list(found.pairs), len(found.new), len(found.missing)) == ([], 1, 1)


def test_other_devices_of_the_host_are_matched_by_their_source() -> None:
    usb = "<hostdev mode='subsystem' type='usb'><source><address bus='1' device='{}'/></source></hostdev>"
    one, other = (document(devices=usb.format(a) + usb.format(b)) for a, b in ((1, 2), (2, 1)))
    found = OVIRT.match(one, known=OVIRT.parse(other))
    assert [pair.known.source == pair.found.source for pair in found.pairs] == [True, True]


def test_metadata_of_a_lease_are_found_by_its_key() -> None:
    lease = "<lease><lockspace>s</lockspace><key>k{}</key><target path='/p' offset='0'/></lease>"
    text = document(
        "<o:device devtype='lease' name='k2'><o:deviceId>two</o:deviceId></o:device>", lease.format(1) + lease.format(2)
    )
    assert [found.device_id for found in OVIRT.parse(text).leases] == [None, "two"]


def test_an_entry_of_another_kind_with_the_same_name_is_not_the_disks() -> None:
    assert disk("<o:imageID>x</o:imageID>", "devtype='lease' name='sda'").image_id is None
    assert disk(f"<o:imageID>{OTHER}</o:imageID>").image_id == OTHER


def test_the_name_of_a_disk_has_case() -> None:
    assert disk(f"<o:imageID>{OTHER}</o:imageID>", "devtype='disk' name='SDA'").image_id is None


def test_other_attributes_of_an_entry_do_not_matter() -> None:
    assert disk(f"<o:imageID>{OTHER}</o:imageID>", "devtype='disk' name='sda' x='y'").image_id == OTHER


def test_L04_metadata_of_a_nic_are_found_by_its_mac_in_any_case() -> None:
    text = document(
        "<o:device mac_address='00:1A:4A:16:01:51'><o:network>lab</o:network></o:device>",
        "<interface type='bridge'><mac address='00:1a:4a:16:01:51'/></interface>",
    )
    assert OVIRT.parse(text).nics[0].network == "lab"


def test_two_nics_with_one_mac_have_their_entries_by_alias() -> None:
    ids = (ID, OTHER)
    text = document(
        "".join(
            f"<o:device alias='ua-{known}' mac_address='00:1a:4a:16:01:51'>"
            f"<o:network>{known[:2]}</o:network></o:device>"
            for known in reversed(ids)
        ),
        "".join(
            f"<interface type='bridge'><mac address='00:1a:4a:16:01:51'/><alias name='ua-{known}'/></interface>"
            for known in ids
        ),
    )
    assert [nic.network for nic in OVIRT.parse(text).nics] == ["6b", "0c"]


def test_an_entry_comes_with_the_first_thing_to_say_and_goes_with_the_last() -> None:
    before = document("", "<disk><target dev='sda'/></disk>")
    vm = OVIRT.parse(before)
    assert "device" not in OVIRT.generate(vm).partition("<devices>")[0]
    vm.disks[0].guid = "3600"
    after = OVIRT.update(before, vm)
    assert OVIRT.parse(after).disks[0].guid == "3600"
    vm.disks[0].guid = None
    assert OVIRT.update(after, vm) == before


def test_an_empty_document_has_no_metadata_to_read() -> None:
    vm = OVIRT.parse(f"<domain><name>a</name><uuid>{ID}</uuid></domain>")
    assert (vm.cluster_version, vm.cpu_policy, vm.launch_paused, vm.qos, vm.custom_properties) == (None,) * 4 + ({},)


@pytest.mark.parametrize("word", ["none", "manual", "dedicated", "isolate-threads", "siblings"])
def test_policies_and_versions_are_read_as_they_stand(word: str) -> None:
    vm = OVIRT.parse(document(f"<o:cpuPolicy>{word}</o:cpuPolicy><o:clusterVersion>4.2</o:clusterVersion>"))
    assert (vm.cpu_policy, vm.cluster_version) == (word, "4.2")


# --- nested data --------------------------------------------------------------------------------------------------


def test_a_replica_may_have_a_replica_and_a_chain() -> None:
    node = f"<o:volumeChain><o:volumeChainNode><o:volumeID>{OTHER}</o:volumeID></o:volumeChainNode></o:volumeChain>"
    found = disk(
        f"<o:diskReplicate><o:path>/x</o:path>{node}<o:diskReplicate><o:path>/y</o:path></o:diskReplicate></o:diskReplicate>"
    )
    assert (found.replica.path, found.replica.volume_chain[0].volume_id, found.replica.replica.path) == (
        "/x",
        OTHER,
        "/y",
    )


@pytest.mark.parametrize("state", ["loading", "ejecting"])
def test_a_change_of_medium_is_read(state: str) -> None:
    found = disk(f"<o:change><o:state>{state}</o:state><o:imageID>{OTHER}</o:imageID></o:change>")
    assert (found.change.state, found.change.image_id) == (state, OTHER)


def test_a_volume_that_was_inspected_is_nobodys() -> None:
    text = document(
        "<o:device devtype='disk' name='sda'><o:volumeInfo><o:path>/zz</o:path></o:volumeInfo></o:device>",
        "<disk><target dev='sda'/></disk>",
    )
    assert [one.path for one in OVIRT.open(text).residue] == ["/domain/metadata/o:vm/o:device/o:volumeInfo"]


def test_a_payload_is_read_where_the_host_moved_it() -> None:
    found = disk(f"<o:specParams><o:index type='int'>1</o:index><o:vmPayload>{PAYLOAD}</o:vmPayload></o:specParams>")
    assert found.payload is None
    assert found.prepared_payload == OVIRT.Payload(volume_id="config-2", files={"user": b"secret"})
    assert found.spec_params == {"index": "1"}


@pytest.mark.parametrize(
    "place", ["<o:payload>{}</o:payload>", "<o:specParams><o:vmPayload>{}</o:vmPayload></o:specParams>"]
)
def test_no_payload_is_shown(place: str) -> None:
    entry = place.format(PAYLOAD)
    text = document(f"<o:device devtype='disk' name='sda'>{entry}</o:device>", "<disk><target dev='sda'/></disk>")
    assert "c2VjcmV0" not in "".join(map(str, OVIRT.open(text).trace()))


def test_limits_of_the_hosts_tuning_are_read_and_changed() -> None:
    before = document(
        qos="<t:qos><t:vcpuLimit>50</t:vcpuLimit><t:ioTune><t:device name='vda' path='/dev/x'><t:maximum>"
        "<t:total_bytes_sec>5</t:total_bytes_sec></t:maximum><t:guaranteed/></t:device></t:ioTune></t:qos>"
    )
    vm = OVIRT.parse(before)
    (tuned,) = vm.qos.io_tune
    assert (vm.qos.vcpu_limit, tuned.name, tuned.path, tuned.maximum.total_bytes_sec) == (50, "vda", "/dev/x", 5)
    vm.qos.vcpu_limit, tuned.maximum.total_bytes_sec = 60, 7
    after = before.replace(">50<", ">60<").replace(">5<", ">7<")
    assert OVIRT.update(before, vm) == after


# --- what is not ours ---------------------------------------------------------------------------------------------


def test_L20_words_of_the_metadata_without_their_namespace_are_nobodys() -> None:
    opened = OVIRT.open(document("<launchPaused>true</launchPaused>"))
    assert opened.entity.launch_paused is None
    assert [one.path for one in opened.residue] == ["/domain/metadata/o:vm/launchPaused"]


def test_L21_metadata_are_told_by_the_uri_when_two_namespaces_have_one_prefix() -> None:
    vm = OVIRT.parse(
        f'<domain type="kvm"><name>a</name><uuid>{ID}</uuid><metadata><ovirt-vm:vm xmlns:ovirt-vm="urn:other">'
        "<ovirt-vm:launchPaused>false</ovirt-vm:launchPaused></ovirt-vm:vm>"
        f'<ovirt-vm:vm xmlns:ovirt-vm="{VM}"><ovirt-vm:launchPaused>true</ovirt-vm:launchPaused></ovirt-vm:vm>'
        "</metadata></domain>"
    )
    assert vm.launch_paused is True


def test_L22_an_entry_whose_device_is_gone_stays_until_somebody_takes_it_away() -> None:
    stale = "<o:device devtype='disk' name='sdz'><o:imageID>gone</o:imageID></o:device>"
    before = document(stale, "<disk><target dev='sda'/></disk>")
    vm = OVIRT.parse(before)
    vm.disks[0].image_id, vm.launch_paused = OTHER, True
    after = OVIRT.update(before, vm)
    assert stale in after
    assert OVIRT.parse(after).disks[0].image_id == OTHER


def test_what_nobody_knows_survives_an_update() -> None:
    unknown = "<!-- why --><o:unknown type='x'><o:deep>1</o:deep></o:unknown>"
    before = document(unknown + "<o:launchPaused>true</o:launchPaused>")
    vm = OVIRT.parse(before)
    vm.launch_paused = False
    assert OVIRT.update(before, vm) == before.replace(">true<", ">false<")
