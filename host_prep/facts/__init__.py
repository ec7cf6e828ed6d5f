"""What of the host a plan depends on: looked up before, so that planning itself looks at nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from host_prep.config import Config
from host_prep.facts.devices import Devices, look_at_devices
from host_prep.facts.hooks import look_at_hooks
from host_prep.facts.hugepages import look_at_page_sizes
from host_prep.facts.images import Ids, Image, look_at_images
from host_prep.facts.machine import Machine, look_at_machine
from host_prep.facts.managed import look_at_managed
from host_prep.facts.networks import Networks, look_at_networks
from host_prep.libvirt import Domain

if TYPE_CHECKING:
    from host_prep.effect import Entity
    from host_prep.system import Host


@frozen(kw_only=True)
class Facts:
    """One host, as far as one VM is concerned."""

    config: Config
    machine: Machine
    domains: tuple[Domain, ...] = ()
    hooks: dict[str, tuple[str, ...]] = field(factory=dict)  # by point, the names of its executables
    images: dict[Ids, Image] = field(factory=dict)
    attached: frozenset[str] = frozenset()
    payloads: frozenset[str] = frozenset()  # names of images that are there
    networks: Networks = field(factory=Networks)
    devices: Devices = field(factory=Devices)
    page_sizes: tuple[int, ...] = ()  # KiB, of huge pages


def look(host: Host, vm: Entity) -> Facts:
    """Look up what matters for a VM.  Changes nothing.  Raises HostError, for an owner of the settings as well."""
    config = host.config
    groups = (group and f":{group}" for group in (config.socket_group, config.console_group))
    for owner in filter(None, (config.image_owner, *groups)):
        host.check_owner(owner)
    return Facts(
        config=host.config,
        machine=look_at_machine(host),
        domains=tuple(host.libvirt.domains()),
        hooks=look_at_hooks(host),
        images=look_at_images(host, vm),
        attached=look_at_managed(host, vm),
        payloads=frozenset(host.names(host.config.payloads)),
        networks=look_at_networks(host, vm),
        devices=look_at_devices(host, vm),
        page_sizes=look_at_page_sizes(host),
    )
