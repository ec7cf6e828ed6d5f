"""Screens get the passwords that a manager gives with a start."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from host_prep.effect import Outcome
from host_prep.effects.ticket import GraphicsTicket
from host_prep.journal import Journal
from host_prep.request import Request, Ticket
from host_prep.start import planned, start
from host_prep.system import Host
from tests.host_prep.conftest import OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError

SCREENS = """<graphics type="spice" port="5900"><listen type="address" address="127.0.0.1"/></graphics>
<graphics type="vnc" port="5901" autoport="yes" keymap="en-us"/>"""
PASSWORD = "pq7Zx2Kd"


def ticket(type: Any = "vnc", password: str = PASSWORD, connected: Any = "keep") -> Ticket:
    return Ticket(type=type, password=password, valid_to="2030-01-31T12:00:00", connected=connected)


@pytest.mark.parametrize("type", ["spice", "vnc"])
def test_a_screen_gets_its_password_and_is_else_as_libvirt_has_it(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, type: str
) -> None:
    start(host, journal, ovirt, domain(SCREENS), Request(tickets=[ticket(type)]))
    (given,) = libvirt.state()["domains"][VM]["devices"]
    said = etree.fromstring(given)
    (before,) = etree.fromstring(libvirt.document(VM)).findall(f"devices/graphics[@type='{type}']")
    added = {"passwd": PASSWORD, "passwdValidTo": "2030-01-31T12:00:00", "connected": "keep"}
    assert dict(said.attrib) == {**before.attrib, **added}
    assert [etree.tostring(one) for one in said] == [etree.tostring(one) for one in before]


def test_L247_a_screen_is_closed_until_its_ticket_is_there(host: Host, ovirt: Any) -> None:
    given = ovirt.parse(planned(host, ovirt, domain(SCREENS), Request(tickets=[ticket()])).document).graphics
    assert {type(one).__name__: (one.password, one.password_valid_to) for one in given} == {
        "SpiceGraphics": (None, None),
        "VncGraphics": ("*****", "1970-01-01T00:00:01"),
    }


def test_a_screen_that_is_not_there_is_told(host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt) -> None:
    with pytest.raises(HostError, match=r"^there is a ticket for a vnc screen, and the document has none"):
        start(host, journal, ovirt, domain(), Request(tickets=[ticket()]))
    assert libvirt.domains() == []


def test_what_vnc_would_cut_off_is_refused_before_anything_is_done(host: Host, ovirt: Any) -> None:
    with pytest.raises(HostError, match="expected at most 8") as told:
        planned(host, ovirt, domain(SCREENS), Request(tickets=[ticket(password=PASSWORD + "9")]))
    assert PASSWORD not in str(told.value)
    assert planned(host, ovirt, domain(SCREENS), Request(tickets=[ticket("spice", PASSWORD + "9")]))


def test_L246_a_password_that_a_crash_forgot_is_asked_for_again_and_the_guest_goes_on(
    work: Any, libvirt: FakeLibvirt, capsys: pytest.CaptureFixture[str]
) -> None:
    libvirt.add_domain(domain(SCREENS))
    effect = GraphicsTicket(id=VM, type="vnc", valid_to="2030-01-31T12:00:00")
    assert effect.apply(work(domain(SCREENS)), {}) == Outcome.KEPT
    assert "set it again" in "".join(capsys.readouterr())


def test_a_password_is_in_no_journal_log_or_plan(
    host: Host, journal: Journal, ovirt: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    request = Request(tickets=[ticket()])
    start(host, journal, ovirt, domain(SCREENS), request)
    assert PASSWORD.encode() not in journal.file.read_bytes()
    assert PASSWORD not in "".join(capsys.readouterr())
    assert PASSWORD not in repr((request, planned(host, ovirt, domain(SCREENS, id=OTHER, name="other"), request)))
