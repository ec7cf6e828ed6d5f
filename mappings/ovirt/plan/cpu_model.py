"""What the virtual CPUs are: model and flags, from a text such as Cascadelake-Server,+md-clear,-monitor."""

from __future__ import annotations

from attrs import evolve

from .context import Entity, Setting, complete

_POLICIES = {"+": "require", "-": "disable"}
_MODES = {"hostPassthrough": "host-passthrough", "hostModel": "host-model"}
_PASSTHROUGH = "hostPassthrough"
# What libvirt fills in for a running VM.
_EXPANDED = ("mode", "match_policy", "check", "model", "fallback", "vendor", "features")


def flags_of(tokens: list[str]) -> dict[str, str]:
    """Policy by name; libvirt takes a flag once, so the last word counts, and one without a policy is required."""
    named = [token.strip() for token in tokens]
    return {name: _POLICIES.get(token[:1], "require") for token in named if (name := token.lstrip("+-"))}


def model_of(text: str | None) -> tuple[str | None, dict[str, str]]:
    """The model, None for an empty text, and its flags."""
    model, *tokens = (text or "").split(",")
    return model.strip() or None, flags_of(tokens)


def own_flags(vm: Entity, setting: Setting) -> dict[str, str]:
    """Flags beside those of the model: for the counter's speed, of nested AMD EPYC, and the administrator's."""
    host = setting.host
    flags = {}
    if vm.use_tsc_frequency and host.tsc_frequency is not None:
        flags["invtsc"] = "require"
    # QEMU's models of EPYC have `monitor`; on a host that lacks it, being a guest itself, they would not start.
    if setting.x86 and "AMD EPYC" in host.cpu_model and "monitor" not in host.cpu_flags:
        flags["monitor"] = "disable"
    return flags | flags_of(vm.custom_properties.get("extra_cpu_flags", "").split(","))


def stated_model(vm: Entity, setting: Setting) -> tuple[str | None, dict[str, str]]:
    """Model and flags by the manager's word: the host's own, the VM's or the cluster's."""
    return model_of(_PASSTHROUGH if vm.use_host_cpu else vm.cpu_model or setting.cluster.cpu)


def plan(vm: Entity, setting: Setting) -> Entity:
    """Mode, model and flags; where the document has a model already, only the flags beside it."""
    family = setting.family
    cpu = vm.cpu or setting.dialect.Cpu()
    if cpu.mode is None and cpu.model is None:
        model, flags = stated_model(vm, setting)
        if model is None:
            return vm  # libvirt's default, which takes no flags
        mode = _MODES.get(model) or ("host-model" if family == "ppc" else None)
        # On POWER the model is the one that the host's is to be compatible with, in small letters.
        name = None if model in _MODES else model.lower() if family == "ppc" else model
        cpu = complete(evolve(cpu, mode=mode, model=name), match_policy=None if family == "ppc" else "exact")
    else:
        flags = {}
    flags = flags | own_flags(vm, setting)
    features = cpu.features | {name: policy for name, policy in flags.items() if name not in cpu.features}
    return evolve(vm, cpu=evolve(cpu, features=features))


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """Whether the guest sees the host's own CPU, else its model; what libvirt added for a running VM is not ours."""
    before = getattr(known, "cpu_model", None)
    asked = getattr(known, "use_host_cpu", None)
    cpu = vm.cpu
    if cpu is None or (cpu.mode is None and cpu.model is None):
        return evolve(vm, cpu_model=before, use_host_cpu=asked)
    if cpu.mode == "host-passthrough":
        model = _PASSTHROUGH if before == _PASSTHROUGH and not asked else None
        return evolve(vm, cpu_model=model or before, use_host_cpu=asked if model else True)
    asked = False if asked is not None else None
    text = _stated_text(vm, setting)
    model, flags = stated_model(vm if known is None else evolve(known, use_host_cpu=None), setting)
    same = model is not None and model.lower() == (model_of(text)[0] or "").lower()
    # A running VM shows the CPU that libvirt chose: for the host's model as for none, and of a model the flags that the
    # host gives.  Kept, they would be asked of the host of the next start.
    if cpu.check == "full" and known is not None and (same or model in (None, "hostModel")):
        own = known.cpu or setting.dialect.Cpu()
        cpu = evolve(cpu, **{name: getattr(own, name) for name in _EXPANDED})
        return evolve(vm, cpu=cpu, cpu_model=before, use_host_cpu=asked)
    if same and flags.items() <= cpu.features.items():
        return evolve(vm, cpu_model=before, use_host_cpu=asked)
    return evolve(vm, cpu_model=text, use_host_cpu=asked)


def _stated_text(vm: Entity, setting: Setting) -> str | None:
    """Model and flags of a document, without the flags that come from elsewhere."""
    names = {mode: name for name, mode in _MODES.items()}
    model = vm.cpu.model or names.get(vm.cpu.mode)
    elsewhere = own_flags(vm, setting) | {"invtsc": "require"}
    flags = [
        ("-" if policy in ("disable", "forbid") else "+") + name
        for name, policy in vm.cpu.features.items()
        if elsewhere.get(name) != policy
    ]
    return ",".join([model, *flags]) if model else None
