"""RELAX NG: whether a document is valid against libvirt's schema, and where it is not.  Knows no element name."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen
from lxml import etree

from xform.errors import HostError, XformError
from xform.text import places
from xform.versions import schema_version
from xform.xml import Element, parse_text, shown

if TYPE_CHECKING:
    from xform.table.model import Tables

SCHEMA = "domain.rng"
HOMES = (Path("/usr/share/libvirt/schemas"), Path("/usr/local/share/libvirt/schemas"))

# Of so many children or descendants each is tried alone: each try is a validation of the document.
_MOST = 200
# What all tries of a search may cost together, counted in elements and attributes: some seconds.
_EFFORT = 500_000
_FEWEST = 16
_VALUE = re.compile("value '.*'")


@frozen
class Problem:
    """A place where a document is not valid; str() gives ``source:line:column: message``.

    `line` and `column` count from 1 and are None where they are not known.
    """

    source: str
    line: int | None
    column: int | None
    message: str

    def __str__(self) -> str:
        place = [self.source, *(str(number) for number in (self.line, self.column) if number is not None)]
        return f"{':'.join(place)}: {self.message}"


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


def schema_of(tables: Tables, folder: Path | None = None) -> Schema | None:
    """The schema that a dialect names, from the folder or the installed libvirt; None where it names none.

    Raises XformError, HostError.
    """
    name = tables.schema
    return Schema(find_schemas(folder, name), name) if name else None


def version_of(tables: Tables, folder: Path | None = None) -> str | None:
    """The version of libvirt whose schema a dialect's documents would be checked against; None where nothing tells.

    Raises XformError for a folder without the schema.
    """
    try:
        return schema_version(find_schemas(folder, tables.schema)) if tables.schema else None
    except HostError:
        return None


def speaker(tables: Tables) -> Tables:
    """The dialect whose words the schema speaks: the first of the lineage that names it."""
    return [one for one in tables.lineage if one.schema == tables.schema][-1]


@lru_cache(8)
def _load(file: Path) -> tuple[etree.RelaxNG, threading.Lock]:
    try:
        return etree.RelaxNG(file=str(file)), threading.Lock()
    except (etree.RelaxNGParseError, etree.XMLSyntaxError) as error:
        raise XformError(f"{file}: {' '.join(str(error).split())}; expected a RELAX NG schema") from None
    except OSError as error:
        raise XformError(f"{file}: {error.strerror or 'cannot be read'}; expected a RELAX NG schema") from None


class Schema:
    """One schema of a folder.  Loaded once a process; safe to use from several threads.

    `file` holds it, `version` is that of the libvirt which it is from, None where nothing tells.
    """

    def __init__(self, folder: Path, name: str = SCHEMA) -> None:
        self.name = name
        self.file = folder / name
        self.version = schema_version(folder)
        self._relaxng, self._lock = _load(self.file.resolve())

    def problems(self, document: str | bytes | Element, source: str = "document") -> list[Problem]:
        """Where the document is not valid, in its order; empty where it is.  Values are not shown: some are secret.

        Of a tree the columns are not known.  Raises DocumentError for what is not well-formed XML.
        """
        text = document if isinstance(document, str | bytes) else None
        root = deepcopy(document) if isinstance(document, Element) else parse_text(document, source)
        if not self.said(root):
            return []
        where = places(root, text) if text is not None else {}
        found = []
        for misfit in Search(self, root).faults():
            line, column = where.get(misfit.element, (misfit.element.sourceline, None))
            found.append(Problem(source, line, column, misfit.message))
        return sorted(found, key=lambda problem: (problem.line or 0, problem.column or 0))

    def said(self, root: Element) -> list[str]:
        """The validator's own messages; none if the document is valid."""
        with self._lock:  # the log belongs to the schema, not to the call
            if self._relaxng.validate(root):
                return []
            return [" ".join(entry.message.split()) for entry in self._relaxng.error_log]


