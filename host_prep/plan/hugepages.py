"""Huge pages, where the host allocates them for each VM."""

from __future__ import annotations

from host_prep.effect import Entity
from host_prep.effects.hugepages import HugePages, asked_size, needed_pages
from host_prep.plan.common import Setting, Step
from xform.errors import HostError

_DEFAULT, _DEFAULT_PPC64 = 2048, 16384  # KiB


def hugepages(vm: Entity, setting: Setting) -> Step:
    """By the custom property `hugepages`, KiB. Raises HostError where the host lacks the size for VMs like this."""
    facts = setting.facts
    default = _DEFAULT_PPC64 if (facts.machine.arch or "").startswith("ppc64") else _DEFAULT
    size = asked_size(vm, facts.page_sizes, default)
    if size is None or not facts.config.dynamic_hugepages:
        return vm, ()
    if size not in facts.page_sizes:
        has = ", ".join(f"{one} KiB" for one in facts.page_sizes) or "none"
        raise HostError(f"the host has no huge pages of {size} KiB; it has: {has}; ask for one of these")
    pages = needed_pages(vm, size, defined=setting.request.flow != "fresh")
    return vm, [HugePages(size=size, pages=pages, default=default)]
