"""Secrets that a manager gives with a start."""

from __future__ import annotations

from host_prep.effect import Entity
from host_prep.effects.secret import LibvirtSecret
from host_prep.plan.common import Setting, Step


def secrets(vm: Entity, setting: Setting) -> Step:
    return vm, [
        LibvirtSecret(id=one.id.lower(), usage=one.usage, name=one.name, description=one.description, value=one.value)
        for one in setting.request.secrets
    ]
