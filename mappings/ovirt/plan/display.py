"""How the VM's screen is seen: graphics servers, graphics cards, a tablet or mouse, and SPICE's channel."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from .common import each, shown, virtio
from .context import Entity, Setting, complete
from .controllers import usb_model, usb_usable
from .hostdevs import shows_screen
from .identities import overrides

_PASSWORD = "*****"
"""A placeholder: the manager sets the password of a running VM when somebody asks to see its screen."""
_NO_LONGER = "1970-01-01T00:00:01"
"""A password that was valid until then lets nobody in."""
_CHANNELS = ("main", "display", "inputs", "cursor", "playback", "record", "smartcard", "usbredir")
_SPICE_CHANNEL = "com.redhat.spice.0"
_MODELS = ("none", "vga", "qxl", "cirrus", "bochs", "virtio")
_MEMORY = 16384  # KiB
_COMPLETED_MEMORY = 32768  # KiB
_NO_MULTIPLIER = 8192  # KiB


def plan(vm: Entity, setting: Setting) -> Entity:
    """All of it; devices of the host are known."""
    for step in (_graphics, _videos, _inputs, _channel):
        vm = step(vm, setting)
    return vm


def recall(vm: Entity, known: Entity | None, setting: Setting) -> Entity:
    """How the screen is seen and by what card; a run once says nothing of how it is otherwise."""
    dialect = setting.dialect
    by_class = {dialect.VncGraphics: "vnc", dialect.SpiceGraphics: "spice"}
    once = known is not None and (
        known.run_once or any(overrides(vm, item, "videos") for item in vm.videos if isinstance(item, dialect.Video))
    )
    displays = sorted({by_class[type(item)] for item in vm.graphics if type(item) in by_class}, reverse=True)
    spice = next((item for item in vm.graphics if isinstance(item, dialect.SpiceGraphics)), None)
    vnc = next((item for item in vm.graphics if isinstance(item, dialect.VncGraphics)), None)
    same = known is not None and set(known.displays) == set(displays)
    return evolve(
        vm,
        graphics=each(vm.graphics, (dialect.VncGraphics, dialect.SpiceGraphics), _asked),
        run_once=known and known.run_once,
        monitors=_monitors(vm, known, setting),
        displays=list(known.displays) if known and (once or same) else displays,
        default_display=known.default_display if once and known else _display(vm, known, setting),
        spice_copy_paste=spice.copy_paste is not False if spice else known is None or known.spice_copy_paste,
        spice_file_transfer=spice.file_transfer is not False if spice else known is None or known.spice_file_transfer,
        vnc_keyboard_layout=_layout(vnc, known, setting),
    )


def spice_channels(names: Iterable[str]) -> list[str]:
    """SPICE's channels by the names of the configuration: with an s in front, as they once were, or as they are."""
    stripped = (name if name in _CHANNELS else name.removeprefix("s") for name in names)
    return [name for name in stripped if name in _CHANNELS]


def model_of(display: str, vm: Entity, setting: Setting) -> str:
    """Model of the card for a display: from 4.7 on VGA is virtio's, and beside a vGPU with a screen there is none."""
    if any(shows_screen(item, setting.dialect) for item in vm.hostdevs):
        return "none"
    new = setting.config.virtio_vga and virtio(vm, setting) == "virtio"
    return "virtio" if display == "vga" and new else display


def qxl_memory(heads: int, vgamem_multiplier: int, vram_multiplier: int) -> dict[str, int]:
    """Memories of a QXL card for some screens, KiB."""
    base = _MEMORY * heads
    return {
        "heads": heads,
        "ram": 4 * base,
        "vram": base * vram_multiplier or _NO_MULTIPLIER,
        "vgamem": base * vgamem_multiplier,
    }


def tablet(vm: Entity, setting: Setting) -> bool:
    """Whether the pointer is a tablet, which VNC needs so that it is where the person points; it is a USB device."""
    return usb_usable(vm, setting) and usb_model(vm, setting) != "none" and "vnc" in shown(vm, setting)


def _graphics(vm: Entity, setting: Setting) -> Entity:
    dialect = setting.dialect
    classes = {"vnc": dialect.VncGraphics, "spice": dialect.SpiceGraphics}
    have = {type(item) for item in vm.graphics}
    wanted = sorted(set(vm.displays), reverse=True)  # SPICE last
    held = [*vm.graphics, *(classes[kind]() for kind in wanted if classes[kind] not in have)]

    def server(item: Entity) -> Entity:
        spice = isinstance(item, dialect.SpiceGraphics)
        if item.port is None and getattr(item, "socket", None) is None:
            tls = {"tls_port": -1} if setting.config.ssl else {}  # libvirt refuses one where the host has no TLS
            item = complete(item, port=-1, autoport=True, **tls)
        if spice or not setting.host.fips:
            item = complete(item, password=_PASSWORD, password_valid_to=_NO_LONGER)
        if not item.listens and item.listen is None and getattr(item, "socket", None) is None:
            item = _listening(item, setting)
        return _spice(item, vm, setting) if spice else _vnc(item, vm, setting)

    return evolve(vm, graphics=each(held, (dialect.VncGraphics, dialect.SpiceGraphics), server))


