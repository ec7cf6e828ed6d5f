"""RELAX NG: whether a document is valid against libvirt's schema, and where it is not.  Knows no element name."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

from attrs import frozen
from lxml import etree

from xform.errors import HostError, XformError
from xform.xml import Element, parse_text, shown

SCHEMA = "domain.rng"
HOMES = (Path("/usr/share/libvirt/schemas"), Path("/usr/local/share/libvirt/schemas"))

# Beyond this many children an element is not searched for the faulty one: each is a validation of the document.
_MOST = 200


@frozen
class Problem:
    """A place where a document is not valid; str() gives ``source:line: message``.

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


@lru_cache(8)
def _load(file: Path) -> tuple[etree.RelaxNG, threading.Lock]:
    try:
        return etree.RelaxNG(file=str(file)), threading.Lock()
    except (etree.RelaxNGParseError, etree.XMLSyntaxError) as error:
        raise XformError(f"{file}: {' '.join(str(error).split())}; expected a RELAX NG schema") from None
    except OSError as error:
        raise XformError(f"{file}: {error.strerror or 'cannot be read'}; expected a RELAX NG schema") from None


class Schema:
    """One schema of a folder.  Loaded once a process; safe to use from several threads."""

    def __init__(self, folder: Path, name: str = SCHEMA) -> None:
        self.name = name
        self._relaxng, self._lock = _load((folder / name).resolve())

    def problems(self, document: str | bytes | Element, source: str = "document") -> list[Problem]:
        """Where the document is not valid, line by line; empty where it is.  Values are not shown: some are secret.

        Raises DocumentError for what is not well-formed XML.
        """
        root = parse_text(document, source) if isinstance(document, str | bytes) else document
        if not self._said(root):
            return []
        found = [
            Problem(source, element.sourceline, None, message) for element, message in self._faults(deepcopy(root))
        ]
        return sorted(found, key=lambda problem: problem.line or 0)

    def _said(self, root: Element) -> list[str]:
        """The validator's own messages; none if the document is valid."""
        with self._lock:  # the log belongs to the schema, not to the call
            if self._relaxng.validate(root):
                return []
            return [" ".join(entry.message.split()) for entry in self._relaxng.error_log]

    def _faults(self, root: Element) -> Iterator[tuple[Element, str]]:
        """The validator gives up on the first child of the root that it cannot place; so take out one after another."""
        out: list[tuple[int, Element]] = []
        while (said := self._said(root)) and (child := _named(root, said)) is not None:
            out.append((root.index(child), child))
            root.remove(child)
        if said and not out:
            yield from self._within(root, root, f"<{shown(root)}>: {said[0]}")
        for at, child in out:
            root.insert(at, child)
            if not said and not self._said(root):
                continue  # the validator named it only because of another
            yield from [(child, _misfit(child))] if said else self._within(root, child, _misfit(child))
            root.remove(child)

    def _within(self, root: Element, element: Element, misfit: str) -> Iterator[tuple[Element, str]]:
        """What in an element keeps the document from being valid; the element itself, if no less can be told."""
        if fault := self._attribute(root, [element]):
            yield fault
            return
        faulty = self._faulty(root, element) if len(element) <= _MOST else []
        for at, child in faulty:
            element.insert(at, child)
            yield from self._within(root, child, _misfit(child))
            element.remove(child)
        if not faulty:  # perhaps within a child that the element cannot be without
            inner = list(element.iterdescendants(etree.Element))
            yield self._attribute(root, inner[:_MOST]) or (element, misfit)

    def _attribute(self, root: Element, elements: list[Element]) -> tuple[Element, str] | None:
        """The one attribute without which the document is valid."""
        for element in elements:
            for name, value in element.items():
                del element.attrib[name]
                valid = not self._said(root)
                element.set(name, value)
                if valid:
                    message = (
                        f"attribute {name!r} of <{shown(element)}>: no such attribute here, or not with this value"
                    )
                    return element, message
        return None

    def _faulty(self, root: Element, element: Element) -> list[tuple[int, Element]]:
        """The children that do not fit, with their places; they are taken out.  Empty where it is not the children."""
        children = list(element)
        for at, child in enumerate(children):
            element.remove(child)
            if not self._said(root):
                return [(at, child)]
            element.insert(at, child)
        element[:] = []  # no child alone, so perhaps several: put back what fits
        if self._said(root):
            element[:] = children
            return []
        faulty = []
        for child in children:
            element.append(child)
            if self._said(root):
                element.remove(child)
                faulty.append((len(element), child))
        return faulty


def _named(root: Element, messages: list[str]) -> Element | None:
    """The child of the root that the validator's messages name."""
    for message in messages:
        found = re.search(r"(?:Extra element|extra content:|Did not expect element) (\S+)", message)
        if found and (child := next((child for child in root if child.tag == found[1]), None)) is not None:
            return child
    return None


def _misfit(element: Element) -> str:
    parent = element.getparent()
    inside = f" in <{shown(parent)}>" if parent is not None else ""
    return f"<{shown(element)}>{inside}: no such element here, or not with this content"
