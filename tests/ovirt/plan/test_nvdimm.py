"""The size of an NVDIMM, by its alignment and that of plugged memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .devices_material import step

NVDIMM = step("nvdimm")
MIB = 1 << 20


@pytest.mark.parametrize(
    ("device", "align", "family", "size"),
    [
        (1024 * MIB, None, "x86", 1024 * MIB),
        (1100 * MIB, None, "x86", 1024 * MIB),
        (1024 * MIB, 2 * MIB, "x86", 898 * MIB),
        (1024 * MIB, 256 * MIB, "x86", 1024 * MIB),
        (1024 * MIB, 3 * MIB, "x86", None),
        (127 * MIB, None, "x86", None),
        (1024 * MIB, None, "ppc", 1024 * MIB + 131072),
    ],
)
def test_the_size_of_an_nvdimm_never_changes(device: int, align: int | None, family: str, size: int | None) -> None:
    assert NVDIMM.aligned_size(device, align, family) == size


@given(
    device=st.integers(0, 1 << 40),
    align=st.sampled_from([None, MIB, 2 * MIB, 128 * MIB, 256 * MIB, 3 * MIB]),
    family=st.sampled_from(["x86", "ppc"]),
)
def test_what_qemu_makes_of_an_nvdimm_can_be_plugged(device: int, align: int | None, family: str) -> None:
    size = NVDIMM.aligned_size(device, align, family)
    unit = {"x86": 128 * MIB, "ppc": 256 * MIB}[family]
    assert size is None or (0 < NVDIMM.usable(size, align or unit) <= device)
    assert size is None or NVDIMM.usable(size, align or unit) % unit == 0


@pytest.mark.parametrize(("family", "factor"), [("x86", 128 * MIB), ("ppc", 256 * MIB), ("s390x", 256 * MIB)])
def test_L30_memory_has_a_step_on_every_architecture(family: str, factor: int) -> None:
    assert NVDIMM.hot_plug_factor(family) == factor