def _asked(item: Entity) -> Entity:
    """The server without the ports that libvirt chose: those are of one run."""
    chosen = [name for name in ("port", "tls_port") if getattr(item, name, None) is not None]
    return evolve(item, **dict.fromkeys(chosen, -1)) if item.autoport else item


def _listening(item: Entity, setting: Setting) -> Entity:
    """Screens are reached through the display network, else on every address of the host."""
    network = next((network for network in setting.cluster.networks if network.display), None)
    if network is None:
        return evolve(item, listen="0")
    return evolve(item, listens=[setting.dialect.NetworkListen(network=f"vdsm-{network.on_host}")])


def _spice(item: Entity, vm: Entity, setting: Setting) -> Entity:
    item = complete(
        item,
        copy_paste=None if vm.spice_copy_paste else False,
        file_transfer=None if vm.spice_file_transfer else False,
    )
    if setting.config.ssl and not item.channels:
        item = evolve(item, channels=dict.fromkeys(spice_channels(setting.config.spice_channels), "secure"))
    return item


def _vnc(item: Entity, vm: Entity, setting: Setting) -> Entity:
    layout = vm.vnc_keyboard_layout or setting.config.vnc_keyboard_layout
    return complete(item, keymap=None if layout == "none" else layout)


def _layout(vnc: Entity | None, known: Entity | None, setting: Setting) -> str | None:
    """The VM's own layout, where the document's is not the one that it has anyway."""
    before: str | None = known.vnc_keyboard_layout if known else None
    if vnc is None or (vnc.keymap or "none") == (before or setting.config.vnc_keyboard_layout):
        return before
    return vnc.keymap or "none"


def _videos(vm: Entity, setting: Setting) -> Entity:
    """Where there is no card, libvirt would add one; a model of `none` says that none is wanted."""
    dialect = setting.dialect
    display = vm.default_display or ("vga" if shown(vm, setting) else "none")
    model = model_of(display, vm, setting)
    qxl = qxl_memory(1, setting.os.vgamem_multiplier, setting.os.vram_multiplier)
    several = (vm.monitors or 1) if model == "qxl" else 1
    if vm.videos:
        new = []
    elif model == "none":
        new = [dialect.Video(model="none")]
    elif model == "qxl" and setting.os.single_qxl:
        memory = qxl_memory(several, setting.os.vgamem_multiplier, setting.os.vram_multiplier)
        new = [dialect.Video(model="qxl", **memory)]
    elif model == "qxl":
        new = [dialect.Video(model="qxl", **qxl) for _ in range(several)]
    else:
        new = [dialect.Video(model=model, vram=_MEMORY, heads=1)]

    def card(item: Entity) -> Entity:
        item = complete(item, model=model)
        return item if item.model not in _MODELS[1:] else complete(item, vram=_COMPLETED_MEMORY, heads=1)

    return evolve(vm, videos=each([*vm.videos, *new], dialect.Video, card))


def _display(vm: Entity, known: Entity | None, setting: Setting) -> str | None:
    """The display whose card the document has: the known one if it may be, else the one that this card is for."""
    before: str | None = known.default_display if known else None
    card: str | None = next((item.model for item in vm.videos if isinstance(item, setting.dialect.Video)), None)
    expected = before or ("vga" if shown(vm, setting) else "none")
    hidden = any(shows_screen(item, setting.dialect) for item in vm.hostdevs)
    if card not in _MODELS or hidden or (known and model_of(expected, vm, setting) == card):
        return before
    if card == "virtio" and model_of("vga", vm, setting) == "virtio":
        return "vga"
    return card


def _monitors(vm: Entity, known: Entity | None, setting: Setting) -> int | None:
    """Screens of QXL's cards, where they are not as many as were known."""
    before: int | None = known.monitors if known else None
    cards = [item for item in vm.videos if isinstance(item, setting.dialect.Video) and item.model == "qxl"]
    heads = sum(item.heads or 1 for item in cards)
    return heads if cards and heads != (before or 1) else before


def _inputs(vm: Entity, setting: Setting) -> Entity:
    dialect = setting.dialect
    pointers = [item for item in vm.inputs if isinstance(item, dialect.Input) and item.type in ("tablet", "mouse")]
    here = setting.x86 or (setting.family == "ppc" and usb_usable(vm, setting))
    if pointers or not here:
        return vm
    if tablet(vm, setting):
        new = dialect.Input(type="tablet", bus="usb")
    else:
        new = dialect.Input(type="mouse", bus="ps2" if setting.x86 else "usb")
    return evolve(vm, inputs=[*vm.inputs, new])


def _channel(vm: Entity, setting: Setting) -> Entity:
    """What the agent of SPICE in the guest talks through."""
    dialect = setting.dialect
    have = any(isinstance(item, dialect.Channel) and item.name == _SPICE_CHANNEL for item in vm.channels)
    if have or not any(isinstance(item, dialect.SpiceGraphics) for item in vm.graphics):
        return vm
    new = dialect.Channel(type="spicevmc", target_type="virtio", name=_SPICE_CHANNEL)
    return evolve(vm, channels=[*vm.channels, new])
