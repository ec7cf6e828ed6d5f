"""Secrets are in libvirt's keeping while a VM runs, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from host_prep.effect import Outcome
from host_prep.effects.secret import LibvirtSecret
from host_prep.journal import Journal
from host_prep.recover import recover
from host_prep.request import Request, Secret, read_request
from host_prep.start import planned, release, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import EntityError, HostError

ID = "5c1d6b1f-33a2-4a4c-9a57-1c2e9d3f7a60"
VALUE = b"AQBVERYSECRETKEYOFTHEUSER=="
SECRET = Secret(id=ID, usage="ceph", name="ovirt/volumes", value=VALUE, description="a & b")
REQUEST = Request(secrets=[SECRET])
EFFECT = LibvirtSecret(id=ID, usage="ceph", name="ovirt/volumes", value=VALUE)


def rbd(secret: str) -> str:
    return f"""<disk type="network" device="disk"><driver name="qemu" type="raw"/>
      <source protocol="rbd" name="volumes/one">
        <auth username="ovirt"><secret type="ceph" {secret}/></auth>
      </source><target dev="vda" bus="virtio"/></disk>"""


LUKS = f"""<disk type="file" device="disk"><source file="/one"><encryption format="luks">
  <secret type="passphrase" uuid="{ID}"/></encryption></source><target dev="vdb" bus="virtio"/></disk>"""


def test_a_secret_is_private_ephemeral_and_goes_with_its_vm(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, domain(), REQUEST)
    there = libvirt.state()["secrets"][ID]
    xml = etree.fromstring(there["xml"])
    assert bytes.fromhex(there["value"]) == VALUE
    assert (xml.get("private"), xml.get("ephemeral"), xml.findtext("description")) == ("yes", "yes", "a & b")
    assert xml.findtext("usage[@type='ceph']/name") == "ovirt/volumes"
    release(host, journal, ovirt, VM, force=True)
    assert libvirt.secrets() == []


@pytest.mark.parametrize(("usage", "element"), [("ceph", "name"), ("volume", "volume"), ("iscsi", "target")])
def test_a_secrets_use_is_named_as_libvirt_wants_it(work: Any, libvirt: FakeLibvirt, usage: str, element: str) -> None:
    LibvirtSecret(id=ID, usage=usage, name="name", value=VALUE).apply(work(domain()), {"found": False})
    assert etree.fromstring(libvirt.state()["secrets"][ID]["xml"]).findtext(f"usage/{element}") == "name"


def test_L244_a_secret_stays_with_its_running_vm_whoever_starts_or_stops_meanwhile(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, domain(), REQUEST)
    assert [one.what for one in recover(host, journal, ovirt)] == ["adopted"]
    assert libvirt.secrets() == [ID]


def test_L244_the_last_vm_takes_a_secret_with_it(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    start(host, journal, ovirt, domain(), REQUEST)
    start(host, journal, ovirt, domain(id=OTHER, name="other"), REQUEST)
    release(host, journal, ovirt, VM, force=True)
    assert libvirt.secrets() == [ID]
    release(host, journal, ovirt, OTHER, force=True)
    assert libvirt.secrets() == []


@pytest.mark.parametrize("disk", [rbd(f'uuid="{ID}"'), rbd('usage="ovirt/volumes"'), LUKS])
def test_L244_a_secret_of_a_vm_that_runs_stays(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, disk: str
) -> None:
    start(host, journal, ovirt, domain(), REQUEST)
    libvirt.add_domain(domain(disk, id=OTHER, name="other"))
    release(host, journal, ovirt, VM, force=True)
    assert libvirt.secrets() == [ID]


def test_a_secret_that_was_there_stays_as_it_was(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt
) -> None:
    libvirt.define_secret(f"<secret><uuid>{ID}</uuid></secret>", b"older")
    start(host, journal, ovirt, domain(), REQUEST)
    release(host, journal, ovirt, VM, force=True)
    assert libvirt.state()["secrets"][ID]["value"] == b"older".hex()


def test_twice_is_as_once(work: Any, libvirt: FakeLibvirt) -> None:
    at = work(domain())
    note = EFFECT.look(at)
    assert [EFFECT.apply(at, note), EFFECT.apply(at, note)] == [Outcome.DONE, Outcome.DONE]
    assert [EFFECT.undo(at, note), EFFECT.undo(at, note)] == [Outcome.DONE, Outcome.ALREADY]


def test_L245_a_value_is_in_no_journal_log_or_message(
    host: Host,
    journal: Journal,
    ovirt: Any,
    libvirt: FakeLibvirt,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    start(host, journal, ovirt, domain(), REQUEST)
    shown = [journal.file.read_bytes(), repr(planned(host, ovirt, domain(id=OTHER, name="o"), REQUEST)).encode()]
    release(host, journal, ovirt, VM, force=True)

    def refuse(*_: object) -> None:
        raise HostError("secrets are not supported")

    monkeypatch.setattr(libvirt, "define_secret", refuse)
    with pytest.raises(HostError, match="secrets are not supported") as told:
        start(host, journal, ovirt, domain(), REQUEST)
    shown += [journal.file.read_bytes(), str(told.value).encode(), "".join(capsys.readouterr()).encode()]
    assert all(part not in text for text in shown for part in (VALUE, VALUE.hex().encode()))


def test_L305_a_fault_of_a_request_quotes_no_secret(ovirt: Any, tmp_path: Path) -> None:
    file = tmp_path / "request.yaml"
    file.write_text("secrets: [{id: a, usage: ceph, name: b, value: hunter2}]\nnvram: [hunter2]\n")
    with pytest.raises(EntityError) as raised:
        read_request(ovirt, file)
    assert "hunter2" not in str(raised.value)
    assert f"{file}:1:48: secrets[0].value: the secret value is not base64 text" in str(raised.value)