@frozen(eq=False)
class Misfit:
    """An element with which a document is not valid, or an attribute of it."""

    element: Element
    message: str
    attribute: str | None = None


class Search:
    """Finds what keeps a document from being valid: by leaving out of its tree now this, now that.

    Each try is a validation; when they have cost enough, what is found by then is told less exactly.
    """

    def __init__(self, schema: Schema, root: Element) -> None:
        self.schema, self.root = schema, root
        self.tries = max(_FEWEST, _EFFORT // sum(1 + len(element.attrib) for element in root.iter(etree.Element)))

    def said(self) -> list[str]:
        self.tries -= 1
        return self.schema.said(self.root)

    @property
    def spent(self) -> bool:
        return self.tries <= 0

    def faults(self) -> Iterator[Misfit]:
        """The validator gives up on the first child of the root that it cannot place; so take out one after another."""
        out: list[tuple[int, Element]] = []
        while (said := self.said()) and not self.spent and (child := _named(self.root, said)) is not None:
            out.append((self.root.index(child), child))
            self.root.remove(child)
        if said and not out:
            yield from self.within(Misfit(self.root, f"<{shown(self.root)}>: {_VALUE.sub('this value', said[0])}"))
        for at, child in out:
            self.root.insert(at, child)
            if not said and not self.spent and not self.said():
                continue  # the validator named it only because of another
            yield from [_misfit(child)] if said else self.within(_misfit(child))
            self.root.remove(child)

    def within(self, misfit: Misfit) -> Iterator[Misfit]:
        """What in an element keeps the document from being valid; the element itself, if no less can be told."""
        element = misfit.element
        if fault := self.attribute([element]):
            yield fault
            return
        faulty = [] if self.spent else self.faulty(element)
        for at, child in faulty:
            element.insert(at, child)
            yield from self.within(_misfit(child))
            element.remove(child)
        if not faulty:  # perhaps within a child that the element cannot be without
            inner = list(element.iterdescendants(etree.Element))
            yield self.attribute(inner[:_MOST]) or misfit

    def attribute(self, elements: list[Element]) -> Misfit | None:
        """The one attribute without which the document is valid."""
        for element in elements:
            for name in list(element.attrib):  # items() takes long where there are very many
                if self.spent:
                    return None
                value = element.attrib.pop(name)
                valid = not self.said()
                element.set(name, value)
                if valid:
                    message = (
                        f"attribute {name!r} of <{shown(element)}>: no such attribute here, or not with this value"
                    )
                    return Misfit(element, message, str(name))
        return None

    def faulty(self, element: Element) -> list[tuple[int, Element]]:
        """The children that do not fit, with their places; they are taken out.  Empty where it is not the children."""
        children = list(element)
        element[:] = []
        if not self.said():  # it can be without any, so put back what fits
            return list(self.misfits(element, children))
        element[:] = children
        for at, child in enumerate(children[:_MOST]):
            if self.spent:
                break
            element.remove(child)
            if not self.said():
                return [(at, child)]
            element.insert(at, child)
        return []

    def misfits(self, element: Element, children: list[Element]) -> Iterator[tuple[int, Element]]:
        """Append children to a valid element; those with which it is not stay out."""
        element.extend(children)
        if self.spent or not self.said():
            return
        for child in children:
            element.remove(child)
        if len(children) == 1:
            yield len(element), children[0]
            return
        half = len(children) // 2
        yield from self.misfits(element, children[:half])
        yield from self.misfits(element, children[half:])


def _named(root: Element, messages: list[str]) -> Element | None:
    """The child of the root that the validator's messages name."""
    for message in messages:
        found = re.search(r"(?:Extra element|extra content:|Did not expect element) (\S+)", message)
        if found and (child := next((child for child in root if child.tag == found[1]), None)) is not None:
            return child
    return None


def _misfit(element: Element) -> Misfit:
    parent = element.getparent()
    inside = f" in <{shown(parent)}>" if parent is not None else ""
    return Misfit(element, f"<{shown(element)}>{inside}: no such element here, or not with this content")
