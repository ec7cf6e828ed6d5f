"""What the tests of the audit share: a dialect of which one value ends its process, and the Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import xform
from tests.audit.dask import Cluster
from tests.monitor.conftest import postgres_server
from tests.monitor.postgres import Postgres
from xform.audit.chunk import Entry
from xform.audit.job import Job, tables_folder

__all__ = ["postgres_server"]

FILES = {
    "dialect.toml": 'format = 1\nname = "site"\nroot = "Box"\nid = "name"\n',
    "box.toml": """\
format = 1
[Box]
element = "box"
[Box.row]
name  = "name    : text !"
size  = "@size   : uint"
fuse  = "@fuse   : rule fuse"
color = "paint   : const red"
items = "item    : list Item by label"
[Item]
element = "item"
[Item.row]
label = "@label : str !"
note  = "note   : text"
""",
    "rules.py": """\
import os
import time
from xform import Rule

def decode(text):
    if text == "lit":
        os._exit(7)
    if text == "stuck":
        time.sleep(3600)
    if text == "loud":
        print("loud", flush=True)
    if text == "wet":
        raise RuntimeError("sesame")
    return text

fuse = Rule(decode=decode, encode=lambda value: value, type="str", expected="a fuse", samples=(("dry", {}),))
""",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The folder of the dialect; fuse='lit' ends whoever reads it, as a crash of libxml2 would, 'stuck' keeps it."""
    folder = tmp_path / "site"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def job(site: Path) -> Job:
    return Job(tables_folder(xform.load(str(site))))


def box(number: int, more: str = "") -> Entry:
    return Entry("here", f"{number}.xml", f"<box {more}><name>box{number}</name></box>".encode())


def _started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    pytest.importorskip("distributed", reason="Dask is not installed (libvirt-xform[fleet])")
    with closing(Cluster(tmp_path_factory.mktemp("dask"))) as cluster:
        yield cluster


cluster = pytest.fixture(_started, scope="session", name="cluster")
own_cluster = pytest.fixture(_started, scope="module", name="own_cluster")  # its workers may be killed


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    with postgres_server.database() as url:
        yield url
