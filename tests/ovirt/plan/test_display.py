"""Screens: graphics servers, cards, pointers, and what a run once says of them."""

from itertools import product
from typing import Any

import pytest
from attrs import evolve

from ..material import OVIRT
from .devices_material import CONTEXT, document, planned, recalled, setting, step, vm

DISPLAY = step("display")
LEGACY = CONTEXT.OsInfo(legacy_virtio=True)


def vgpu(**fields: Any) -> Any:
    return OVIRT.Hostdev(vgpu_type="nvidia-28", **fields)


def models(entity: Any, context: Any = None) -> list[str]:
    return [video.model for video in planned(entity, context).videos]


# --- graphics -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("displays", [["vnc", "spice"], ["spice", "vnc"]])
def test_spice_is_last(displays: list[str]) -> None:
    assert [type(item) for item in planned(vm(displays=displays)).graphics] == [
        OVIRT.VncGraphics,
        OVIRT.SpiceGraphics,
    ]


def test_libvirt_chooses_the_ports() -> None:
    vnc, spice = planned(vm(displays=["vnc", "spice"])).graphics
    assert (vnc.port, vnc.autoport, spice.port, spice.tls_port, spice.autoport) == (-1, True, -1, -1, True)


def test_L84_the_ports_of_one_run_are_none_of_the_next_one() -> None:
    first = planned(vm(displays=["vnc", "spice"]))
    vnc, spice = first.graphics
    running = evolve(first, graphics=[evolve(vnc, port=5900), evolve(spice, port=5901, tls_port=5902)])
    assert recalled(document(running), first, setting(first)).graphics == first.graphics
    fixed = evolve(first, graphics=[evolve(vnc, port=5900, autoport=False), spice])
    assert recalled(document(fixed), first, setting(first)).graphics == fixed.graphics


@pytest.mark.parametrize(("fips", "password"), [(False, "*****"), (True, None)])
def test_a_password_stands_for_itself_and_lets_nobody_in(fips: bool, password: str | None) -> None:
    entity = vm(displays=["vnc", "spice"])
    vnc, spice = planned(entity, setting(entity, host=CONTEXT.Host(fips=fips))).graphics
    assert vnc.password == password
    assert vnc.password_valid_to == (password and "1970-01-01T00:00:01")
    assert (spice.password, spice.password_valid_to) == ("*****", "1970-01-01T00:00:01")


def test_screens_are_reached_through_the_display_network() -> None:
    entity = vm(displays=["vnc"])
    networks = (CONTEXT.Network(name="lab"), CONTEXT.Network(name="screens", bridge="on1", display=True))
    [vnc] = planned(entity, setting(entity, networks=networks)).graphics
    assert (vnc.listen, vnc.listens) == (None, [OVIRT.NetworkListen(network="vdsm-on1")])
    assert planned(entity).graphics[0].listen == "0"


def test_the_names_of_spices_channels() -> None:
    names = ["smain", "dog", "", "sinputs", "scursor", "display", "scat", "smartcard", "splayback"]
    assert DISPLAY.spice_channels(names) == ["main", "inputs", "cursor", "display", "smartcard", "playback"]


@pytest.mark.parametrize(("ssl", "modes"), [(True, {"secure"}), (False, set())])
def test_spices_channels_are_encrypted(ssl: bool, modes: set[str]) -> None:
    entity = vm(displays=["spice"])
    config = evolve(CONTEXT.config_of("4.8"), ssl=ssl)
    spice = planned(entity, setting(entity, config=config)).graphics[0]
    assert (set(spice.channels.values()), spice.tls_port) == (modes, -1 if ssl else None)


@pytest.mark.parametrize(("own", "shipped", "keymap"), [("de", "fr", "de"), (None, "fr", "fr"), (None, "none", None)])
def test_the_layout_is_the_vms_or_the_managers(own: str | None, shipped: str, keymap: str | None) -> None:
    entity = vm(displays=["vnc"], vnc_keyboard_layout=own)
    context = setting(entity, config=evolve(CONTEXT.config_of("4.8"), vnc_keyboard_layout=shipped))
    made = planned(entity, context)
    assert made.graphics[0].keymap == keymap
    assert recalled(document(made), entity, context).vnc_keyboard_layout == own
    assert recalled(document(made), None, context).vnc_keyboard_layout == own


