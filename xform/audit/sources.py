"""Where the documents of an audit come from: each source gives them one by one, in an order that stays the same."""

from __future__ import annotations

import lzma
import os
import re
import shlex
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from xform.audit.chunk import Entry
from xform.errors import XformError, passwordless, visible_name
from xform.inputs import documents_in, read_bytes
from xform.monitor.source import EXEC
from xform.xml import MAX_BYTES

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.monitor.store import Store

COLUMNS = ("name", "xml")
_DATABASE = re.compile(r"(sqlite|postgres\w*|mysql|mariadb|oracle|mssql)(\+\w+)?:", re.IGNORECASE)
_TAR = re.compile(r"\.(tar(\.\w+)?|t[gblx]z2?)$")
EXPECTED = (
    "expected a folder, a tar archive, a Parquet file, a document, the URL of a database, or of a libvirt connection"
)
# Rows of a table that are held at once, and bytes of a file.
_PAGE, _BUFFER = 100, 1 << 20


@frozen
class Source:
    """Documents under one name; `count` is how many, None where that is not known beforehand.

    `had` says how one of them is had by its name: a command, or words; `folder` is where they are files.
    `entries` raises HostError, StoreError or XformError where the source as a whole fails; what is wrong with one
    document is its entry's.
    """

    name: str
    entries: Callable[[], Iterator[Entry]]
    had: str
    count: int | None = None
    folder: Path | None = None


def open_sources(texts: Sequence[str], dialect: Dialect, query: str | None = None) -> list[Source]:
    """The sources for what a user gave; no file is in two of them. Raises XformError."""
    given = dict.fromkeys(str(Path(text)) if os.path.exists(text) else text for text in texts)
    seen = set[Path]() if len(given) > 1 else None
    opened = [_opened(text, dialect, query, seen) for text in given]
    if query is not None and not any(map(_database, texts)):
        raise XformError("--query goes with the URL of a database: sqlite:///FILE or postgresql://USER@HOST/NAME")
    return list(filter(None, opened))


def _opened(text: str, dialect: Dialect, query: str | None, seen: set[Path] | None) -> Source | None:
    if text.startswith(EXEC):
        return _connection(text)
    path = Path(text)
    if path.is_dir():
        return _files(text, path, documents_in(path), f"{text}/NAME", seen)
    if path.is_file():
        if path.suffix == ".parquet" or _begins(path, b"PAR1"):
            return _parquet(text)
        if _TAR.search(path.name) or _is_tar(path):
            return Source(text, lambda: _tar(text), f"tar -xOf {shlex.quote(text)} NAME")
        return _files(text, path.parent, [path.name], text, seen)
    if _database(text):
        return _store(text, dialect) if query is None else _rows(text, query)
    if ":" in text and "/" not in text.partition(":")[0]:
        return _connection(text)
    why = "neither a file nor a folder" if path.exists() else "No such file or directory"
    raise XformError(f"{passwordless(text)}: {why}; {EXPECTED}")


def _database(text: str) -> bool:
    """Whether it is the URL of a database, of those too that are not read: who opens it says so."""
    return bool(_DATABASE.match(text))


def _files(text: str, folder: Path, names: list[str], had: str, seen: set[Path] | None) -> Source | None:
    """The files of these names, less those that were `seen`, which is None where no other source is; None where no
    other is left.
    """
    new = names
    if seen is not None:
        new = [name for name in names if folder / name not in seen]
        seen.update(folder / name for name in new)
    if names and not new:
        return None
    return Source(text, lambda: (_file(text, name, folder / name) for name in new), had, len(new), folder)


def _file(source: str, name: str, file: Path) -> Entry:
    try:
        return Entry(source, name, read_bytes(file))
    except OSError as error:
        return Entry(source, name, error=f"{visible_name(str(file))}: {error.strerror}; expected a document")


