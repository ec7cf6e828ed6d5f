"""From a document and the host's facts to effects in order, and to the document that libvirt gets.  Pure.

Each family of effects has a module here: a function from a VM to the VM completed in its terms, and to its effects.
Their order is that in which things have to happen; undoing goes backwards.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from attrs import frozen

from host_prep.effect import Effect, Entity
from host_prep.facts import Facts
from host_prep.plan.common import Setting, Step
from host_prep.plan.cpus import cpus
from host_prep.plan.displays import displays
from host_prep.plan.domain import defined, running, stale, written_back
from host_prep.plan.firmware import firmware
from host_prep.plan.hooks import hooks_after, hooks_before
from host_prep.plan.hostdevs import hostdevs
from host_prep.plan.hugepages import hugepages
from host_prep.plan.images import images
from host_prep.plan.leases import leases
from host_prep.plan.luns import luns
from host_prep.plan.managed import managed
from host_prep.plan.mirroring import mirroring
from host_prep.plan.nics import nics
from host_prep.plan.overlays import overlays
from host_prep.plan.payloads import payloads, refuse_unread
from host_prep.plan.placeholders import placeholders
from host_prep.plan.secrets import secrets
from host_prep.plan.sockets import cleared, sockets
from host_prep.plan.tickets import tickets
from host_prep.request import Flow, Request
from xform.document import Document
from xform.errors import DocumentError

Family = Callable[[Entity, Setting], Step]

BEFORE: tuple[Family, ...] = (
    stale,
    firmware,
    placeholders,
    images,
    luns,
    managed,
    payloads,
    overlays,
    leases,
    displays,
    hostdevs,
    nics,
    hugepages,
    secrets,
    cleared,
    hooks_before,
    defined,
)
"""What has to be there before the guest runs."""

RUN: tuple[Family, ...] = (running,)

AFTER: tuple[Family, ...] = (
    written_back,
    cpus,
    mirroring,
    sockets,
    tickets,
    hooks_after,
)
"""What needs the guest to run."""


@frozen(kw_only=True)
class Plan:
    """What is to be done for one VM."""

    vm: str
    name: str
    flow: Flow
    document: str
    effects: tuple[Effect, ...]


def plan(document: Document, facts: Facts, request: Request) -> Plan:
    """The effects of a VM on a host, in order, and its document as completed by them.

    The document is changed where it has to be, and nowhere else.  Raises DocumentError, and HostError for what the host
    cannot do.
    """
    vm, id = document.entity, identified(document)
    refuse_unread(document)
    setting = Setting(dialect=document.dialect, facts=facts, request=request)
    effects: list[Effect] = []
    for family in (*BEFORE, *RUN, *AFTER):
        vm, found = family(vm, setting)
        effects += found
    document.entity = vm
    completed = str(document.to_xml(live=True))
    return Plan(vm=id, name=vm.name or id, flow=request.flow, document=completed, effects=tuple(effects))


def identified(document: Document) -> str:
    """The id of a document's VM, by which its effects are kept.

    A name is in messages and in logs, a line each, and in names of libvirt's files: libvirt refuses others as well.
    Raises DocumentError where there is no id, or the name is none.
    """
    vm, source = document.entity, document.source
    if vm.id is None:
        raise DocumentError(f"{source}: the domain has no uuid; expected one, for effects are kept by it")
    if any(character == "/" or unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in vm.name or ""):
        raise DocumentError(f"{source}: the domain's name is {vm.name!r}; expected one without slashes, in one line")
    id: str = vm.id
    return id
