"""os-brick, which attaches volumes over iSCSI, Fibre Channel, NVMe, RBD and more (the extra ``block``).

Its part that needs privileges runs within this process, which has them.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xform.entities import MASK
from xform.errors import HostError

logging.getLogger("os_brick").addHandler(logging.NullHandler())  # else its warnings, with traces, go to stderr

_SECRETS = ("password", "secret", "token", "keyring")
"""What is in the names of all that proves who may attach a volume."""


def known(volume: str, info: dict[str, Any], locks: Path) -> dict[str, Any]:
    """What detaching a volume has to know, which is no secret.

    Raises HostError where os-brick is not installed or does not know such volumes: it could not detach it either.
    """
    with _told("attach", volume, info):
        connector(info, locks)
    data: dict[str, Any] = _without_secrets(info)
    return data


def attach(volume: str, info: dict[str, Any], locks: Path) -> dict[str, Any]:
    """Attach a volume, or find it attached; what os-brick learnt of its device, with its `path`, as plain data.

    `info` is what the volume's manager told, `locks` a folder for os-brick's locks.  Raises HostError.
    """
    with _told("attach", volume, info):
        device = connector(info, locks).connect_volume(info["data"])
        learnt: dict[str, Any] = json.loads(json.dumps(device, default=_plain))
        learnt["path"] = str(learnt["path"])
        return learnt


def detach(volume: str, info: dict[str, Any], device: dict[str, Any] | None, locks: Path) -> None:
    """Detach a volume, or find it detached; `device` is what attaching told, if it came to that. Raises HostError."""
    with _told("detach", volume, info):
        connector(info, locks).disconnect_volume(info["data"], device)


def connector(info: dict[str, Any], locks: Path) -> Any:
    """The connector of os-brick for a kind of volume; tests have one of their own."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries below it, which nobody here can heed
            import os_brick
            from os_brick import privileged
            from os_brick.initiator.connector import InitiatorConnector
            from oslo_concurrency import lockutils
            from oslo_config import cfg
    except ImportError:
        raise HostError(
            "a managed volume needs os-brick; install it with: pip install 'libvirt-xform[block]'"
        ) from None
    lockutils.set_defaults(str(locks))
    os_brick.setup(cfg.CONF)
    for context in (privileged.default, privileged.brick_privsep_hide_output):
        context.set_client_mode(False)
    kind = info["driver_volume_type"]
    local = {"do_local_attach": True} if kind == "rbd" else {}  # a device, not a file of Python's
    return InitiatorConnector.factory(kind, "", use_multipath=True, **local)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_secrets(one) for name, one in value.items() if not _is_secret(name)}
    return [_without_secrets(one) for one in value] if isinstance(value, list | tuple) else value


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRETS)


def _secrets(value: Any, secret: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _secrets(one, secret or _is_secret(name))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _secrets(one, secret)
    elif secret and isinstance(value, str):
        yield value


def _plain(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@contextmanager
def _told(what: str, volume: str, info: dict[str, Any]) -> Iterator[None]:
    """Whatever os-brick and its connectors raise, in a line, without secrets."""
    try:
        yield
    except HostError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        for secret in _secrets(info):
            said = said.replace(secret, MASK) if secret else said
        raise HostError(f"os-brick cannot {what} the volume {volume}: {type(error).__name__}: {said}") from None
