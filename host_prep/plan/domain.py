"""The domain itself: room is made for it, it is defined whole, and started."""

from __future__ import annotations

from host_prep.effect import Entity
from host_prep.effects.domain import DefinedDomain, RunningDomain, StaleDomain, WrittenMetadata, not_stale
from host_prep.plan.common import Setting, Step
from xform.errors import HostError


def stale(vm: Entity, setting: Setting) -> Step:
    """Domains of the same id or name that do not run make room. Raises HostError where one does.

    One that comes from another host is libvirt's to unite with what is defined here.
    """
    same = [one for one in setting.facts.domains if one.uuid == vm.id or one.name == vm.name]
    for one in same:
        if fault := not_stale(one):
            raise HostError(fault)
    return vm, () if setting.request.incoming else [StaleDomain(id=one.uuid, name=one.name) for one in same]


def defined(vm: Entity, setting: Setting) -> Step:
    return vm, () if setting.request.incoming else [DefinedDomain(id=vm.id)]


def running(vm: Entity, setting: Setting) -> Step:
    """A domain that comes from another host runs already, and is defined only then."""
    request = setting.request
    paused = request.paused or vm.launch_paused is True
    runs = RunningDomain(id=vm.id, paused=paused, saved=request.saved, arrives=request.incoming)
    return vm, [runs, DefinedDomain(id=vm.id, arrived=True)] if request.incoming else [runs]


def written_back(vm: Entity, setting: Setting) -> Step:
    return vm, [WrittenMetadata(id=vm.id)]