class _Header(tarfile.TarInfo):
    """What is none ends an archive without a word, unless it is told; only an empty block is its end.

    What is told in a header of its own, such as a long name, is read at once, whatever its size.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> _Header:
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.EmptyHeaderError:  # type: ignore[attr-defined]
            raise tarfile.ReadError("it has no end") from None
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(str(error)) from None

    def _proc_member(self, archive: tarfile.TarFile) -> _Header:
        """What reads on behind each header, in all versions of Python alike."""
        if self.type in _TOLD and not 0 <= self.size <= _LONGEST:
            raise tarfile.ReadError(f"a header of {self.size} bytes")
        member: _Header = super()._proc_member(archive)  # type: ignore[misc]
        return member


# Headers that tell of the next one, and the most that one of them may tell.
_TOLD = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
_LONGEST = 1 << 20
# The last three are of headers that tell what cannot be.
_BROKEN = (tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, LookupError, RecursionError)


def _begins(path: Path, magic: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:  # told where it is read
        return False


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except _BROKEN:
        return False


def _tar(text: str) -> Iterator[Entry]:
    """Members are read as they come, and nothing is unpacked."""
    try:
        with tarfile.open(text, "r|*", tarinfo=_Header) as archive:
            for member in archive:
                if not member.name.endswith(".xml"):
                    continue
                if member.islnk() or member.issym():
                    yield Entry(text, member.name, error=f"{member.name}: a link to {member.linkname}; expected a file")
                elif member.isfile():
                    stream = archive.extractfile(member)
                    assert stream
                    yield Entry(text, member.name, stream.read(MAX_BYTES + 1))
    except _BROKEN as error:
        expected = "expected a whole tar archive, plain or compressed by gzip, bzip2 or xz"
        raise XformError(f"{text}: {' '.join(str(error).split())}; {expected}") from None


def _parquet(text: str) -> Source:
    import pyarrow as pa
    import pyarrow.parquet as pq

    @contextmanager
    def whole() -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise XformError(f"{text}: {' '.join(str(error).split())}; expected a whole Parquet file") from None

    def plain(name: str, kind: pa.DataType) -> pa.DataType:
        """What the values of a column are read as, whatever they hold."""
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_integer(kind) and name != "xml":
            return pa.string()
        if kind in (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()):
            return pa.large_binary()
        raise XformError(f"{text}: the column {name} is of {kind}; expected text or bytes")

    # opened here: for Arrow a path may be a URL
    with whole(), open(text, "rb") as opened, closing(pq.ParquetFile(opened)) as file:
        _columns(text, file.schema_arrow.names)
        kinds = {name: plain(name, file.schema_arrow.field(name).type) for name in COLUMNS}
        count = file.metadata.num_rows

    def values(column: pa.Array, kind: pa.DataType) -> list[Any]:
        held = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        found: list[Any] = held.cast(kind).to_pylist()
        return found

    def entries() -> Iterator[Entry]:
        # by itself it keeps all that it read until it is closed
        with (
            whole(),
            open(text, "rb") as opened,
            closing(pq.ParquetFile(opened, buffer_size=_BUFFER, pre_buffer=False)) as file,
        ):
            # each thread of Arrow keeps what it freed: there would be more of it with every page
            for batch in file.iter_batches(_PAGE, columns=list(COLUMNS), use_threads=False):
                columns = (values(batch.column(name), kind) for name, kind in kinds.items())
                yield from (_entry(text, name, xml) for name, xml in zip(*columns, strict=True))

    return Source(text, entries, "the row of this name", count)


def _rows(url: str, query: str) -> Source:
    from xform.monitor.opening import databases

    database = databases()
    name = database.shown(url)

    def entries() -> Iterator[Entry]:
        with database.selected(url, query) as (names, rows):
            _columns(name, names)
            for row in rows:
                yield _entry(name, *(row[names.index(column)] for column in COLUMNS))

    return Source(name, entries, "the row of this name of the query")


def _columns(source: str, names: Sequence[str]) -> None:
    if any(names.count(column) > 1 for column in COLUMNS):
        raise XformError(f"{source}: a column is there twice among {', '.join(names)}; expected name and xml once each")
    if missing := [column for column in COLUMNS if column not in names]:
        raise XformError(f"{source}: no column {' and none '.join(missing)} among {', '.join(names)}; expected both")


def _entry(source: str, name: Any, xml: Any) -> Entry:
    if name is None:
        return Entry(source, "", error="a row has no name; expected one for each document")
    if isinstance(name, bytes | memoryview):
        name = bytes(name).decode("utf-8", "surrogateescape")
    if isinstance(xml, str | bytes | memoryview):
        return Entry(source, str(name), xml.encode("utf-8", "surrogatepass") if isinstance(xml, str) else bytes(xml))
    return Entry(
        source, str(name), error=f"{name}: xml is {'empty' if xml is None else 'no text'}; expected a document"
    )


def _store(url: str, dialect: Dialect) -> Source:
    """What the monitor's store knows, each VM as the document that the tables make of it."""
    from xform.monitor.known import assembled, plugged
    from xform.monitor.opening import existing_store

    with closing(existing_store(url, dialect)) as store:
        ids, name = sorted(store.present()), store.name

    def entry(store: Store, vm: str) -> Entry | None:
        if (stored := store.load(vm)) is None:
            return None
        try:
            entity, _ = assembled(dialect, plugged(stored.known))
            return Entry(name, vm, dialect.generate(entity, live=True).encode())
        except XformError as error:
            return Entry(name, vm, error=f"{vm}: no document can be made of what is stored: {error}")

    def entries() -> Iterator[Entry]:
        with closing(existing_store(url, dialect)) as store:
            yield from filter(None, (entry(store, vm) for vm in ids))

    return Source(name, entries, "what the store knows of the VM of this id", len(ids))


def _connection(uri: str) -> Source:
    from xform.monitor.source import open_source

    source, shown = open_source(uri), passwordless(uri)

    def entries() -> Iterator[Entry]:
        source.connect()
        try:
            running = (status.id for status in source.status() if status.state not in ("off", "migrating"))
            for name, document in source.dump(sorted(running)):
                if isinstance(document, Exception):
                    yield Entry(shown, name, error=f"{name}: {' '.join(str(document).split())}")
                else:
                    yield Entry(shown, name, document)
        finally:
            source.close()

    had = f"virsh --connect {shlex.quote(shown)} dumpxml NAME"
    return Source(shown, entries, "what the agent dumps" if uri.startswith(EXEC) else had)
