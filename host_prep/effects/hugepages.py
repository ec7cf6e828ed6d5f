"""Huge pages, allocated as a VM needs them."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from attrs import frozen

from host_prep.effect import Effect, Entity, Note, Outcome, Work
from host_prep.facts.hugepages import Pages, look_at_page_sizes, look_at_pages, pages_file
from xform.errors import HostError


@frozen(kw_only=True)
class HugePages(Effect):
    """The host has pages for a VM beside those of other VMs and those that no VM may take.

    The note has how many pages there were `before` and how many are to be there `after`, and what `others` had
    allocated then; once it is done, what was `taken`.  As numbers of all VMs' pages are written, what others do
    meanwhile is told from what the journal has of them.
    """

    host_wide: ClassVar[bool] = True
    until_reboot: ClassVar[bool] = True

    size: int  # KiB of a page
    pages: int  # that the VM needs
    default: int  # KiB, of VMs that ask for a size which the host does not have

    @property
    def key(self) -> str:
        return f"hugepages:{self.size}"

    def says(self) -> str:
        return f"allocate what is missing of {self.pages} huge pages of {self.size} KiB"

    def undoing(self) -> str:
        return "give back what was allocated"

    def look(self, work: Work) -> Note:
        there = look_at_pages(work.host, self.size)
        reserved = work.host.config.reserved_hugepages.get(str(self.size), 0)
        missing = missing_pages(self.pages, there, reserved, self._claimed(work))
        return {"before": there.total, "after": there.total + missing, "others": self._allocated(work)}

    def apply(self, work: Work, note: Note) -> Outcome:
        before, after = note["before"], note["after"]
        there = look_at_pages(work.host, self.size).total
        if there < after:
            work.host.poke(pages_file(work.host, self.size), str(after))
            given = look_at_pages(work.host, self.size).total
            if given < after:
                raise HostError(
                    f"the kernel gave {given - there} of {after - there} huge pages of {self.size} KiB, for memory is "
                    "scarce or in pieces; allocate pages when the host boots, or start fewer VMs"
                )
        note["taken"] = after - before
        return Outcome.DONE if there < after else Outcome.ALREADY

    def before_undo(self, work: Work, note: Note) -> Note:
        """What is there now is what counts, whatever an administrator did meanwhile; and only once."""
        if "taken" not in note:
            return note
        there = look_at_pages(work.host, self.size).total
        return {"before": there - note["taken"], "after": there, "others": self._allocated(work)}

    def undo(self, work: Work, note: Note) -> Outcome:
        there = look_at_pages(work.host, self.size).total
        without = note["before"] + self._allocated(work) - note["others"]
        given_back = max(0, min(there - without, note["after"] - note["before"], there))
        if not given_back:
            return Outcome.ALREADY
        work.host.poke(pages_file(work.host, self.size), str(there - given_back))
        return Outcome.DONE

    def _claimed(self, work: Work) -> int:
        """Pages of other VMs: those that run, and those for which the host is prepared."""
        sizes = look_at_page_sizes(work.host)
        running = {
            vm.id: needed_pages(vm, self.size)
            for vm in work.running()
            if asked_size(vm, sizes, self.default) == self.size
        }
        prepared = {
            entry.vm: entry.effect.pages for entry in work.others(self.key) if isinstance(entry.effect, HugePages)
        }
        return sum((running | prepared).values())

    def _allocated(self, work: Work) -> int:
        """Of what other VMs need, that which was not there before."""
        return sum(entry.note["after"] - entry.note["before"] for entry in work.others(self.key))


def missing_pages(needed: int, there: Pages, reserved: int, claimed: int) -> int:
    """How many to allocate: what is free, is not reserved and is no other VM's need not be."""
    return max(0, needed - max(0, min(there.free, there.total - claimed - reserved)))


def asked_size(vm: Entity, sizes: Collection[int], default: int) -> int | None:
    """KiB of the pages that a VM's custom property asks for, `default` where the host has none such; None: none."""
    text = vm.custom_properties.get("hugepages", "")
    size = int(text) if text.isascii() and text.isdigit() else 0
    return (size if size in sizes else default) if size else None


def needed_pages(vm: Entity, size: int, *, defined: bool = True) -> int:
    """Pages of `size` KiB for its memory; where libvirt has `defined` it, NVDIMMs are in that and need none."""
    nvdimms = sum(one.size for one in vm.dimms if getattr(one, "model", None) == "nvdimm") if defined else 0
    return max(0, -(-((vm.memory or 0) * 1024 - nvdimms) // size))
