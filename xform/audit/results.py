"""What an audit came to: a row for each document, in Parquet, a part for each chunk; what is there stays."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xform.audit.chunk import Chunk
from xform.audit.examine import Found, Row
from xform.audit.job import Job
from xform.errors import XformError

DOCUMENTS = "documents"
HEAD = "audit.json"

_TEXT = pa.dictionary(pa.int32(), pa.string())
_FOUND = pa.struct(
    [
        ("check", pa.string()),
        ("of", pa.string()),
        ("path", pa.string()),
        ("line", pa.int32()),
        ("message", pa.string()),
    ]
)
SCHEMA = pa.schema(
    [
        ("source", _TEXT),
        ("name", pa.string()),
        ("sha256", pa.binary()),
        ("size", pa.int64()),
        ("state", _TEXT),
        ("id", pa.string()),
        ("error", pa.string()),
        ("valid", pa.list_(pa.string())),
        ("found", pa.list_(_FOUND)),
    ]
)


class Results:
    """The folder of an audit, which works there alone until it is closed.

    Raises XformError where it holds something else, or another audit works there.
    """

    def __init__(self, folder: Path, job: Job) -> None:
        self.folder = folder
        self._parts = folder / DOCUMENTS
        head = folder / HEAD
        strange = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        if strange and not _is_head(head):
            raise XformError(f"{folder}: not an empty folder; expected one for the results")
        with ExitStack() as stack:
            try:
                self._parts.mkdir(parents=True, exist_ok=True)
                lock = os.open(head, os.O_RDWR | os.O_CREAT, 0o666)  # NFS locks what can be written
                stack.callback(os.close, lock)
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not self.parts():  # what is there stays, whatever befalls this run
                    head.write_text(json.dumps({"job": job.digest}) + "\n", "utf-8")
                elif _job_of(head) != job.digest:
                    raise XformError(
                        f"{folder}: the results of another audit, of other tables, schemas or options; "
                        "expected an empty folder, or those of this one to go on with"
                    )
                for left in self._parts.glob(".*"):  # of a run that was killed while it wrote
                    left.unlink()
            except BlockingIOError:
                raise XformError(f"{folder}: another audit works here; expected a folder for each") from None
            except OSError as error:
                raise XformError(f"{folder}: {error.strerror}; expected a folder for the results") from None
            self.close = stack.pop_all().close

    def read(self, chunk: Chunk) -> list[Row] | None:
        """The rows of a chunk that was examined before; None of one that was not, or not to the end, or whose part is
        damaged.
        """
        try:
            # opened here: for Arrow a path may be a URL, or tell of columns
            with open(self._part(chunk), "rb") as file:
                table = pq.read_table(file, use_threads=False)
        except (OSError, pa.ArrowException):
            return None
        if not table.schema.equals(SCHEMA):
            return None
        rows = list(map(_row, table.to_pylist()))
        return None if any(row.state == "failed" for row in rows) else rows

    def write(self, chunk: Chunk, rows: list[Row]) -> None:
        """A part is there in full or not at all."""
        part = self._part(chunk)
        beside = part.with_name(f".{part.stem}")
        try:
            with open(beside, "wb") as file:
                pq.write_table(_table(rows), file)
            os.replace(beside, part)
        except OSError as error:
            raise XformError(f"{part}: {error.strerror or error}; nothing of this part was written") from None

    def parts(self) -> list[Path]:
        return list(self._parts.glob("*.parquet"))

    def keep(self, names: set[str]) -> None:
        """Drop the parts of documents that the sources no longer have."""
        for part in self.parts():
            if part.name not in names:
                part.unlink()

    def name(self, chunk: Chunk) -> str:
        return f"{chunk.number:08}-{chunk.digest}.parquet"

    def _part(self, chunk: Chunk) -> Path:
        return self._parts / self.name(chunk)


def _is_head(file: Path) -> bool:
    """Whether an audit made the file; one that was killed then has left it empty."""
    try:
        return file.stat().st_size == 0 or _job_of(file) is not None
    except OSError:
        return False


def _job_of(head: Path) -> str | None:
    """The digest of what was asked; None where nothing says so."""
    try:
        found = json.loads(head.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found.get("job") if isinstance(found, dict) else None


def _table(rows: list[Row]) -> pa.Table:
    """By columns: a dictionary for each row takes three times as long."""
    found = [one for row in rows for one in row.found]
    ends = [0, *accumulate(len(row.found) for row in rows)]
    inner = [pa.array([getattr(one, part.name) for one in found], part.type) for part in _FOUND]
    columns = [pa.array([getattr(row, part.name) for row in rows], part.type) for part in list(SCHEMA)[:-1]]
    struct = pa.StructArray.from_arrays(inner, fields=list(_FOUND))
    return pa.table([*columns, pa.ListArray.from_arrays(ends, struct)], schema=SCHEMA)


def _row(data: dict[str, Any]) -> Row:
    found = tuple(Found(**one) for one in data.pop("found"))
    return Row(**{**data, "valid": tuple(data.pop("valid")), "found": found})
