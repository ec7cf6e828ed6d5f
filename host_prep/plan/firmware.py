"""What a manager kept of the firmware's variables and of the TPM, put where libvirt looks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import evolve

from host_prep import external
from host_prep.effect import Effect, Entity
from host_prep.effects.firmware import NvramData, TpmData
from host_prep.plan.common import Setting, Step
from xform.errors import HostError


def firmware(vm: Entity, setting: Setting) -> Step:
    """Data that the request has are decoded here, so that nothing is done for those that are damaged.

    It comes behind the removal of stale domains, with which libvirt removes their variables and state.  A VM that
    arrives from another host brings its own.  Raises HostError, also where the document has no such device.
    """
    request, effects = setting.request, list[Effect]()
    if request.incoming:
        return vm, ()
    if request.nvram is not None:
        vm, path = _nvram(vm, setting)
        effects.append(NvramData(path=path, content=external.decoded(request.nvram, "the request's nvram")))
    if request.tpm is not None:
        path = _tpm(vm, setting)
        effects.append(TpmData(path=path, files=external.archived(request.tpm, "the request's tpm")))
    return vm, effects


def _nvram(vm: Entity, setting: Setting) -> tuple[Entity, Path]:
    """The file that the document names, or the one that it names from now on."""
    dialect: Any = setting.dialect
    nvram: Entity = getattr(vm.os, "nvram", None)
    if not isinstance(nvram, dialect.Nvram):
        raise HostError(
            "the request has an nvram, and the document's <os> no <nvram>; leave the one out, or add the other"
        )
    source = nvram.source
    if source is not None and not isinstance(source, dialect.FileNvramSource):
        raise HostError("the request has an nvram, and the document's <nvram> is no file; leave the one out")
    named = source.path if source is not None else nvram.path
    if named is None:
        path = setting.facts.config.nvram / f"{vm.id}.fd"
        return evolve(vm, os=evolve(vm.os, nvram=evolve(nvram, path=str(path)))), path
    path = Path(named)
    folder = setting.facts.config.nvram
    if ".." in path.parts or folder not in path.parents:
        raise HostError(f"the document's <nvram> is {named}; expected a file below {folder}, the setting `nvram`")
    return vm, path


def _tpm(vm: Entity, setting: Setting) -> Path:
    emulator: Any = setting.dialect.EmulatorTpmBackend
    backends = [getattr(tpm, "backend", None) for tpm in vm.tpms]
    found = [one for one in backends if isinstance(one, emulator)]
    if not found:
        raise HostError("the request has a tpm, and the document no <tpm> with an emulator; leave it out, or add one")
    if found[0].path is not None:
        raise HostError(f"the request has a tpm, and the document keeps its state in {found[0].path}; leave out one")
    path: Path = setting.facts.config.tpm / vm.id
    return path
