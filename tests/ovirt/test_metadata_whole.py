"""All of the metadata: nothing of a real document is left over, and the laws hold of every fact."""

import re
from typing import Any

import pytest
from lxml import etree

from xform import laws
from xform.laws.putting import Putting

from ..corpus import live_scenarios, samples
from .material import OVIRT, corpus
from .metadata import ID, OTHER, PAYLOAD, TUNE, VM, document

# --- real documents -----------------------------------------------------------------------------------------------

# Why something of the metadata of a real document is no field; patterns of its path, and of the reason with its text.
EXPLAINED = {
    "a word without its namespace": (r"/ovirt-vm:vm/[^:/]+$", ""),
    "a group that holds nothing": (r"/ovirt-vm:(custom|specParams|vm_custom)$", ""),
    "no id or content, in a sample made up for a test": (
        r"/ovirt-vm:(\w+ID|file)$",
        "does not admit it: '(imageID|poolID|volumeID|domainID)_\\w+' is not a UUID"
        "|the value is not base64 text: bogus$",
    ),
}


def unexplained(text: bytes) -> list[str]:
    opened = OVIRT.open(text)
    root = etree.fromstring(text)
    space = {"ovirt-vm": VM, "ovirt-tune": TUNE}
    left = []
    for one in opened.residue:
        if not one.path.startswith("/domain/metadata"):
            continue
        (node,) = root.xpath(re.sub(r"/@.*", "", one.path), namespaces=space)
        known = (
            re.search(path, re.sub(r"\[\d+\]", "", one.path))
            and re.search(reason, f"{one.reason}: {node.text}")
            and not len(node)
            for path, reason in EXPLAINED.values()
        )
        # of a device that is not there, or of a kind of which the host keeps nothing but its id
        entry = re.search(r"/ovirt-vm:device(\[\d+\])?$", one.path)
        alone = entry and (
            {etree.QName(child).localname for child in node if child.text} == {"deviceId"} or stale(root, node)
        )
        if not any(known) and not alone:
            left.append(str(one))
    return left


def stale(root: Any, entry: Any) -> bool:
    """Whether no device has a key that the entry has."""
    keys = {value.lower() for name, value in entry.items() if name != "devtype"}
    named = [
        *root.xpath("devices/*/target/@dev"),
        *root.xpath("devices/*/mac/@address"),
        *root.xpath("devices/*/alias/@name"),
    ]
    return keys.isdisjoint(name.lower() for name in named)


@pytest.mark.parametrize("folder", ["samples", "live"])
def test_the_metadata_of_real_documents_are_read_whole(folder: str) -> None:
    corpus(folder)
    files = samples() if folder == "samples" else [file for one in live_scenarios() for file in one.glob("*.xml")]
    domains = [text for file in files if b"<domain" in (text := file.read_bytes()) and b"ovirt.org/vm" in text]
    assert domains
    assert [line for text in domains for line in unexplained(text)] == []


# --- the laws, on all of it ---------------------------------------------------------------------------------------

