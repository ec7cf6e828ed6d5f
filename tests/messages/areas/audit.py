"""Audits of many documents."""

import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from tests.messages.case import SCHEMA, Area, Case
from tests.messages.spoilt import without

GOOD = "<domain><name>a</name></domain>"


def audit(title: str, sources: str, *, files: object = None, world: Callable[[], object] | None = None) -> Case:
    return Case(title, f"xform audit {sources} --report out --schemas s --jobs 1", files or {}, world=world)  # type: ignore[arg-type]


def cut() -> None:
    with tarfile.open("a.tar", "w") as archive:
        member = tarfile.TarInfo("a.xml")
        member.size = 5000
        archive.addfile(member, BytesIO(b"x" * 5000))
    file = Path("a.tar")
    file.write_bytes(file.read_bytes()[:2000])


def endless() -> None:
    cut()
    file = Path("a.tar")
    file.write_bytes(file.read_bytes()[:512].replace(b"00000011610", b"00000000000") + b"notes" * 200)


def long_name() -> None:
    member = tarfile.TarInfo("a.xml")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
    Path("a.tar").write_bytes(member.tobuf())


def twice() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 3, names=["name", "xml", "name"]), "a.parquet")


def columns() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": ["a"], "xml": [GOOD]}), "a.parquet")


def numbers() -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"name": ["a"], "xml": [1]}), "a.parquet")


def head() -> None:
    Path("out/documents").mkdir(parents=True)
    Path("out/documents/00000000-0.parquet").touch()
    Path("out/audit.json").write_text('{"format": 1, "job": ""}')


ROWS = "--query 'SELECT 1 AS name' sqlite:///a.db"

AREA = Area(
    "Audits",
    [
        audit("a source that is not there", "none"),
        audit("a folder without documents", "e", world=lambda: Path("e").mkdir()),
        audit("a query of a file", "v.xml --query 'SELECT 1'"),
        audit("a query without its columns", ROWS, files={"a.db": ""}),
        audit("a query of no database", "--query 'SELECT * FROM vms' sqlite:///a.db", files={"a.db": "notes" * 30}),
        audit("a query without rows", "--query '-- none' sqlite:///a.db", files={"a.db": ""}),
        audit("a query that writes", "--query 'CREATE TABLE vms (name)' sqlite:///a.db", files={"a.db": ""}),
        audit("a query of a database that is not there", ROWS),
        audit("an archive that is cut off", "a.tar", world=cut),
        audit("an archive that is damaged between its members", "a.tar", world=endless),
        audit("an archive with a name without end", "a.tar", world=long_name),
        audit("a Parquet file that is none", "a.parquet", files={"a.parquet": "notes"}),
        audit("a Parquet file without its columns", "a.parquet", world=columns),
        audit("a Parquet file with a column twice", "a.parquet", world=twice),
        audit("a Parquet file with other columns", "a.parquet", world=numbers),
        audit("a store that is not there", "v.xml --known sqlite:///none/s.db"),
        audit("results in a folder that holds something else", "v.xml", files={"out/notes": "mine"}),
        audit("results in a file", "v.xml", files={"out": "mine"}),
        audit("results of another audit", "v.xml", world=head),
        Case("results below a file", "xform audit v.xml --report v.xml/out --schemas s"),
        Case("two places to work", "xform audit v.xml --report out --schemas s --jobs 1 --scheduler tcp://host:1"),
        Case("no check by schemas", "xform audit v.xml --report out --schemas s --no-check"),
        Case("no check by schemas, but their law", "xform audit v.xml --report out --no-check --laws schema"),
        Case("a scheduler without a port", "xform audit v.xml --report out --schemas s --scheduler host"),
        Case("a scheduler without certificates", "xform audit v.xml --report out --schemas s --scheduler tls://host:1"),
        Case(
            "no Dask",
            "xform audit v.xml --report out --schemas s --scheduler tcp://host:1",
            spoilt=without("distributed"),
        ),
        Case("no pyarrow", "xform audit v.xml --report out --schemas s", spoilt=without("pyarrow")),
    ],
    {"v.xml": GOOD, "s/domain.rng": SCHEMA[1]},
)
