"""Passwords of screens that a manager gives with a start."""

from __future__ import annotations

from host_prep.effect import Entity
from host_prep.effects.ticket import GraphicsTicket
from host_prep.plan.common import Setting, Step
from xform.errors import HostError

_VNC = 8  # bytes; QEMU heeds no more (RFC 6143, 7.2.2)


def tickets(vm: Entity, setting: Setting) -> Step:
    """Raises HostError for a password of which VNC would heed the beginning only."""
    for one in setting.request.tickets:
        if one.type == "vnc" and len(one.password.encode()) > _VNC:
            raise HostError(f"the password of the vnc screen is too long; expected at most {_VNC} characters")
    return vm, [
        GraphicsTicket(id=vm.id, type=one.type, valid_to=one.valid_to, connected=one.connected, password=one.password)
        for one in setting.request.tickets
    ]