IDS = "".join(f"<o:{word}ID>{OTHER}</o:{word}ID>" for word in ("pool", "domain", "image", "volume"))
LIMITS = "".join(
    f"<t:{what}_{unit}_sec>{at}</t:{what}_{unit}_sec>"
    for at, (what, unit) in enumerate((what, unit) for what in ("total", "read", "write") for unit in ("bytes", "iops"))
)
CHAIN = (
    f"<o:volumeChain><o:volumeChainNode>{IDS}<o:path>/p</o:path><o:leasePath>/l</o:leasePath>"
    "<o:leaseOffset type='int'>0</o:leaseOffset></o:volumeChainNode></o:volumeChain>"
)
REPLICA = "".join(
    f"<o:{word}>w</o:{word}>" for word in ("device", "diskType", "format", "path", "cache", "propagateErrors")
)
EVERYTHING = document(
    "<o:minGuaranteedMemoryMb type='int'>1</o:minGuaranteedMemoryMb><o:memGuaranteedSize>2</o:memGuaranteedSize>"
    "<o:clusterVersion>4.8</o:clusterVersion><o:launchPaused>true</o:launchPaused><o:cpuPolicy>manual</o:cpuPolicy>"
    "<o:ballooningEnabled>false</o:ballooningEnabled><o:manuallyPinedCPUs>0-3</o:manuallyPinedCPUs>"
    "<o:destroy_on_reboot type='bool'>true</o:destroy_on_reboot><o:startTime type='float'>1.5</o:startTime>"
    "<o:pauseTime type='float'>2</o:pauseTime><o:guestAgentAPIVersion type='int'>-1</o:guestAgentAPIVersion>"
    "<o:balloonTarget type='int'>3</o:balloonTarget><o:exitCode type='int'>1</o:exitCode>"
    "<o:exitReason type='int'>2</o:exitReason><o:exitMessage> said </o:exitMessage><o:jobs>{}</o:jobs>"
    "<o:snapshot_job>{}</o:snapshot_job><o:custom><o:sap_agent>true</o:sap_agent></o:custom>"
    f"<o:device devtype='disk' name='sda'>{IDS}<o:shared>exclusive</o:shared><o:GUID>g</o:GUID><o:RBD>/r</o:RBD>"
    f"<o:managed type='bool'>True</o:managed><o:deviceId>d</o:deviceId><o:guestName>/dev/sda</o:guestName>"
    f"<o:payload>{PAYLOAD}</o:payload><o:specParams><o:pinToIoThread>1</o:pinToIoThread>"
    f"<o:ioTune><o:read_bytes_sec>5</o:read_bytes_sec></o:ioTune><o:vmPayload>{PAYLOAD}</o:vmPayload></o:specParams>"
    "<o:vm_custom><o:vhost>x</o:vhost></o:vm_custom><o:address><o:bus>0</o:bus></o:address>"
    "<o:auth><o:username>u</o:username></o:auth><o:hosts><o:hostInfo><o:name>h</o:name><o:port type='int'>1</o:port>"
    "<o:transport>tcp</o:transport></o:hostInfo></o:hosts>"
    f"<o:change><o:state>loading</o:state>{IDS}</o:change>{CHAIN}"
    f"<o:diskReplicate>{REPLICA}{IDS}{CHAIN}<o:diskReplicate>{REPLICA}</o:diskReplicate></o:diskReplicate></o:device>"
    "<o:device devtype='disk' name='sdb'><o:shared type='bool'>False</o:shared></o:device>"
    f"<o:device alias='ua-{OTHER}' mac_address='00:1A:4A:16:01:51'><o:network>n</o:network><o:deviceId>d</o:deviceId>"
    "<o:portMirroring><o:network>a</o:network><o:network>b</o:network></o:portMirroring>"
    "<o:custom><o:queues>4</o:queues></o:custom><o:specParams><o:x>1</o:x></o:specParams>"
    "<o:vm_custom><o:y>1</o:y></o:vm_custom></o:device>"
    f"<o:device devtype='hostdev' uuid='{ID}'><o:mdevType>t|compact</o:mdevType>"
    "<o:mdevDriverParameters>p</o:mdevDriverParameters></o:device>"
    "<o:device devtype='lease' name='k'><o:deviceId>l</o:deviceId></o:device>",
    "<disk type='file'><target dev='sda'/></disk><disk type='file'><target dev='sdb'/></disk>"
    f"<interface type='bridge'><mac address='00:1a:4a:16:01:51'/><alias name='ua-{OTHER}'/></interface>"
    f"<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='{ID}'/></source></hostdev>"
    "<lease><lockspace>s</lockspace><key>k</key><target path='/p' offset='0'/></lease>",
    qos="<t:qos><t:vcpuLimit>50</t:vcpuLimit><t:ioTune><t:device name='sda' path='/p'>"
    f"<t:maximum>{LIMITS}</t:maximum><t:guaranteed>{LIMITS}</t:guaranteed></t:device></t:ioTune></t:qos>",
)


def test_all_that_is_known_of_the_metadata_is_read() -> None:
    assert [str(one) for one in OVIRT.open(EVERYTHING).residue] == []


def test_all_that_is_known_of_the_metadata_is_written_again() -> None:
    made = OVIRT.generate(OVIRT.parse(EVERYTHING), live=True)
    names = [{element.tag for element in etree.fromstring(text).iter()} for text in (EVERYTHING, made)]
    assert names[0] == names[1]
    again = OVIRT.generate(OVIRT.parse(made), live=True)
    assert again == made


def test_the_laws_hold_of_every_fact_of_the_metadata() -> None:
    putting = Putting(OVIRT, EVERYTHING.encode(), {}, True)
    found = [*putting.put_get(), *putting.put_put(), *laws.least_edit(OVIRT, EVERYTHING)]
    found += [*laws.get_put(OVIRT, EVERYTHING), *laws.create_get(OVIRT, OVIRT.parse(EVERYTHING))]
    assert [str(one) for one in (*found, *laws.match(OVIRT, EVERYTHING), *laws.twins(OVIRT, EVERYTHING))] == []
