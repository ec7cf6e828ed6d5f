"""RELAX NG: whether a document is valid against libvirt's schema.  Knows no element name."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from xform.errors import HostError, XformError
from xform.versions import schema_version
from xform.xml import Element

if TYPE_CHECKING:
    from xform.table.model import Tables

SCHEMA = "domain.rng"
HOMES = (Path("/usr/share/libvirt/schemas"), Path("/usr/local/share/libvirt/schemas"))


def find_schemas(folder: Path | None = None, name: str = SCHEMA) -> Path:
    """The folder with the schema: the given one, or that of the installed libvirt.

    Raises XformError for a folder without it, HostError where none is installed.
    """
    if folder is not None:
        if not (folder / name).is_file():
            raise XformError(f"{folder}: no {name} there; expected a folder with libvirt's RELAX NG files")
        return folder
    for home in HOMES:
        if (home / name).is_file():
            return home
    raise HostError(
        f"no {name} in {' or '.join(map(str, HOMES))}; install libvirt's schemas (Debian package libvirt0, "
        "Fedora libvirt-libs), or give their folder with --schemas"
    )


def home_of(tables: Tables, folder: Path | None = None) -> Path | None:
    """The folder with the schema that a dialect names: this, or that of the installed libvirt; None if it names none.

    Raises XformError for a folder without it, or for a dialect that names none, HostError where none is installed.
    """
    if tables.schema is None and folder:
        raise no_schema(tables)
    return find_schemas(folder, tables.schema) if tables.schema else None


def homes_of(tables: Tables, folders: Iterable[Path] = ()) -> list[Path]:
    """The same for several folders."""
    asked: list[Path | None] = [*folders] or [None]
    return [home for folder in asked if (home := home_of(tables, folder))]


def no_schema(tables: Tables) -> XformError:
    return XformError(f"{tables.folder / 'dialect.toml'}: no schema to look into; name one as `schema`")


def schema_of(tables: Tables, folder: Path | None = None) -> Schema | None:
    """The schema that a dialect names, from the folder or the installed libvirt; None where it names none.

    Raises XformError, HostError.
    """
    home = home_of(tables, folder)
    return Schema(home, str(tables.schema)) if home else None


def version_of(tables: Tables, folder: Path | None = None) -> str | None:
    """The version of libvirt whose schema a dialect's documents would be checked against; None where nothing tells.

    Raises XformError for a folder without the schema.
    """
    try:
        home = home_of(tables, folder)
    except HostError:
        return None
    return schema_version(home) if home else None


def speaker(tables: Tables) -> Tables:
    """The dialect whose words the schema speaks: the first of the lineage that names it."""
    return [one for one in tables.lineage if one.schema == tables.schema][-1]


@lru_cache(8)
def _load(file: Path) -> tuple[etree.RelaxNG, threading.Lock]:
    try:
        return etree.RelaxNG(file=str(file)), threading.Lock()
    except (etree.RelaxNGParseError, etree.XMLSyntaxError) as error:
        said = " ".join(str(error).split()).removeprefix("xmlRelaxNGParse: ").replace(f"{file} is", "it is")
        said = said.removeprefix(f'failed to load "{file}": ')
        raise XformError(f"{file}: {said}; expected a RELAX NG schema") from None


class Schema:
    """One schema of a folder.  Loaded once a process; safe to use from several threads.

    `file` holds it, `version` is that of the libvirt which it is from, None where nothing tells.
    """

    def __init__(self, folder: Path, name: str = SCHEMA) -> None:
        self.name = name
        self.file = folder / name
        self.version = schema_version(folder)
        self._relaxng, self._lock = _load(self.file.resolve())

    def said(self, root: Element) -> list[str]:
        """The validator's own messages; none if the document is valid."""
        with self._lock:  # the log belongs to the schema, not to the call
            if self._relaxng.validate(root):
                return []
            return [" ".join(entry.message.split()) for entry in self._relaxng.error_log]
