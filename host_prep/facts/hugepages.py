"""Huge pages of the host: which sizes it has, and how many of each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from xform.errors import HostError

if TYPE_CHECKING:
    from host_prep.system import Host

_NAME = re.compile(r"hugepages-([0-9]+)kB")


@frozen
class Pages:
    """Pages of one size that the host has now, and those of them that nobody uses."""

    total: int
    free: int


def look_at_page_sizes(host: Host) -> tuple[int, ...]:
    """KiB, from the kernel's hugetlbpage; none where it has no huge pages."""
    found = (_NAME.fullmatch(name) for name in host.names(_folder(host)))
    return tuple(sorted(int(match[1]) for match in found if match))


def look_at_pages(host: Host, size: int) -> Pages:
    """Raises HostError where the host has no pages of `size` KiB."""
    file = pages_file(host, size)
    return Pages(_number(host, file), _number(host, file.with_name("free_hugepages")))


def pages_file(host: Host, size: int) -> Path:
    """Where the kernel takes the number of pages that it is to have."""
    return _folder(host) / f"hugepages-{size}kB" / "nr_hugepages"


def _folder(host: Host) -> Path:
    return host.config.sys / "kernel/mm/hugepages"


def _number(host: Host, file: Path) -> int:
    text = (host.read(file) or b"").decode(errors="replace").strip()
    if not text.isdigit():
        raise HostError(f"{file}: expected a number, found {text!r}; the host needs huge pages of this size")
    return int(text)
