"""Update of what there are several of: items, entries, variants, and what an item has in a second place."""

from __future__ import annotations

from typing import Any

import pytest

import xform
from tests.editing import DISKS, edited, guest, setting

DISK, OTHER = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
OVIRT = "http://ovirt.org/vm/1.0"


@pytest.fixture(scope="module")
def domain() -> xform.Dialect:
    return xform.load("domain")


@pytest.fixture(scope="module")
def ovirt() -> xform.Dialect:
    return xform.load("ovirt")


# --- lists and maps


def test_items_that_change_places_take_their_bytes_along(domain: xform.Dialect) -> None:
    def edit(entity: Any) -> None:
        entity.disks.reverse()
        entity.disks[1].bus = "scsi"

    comment, first = DISKS.index("    <!-- the first"), DISKS.index("    <disk type='file'>")
    end = DISKS.index("  </devices>")
    moved = DISKS[:comment] + DISKS[first:end] + DISKS[comment:first].replace("virtio", "scsi") + DISKS[end:]
    assert edited(domain, guest(DISKS), edit) == guest(moved)


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 2, 0), (2, 1, 0)])
def test_L383_items_without_a_key_that_change_places_take_along_what_no_row_says(
    domain: xform.Dialect, order: tuple[int, ...]
) -> None:
    nics = [
        f"    <interface type='network'>\n      <source network='{name}'/>\n"
        f"      <frob keep='{name}'/>\n    </interface>\n"
        for name in ("one", "two", "three")
    ]

    def edit(entity: Any) -> None:
        entity.interfaces = [entity.interfaces[place] for place in order]

    before, after = ("  <devices>\n" + "".join(some) + "  </devices>\n" for some in (nics, [nics[at] for at in order]))
    assert edited(domain, guest(before), edit) == guest(after)


def test_an_item_goes_with_its_lines_and_one_comes_behind_the_others(domain: xform.Dialect) -> None:
    def edit(entity: Any) -> None:
        del entity.disks[0]
        entity.disks.append(domain.Disk(target="vdc", source=domain.FileDiskSource(path="/c")))

    after = edited(domain, guest(DISKS), edit)
    assert after == guest("""  <devices>
    <!-- the first -->
    <disk type='file'>
      <source file='/b'/>
      <target dev='vdb'/>
    </disk>
    <disk type='file'>
      <source file='/c'/>
      <target dev='vdc'/>
    </disk>
  </devices>
""")


def test_the_last_item_takes_its_container_along(domain: xform.Dialect) -> None:
    xml = guest("  <devices>\n    <rng model='virtio'/>\n  </devices>\n")
    assert edited(domain, xml, lambda entity: entity.rngs.clear()) == guest("")


def test_a_renamed_item_is_still_that_item(domain: xform.Dialect) -> None:
    assert edited(domain, guest(DISKS), setting("disks[0].target", "vdz")) == guest(DISKS.replace("'vda'", "'vdz'"))


def test_of_items_that_are_alike_the_edited_one_is_edited(domain: xform.Dialect) -> None:
    mice = ["    <input type='mouse' bus='usb'/>\n"] * 3
    xml = guest("".join(["  <devices>\n", *mice, "  </devices>\n"]))
    ps2 = mice[0].replace("usb", "ps2")
    after = guest("".join(["  <devices>\n", mice[0], ps2, mice[2], "  </devices>\n"]))
    assert edited(domain, xml, setting("inputs[1].bus", "ps2")) == after
    marked = xml.replace("  </devices>", "    <!-- end -->\n  </devices>")
    assert edited(domain, marked, lambda entity: entity.inputs.pop()) == marked.replace(mice[2], "", 1)


def test_scalars_of_a_list_are_aligned(domain: xform.Dialect) -> None:
    boot = "  <os>\n    <type>hvm</type>\n    <boot dev='hd'/><!-- disk -->\n    <boot dev='network'/>\n  </os>\n"
    after = edited(domain, guest(boot), setting("os.boot_devices", ["cdrom", "hd"]))
    lines = "    <boot dev='cdrom'/>\n    <boot dev='hd'/><!-- disk -->\n  </os>"
    assert after == guest(boot.replace("    <boot dev='hd'/><!-- disk -->\n    <boot dev='network'/>\n  </os>", lines))


def test_entries_of_a_map_change_one_by_one(domain: xform.Dialect) -> None:
    xml = guest("  <perf>\n    <event name='a' enabled='yes'/>\n    <event name='b' enabled='no' x='1'/>\n  </perf>\n")
    after = edited(domain, xml, setting("perf_events", {"c": True, "b": True}))
    assert after == guest(
        "  <perf>\n    <event name='b' enabled='yes' x='1'/>\n    <event name='c' enabled='yes'/>\n  </perf>\n"
    )


# --- variants and what is kept whole


def test_another_variant_keeps_what_it_shares_and_what_nobody_claims(domain: xform.Dialect) -> None:
    source = "<source file='/a' startupPolicy='optional' bogus='1'/>"
    xml = guest(f"  <devices><disk type='file'>{source}<target dev='vda'/></disk></devices>\n")

    def edit(entity: Any) -> None:
        entity.disks[0].source = domain.BlockDiskSource(path="/dev/a", startup_policy="optional")

    after = "<disk type='block'><source dev='/dev/a' startupPolicy='optional' bogus='1'/>"
    assert edited(domain, xml, edit) == xml.replace(f"<disk type='file'>{source}", after)


