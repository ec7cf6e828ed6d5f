"""The administrator's hooks around the start, by how the VM begins."""

from __future__ import annotations

from host_prep.effect import Entity
from host_prep.effects.hooks import Hooks, HooksAfterStart, HooksBeforeStart
from host_prep.plan.common import Setting, Step

STARTS = {"fresh": "vm_start", "restore": "vm_dehibernate", "incoming": "vm_migrate_destination"}


def hooks_before(vm: Entity, setting: Setting) -> Step:
    """They see the VM as everybody before completed it, and may change it."""
    return vm, _at(HooksBeforeStart, f"before_{STARTS[setting.request.flow]}", "after_vm_destroy", vm, setting)


def hooks_after(vm: Entity, setting: Setting) -> Step:
    return vm, _at(HooksAfterStart, f"after_{STARTS[setting.request.flow]}", "before_vm_destroy", vm, setting)


def _at(kind: type[Hooks], begin: str, end: str, vm: Entity, setting: Setting) -> list[Hooks]:
    hooks = setting.facts.hooks
    if begin not in hooks and end not in hooks:
        return []
    return [kind(id=vm.id, begin=begin, beginning=hooks.get(begin, ()), end=end, ending=hooks.get(end, ()))]
