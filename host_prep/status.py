"""What a manager asks of a host: each domain's state and digest first, then the documents of those that changed.

The other end of the monitor's agents (docs/monitor.md): a line of JSON for each domain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from host_prep.libvirt import NO_DOMAIN, Libvirt, Refused
from host_prep.locks import id_of
from xform.errors import XformError

_SAID = {"ending": "running", "crashed": "off"}


def statuses(libvirt: Libvirt) -> Iterator[dict[str, Any]]:
    """Every domain with its state; of one that runs the digest of its document, and which start it is.

    One that does not tell its document is told without a digest.
    """
    for domain in libvirt.domains():
        line: dict[str, Any] = {"id": domain.uuid, "state": _SAID.get(domain.state, domain.state)}
        if domain.active:
            document = next(documents(libvirt, [domain.uuid]), {})
            if "xml" in document:
                line["digest"] = hashlib.sha256(document["xml"].encode()).hexdigest()
            line["run"] = str(domain.id)
        yield line


def documents(libvirt: Libvirt, ids: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The live document of each, as libvirt gives it now and without secrets, or that it is gone."""
    for uuid in ids:
        try:
            yield {"id": uuid, "xml": libvirt.document(id_of(uuid))}
        except XformError as error:
            gone = isinstance(error, Refused) and error.code == NO_DOMAIN
            yield {"id": uuid, "gone": True} if gone else {"id": uuid, "error": str(error)}
