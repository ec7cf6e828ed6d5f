"""What is asked of every document, in a form that travels: tables and schemas by their digests, or with their files."""

from __future__ import annotations

import hashlib
import os
import tomllib
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from uuid import uuid4

from attrs import evolve, field, frozen

from xform.dialect import Dialect
from xform.errors import XformError
from xform.table.folder import found_by, sources
from xform.table.model import Tables

# Folders that a dialect's `extends` may climb out of, where its files are unpacked.
_DEEP = "a/b/c/dialect"


@frozen
class Folder:
    """A folder of files: `name` finds it where it is, `digest` tells whether what is found is the same.

    `files` are what it holds, by their paths; None in what travels first.
    """

    name: str
    digest: str
    files: dict[str, bytes] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, name: str, files: dict[str, bytes]) -> Folder:
        found = hashlib.sha256()
        for path, data in sorted(files.items()):
            found.update(b"%s %d " % (os.fsencode(path), len(data)) + data)
        return cls(name, found.hexdigest(), files)

    def unpack(self, home: Path) -> Path:
        """Write the files below an empty folder; the place of the folder itself."""
        for path, data in (self.files or {}).items():
            file = home / _DEEP / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        return home / _DEEP


@frozen
class Job:
    """What is asked: validity against each of the schemas, the laws, what no row says, and where they are given, a
    match with the store of a monitor, and what other tables would make otherwise.  `version` is that of who asks, `run`
    tells one time of asking from the next.
    """

    dialect: Folder
    schemas: tuple[tuple[str, Folder], ...] = ()  # by the version, or the folder where that is not known
    laws: tuple[str, ...] = ()
    known: str | None = field(default=None, repr=False)  # the URL of a store; it may hold a password
    against: Folder | None = None
    version: str = field(factory=lambda: version("libvirt-xform"))
    run: str = field(factory=lambda: uuid4().hex, eq=False)

    @property
    def digest(self) -> str:
        parts = [self.dialect, *(folder for _, folder in self.schemas), *([self.against] if self.against else [])]
        words = [
            self.version,
            *(part.digest for part in parts),
            *(label for label, _ in self.schemas),
            *self.laws,
        ]
        if self.known:
            from xform.monitor.database import shown

            words.append(shown(self.known))  # a digest may be written down, and tells who guesses a password
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def bare(self) -> Job:
        """The same without the files."""
        return evolve(
            self,
            dialect=evolve(self.dialect, files=None),
            schemas=tuple((label, evolve(folder, files=None)) for label, folder in self.schemas),
            against=evolve(self.against, files=None) if self.against else None,
        )


def tables_folder(dialect: Dialect) -> Folder:
    """The files of a dialect and of those that it extends, each where the one before it looks for it.

    Raises XformError for a dialect that extends one by a path that does not travel.
    """
    files: dict[str, bytes] = {}
    _gather(dialect.tables, PurePosixPath(), files)
    return Folder.of(found_by(dialect.tables.folder), files)


def _gather(tables: Tables, at: PurePosixPath, files: dict[str, bytes]) -> None:
    for file in sources(tables.folder):
        files[str(at / file.relative_to(tables.folder))] = file.read_bytes()
    if tables.base:
        head = tables.folder / "dialect.toml"
        extends = PurePosixPath(tomllib.loads(head.read_text("utf-8"))["extends"])
        if extends.is_absolute() or (at / extends).parts.count("..") >= len(PurePosixPath(_DEEP).parts):
            raise XformError(f"{head}: extends = {str(extends)!r} does not travel; expected a name or a path from here")
        _gather(tables.base, at / extends, files)


def schema_folder(folder: Path) -> Folder:
    """The RELAX NG files of a folder."""
    return Folder.of(str(folder.absolute()), {file.name: file.read_bytes() for file in sorted(folder.glob("*.rng"))})
