"""What decides a plan beside the VM, and what follows where it is not said."""

from typing import Any

import pytest
from attrs import fields

from xform import EntityError

from .guest import CONTEXT, LEVELS, Host, setting, vm


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_ships_a_value_for_all_of_the_configuration(level: str) -> None:
    shipped = CONTEXT.config_of(level)
    assert None not in {field.name: getattr(shipped, field.name) for field in fields(CONTEXT.Config)}.values()


@pytest.mark.parametrize("level", LEVELS)
def test_what_a_configuration_leaves_out_is_as_it_ships_for_the_level(level: str) -> None:
    shipped = CONTEXT.config_of(level)
    assert setting(level=level, config=CONTEXT.Config()).config == shipped
    own = setting(level=level, config=CONTEXT.Config(max_memory_slots=32, virtio_vga=not shipped.virtio_vga)).config
    assert (own.max_memory_slots, own.virtio_vga) == (32, not shipped.virtio_vga)
    assert (own.hot_plug_memory, own.spice_channels) == (shipped.hot_plug_memory, shipped.spice_channels)


def test_a_level_of_ones_own_takes_the_rest_from_the_last_before_it() -> None:
    assert setting(level="4.9", config=CONTEXT.Config()).config == CONTEXT.config_of("4.8")


def test_a_level_without_a_configuration_is_refused_where_none_is_given() -> None:
    with pytest.raises(EntityError, match=r"no configuration for the compatibility level '4\.9'; expected one of 4\.2"):
        setting(vm(), level="4.9")


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Host(libvirt="nine").knows("9.5.0"),
        lambda: setting(level="newest", config=CONTEXT.Config()),
    ],
)
def test_what_is_no_version_is_refused(ask: Any) -> None:
    with pytest.raises(EntityError, match=r"'(nine|newest)' is no version; expected one such as 4\.8"):
        ask()
