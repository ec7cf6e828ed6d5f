"""Update: a document says another entity afterwards, and every byte that this is not about stays the byte it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import xform

ID = "00000000-0000-4000-8000-000000000001"
DISK, OTHER = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
OVIRT = "http://ovirt.org/vm/1.0"

Edit = Callable[[Any], object]


@pytest.fixture(scope="module")
def domain() -> xform.Dialect:
    return xform.load("domain")


@pytest.fixture(scope="module")
def ovirt() -> xform.Dialect:
    return xform.load("ovirt")


def edited(dialect: xform.Dialect, xml: str, edit: Edit, **options: Any) -> str:
    """A document after its entity was edited; what it says then is what the entity says."""
    entity = dialect.parse(xml)
    edit(entity)
    return dialect.update(xml, entity, **options)


def guest(inside: str) -> str:
    return f"<domain type='kvm'>\n  <name>x</name>\n  <uuid>{ID}</uuid>\n{inside}</domain>\n"


def setting(path: str, value: Any) -> Edit:
    """An edit that sets ``a[0].b`` of the root."""

    def edit(entity: Any) -> None:
        *owners, last = path.replace("[", ".").replace("]", "").split(".")
        for name in owners:
            entity = entity[int(name)] if name.isdigit() else getattr(entity, name)
        setattr(entity, last, value)

    return edit


# --- what stays


@pytest.mark.parametrize(
    "xml",
    [
        b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<domain  type = \"kvm\" ><!-- a > b -->"
        b"<name ><![CDATA[x]]></name\n></domain>\r\n<!-- end -->",
        "<?xml version='1.0' encoding='UTF-16'?><domain type='kvm'><name>é</name></domain>".encode("utf-16"),
        "<?xml version='1.0' encoding='iso-8859-1'?><domain type='kvm'><name>é</name></domain>".encode("iso-8859-1"),
        "<domain type='kvm'><name>x</name><memory unit='GiB'>1</memory><bogus a='1'/></domain>",
    ],
)
def test_what_is_not_changed_is_the_text_that_was_given(domain: xform.Dialect, xml: str | bytes) -> None:
    assert domain.update(xml, domain.parse(xml)) == xml


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_byte_order_is_kept(domain: xform.Dialect, encoding: str) -> None:
    xml = "\ufeff<domain type='kvm'><name>x</name></domain>"
    entity = domain.parse(xml.encode(encoding))
    entity.name = "y"
    assert domain.update(xml.encode(encoding), entity) == xml.replace("x<", "y<").encode(encoding)


def test_a_character_that_the_encoding_lacks_is_written_by_its_number(domain: xform.Dialect) -> None:
    xml = b"<?xml version='1.0' encoding='iso-8859-1'?><domain type='kvm'><name>x</name></domain>"
    entity = domain.parse(xml)
    entity.name = "é€"
    assert domain.update(xml, entity) == xml.replace(b">x<", b">\xe9&#8364;<")


# --- one value


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        ("<memory unit='GiB'>1</memory>", "memory", 3 << 20, "<memory unit='GiB'>3</memory>"),
        ("<memory unit='GiB'>1</memory>", "memory", 1536 << 10, "<memory unit='KiB'>1572864</memory>"),
        ("<memory>\n    1024 </memory>", "memory", 2048, "<memory>\n    2048 </memory>"),
        ("<memory>10<!-- a -->24</memory>", "memory", 2048, "<memory>2048<!-- a --></memory>"),
        ("<title><![CDATA[a & b]]></title>", "title", "b & c", "<title>b &amp; c</title>"),
        ("<title/>", "title", "t", "<title>t</title>"),
        ("<title />", "title", "t", "<title >t</title>"),
        ('<vcpu placement="static">1</vcpu>', "vcpu_placement", "auto", '<vcpu placement="auto">1</vcpu>'),
        ('<vcpu placement="static">1</vcpu>', "current_vcpus", 1, '<vcpu placement="static" current="1">1</vcpu>'),
        ("<vcpu current='1'>2</vcpu>", "vcpu_placement", "auto", "<vcpu placement='auto' current='1'>2</vcpu>"),
        ("<vcpu current='1' >2</vcpu>", "current_vcpus", None, "<vcpu >2</vcpu>"),
        ('<os firmware="efi"><type>hvm</type></os>', "os.type", "xen", '<os firmware="efi"><type>xen</type></os>'),
    ],
)
def test_a_value_changes_in_the_form_that_it_has(
    domain: xform.Dialect, before: str, path: str, value: Any, after: str
) -> None:
    assert edited(domain, guest(f"  {before}\n"), setting(path, value)) == guest(f"  {after}\n")


def test_a_number_keeps_its_base_and_width(domain: xform.Dialect) -> None:
    address = "<address type='pci' domain='0' bus='0X0A' slot='012' function='0x00'/>"
    xml = guest(f"  <devices><rng model='virtio'><backend model='random'/>{address}</rng></devices>\n")

    def edit(entity: Any) -> None:
        where = entity.rngs[0].address
        where.domain, where.bus, where.slot, where.function = 1, 0xBC, 9, 1

    after = "<address type='pci' domain='1' bus='0XBC' slot='011' function='0x01'/>"
    assert edited(domain, xml, edit) == xml.replace(address, after)


def test_markup_in_a_value_stays_a_value(domain: xform.Dialect) -> None:
    xml = guest('  <title>t</title>\n  <vcpu cpuset="0">1</vcpu>\n  <description/>\n')
    nasty = "]]> <a b='1' c=\"2\">&amp;\r"
    after = edited(domain, xml, setting("title", nasty))
    assert domain.parse(after).title == nasty


# --- nodes that come and go


def test_a_new_element_stands_where_the_rows_have_it_indented_like_its_siblings(domain: xform.Dialect) -> None:
    xml = "<domain type='kvm'>\n\t<name>x</name>\n\t<!-- how much -->\n\t<memory>1024</memory>\n</domain>"
    after = xml.replace("</name>\n", "</name>\n\t<title>t</title>\n")
    assert edited(domain, xml, setting("title", "t")) == after


def test_line_ends_are_those_of_the_document(domain: xform.Dialect) -> None:
    xml = guest("  <memory>1024</memory>\n").replace("\n", "\r\n")
    after = edited(domain, xml, setting("os", domain.Os(type="hvm", arch="x86_64", boot_devices=["hd"])))
    assert after.count("\r\n") == after.count("\n") == xml.count("\n") + 4


def test_a_document_in_one_line_stays_in_one_line(domain: xform.Dialect) -> None:
    xml = "<domain type='kvm'><name>x</name><vcpu>1</vcpu></domain>"
    after = "<domain type='kvm'><name>x</name><memory unit='KiB'>1024</memory><vcpu>1</vcpu></domain>"
    assert edited(domain, xml, setting("memory", 1024)) == after


def test_an_empty_container_is_opened_and_closed_again(domain: xform.Dialect) -> None:
    with_it = guest("  <devices>\n    <emulator>/bin/q</emulator>\n  </devices>\n")
    assert edited(domain, guest("  <devices/>\n"), setting("emulator", "/bin/q")) == with_it
    assert edited(domain, guest("  <devices></devices>\n"), setting("emulator", "/bin/q")) == with_it
    assert edited(domain, guest(""), setting("emulator", "/bin/q")) == with_it
    assert edited(domain, with_it, setting("emulator", None)) == guest("")


@pytest.mark.parametrize("kept", ["<!-- mine -->", "<other/>", "text"])
def test_a_container_that_holds_something_else_stays(domain: xform.Dialect, kept: str) -> None:
    xml = guest(f"  <pm>{kept}<suspend-to-mem enabled='yes'/></pm>\n")
    assert edited(domain, xml, setting("suspend_to_mem", None)) == guest(f"  <pm>{kept}</pm>\n")


def test_what_a_row_refused_is_replaced_when_the_field_gets_a_value(domain: xform.Dialect) -> None:
    xml = guest("  <vcpu placement='elsewhere'>1</vcpu>\n")
    assert edited(domain, xml, setting("vcpu_placement", "auto")) == xml.replace("elsewhere", "auto")
    assert edited(domain, xml, setting("vcpus", 2)) == xml.replace(">1<", ">2<")


def test_presence_comes_and_goes(domain: xform.Dialect) -> None:
    xml = guest("  <features>\n    <acpi/>\n    <pae/>\n  </features>\n")
    without = guest("  <features>\n    <pae/>\n  </features>\n")
    assert edited(domain, xml, setting("features.acpi", False)) == without
    assert edited(domain, without, setting("features.acpi", True)) == xml


# --- lists and maps

DISKS = """  <devices>
    <!-- the first -->
    <disk type="file" device='disk'>
      <source file='/a'/><!-- of a -->
      <target dev='vda' bus='virtio'/>
      <unknown/>
    </disk>
    <disk type='file'>
      <source file='/b'/>
      <target dev='vdb'/>
    </disk>
  </devices>
