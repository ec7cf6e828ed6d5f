"""A worker's part: each document of a chunk is held against what the job asks, and becomes a row."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen
from lxml import etree

import xform
from xform.audit.chunk import Chunk, Entry
from xform.audit.job import Folder, Job, schema_folder, tables_folder
from xform.compare import compare
from xform.dialect import Dialect
from xform.errors import DocumentError, StoreError, UnreadableError, XformError
from xform.faults import by_schema
from xform.files import dump_value
from xform.laws.corpus import LIBVIRT, Trial, outcome
from xform.mock import Mock
from xform.monitor.known import assembled, called, plugged
from xform.monitor.opening import existing_store
from xform.monitor.records import GONE
from xform.residue import drift, residue
from xform.schema import Schema
from xform.scratch import scratch
from xform.table.walk import joins
from xform.xml import general, line_of, parse_text, path_of

if TYPE_CHECKING:
    from xform.compile.notes import Detailed
    from xform.monitor.store import Store
    from xform.xml import Element


@frozen
class Found:
    """Something that a check found: of `check` the part `of` (a version, a law, a kind of device), where, and what."""

    check: str
    of: str
    path: str
    line: int = 0
    message: str = ""


@frozen
class Row:
    """What came of one document.

    `state` is ``read``, ``other`` (of another root element), ``unread`` (no document) or ``failed`` (whoever examined
    it ended, or raised something).  `valid` are the schemas that admit it.
    """

    source: str
    name: str
    sha256: bytes
    size: int
    state: str
    id: str = ""
    error: str = ""
    valid: tuple[str, ...] = ()
    found: tuple[Found, ...] = field(default=())

    @classmethod
    def of(cls, entry: Entry, state: str, **more: Any) -> Row:
        return cls(entry.source, entry.name, hashlib.sha256(entry.xml).digest(), len(entry.xml), state, **more)


@frozen
class Missing:
    """This worker does not have what the job goes by: it is to be sent with its files."""


def pack(job: Job, chunk: Chunk) -> tuple[str, bytes]:
    """What `examine_packed` is sent: a worker of another version may have other fields, and ends where it opens it."""
    return job.version, pickle.dumps((job, chunk), pickle.HIGHEST_PROTOCOL)


def examine_packed(asked: str, packed: bytes) -> list[Row] | Missing:
    """The same as `examine`.  Raises XformError where this process is of another version than who asks."""
    if asked != (here := version("libvirt-xform")):
        raise XformError(f"a worker has libvirt-xform {here}; expected {asked}, as the command has")
    return examine(*pickle.loads(packed))


def examine(job: Job, chunk: Chunk) -> list[Row] | Missing:
    """Every document of a chunk as a row; nothing that one of them runs into ends the others.

    Raises StoreError where the store is gone.
    """
    if (examiner := _examiner(job)) is None:
        return Missing()
    return [examiner.row(entry) for entry in chunk.entries]


_making = threading.Lock()
_made: dict[str, Examiner] = {}


def _examiner(job: Job) -> Examiner | None:
    """What this process made of the job; None where it has to be sent with its files."""
    with _making:
        digest = job.digest
        if (made := _made.get(digest)) is None:
            made = _make(job)
        elif made.run != job.run:  # what an open store holds on to may be gone, or another one by now
            made = evolve(made, run=job.run, store=_known(job, made.dialect))
        else:
            return made
        if made is None:
            return None
        for old in _made.values():
            old.close()
        _made.clear()  # a worker that serves several audits holds the tables of the last one
        _made[digest] = made
        return made


def _make(job: Job) -> Examiner | None:
    def tables(folder: Folder) -> Dialect | None:
        place = _here(folder, lambda name: tables_folder(xform.load(name)))
        return xform.load(place) if place else None

    dialect = tables(job.dialect)
    other = tables(job.against) if job.against else None
    places = [(label, _here(folder, lambda name: schema_folder(Path(name)))) for label, folder in job.schemas]
    if dialect is None or (job.against and other is None) or not all(place for _, place in places):
        return None
    schemas = {label: Schema(Path(place), str(dialect.tables.schema)) for label, place in places if place}
    mock = Mock() if LIBVIRT in job.laws and dialect.tables.hypervisor else None
    trials = []
    if laws := tuple(law for law in job.laws if law != "schema"):
        trials.append(("", Trial(dialect, mock=mock), laws))
    if "schema" in job.laws:
        trials += [(label, Trial(dialect, schema), ("schema",)) for label, schema in schemas.items()]
    return Examiner(dialect, schemas, trials, _known(job, dialect), other, job.run)


def _known(job: Job, dialect: Dialect) -> Store | None:
    return existing_store(job.known, dialect) if job.known else None


def _here(folder: Folder, look: Callable[[str], Folder]) -> str | None:
    """Where a folder with these very files is: in its own place, or unpacked; None where it is nowhere."""
    try:
        if look(folder.name).digest == folder.digest:
            return folder.name
    except (XformError, OSError):
        pass
    return _unpacked(folder) if folder.files is not None else None


def _unpacked(folder: Folder) -> str:
    return str(folder.unpack(scratch("xform-audit-")))


@frozen(slots=False, eq=False)
class Examiner:
    """What a process holds documents against."""

    dialect: Dialect
    schemas: dict[str, Schema]
    trials: list[tuple[str, Trial, tuple[str, ...]]]  # laws, and of which schema
    store: Store | None
    other: Dialect | None
    run: str

    def close(self) -> None:
        if self.store:
            self.store.close()

    def row(self, entry: Entry) -> Row:
        if entry.error:
            return Row.of(entry, "unread", error=entry.error)
        try:
            root = parse_text(entry.xml, entry.name)
            if root.tag != self.dialect.root.element:
                return Row.of(entry, "other", found=tuple(self.taken(entry, root)))
            detailed = self.dialect.detailed(root, {})
        except DocumentError as error:
            return Row.of(entry, "unread", error=str(error))
        except Exception as error:  # a dialect's rules may raise anything
            return Row.of(entry, "failed", error=said(error))
        vm, name = called(self.dialect, detailed.entity)
        valid: list[str] = []
        found: list[Found] = []
        checks = {
            "validity": self.validity(root, valid),
            "tables": self.unsaid(detailed),
            "laws": self.lawful(entry),
            "match": self.matched(entry, vm, name),
            "against": self.compared(entry, detailed.entity),
        }
        for check, finding in checks.items():
            try:
                found += finding
            except Exception as error:
                if isinstance(error, StoreError) and not isinstance(error, UnreadableError):
                    raise  # the store is gone, and no document's fault
                found.append(Found("error", check, "", message=said(error)))
        return Row.of(entry, "read", id=vm, valid=tuple(valid), found=tuple(found))

    # --- checks -------------------------------------------------------------------------------------------------

    def validity(self, root: Element, valid: list[str]) -> Iterator[Found]:
        for label, schema in self.schemas.items():
            if not schema.said(root):
                valid.append(label)
                continue
            for fault in by_schema(self.dialect, schema, root):
                line = line_of(fault.element)
                yield Found("schema", label, general(fault.path), line, fault.gist)

    def unsaid(self, detailed: Detailed) -> Iterator[Found]:
        """What no row says, and what a row cannot say."""
        for node, name in detailed.left:
            if name is None and isinstance(node.tag, str):
                for entry in filter(self.stale, node.iter(etree.Element)):
                    yield Found("residue", "stale metadata", general(path_of(entry)), entry.sourceline or 0)
        for one in residue(detailed):
            if one.what not in ("comment", "processing instruction"):
                yield Found("residue", one.what, general(one.path), one.line, one.reason)
        for drifted in drift(detailed):
            yield Found("drift", str(drifted.row), general(drifted.path), drifted.line, drifted.message)

    def stale(self, element: Element) -> bool:
        """Whether what no row takes is an entry of a second place: its device is not here."""
        return (element.tag, *(outer.tag for outer in element.iterancestors())) in self.entries

    @cached_property
    def entries(self) -> set[tuple[Any, ...]]:
        """The tags of such entries and of what they are in, from within."""
        ways = (join.path.steps for _, join, _ in joins(self.dialect.tables))
        return {(*(step.tag for step in reversed(steps)), self.dialect.root.element) for steps in ways}

    def lawful(self, entry: Entry) -> Iterator[Found]:
        for label, trial, laws in self.trials:
            for law, findings in outcome(trial, entry.xml, laws, entry.name).laws.items():
                for finding in findings or ():
                    of = f"{law} {label}" if label else law
                    yield Found("law", of, general(finding.path), finding.line or 0, finding.what)

    def matched(self, entry: Entry, vm: str, name: str) -> Iterator[Found]:
        if self.store is None:
            return
        if (stored := self.store.load(vm)) is None:
            yield Found("match", "unknown VM", "", message=f"the store knows no VM {vm} ({name})")
            return
        if stored.state == GONE:
            yield Found("match", "gone", "", message=f"the store holds the VM {vm} ({name}) for gone")
        for kind in sorted(
            {device.kind for device in stored.known.devices} - {kind.name for kind in self.dialect.kinds}
        ):
            yield Found("match", "unknown kind", kind, message="the store has devices in a field that no table has")
        there = {(device.kind, device.id) for device in plugged(stored.known).devices}
        entity, ids = assembled(self.dialect, stored.known)
        matching = self.dialect.match(entry.xml, entity)
        changes = matching.changes(ids)
        for one in changes.inserted:
            yield Found("match", "new", one.kind, message=one.id)
        for lost in changes.gone:
            if (lost.kind, lost.id) in there:  # what is unplugged is known, and missing nowhere
                yield Found("match", "missing", lost.kind, message=lost.id)
        for kind, rung, names in changes.ambiguous:
            yield Found(
                "match", "ambiguous", kind, message=", ".join(names) + (f" by {' + '.join(rung)}" if rung else "")
            )

    def compared(self, entry: Entry, one: Any) -> Iterator[Found]:
        """What the other tables would make otherwise: of the entity by its fields, of the document by its paths."""
        if self.other is None:
            return
        try:
            other = self.other.parse(entry.xml, source=entry.name)
        except DocumentError as error:
            yield Found("parse", "refused by the other", "", message=str(error))
            return
        left, right = dump_value(self.dialect, one), dump_value(self.other, other)
        for path in sorted(set(differing(left, right))):
            yield Found("parse", "differs", path)
        made, again = generated(self.dialect, one), generated(self.other, other)
        if isinstance(made, str) and isinstance(again, str):
            for path in sorted(
                {general(difference.path) for difference in compare(made, again)} if made != again else ()
            ):
                yield Found("generate", "differs", path)
        elif isinstance(again, Exception) and isinstance(made, str):
            yield Found("generate", "refused by the other", "", message=said(again))
        elif isinstance(made, Exception) and isinstance(again, str):
            yield Found("generate", "only by the other", "", message=said(made))

    def taken(self, entry: Entry, root: Element) -> Iterator[Found]:
        """Whether only the other tables read a document."""
        if self.other is not None and root.tag == self.other.root.element:
            with suppress(DocumentError):
                self.other.parse(entry.xml, source=entry.name)
                yield Found("parse", "only by the other", "")


def said(error: Exception) -> str:
    """What goes into a row of an error: what one of Python's own says may hold a secret."""
    return str(error) if isinstance(error, XformError) else f"{type(error).__name__} was raised"


def generated(dialect: Dialect, entity: Any) -> str | Exception:
    """The document, or why there is none: a dialect's rules may raise anything."""
    try:
        return dialect.generate(entity, live=True)
    except Exception as error:
        return error


def differing(left: Any, right: Any, at: str = "") -> Iterator[str]:
    """The fields in which two entities as plain data differ, as paths that many entities have: ``disks[].cache``."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in {**left, **right}:
            yield from differing(left.get(name), right.get(name), f"{at}.{name}" if at else name)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for one, other in zip(left, right, strict=True):
            yield from differing(one, other, f"{at}[]")
    elif left != right or type(left) is not type(right):  # 1 == True
        yield at
