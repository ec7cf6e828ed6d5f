"""Traffic control (tc) of the kernel: the one place that knows how a bridge's traffic is copied.

A clsact qdisc, which changes nothing by itself, lets filters see what comes from a bridge to the host and what goes
there from it.  For each of the two ways there is one filter that takes everything, with an action for each target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from errno import EEXIST, ENOENT
from itertools import count, groupby
from os import strerror
from typing import Any

from attrs import frozen

from host_prep.system import Host
from xform.errors import HostError

_CLSACT = "clsact"
_WAYS = {0xFFFFFFF2: "in", 0xFFFFFFF3: "out"}  # TC_H_CLSACT with TC_H_MIN_INGRESS, TC_H_MIN_EGRESS (pkt_sched.h)
_EVERYTHING = 0x0003  # ETH_P_ALL
_PRIORITY = 0xC000  # the first that tc itself takes
_ANY = "0x0/0x0+0"  # a key that every frame has
_PROMISCUOUS = 0x100  # IFF_PROMISC
_MIRROR = 2  # TCA_EGRESS_MIRROR
_GONE = 0  # number of a target whose link is gone


@frozen
class _Copying:
    """A filter that does nothing but copy: the kernel's number of it, and those of the links that it copies to."""

    info: int  # its priority and protocol
    targets: tuple[int, ...]


@frozen
class Traffic:
    """The links of a host, by their exact names.  Raises HostError for what the kernel refuses or lacks."""

    host: Host

    def index(self, link: str) -> int | None:
        """The number of a link."""
        with _kernel() as ip:
            return next(iter(ip.link_lookup(ifname=link)), None)

    # What all targets share

    def is_filtered(self, link: str) -> bool:
        with _kernel() as ip:
            qdiscs = [qdisc for index in ip.link_lookup(ifname=link) for qdisc in ip.get_qdiscs(index=index)]
            return any(qdisc.get_attr("TCA_KIND") == _CLSACT for qdisc in qdiscs)

    def has_filters(self, link: str) -> bool:
        """Of anybody."""
        with _kernel() as ip:
            return any(
                ip.get_filters(index=index, parent=way) for index in ip.link_lookup(ifname=link) for way in _WAYS
            )

    def begin_filtering(self, link: str) -> None:
        self._change("begin to filter", link, lambda ip, index: ip.tc("add", _CLSACT, index))

    def end_filtering(self, link: str) -> None:
        self._change("end filtering", link, lambda ip, index: ip.tc("del", _CLSACT, index))

    def is_promiscuous(self, link: str) -> bool:
        with _kernel() as ip:
            links = [of for index in ip.link_lookup(ifname=link) for of in ip.get_links(index)]
            return any(of["flags"] & _PROMISCUOUS for of in links)

    def set_promiscuous(self, link: str, on: bool) -> None:
        flags = _PROMISCUOUS if on else 0
        self._change(
            "set promiscuous" if on else "set not promiscuous",
            link,
            lambda ip, index: ip.link("set", index=index, flags=flags, change=_PROMISCUOUS),
        )

    # A target of its own

    def copy_to(self, link: str, target: int) -> bool:
        """Copy all that passes a link to the one of this number; False where that was so, for each way once."""
        return self._retarget(link, lambda targets: targets if target in targets else [*targets, target])

    def copy_no_more_to(self, link: str, target: int) -> bool:
        """Targets that are gone go along; False where there was nothing to be done."""
        return self._retarget(link, lambda targets: [one for one in targets if one not in (target, _GONE)])

    def _retarget(self, link: str, change: Callable[[list[int]], list[int]]) -> bool:
        changed = False
        for way in _WAYS:
            with _kernel() as ip:
                copying = [one for index in ip.link_lookup(ifname=link) for one in _copying(ip, index, way)]
            old = [target for one in copying for target in one.targets]
            new = list(dict.fromkeys(change(old)))
            if new != old:
                self._replace(link, way, copying, [target for target in new if target != _GONE])
                changed = True
        return changed

    def _replace(self, link: str, way: int, old: Sequence[_Copying], targets: Sequence[int]) -> None:
        """The new filter is there before the old ones go: nothing passes uncopied meanwhile, and nothing twice."""
        actions = [{"kind": "mirred", "direction": "egress", "action": "mirror", "ifindex": one} for one in targets]

        def change(ip: Any, index: int) -> None:
            if actions:
                free = _free_priority(ip, index)
                filter = {"parent": way, "prio": free, "protocol": _EVERYTHING, "target": 0, "keys": [_ANY]}
                ip.tc("add-filter", "u32", index, action=actions, **filter)
            for one in old:
                ip.tc("del-filter", index=index, parent=way, info=one.info)

        self._change("copy", link, change, way=_WAYS[way], targets=list(targets))

    def _change(self, what: str, link: str, change: Callable[[Any, int], object], **said: Any) -> None:
        def action() -> None:
            with _kernel(f"cannot {what} {link}: ") as ip:
                index = next(iter(ip.link_lookup(ifname=link)), None)
                if index is None:
                    raise HostError(f"cannot {what} {link}: there is no such link")
                change(ip, index)

        self.host.act(what, action, changes=True, link=link, **said)


def _copying(ip: Any, index: int, way: int) -> Iterator[_Copying]:
    """Filters that copy everything and do nothing else, each alone at its priority."""
    dumped = groupby(ip.get_filters(index=index, parent=way), lambda one: int(one["info"]))
    for info, entries in dumped:
        rules = [
            options for one in entries if (options := one.get_attr("TCA_OPTIONS")) and options.get_attr("TCA_U32_SEL")
        ]
        if len(rules) == 1 and not any(key["key_mask"] for key in rules[0].get_attr("TCA_U32_SEL")["keys"]):
            actions = rules[0].get_attr("TCA_U32_ACT")
            targets = [_target(action) for _, action in actions["attrs"]] if actions else [None]
            if None not in targets:
                yield _Copying(info, tuple(target for target in targets if target is not None))


def _free_priority(ip: Any, index: int) -> int:
    """A priority that no filter has, of either way: of one priority the kernel would show, and delete, both as one."""
    used = {one["info"] >> 16 for way in _WAYS for one in ip.get_filters(index=index, parent=way)}
    return next(priority for priority in count(_PRIORITY) if priority not in used)


def _target(action: Any) -> int | None:
    """Where an action copies to; None for one that does something else."""
    mirred = action.get_attr("TCA_ACT_KIND") == "mirred" and action.get_nested("TCA_ACT_OPTIONS", "TCA_MIRRED_PARMS")
    return int(mirred["ifindex"]) if mirred and mirred["eaction"] == _MIRROR else None


@contextmanager
def _kernel(what: str = "cannot look at the host's links: ") -> Iterator[Any]:
    """A way to talk to the kernel; `what` begins the message of what goes wrong."""
    try:
        from pyroute2 import IPRoute  # type: ignore[import-untyped]
        from pyroute2.netlink.exceptions import NetlinkError  # type: ignore[import-untyped]
    except ImportError:
        raise HostError("mirroring needs pyroute2; install it with: pip install 'libvirt-xform[host]'") from None
    try:
        with IPRoute() as ip:
            yield ip
    except NetlinkError as error:
        said = {
            ENOENT: "the kernel lacks a part of traffic control; load sch_ingress, cls_u32 and act_mirred",
            EEXIST: "it has an ingress qdisc of somebody else's; remove that first",
        }.get(error.code, strerror(error.code))
        raise HostError(f"{what}{said}") from None
    except OSError as error:
        raise HostError(f"{what}{error.strerror or error}") from None
