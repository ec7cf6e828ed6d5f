"""From a document and the host's facts to effects in order, and to the document that libvirt gets.  Pure.

Each family of effects has a module here: a function from a VM to the VM completed in its terms, and to its effects.
Their order is that in which things have to happen; undoing goes backwards.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from attrs import frozen

from host_prep.effect import Effect, Entity, Flow
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
from host_prep.request import Request
from xform.dialect import Dialect
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


def plan(
    dialect: Dialect,
    xml: str,
    facts: Facts,
    request: Request | None = None,
    *,
    flow: Flow = "fresh",
    source: str = "document",
) -> Plan:
    """The effects of a VM on a host, in order, and its document as completed by them.

    The document is changed where it has to be, and nowhere else.  Raises DocumentError, and HostError for what the host
    cannot do.
    """
    document = dialect.open(xml, source=source)
    vm = document.entity
    id = identified(vm, source)
    refuse_unread(document)
    setting = Setting(dialect=dialect, facts=facts, request=request or Request(), flow=flow)
    effects: list[Effect] = []
    for family in (*BEFORE, *RUN, *AFTER):
        vm, found = family(vm, setting)
        effects += found
    document.entity = vm
    return Plan(vm=id, name=vm.name or id, flow=flow, document=str(document.to_xml(live=True)), effects=tuple(effects))


def identified(vm: Entity, source: str) -> str:
    """The id of a VM, by which its effects are kept. Raises DocumentError where it has none, or none of its own name.

    A name is in messages and in logs, a line each, and in names of libvirt's files: libvirt refuses such as well.
    """
    if vm.id is None:
        raise DocumentError(f"{source}: the domain has no uuid; expected one, for effects are kept by it")
    if any(character == "/" or unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in vm.name or ""):
        raise DocumentError(f"{source}: the domain's name is {vm.name!r}; expected one without slashes, in one line")
    id: str = vm.id
    return id