@pytest.mark.parametrize(("copy", "transfer"), list(product([True, False], repeat=2)))
def test_spice_may_keep_clipboards_and_files_apart(copy: bool, transfer: bool) -> None:
    entity = vm(displays=["spice"], spice_copy_paste=copy, spice_file_transfer=transfer)
    made = planned(entity)
    assert (made.graphics[0].copy_paste is not False, made.graphics[0].file_transfer is not False) == (copy, transfer)
    found = recalled(document(made), None, setting(entity))
    assert (found.spice_copy_paste, found.spice_file_transfer) == (copy, transfer)


def test_spice_has_a_channel_to_its_agent() -> None:
    assert "com.redhat.spice.0" in {item.name for item in planned(vm(displays=["spice"])).channels}
    assert "com.redhat.spice.0" not in {item.name for item in planned(vm(displays=["vnc"])).channels}


def test_L57_graphics_have_no_alias_and_are_known_by_their_kind() -> None:
    known = planned(vm(displays=["vnc", "spice"]))
    live = OVIRT.generate(known).replace("port='-1'", "port='5900'")
    found = OVIRT.match(live, known)
    assert {(type(pair.known), pair.rung) for pair in found.pairs if pair.kind == "graphics"} == {
        (OVIRT.VncGraphics, ("type",)),
        (OVIRT.SpiceGraphics, ("type",)),
    }
    gone = OVIRT.match(OVIRT.generate(evolve(known, graphics=known.graphics[:1])), known)
    assert [(kind, type(item)) for kind, item in gone.missing] == [("graphics", OVIRT.SpiceGraphics)]


@pytest.mark.parametrize("mode", [None, "any", "secure", "insecure"])
def test_L87_what_spices_channels_are_by_default_is_said_and_kept(mode: str | None) -> None:
    known = vm(graphics=[OVIRT.SpiceGraphics(default_mode=mode)])
    assert [item.default_mode for item in document(planned(known)).graphics] == [mode]


# --- cards --------------------------------------------------------------------------------------------------------


def test_L90_a_vm_without_a_screen_says_that_it_has_no_card() -> None:
    assert OVIRT.generate(planned(vm())).count("<video>") == 1
    assert models(vm()) == ["none"]


@pytest.mark.parametrize(
    ("version", "os", "model"), [("4.6", None, "vga"), ("4.7", None, "virtio"), ("4.8", LEGACY, "vga")]
)
def test_vga_is_virtios_from_4_7_on_where_the_guest_knows_it(version: str, os: Any, model: str) -> None:
    entity = vm(default_display="vga", displays=["vnc"])
    context = setting(entity, version, os=os)
    assert models(entity, context) == [model]
    assert recalled(document(planned(entity, context)), None, context).default_display == "vga"


@pytest.mark.parametrize("display", ["qxl", "cirrus", "bochs", "virtio", "none"])
def test_other_cards_are_called_as_they_are(display: str) -> None:
    entity = vm(default_display=display, displays=["vnc"])
    assert models(entity) == [display]
    found = recalled(document(planned(entity)), entity, setting(entity))
    assert found.default_display == display


@pytest.mark.parametrize(("nodisplay", "model"), [(None, "none"), (False, "none"), (True, "cirrus")])
def test_beside_a_vgpu_with_a_screen_there_is_no_card(nodisplay: bool | None, model: str) -> None:
    assert models(vm(default_display="cirrus", displays=["vnc"], hostdevs=[vgpu(nodisplay=nodisplay)])) == [model]


def test_the_display_beside_a_vgpu_is_as_it_was_known() -> None:
    known = planned(vm(default_display="qxl", displays=["vnc"], hostdevs=[vgpu()]))
    assert recalled(document(known), known, setting(known)).default_display == "qxl"


