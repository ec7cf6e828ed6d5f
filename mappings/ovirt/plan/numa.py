"""NUMA: the nodes that the guest sees, the CPUs and the memory of each, and the host's nodes that these stay on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from attrs import evolve, frozen

from .context import Entity, Setting, complete
from .cpus import most, online, resized
from .memory import limit, nvdimms
from .numbers import numbers, ranges
from .storage import hosted_engine

_KIB = 1024
_DEFAULT_MODE = "interleave"


@frozen
class Node:
    """A node of the guest: its number, its CPUs as a set's text, MiB of its memory."""

    index: int
    cpus: str
    memory: int
    host_nodes: str = ""
    mode: str = _DEFAULT_MODE


def dealt(nodes: Sequence[Sequence[int]], vcpus: int) -> list[list[int]]:
    """The CPUs of each node once those are dealt out that no node has: one by one, nodes of few CPUs first."""
    extended = [list(cpus) for cpus in nodes]
    free = (cpu for cpu in range(vcpus) if not any(cpu in cpus for cpus in nodes))
    for cpu, cpus in zip(free, cycle(sorted(extended, key=len)), strict=False):
        cpus.append(cpu)
    return extended


def pinning_of(text: str | None) -> dict[str, str]:
    """A pinning such as 0#1-2_1#3, by node or CPU."""
    entries = (entry.split("#", 1) for entry in (text or "").split("_") if "#" in entry)
    return {key: ranges(numbers(chosen)) for key, chosen in entries}


def nodes_of(vm: Entity, setting: Setting) -> list[Node]:
    """The nodes of the guest; one of all that there is where anything is plugged, for it must go somewhere."""
    vcpus = most(vm, setting)
    if vm.numa_nodes:
        indexed = [(n if node.index is None else node.index, node) for n, node in enumerate(vm.numa_nodes)]
        shares = dealt([numbers(node.cpus) for node in vm.numa_nodes], vcpus)
        return [
            Node(index, ranges(cpus), node.memory or 0, node.host_nodes or "", node.tune_mode or _DEFAULT_MODE)
            for (index, node), cpus in zip(indexed, shares, strict=True)
        ]
    if vm.memory and (vcpus > online(vm) or limit(vm) > vm.memory or nvdimms(vm, setting)):
        return [Node(0, f"0-{vcpus - 1}" if vcpus > 1 else "0", vm.memory)]
    return []


def shown(vm: Entity, setting: Setting) -> bool:
    """Whether nodes are shown: hosts without NUMA have none, but the manager's own VM is made for no host.

    libvirt plugs memory into nodes alone, whatever its host has.
    """
    return bool(setting.host.numa_nodes) or hosted_engine(vm) or vm.max_memory is not None


def tuned(vm: Entity, setting: Setting) -> dict[int, tuple[str, str]]:
    """Mode and the host's nodes, by node of the guest; those of a policy that chose them go first."""
    nodes = nodes_of(vm, setting)
    if vm.current_numa_pinning:
        chosen = pinning_of(vm.current_numa_pinning)
        return {node.index: (_DEFAULT_MODE, at) for node in nodes if (at := chosen.get(str(node.index)))}
    return {node.index: (node.mode, node.host_nodes) for node in nodes if node.host_nodes}


def plan(vm: Entity, setting: Setting) -> Entity:
    """Cells, and where their memory comes from."""
    dialect = setting.dialect
    nodes = nodes_of(vm, setting) if shown(vm, setting) else []
    if not nodes:
        return vm
    shared = "shared" if vm.custom_properties.get("hugepages_shared", "").lower() == "true" else None
    cells = [
        dialect.NumaCell(id=node.index, cpus=node.cpus or None, memory=node.memory * _KIB, mem_access=shared)
        for node in nodes
    ]
    vm = evolve(vm, cpu=complete(vm.cpu or dialect.Cpu(), numa=dialect.Numa(cells=cells)))
    pinned = tuned(vm, setting) if setting.host.numa_nodes else {}
    tune = vm.numa_tune or dialect.NumaTune()
    if pinned and not tune.nodes:
        places = [dialect.NumaTuneNode(cell=cell, mode=mode, nodeset=at) for cell, (mode, at) in pinned.items()]
        vm = evolve(vm, numa_tune=evolve(tune, nodes=places))
    return vm


def recall(vm: Entity, known: Entity, setting: Setting) -> Entity:
    """The nodes as they were known, where they lead to these cells; else those that the cells show."""
    before = list(known.numa_nodes) if known is not None else []
    chosen = getattr(known, "current_numa_pinning", None)
    vm = evolve(vm, numa_nodes=before, current_numa_pinning=chosen)
    numa = vm.cpu.numa if vm.cpu is not None else None
    cells = [cell for cell in numa.cells if isinstance(cell, setting.dialect.NumaCell)] if numa else []
    if not cells or (before and _cells(nodes_of(vm, setting)) == [_cell(at, cell) for at, cell in enumerate(cells)]):
        return vm
    places = vm.numa_tune.nodes if vm.numa_tune else []
    tune = {item.cell: item for item in places if isinstance(item, setting.dialect.NumaTuneNode)}
    whole = len(cells) == 1 and not tune and cells[0].memory == (vm.memory or 0) * _KIB
    if whole and not before:
        return vm  # what a VM without nodes has as well
    free = chosen is None and not (known is not None and resized(known))
    return evolve(vm, numa_nodes=[_node(at, cell, tune if free else {}, vm, setting) for at, cell in enumerate(cells)])


def _cells(nodes: list[Node]) -> list[tuple[int, str, int]]:
    return [(node.index, node.cpus, node.memory * _KIB) for node in nodes]


def _cell(at: int, cell: Entity) -> tuple[int, str, int]:
    return at if cell.id is None else cell.id, cell.cpus or "", cell.memory


def _node(at: int, cell: Entity, tune: dict[int, Entity], vm: Entity, setting: Setting) -> Entity:
    """A node of those CPUs that are on; the others were dealt out."""
    index = at if cell.id is None else cell.id
    place = tune.get(index)
    cpus = ranges(cpu for cpu in numbers(cell.cpus) if cpu < online(vm))
    return setting.dialect.NumaNode(
        index=index,
        cpus=cpus or None,
        memory=cell.memory // _KIB,
        host_nodes=place.nodeset if place else None,
        tune_mode=place.mode if place and place.mode != "restrictive" else None,
    )
