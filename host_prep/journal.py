"""What was done to the host, and for which VM: on disk before it happens (SQLite, full synchronous writes).

A row for each effect of a VM, in order.  ``planned``: nothing has happened.  ``intended``: it may have happened, wholly
or in part.  ``done``: it has.  An effect that is undone loses its row; a VM without rows is forgotten.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen
from cattrs import BaseValidationError

from host_prep.effect import Effect, Note
from host_prep.effects import dump_effect, load_effect
from host_prep.request import Flow
from xform.errors import HostError

State = Literal["planned", "intended", "done"]

VERSION = 1
_SCHEMA = f"""
CREATE TABLE vm (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    flow TEXT NOT NULL,
    document TEXT NOT NULL,
    uri TEXT NOT NULL,
    leaving INTEGER NOT NULL
) STRICT;
CREATE TABLE effect (
    vm TEXT NOT NULL REFERENCES vm (id),
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (vm, number)
) STRICT;
CREATE INDEX effect_key ON effect (key);
PRAGMA user_version = {VERSION};
"""
_VMS = "SELECT id, name, flow, document, uri, leaving FROM vm"


@frozen
class Entry:
    """An effect in the journal."""

    vm: str
    number: int
    effect: Effect
    note: Note
    state: State


@frozen
class Kept:
    """A VM in the journal; `document` is what it is, or was, defined from, `uri` that of the libvirt that it is in.

    `leaving`: what was done for it is being undone, and that is to go on even if the guest still runs.
    """

    id: str
    name: str
    flow: Flow
    document: str
    uri: str
    leaving: bool = field(default=False, converter=bool)


class Journal:
    """The journal in one folder.  Every method that writes is one transaction, on disk when it returns.

    Raises HostError where it cannot be read or written, or is of a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "journal.db"
        with self._told():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # documents may hold what is nobody else's business
            self.file.touch(mode=0o600)
            self._connection = sqlite3.connect(self.file, timeout=30, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = DELETE")
            self._connection.execute("PRAGMA synchronous = EXTRA")  # the folder's entry as well
            self._connection.execute("PRAGMA foreign_keys = ON")
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def _migrate(self) -> None:
        with self.writing() as cursor:
            (version,) = cursor.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";"):
                    cursor.execute(statement)
            elif version != VERSION:
                raise HostError(
                    f"{self.file}: the journal is of version {version}, this host-prep knows {VERSION}; install the "
                    "version that wrote it"
                )

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    # Writing

    def begin(self, vm: Kept, effects: Sequence[Effect]) -> None:
        """Note what is planned for a VM, of which nothing has happened yet."""
        with self.writing() as cursor:
            cursor.execute("INSERT INTO vm VALUES (?, ?, ?, ?, ?, 0)", (vm.id, vm.name, vm.flow, vm.document, vm.uri))
            rows = [(vm.id, n, *_row(effect), "{}", "planned") for n, effect in enumerate(effects)]
            cursor.executemany("INSERT INTO effect VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def intend(self, entry: Entry, note: Note) -> None:
        """An effect is about to happen, or to be undone in a way that its note tells."""
        with self.writing() as cursor:
            self._set(cursor, entry, note, "intended")

    def done(self, entry: Entry, note: Note, document: str) -> None:
        """An effect has happened; the VM's document is now this."""
        with self.writing() as cursor:
            self._set(cursor, entry, note, "done")
            cursor.execute("UPDATE vm SET document = ? WHERE id = ? AND document <> ?", (document, entry.vm, document))

    def leave(self, vm: str) -> None:
        """From now on all is undone, and what was only planned is no more."""
        with self.writing() as cursor:
            cursor.execute("UPDATE vm SET leaving = 1 WHERE id = ?", (vm,))
            cursor.execute("DELETE FROM effect WHERE vm = ? AND state = 'planned'", (vm,))

    def undone(self, entry: Entry) -> None:
        with self.writing() as cursor:
            cursor.execute("DELETE FROM effect WHERE vm = ? AND number = ?", (entry.vm, entry.number))

    def forget(self, vm: str) -> None:
        """A VM of which nothing is left to undo."""
        with self.writing() as cursor:
            cursor.execute("DELETE FROM vm WHERE id = ?", (vm,))

    @staticmethod
    def _set(cursor: sqlite3.Cursor, entry: Entry, note: Note, state: State) -> None:
        cursor.execute(
            "UPDATE effect SET note = ?, state = ? WHERE vm = ? AND number = ?",
            (json.dumps(note), state, entry.vm, entry.number),
        )

    # Reading

    def vms(self) -> list[Kept]:
        return [Kept(*row) for row in self._read(f"{_VMS} ORDER BY rowid")]

    def vm(self, id: str) -> Kept | None:
        found = [Kept(*row) for row in self._read(f"{_VMS} WHERE id = ?", id)]
        return found[0] if found else None

    def entries(self, vm: str) -> list[Entry]:
        """Of a VM, in the order in which they are to happen."""
        return self._entries("vm = ? ORDER BY number", vm)

    def others(self, key: str, vm: str) -> list[Entry]:
        """What other VMs did, or may have done, to the same thing."""
        return self._entries("key = ? AND vm <> ? AND state <> 'planned' ORDER BY vm, number", key, vm)

    def _entries(self, where: str, *values: Any) -> list[Entry]:
        rows = self._read(f"SELECT vm, number, kind, value, note, state FROM effect WHERE {where}", *values)
        try:
            return [
                Entry(vm, number, load_effect(kind, json.loads(value)), json.loads(note), state)
                for vm, number, kind, value, note, state in rows
            ]
        except (LookupError, ValueError, BaseValidationError):
            raise HostError(
                f"{self.file}: an effect in the journal cannot be read; install the host-prep that wrote it"
            ) from None

    def _read(self, statement: str, *values: Any) -> list[Any]:
        with self._told():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Cursor]:
        """One transaction; tests that break things stand in it."""
        with self._told():
            cursor = self._connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    cursor.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            said = error.strerror if isinstance(error, OSError) else error
            raise HostError(f"{self.file}: {said}; expected a journal that host-prep can read and write") from None


def _row(effect: Effect) -> tuple[str, str, str]:
    return type(effect).__name__, effect.key, json.dumps(dump_effect(effect))
