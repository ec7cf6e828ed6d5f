"""Passwords of screens that a manager gives with a start."""

from __future__ import annotations

import re

from attrs import evolve

from host_prep.effect import Entity
from host_prep.effects.ticket import GraphicsTicket
from host_prep.plan.common import Setting, Step
from host_prep.plan.placeholders import ENDED, VNC_PASSWORD
from xform.errors import HostError

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def tickets(vm: Entity, setting: Setting) -> Step:
    """A screen begins with a ticket that has ended: QEMU gives none to one that began without, and nobody looks before.

    Raises HostError for a ticket of no screen, for a time that is none, and for a password of which VNC would heed the
    beginning only.
    """
    dialect, wanted = setting.dialect, setting.request.tickets
    for one in wanted:
        if one.type == "vnc" and len(one.password.encode()) > VNC_PASSWORD:
            raise HostError(f"the password of the vnc screen is too long; expected at most {VNC_PASSWORD} characters")
        if not _TIME.fullmatch(one.valid_to):
            raise HostError(f"a ticket is valid to {one.valid_to!r}; expected a time such as 2030-01-31T12:00:00")
    kinds = {"spice": dialect.SpiceGraphics, "vnc": dialect.VncGraphics}
    for one in wanted:
        if not any(isinstance(screen, kinds[one.type]) for screen in vm.graphics):
            raise HostError(f"there is a ticket for a {one.type} screen, and the document has none; leave it out")
    awaited = tuple(kinds[one.type] for one in wanted)

    def closed(screen: Entity) -> Entity:
        open_to_all = type(screen) in awaited and not screen.password
        return evolve(screen, password="*****", password_valid_to=ENDED) if open_to_all else screen

    return evolve(vm, graphics=[closed(screen) for screen in vm.graphics]), [
        GraphicsTicket(id=vm.id, type=one.type, valid_to=one.valid_to, connected=one.connected, password=one.password)
        for one in wanted
    ]