@pytest.mark.parametrize(
    ("heads", "vgamem", "vram", "expected"),
    [
        (1, 1, 0, {"heads": 1, "ram": 65536, "vram": 8192, "vgamem": 16384}),
        (2, 1, 2, {"heads": 2, "ram": 131072, "vram": 65536, "vgamem": 32768}),
    ],
)
def test_qxls_memories(heads: int, vgamem: int, vram: int, expected: dict[str, int]) -> None:
    assert DISPLAY.qxl_memory(heads, vgamem, vram) == expected


@pytest.mark.parametrize(("single", "heads"), [(True, [3]), (False, [1, 1, 1])])
def test_several_screens_are_on_one_card_or_on_one_each(single: bool, heads: list[int]) -> None:
    entity = vm(default_display="qxl", displays=["spice"], monitors=3)
    made = planned(entity, setting(entity, os=CONTEXT.OsInfo(single_qxl=single)))
    assert [video.heads for video in made.videos] == heads
    assert recalled(document(made), None, setting(entity)).monitors == 3


def test_a_card_that_is_given_is_completed() -> None:
    [video] = planned(vm(videos=[OVIRT.Video(model="bochs")])).videos
    assert (video.model, video.vram, video.heads) == ("bochs", 32768, 1)


# --- pointers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vnc", [True, False])
@pytest.mark.parametrize("spice", [True, False])
@pytest.mark.parametrize("usb", [True, False])
@pytest.mark.parametrize("type", ["server", "high_performance"])
def test_a_tablet_needs_vnc_and_usb(vnc: bool, spice: bool, usb: bool, type: str) -> None:
    displays = [name for name, there in (("vnc", vnc), ("spice", spice)) if there]
    [pointer] = planned(vm(displays=displays, usb=usb, vm_type=type)).inputs
    assert (pointer.type, pointer.bus) == (("tablet", "usb") if vnc and usb else ("mouse", "ps2"))


@pytest.mark.parametrize(
    ("arch", "usb", "pointers"),
    [("ppc64le", True, [("tablet", "usb")]), ("ppc64le", False, []), ("s390x", True, []), ("s390x", False, [])],
)
def test_pointers_of_other_architectures(arch: str, usb: bool, pointers: list[tuple[str, str]]) -> None:
    entity = vm(arch, displays=["vnc"], usb=usb)
    os = CONTEXT.os_of("s390x" if arch == "s390x" else "ppc64le")
    made = planned(entity, setting(entity, os=os))
    assert [(item.type, item.bus) for item in made.inputs] == pointers


def test_a_mouse_of_ppc_is_on_usb() -> None:
    entity = vm("ppc64le", displays=["spice"])
    [pointer] = planned(entity, setting(entity, os=CONTEXT.os_of("ppc64le"))).inputs
    assert (pointer.type, pointer.bus) == ("mouse", "usb")


# --- what is found again ------------------------------------------------------------------------------------------


def test_screens_are_found_again() -> None:
    entity = vm(displays=["spice", "vnc"], default_display="bochs")
    found = recalled(document(planned(entity)), None, setting(entity))
    assert (found.displays, found.default_display) == (["vnc", "spice"], "bochs")


def test_L64_a_run_once_has_a_card_of_its_own_and_is_forgotten_after_it() -> None:
    always = planned(vm(displays=["vnc"], default_display="vga"))
    once = vm(displays=["spice"], default_display="qxl", run_once=True)
    started = planned(once)
    assert started.videos[0].id not in {None, always.videos[0].id}
    live = OVIRT.generate(started)
    assert {pair.rung for pair in OVIRT.match(live, started).pairs if pair.kind == "videos"} == {("id",)}
    assert [kind for kind, item in OVIRT.match(live, always).missing if item in always.videos] == ["videos"]
    found = recalled(document(started), always, setting(always))
    assert (found.displays, found.default_display, found.run_once) == (["vnc"], "vga", None)


def test_while_a_run_once_is_known_its_screens_are_what_it_said() -> None:
    known = vm(displays=["spice"], default_display="qxl", run_once=True)
    found = recalled(document(planned(known)), known, setting(known))
    assert (found.displays, found.default_display, found.run_once) == (["spice"], "qxl", True)
