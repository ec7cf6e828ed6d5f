"""A libvirt that keeps what it is told in files: what a killed process did stays done, as with the real one.

It stands where the real drivers within a process know nothing (networks, node devices, secrets, detaching), and where
a process is killed at each of its steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from host_prep.libvirt import (
    NO_DOMAIN,
    NO_NETWORK,
    NO_NODE_DEVICE,
    NO_SECRET,
    OPERATION_INVALID,
    Domain,
    Libvirt,
    NodeDevice,
    Refused,
)

CAPABILITIES = """<capabilities><host><uuid>4c4c4544-0042-3510-8057-b7c04f4b3532</uuid><cpu><arch>x86_64</arch></cpu>
</host></capabilities>"""


class FakeLibvirt(Libvirt):
    """Everything of `Libvirt`, on one JSON file; `ask` and `do` of it are the same chokepoints."""

    def __init__(self, folder: Path) -> None:
        super().__init__("fake:///")
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "libvirt.json"

    # What a test arranges or looks at

    def state(self) -> dict[str, dict[str, Any]]:
        """By kind (domains, networks, devices, secrets) and name."""
        if not self.file.exists():
            return {"domains": {}, "networks": {}, "devices": {}, "secrets": {}}
        state: dict[str, dict[str, Any]] = json.loads(self.file.read_text())
        return state

    def add_device(self, name: str, xml: str) -> None:
        self._set("devices", name, {"xml": xml, "detached": False})

    def add_domain(self, xml: str, state: str = "running") -> str:
        """A domain that is there before, in any state."""
        uuid, domain = _defined(xml)
        number = None if state in ("off", "crashed") else 7
        self._set("domains", uuid, {**domain, "state": state, "id": number, "live": xml if number else None})
        return uuid

    def save(self, uuid: str) -> None:
        """End a domain that goes on from there, as virsh managedsave does."""
        self.destroy(uuid)
        self._set("domains", uuid, {**self._one("domains", uuid, NO_DOMAIN), "saved": True})

    def crash(self, uuid: str) -> None:
        """Have the guest of a domain crash, and its domain stay."""
        self._set("domains", uuid, {**self._one("domains", uuid, NO_DOMAIN), "state": "crashed"})

    # What Libvirt has

    def close(self) -> None:
        pass

    def domains(self) -> list[Domain]:
        return [domain for uuid in self.state()["domains"] if (domain := self.domain(uuid))]

    def domain(self, uuid: str) -> Domain | None:
        one = self.state()["domains"].get(uuid)
        if one is None:
            return None
        saved = one.get("saved", False)
        return Domain(uuid, one["name"], one["state"], one["xml"] is not None, one["id"], saved)

    def document(self, uuid: str, *, inactive: bool = False, secure: bool = False) -> str:
        one = self._one("domains", uuid, NO_DOMAIN)
        xml: str = (one["xml"] if inactive or one["live"] is None else None) or one["live"]
        return xml

    def define(self, xml: str) -> None:
        def change() -> None:
            uuid, domain = _defined(xml)
            old = self.state()["domains"].get(uuid, domain)
            self._set("domains", uuid, {**old, **domain, "state": old["state"], "id": old["id"], "live": old["live"]})

        self._do("define", change)

    def undefine(self, uuid: str) -> None:
        def change() -> None:
            one = self._one("domains", uuid, NO_DOMAIN)
            self._set("domains", uuid, {**one, "xml": None} if one["id"] is not None else None)

        self._do("undefine", change, vm=uuid)

    def start(self, uuid: str, *, paused: bool = False) -> None:
        def change() -> None:
            one = self._one("domains", uuid, NO_DOMAIN)
            if one["id"] is not None:
                raise Refused("fake:///: domain is already running", OPERATION_INVALID)
            state = "paused" if paused else "running"
            self._set("domains", uuid, {**one, "state": state, "id": 7, "live": one["xml"]})

        self._do("start", change, vm=uuid)

    def restore(self, file: str, xml: str, *, paused: bool = False) -> None:
        def change() -> None:
            uuid, domain = _defined(xml)
            self._set("domains", uuid, {**domain, "state": "paused" if paused else "running", "id": 7, "live": xml})

        self._do("restore", change, file=file)

    def destroy(self, uuid: str) -> None:
        def change() -> None:
            one = self._one("domains", uuid, NO_DOMAIN)
            if one["id"] is None:
                raise Refused("fake:///: domain is not running", OPERATION_INVALID)
            off = {**one, "state": "off", "id": None, "live": None}
            self._set("domains", uuid, off if one["xml"] is not None else None)

        self._do("destroy", change, vm=uuid)

    def set_metadata(self, uuid: str, prefix: str, uri: str, xml: str) -> None:
        def change() -> None:
            one = self._one("domains", uuid, NO_DOMAIN)
            said = {"xml": one["xml"], "live": one["live"]}
            self._set(
                "domains", uuid, {**one, **{k: v and _with_metadata(v, prefix, uri, xml) for k, v in said.items()}}
            )

        self._do("set metadata", change, vm=uuid)

    def pin_vcpu(self, uuid: str, vcpu: int, cpus: Sequence[bool]) -> None:
        def change() -> None:
            one = self._one("domains", uuid, NO_DOMAIN)
            pins = one.get("pins", {}) | {str(vcpu): [n for n, yes in enumerate(cpus) if yes]}
            self._set("domains", uuid, {**one, "pins": pins})

        self._do("pin vcpu", change, vm=uuid, vcpu=vcpu)

    def update_device(self, uuid: str, xml: str) -> None:
        def change() -> None:
            one = self._one("domains", uuid, NO_DOMAIN)
            self._set("domains", uuid, {**one, "devices": [*one.get("devices", []), xml]})

        self._do("update device", change, vm=uuid)

    def listen(self, stopped: Callable[[str], None]) -> None:
        pass

    def networks(self) -> dict[str, bool]:
        return {name: one["active"] for name, one in self.state()["networks"].items()}

    def define_network(self, xml: str) -> None:
        name = etree.fromstring(xml).findtext("name")
        assert name
        self._do("define network", lambda: self._set("networks", name, {"xml": xml, "active": True}))

    def remove_network(self, name: str) -> None:
        def change() -> None:
            self._one("networks", name, NO_NETWORK)
            self._set("networks", name, None)

        self._do("remove network", change, network=name)

    def node_devices(self) -> list[NodeDevice]:
        return [NodeDevice(name, one["xml"]) for name, one in self.state()["devices"].items()]

    def detach(self, name: str) -> None:
        def change() -> None:
            self._set("devices", name, {**self._one("devices", name, NO_NODE_DEVICE), "detached": True})

        self._do("detach", change, device=name)

    def reattach(self, name: str) -> None:
        def change() -> None:
            self._set("devices", name, {**self._one("devices", name, NO_NODE_DEVICE), "detached": False})

        self._do("reattach", change, device=name)

    def secrets(self) -> list[str]:
        return list(self.state()["secrets"])

    def define_secret(self, xml: str, value: bytes) -> None:
        uuid = etree.fromstring(xml).findtext("uuid")
        assert uuid
        self._do("define secret", lambda: self._set("secrets", uuid, {"xml": xml, "value": value.hex()}))

    def undefine_secret(self, uuid: str) -> None:
        def change() -> None:
            self._one("secrets", uuid, NO_SECRET)
            self._set("secrets", uuid, None)

        self._do("undefine secret", change, secret=uuid)

    def capabilities(self) -> str:
        return CAPABILITIES

    def _one(self, kind: str, name: str, code: int) -> dict[str, Any]:
        try:
            one: dict[str, Any] = self.state()[kind][name]
        except KeyError:
            raise Refused(f"fake:///: no {kind[:-1]} {name}", code) from None
        return one

    def _set(self, kind: str, name: str, value: dict[str, Any] | None) -> None:
        state = self.state()
        if value is None:
            state[kind].pop(name, None)
        else:
            state[kind][name] = value
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(state))
        part.rename(self.file)


def _defined(xml: str) -> tuple[str, dict[str, Any]]:
    root = etree.fromstring(xml)
    uuid, name = root.findtext("uuid"), root.findtext("name")
    assert uuid
    assert name
    return uuid, {"name": name, "xml": xml, "state": "off", "id": None, "live": None}


def _with_metadata(document: str, prefix: str, uri: str, xml: str) -> str:
    """As libvirt does it: the element in the namespace, at the end of the metadata."""
    root = etree.fromstring(document)
    metadata = root.find("metadata")
    if metadata is None:
        metadata = etree.SubElement(root, "metadata")
    for old in metadata.findall(f"{{{uri}}}*"):
        metadata.remove(old)
    element = etree.fromstring(xml)
    for node in element.iter("*"):
        node.tag = f"{{{uri}}}{node.tag}"
    metadata.append(element)
    etree.cleanup_namespaces(root, top_nsmap={prefix: uri}, keep_ns_prefixes=[prefix])
    return etree.tostring(root, encoding="unicode")