"""


def test_items_that_change_places_take_their_bytes_along(domain: xform.Dialect) -> None:
    def edit(entity: Any) -> None:
        entity.disks.reverse()
        entity.disks[1].bus = "scsi"

    comment, first = DISKS.index("    <!-- the first"), DISKS.index("    <disk type='file'>")
    end = DISKS.index("  </devices>")
    moved = DISKS[:comment] + DISKS[first:end] + DISKS[comment:first].replace("virtio", "scsi") + DISKS[end:]
    assert edited(domain, guest(DISKS), edit) == guest(moved)


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


# --- live fields, refusals, open documents


def test_live_fields_are_left_alone_unless_asked_for(domain: xform.Dialect) -> None:
    xml = "<domain type='kvm' id='3'>\n  <name>x</name>\n</domain>"
    assert edited(domain, xml, setting("id", 4)) == xml
    assert edited(domain, xml, setting("id", 4), live=True) == xml.replace("'3'", "'4'")
    assert edited(domain, xml, setting("id", None), live=True) == xml.replace(" id='3'", "")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("memory", -1, "memory: -1 is not a whole number of KiB"),
        ("name", None, "name: missing; expected text that XML can hold"),
        ("vcpu_placement", "ato", "vcpu_placement: 'ato' is not one of static, auto (did you mean 'auto'?)"),
        ("title", "\x00", "title: '\\x00' is not text that XML can hold"),
        ("rngs", [3], "rngs[0]: int is no Rng; expected Rng or Opaque"),
        (
            "uuid",
            "6BA7B810-9DAD-41D1-80B4-00C04FD430C8",
            "uuid: '6BA7B810-9DAD-41D1-80B4-00C04FD430C8' is not how it is written; "
            "expected '6ba7b810-9dad-41d1-80b4-00c04fd430c8'",
        ),
        ("os", 3, "os: int is no Os; expected Os or Opaque"),
        ("clock", "utc", "clock: str is no Clock; expected Clock or Opaque"),
    ],
)
def test_what_the_tables_do_not_admit_is_refused(domain: xform.Dialect, path: str, value: Any, message: str) -> None:
    with pytest.raises(xform.EntityError) as refused:
        edited(domain, guest("  <vcpu>1</vcpu>\n"), setting(path, value))
    assert str(refused.value) == message


@pytest.mark.parametrize("step", ["  ", "    ", "\t"])
def test_new_elements_are_indented_as_the_document_is(domain: xform.Dialect, step: str) -> None:
    xml = guest("").replace("  ", step)
    other = edited(domain, xml, lambda vm: setattr(vm, "os", domain.Os(type="hvm")))
    assert other == xml.replace("</domain>", f"{step}<os>\n{step * 2}<type>hvm</type>\n{step}</os>\n</domain>")


def test_an_open_document_is_changed_by_its_entity_and_stays_what_it_was(domain: xform.Dialect) -> None:
    xml = guest(DISKS)
    document = domain.open(xml)
    document.entity.disks[0].bus = "scsi"
    assert document.to_xml() == document.to_xml() == xml.replace("virtio", "scsi")
    document.entity.memory = -1
    with pytest.raises(xform.EntityError):
        document.to_xml()
    document.entity = domain.parse(xml)
    assert document.to_xml() == xml


def test_an_open_document_is_read_as_before_after_every_kind_of_edit(domain: xform.Dialect) -> None:
    xml = guest(DISKS + "  <vcpu>1<!-- one --></vcpu>\n  <title/>\n  <os><type>hvm</type></os>\n")
    document = domain.open(xml)
    document.entity.vcpus, document.entity.title, document.entity.emulator = 2, "t", "/bin/q"
    document.entity.os.loader = domain.Loader(path="/l", type="rom")
    document.entity.disks.reverse()
    changed = document.to_xml()
    document.entity = domain.parse(changed)
    assert document.to_xml() == changed
    document.entity = domain.parse(xml)
    assert document.to_xml() == xml
