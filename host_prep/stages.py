"""The stage of a pipeline that makes the host ready (docs/pipelines.md)."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from host_prep.config import Config, read_config
from host_prep.journal import Journal
from host_prep.libvirt import Libvirt
from host_prep.start import prepared
from host_prep.system import Host
from xform.hypervisor import EMBED, MOCK, embedded_root
from xform.pipeline import Run, stage


@stage("document")
def prepare(xml: str, run: Run) -> str:
    """The document that libvirt gets, and a host that is prepared for it until the end of the run.

    libvirt's mock runs no guest: nothing is prepared for it.  For QEMU within this process, without settings, all that
    is made lies in this process's own folder.
    """
    if urlsplit(run.hypervisor.uri).scheme == MOCK:
        return xml
    if run.config is None and run.uri == EMBED:
        here = Path("/")
        config = Config(
            root=embedded_root() / "host", dev=here / "dev", sys=here / "sys", proc=here / "proc", etc=here / "etc"
        )
    else:
        config = read_config(run.dialect, run.config)
    libvirt = run.enter(closing(Libvirt(run.hypervisor.uri)))
    journal = run.enter(Journal(config.state))
    done = run.enter(prepared(Host(config, libvirt), journal, run.dialect, xml, source=run.source))
    run.enter(closing(done))
    run.starter = done.start
    return done.document
