"""The stage of a pipeline that makes the host ready (docs/pipelines.md)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from xform.pipeline import Run, stage

if TYPE_CHECKING:
    from host_prep.config import Config


@stage("document")
def prepare(xml: str, run: Run) -> str:
    """The document that libvirt gets, and a host that is prepared for it until the end of the run.

    libvirt's mock runs no guest: nothing is prepared for it.  For QEMU within this process, without settings, all that
    is made lies in this process's own folder.
    """
    from host_prep.journal import Journal
    from host_prep.libvirt import Libvirt
    from host_prep.start import prepared
    from host_prep.system import Host
    from xform.hypervisor import MOCK

    config = _settings(run)
    if urlsplit(run.hypervisor.uri).scheme == MOCK:
        return xml
    libvirt = run.enter(closing(Libvirt(run.hypervisor.uri)))
    journal = run.enter(Journal(config.state))
    done = run.enter(prepared(Host(config, libvirt), journal, run.dialect, xml, source=run.source))
    run.enter(closing(done))
    run.starter = done.start
    return done.document


def _settings(run: Run) -> Config:
    """Those of the file that the run names, which says as well what to connect to, where nobody else does."""
    from host_prep.config import Config, read_config
    from xform.hypervisor import EMBED, default_uri, embedded_root

    if run.config is not None:
        config = read_config(run.dialect, run.config)
        run.uri = run.uri or config.connect
        return config
    if (run.uri or default_uri()[0]) != EMBED:
        return read_config(run.dialect)
    here = Path("/")
    return Config(
        root=embedded_root() / "host", dev=here / "dev", sys=here / "sys", proc=here / "proc", etc=here / "etc"
    )
