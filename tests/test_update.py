"""Update: a document says another entity afterwards, and every byte that this is not about stays the byte it was."""

from __future__ import annotations

from typing import Any

import pytest

import xform
from tests.editing import DISKS, edited, guest, setting


@pytest.fixture(scope="module")
def domain() -> xform.Dialect:
    return xform.load("domain")


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