def test_an_unknown_variant_comes_and_goes_without_its_neighbours(domain: xform.Dialect) -> None:
    disk = "<disk type='file' device='disk'><source file='/a'/><target dev='vda'/></disk>"
    strange = "<disk type='martian' device='disk'><source red='/a'/><target dev='vda'/></disk>"
    one, other = (guest(f"  <devices>{text}</devices>\n") for text in (disk, strange))
    entity = domain.parse(other)
    assert isinstance(entity.disks[0].source, xform.Opaque)
    there = domain.update(one, entity)
    assert domain.parse(there) == entity
    assert domain.parse(domain.update(there, domain.parse(one))) == domain.parse(one)


def test_kept_xml_is_replaced_whole(domain: xform.Dialect) -> None:
    xml = guest("  <metadata>\n    <a:x xmlns:a='urn:a'/>\n    <b:y xmlns:b='urn:b'>1</b:y>\n  </metadata>\n")
    after = edited(domain, xml, setting("metadata", ['<a:x xmlns:a="urn:a"></a:x>', '<b:y xmlns:b="urn:b">2</b:y>']))
    assert after == xml.replace("<b:y xmlns:b='urn:b'>1</b:y>", '<b:y xmlns:b="urn:b">2</b:y>')


# --- the second place of an entity


def managed(prefix: str, entries: str, disks: str) -> str:
    vm = f"    <{prefix}:vm xmlns:{prefix}='{OVIRT}'>\n{entries}    </{prefix}:vm>\n"
    return guest(f"  <metadata>\n{vm}  </metadata>\n  <devices>\n{disks}  </devices>\n")


def entry(prefix: str, name: str, image: str) -> str:
    return (
        f"      <{prefix}:device devtype='disk' name='{name}'>\n"
        f"        <{prefix}:imageID>{image}</{prefix}:imageID>\n        <{prefix}:later/>\n      </{prefix}:device>\n"
    )


def disk(target: str) -> str:
    return f"    <disk type='file'>\n      <target dev='{target}' bus='virtio'/>\n    </disk>\n"


def test_a_renamed_target_renames_its_entry(ovirt: xform.Dialect) -> None:
    xml = managed("o", entry("o", "vda", DISK) + entry("o", "vdb", OTHER), disk("vda") + disk("vdb"))
    assert edited(ovirt, xml, setting("disks[0].target", "vdc")) == xml.replace("'vda'", "'vdc'")


def test_an_entry_goes_with_its_item_and_comes_with_a_new_one_under_the_documents_prefix(ovirt: xform.Dialect) -> None:
    alias = f"      <alias name='ua-{DISK}'/>\n    </disk>"
    xml = managed("o", entry("o", "vda", DISK), disk("vda").replace("    </disk>", alias))

    def edit(entity: Any) -> None:
        entity.disks[:] = [ovirt.Disk(id=OTHER, target="vdx", image_id=OTHER, source=ovirt.FileDiskSource())]

    after = edited(ovirt, xml, edit)
    assert ovirt.parse(after).disks[0].image_id == OTHER
    assert (after.count("<o:imageID>"), after.count("later"), after.count("ovirt-vm")) == (1, 0, 0)


def test_an_entry_whose_last_fact_goes_is_gone_but_for_what_nobody_claims(ovirt: xform.Dialect) -> None:
    xml = managed("o", entry("o", "vda", DISK), disk("vda"))
    after = edited(ovirt, xml, setting("disks[0].image_id", None))
    assert after == xml.replace(f"        <o:imageID>{DISK}</o:imageID>\n", "")
    bare = xml.replace("        <o:later/>\n", "")
    assert "metadata" not in edited(ovirt, bare, setting("disks[0].image_id", None))


def test_an_entry_that_says_nothing_stays_while_another_is_edited(ovirt: xform.Dialect) -> None:
    bare = "      <o:device devtype='disk' name='vdb'/>\n"
    xml = managed("o", entry("o", "vda", DISK) + bare, disk("vda") + disk("vdb"))
    assert edited(ovirt, xml, setting("disks[0].image_id", OTHER)) == xml.replace(DISK, OTHER)


def test_a_stale_entry_that_a_new_key_meets_is_taken_over(ovirt: xform.Dialect) -> None:
    xml = managed("o", entry("o", "vdb", OTHER), disk("vda"))
    after = edited(ovirt, xml, setting("disks[0].target", "vdb"))
    assert ovirt.parse(after).disks[0].image_id is None


def test_namespaces_that_the_document_lacks_are_declared_where_they_are_used(ovirt: xform.Dialect) -> None:
    after = edited(ovirt, guest(""), setting("cluster_version", "4.8"))
    assert after == guest(f"""  <metadata xmlns:ovirt-vm='{OVIRT}'>
    <ovirt-vm:vm>
      <ovirt-vm:clusterVersion>4.8</ovirt-vm:clusterVersion>
    </ovirt-vm:vm>
  </metadata>
""")
