"""The size of an NVDIMM: the guest finds its data by it, so for one device it must never change."""

from __future__ import annotations

LABEL_SIZE = 128  # KiB at the end of the device

# Bytes: memory is plugged in multiples of these.  s390x itself has blocks of 256 MiB.
_HOT_PLUG = {"x86": 128 << 20, "ppc": 256 << 20, "s390x": 256 << 20}


def hot_plug_factor(family: str) -> int:
    """Bytes that the size of plugged memory is a multiple of, by family of architectures."""
    return _HOT_PLUG.get(family, _HOT_PLUG["x86"])


def aligned_size(device_size: int, align_size: int | None, family: str) -> int | None:
    """Bytes to give an NVDIMM, so that what QEMU makes of them can be plugged; None: there are none.

    QEMU takes off the label and aligns the rest as the device asks.
    """
    unit = hot_plug_factor(family)
    align = align_size or unit
    size = device_size // unit * unit + (LABEL_SIZE << 10 if family == "ppc" else 0)
    if unit % align == 0:
        size -= usable(size, align) % unit
    elif align % unit != 0:
        return None
    return size if usable(size, align) > 0 else None


def usable(size: int, align: int) -> int:
    """Bytes of an NVDIMM that QEMU shows to the guest."""
    return (size - (LABEL_SIZE << 10)) // align * align
