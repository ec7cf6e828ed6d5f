"""A dialect in use: its entity classes, and what can be done with entities and documents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from lxml import etree

from xform.entities import Classes
from xform.errors import DocumentError, EntityError, did_you_mean
from xform.table.folder import Stamp, find, found_by, load_module, loading, stamps
from xform.table.model import Step, Table, Tables
from xform.xml import declared, parse_text, shown

if TYPE_CHECKING:
    from xform.compile.layout import Layouts
    from xform.compile.notes import Detailed, Notes
    from xform.compile.program import Program
    from xform.digest import Digests
    from xform.document import Document
    from xform.match import Containers, Kind, Matching
    from xform.types.domain import DomainDialect
    from xform.types.ovirt import OvirtDialect
    from xform.xml import Element

T = TypeVar("T")


class once(cached_property[T]):
    """A property that is made when it is first asked for, by one thread for all."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with instance._making:
            return super().__get__(instance, owner)


class Dialect:
    """Tables in use.  Entity classes are attributes: ``dialect.Disk``.  Safe to use from several threads."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.classes = Classes(tables)
        self._making = threading.RLock()

    def __getattr__(self, name: str) -> type:
        if not name.startswith("_") and name in self.classes:
            return self.classes[name]
        hint = did_you_mean(name, self.classes.names())
        raise AttributeError(f"dialect {self.tables.name!r} has no entity {name!r}{hint}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.classes.names()]

    def __repr__(self) -> str:
        return f"<Dialect {self.tables.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return load, (found_by(self.tables.folder),)

    @cached_property
    def root(self) -> Table:
        """The table of a whole document."""
        table = self.tables.shapes[self.tables.root]
        assert isinstance(table, Table)
        return table

    def tree(self, xml: str | bytes, source: str = "document") -> Element:
        """The root element of a document of this dialect. Raises DocumentError."""
        root = parse_text(xml, source)
        if root.tag != self.root.element and root.tag not in self.tables.parts:
            from xform.text import places

            line, column = places(root, xml).get(root, (root.sourceline, 1))
            space = etree.QName(root).namespace
            inside = f" in the namespace {space!r}" if space else ""
            raise DocumentError(
                f"{source}:{line}:{column}: the root element is <{shown(root)}>{inside}; "
                f"expected <{self.root.element}>" + (" in none" if space else "")
            )
        return root

    def parse(self, xml: str | bytes, *, source: str = "document", **context: Any) -> Any:
        """A document as an entity; what the tables do not name is left out.  `context` is what its rules need.

        Raises DocumentError for what is no document of this dialect.
        """
        return self.read_tree(self.tree(xml, source), context)

    def read_tree(self, root: Element, context: dict[str, Any]) -> Any:
        """The same, of a tree that `tree` gave."""
        return self.read_element(self.root.name, root, context)

    def read_element(self, name: str, element: Element, context: dict[str, Any]) -> Any:
        """One element as an entity of this name; what joins say of it is not looked at."""
        return self._parsing[f"parse_{name}"](element, context)

    def detailed(self, root: Element, context: dict[str, Any]) -> Detailed:
        """The same with what no row takes of the tree, and why.

        Raises DocumentError for entities within entities that are more than Python's stack holds.
        """
        from xform.compile.notes import Detailed

        notes: Notes = []
        try:
            return Detailed(self._detailing[f"parse_{self.root.name}"](root, context, notes), notes)
        except RecursionError:
            raise DocumentError("elements are nested too deeply; expected fewer within each other") from None

    def open(self, xml: str | bytes, *, source: str = "document", **context: Any) -> Document:
        """A document to look into and to change. Raises DocumentError for what is no document of this dialect."""
        from xform.document import Document

        return Document(self, xml, source, context)

    @overload
    def update(self, xml: str, entity: Any, *, live: bool = False, source: str = "document", **context: Any) -> str: ...

    @overload
    def update(
        self, xml: bytes, entity: Any, *, live: bool = False, source: str = "document", **context: Any
    ) -> bytes: ...

    def update(
        self, xml: str | bytes, entity: Any, *, live: bool = False, source: str = "document", **context: Any
    ) -> str | bytes:
        """A document with an entity's changes, of the type that was given; every byte they are not about stays.

        `live` fields are left alone unless asked for.  Raises DocumentError for what is no document of this dialect,
        EntityError for what the tables do not admit.
        """
        document = self.open(xml, source=source, **context)
        document.entity = entity
        return document.to_xml(live=live)

    def generate(
        self,
        entity: Any,
        *,
        live: bool = False,
        version: str | None = None,
        part: str | None = None,
        only: Sequence[Any] | None = None,
        **context: Any,
    ) -> str:
        """An entity as a new document, pretty as libvirt writes it; with `live`, what libvirt fills in as well.

        With `part`, one of the elements that dialect.toml names, it is what there is of the entity in that element:
        `only` these of its items, or all of it.
        Raises EntityError for what the tables do not admit, or what a `version` of libvirt, if given, does not know.
        """
        from xform.compile.runtime import Writing

        if version is not None:
            from xform.versions import unknown

            if found := unknown(self, entity, version):
                raise EntityError("\n".join(map(str, found)))
        if part is not None and part not in self.tables.parts:
            raise EntityError(f"{self.tables.name} has no part {part!r}{did_you_mean(part, self.tables.parts)}")
        if part is not None and only is not None:
            from xform.part import part as some

            entity = some(self, entity, only, self.tables.parts[part])
        writing = Writing(live, context, part is not None)
        try:
            text: str = self._documents[entity.__class__](entity, part or self.root.element, "", writing)
        except (AttributeError, KeyError, TypeError, ValueError):
            self.refuse(entity, context, part is not None)
            raise
        namespaces = self.tables.namespaces.items()
        return declared(text, {prefix: uri for prefix, uri in namespaces if prefix in writing.used})

    def masked(self, xml: str, **context: Any) -> str:
        """A document as it may be shown and logged: ``***`` for secrets and for what no row names, nobody's comments.

        Pretty; the very same where there is nothing to hide.  Raises DocumentError.
        """
        from xform.mask import masked_document

        return masked_document(self, xml, context)

    def plan(self, entity: Any, **context: Any) -> Any:
        """An entity completed in its own terms by ``plan(entity, *, dialect, **context)`` of the dialect's plan.py.

        A dialect without one plans what it is given.
        """
        for tables in self.tables.lineage:
            if module := load_module(tables.folder, "plan"):
                return module.plan(entity, dialect=self, **context)
        return entity

    def recall(self, entity: Any, *, known: Any = None, **context: Any) -> Any:
        """An entity read from a document with what its manager knows of it: the way back of `plan`.

        By ``recall(entity, *, known, dialect, **context)`` of the dialect's plan.py; `known` is the entity as it was
        known before, for what no document tells.  A dialect without one recalls what it is given.
        """
        for tables in self.tables.lineage:
            if (module := load_module(tables.folder, "plan")) and hasattr(module, "recall"):
                return module.recall(entity, known=known, dialect=self, **context)
        return entity

    def digest(self, xml: str | bytes, *, source: str = "document") -> bytes:
        """The canonical digest of a document: another one where a significant value is, and the same where none is.

        The same in every process.  Raises DocumentError for what is no document of this dialect.
        """
        made: bytes = self._digests.text(xml, source)
        return made

    def digest_tree(self, root: Element) -> bytes:
        """The same, of a tree that `tree` gave."""
        made: bytes = self._digests.tree(root)
        return made

    def match(self, xml: str | bytes, known: Any, **context: Any) -> Matching:
        """Which devices of a document are which of a known entity. Raises DocumentError, EntityError."""
        from xform.match import match

        return match(self, xml, known, **context)

    def read(self, path: str | Path) -> Any:
        """An entity file (YAML or JSON) as the entity of a document. Raises EntityError, every fault with its line."""
        from xform.files import read_entity

        return read_entity(self, path)

    def context(self, keyword: str, **values: Any) -> Any:
        """What this dialect takes under a keyword of its functions, such as `host`: made of plain values.

        A field that holds other things takes mappings and lists, as the file that `read_context` reads would.  Raises
        EntityError.
        """
        from xform.files import make_context

        return make_context(self, keyword, values)

    def read_context(self, keyword: str, path: str | Path) -> Any:
        """The same from a file (YAML or JSON). Raises EntityError, every fault with its line.

        >>> host = ovirt.read_context("host", "examples/host.yaml")
        >>> xml = ovirt.generate(ovirt.plan(vm, host=host), host=host)
        """
        from xform.files import read_context

        return read_context(self, keyword, path)

    def check(self, entity: Any, *, part: bool = False, **context: Any) -> None:
        """Raise EntityError if the tables do not admit an entity, or what there is of it as a `part` of a document."""
        from xform.validate import problems

        if found := problems(self, entity, part=part, **context):
            # the error that it comes from may quote a secret, and a traceback would show it
            raise EntityError("\n".join(map(str, found))) from None

    def refuse(self, entity: Any, context: dict[str, Any], part: bool = False) -> None:
        """Raise EntityError with what is wrong with an entity that cannot be written, in words of the tables."""
        if type(entity) is not self.classes[self.root.name]:
            raise EntityError(f"{self.classes.no(entity, self.root.name)}; expected {self.root.name}") from None
        self.check(entity, part=part, **context)

    @once
    def _parsing(self) -> Program:
        return self._program("parse")

    @once
    def _detailing(self) -> Program:
        return self._program("detail")

    @once
    def _documents(self) -> dict[type, Any]:
        """What generates a whole document, by the class of what is given."""
        root = self.root.name
        return {self.classes[root]: self._program("generate")[f"generate_{root}"]}

    def _program(self, form: str) -> Program:
        """Compiled functions of one form."""
        from xform.compile.program import Program

        return Program(self.classes, form)

    @once
    def _digests(self) -> Digests:
        from xform.digest import Digests

        return Digests(self)

    @once
    def layouts(self) -> Layouts:
        """The tables as trees of elements."""
        from xform.compile.layout import Layouts

        return Layouts(self.tables)

    @once
    def sections(self) -> list[tuple[str, list[tuple[Step, ...]], str]]:
        """The namespaces that follow a schema of the dialect's own: prefix, ways to their outermost elements, XSD."""
        from xform.xsd import sections, xsd

        return [(prefix, ways, xsd(self.tables, prefix)) for prefix, ways in sections(self.tables).items()]

    @once
    def kinds(self) -> list[Kind]:
        """The kinds of devices that a document holds, with their match ladders."""
        from xform.match import ladders

        return ladders(self.classes, self._program("keys"))

    @once
    def same_run(self) -> Callable[[Element, Any], bool | None]:
        """Whether a document is of the same start of its domain as what is known of it; None where nobody knows."""
        from xform.match import runs

        return runs(self)

    @once
    def containers(self) -> Containers:
        """Where in a document they stand."""
        from xform.match import containers

        return containers(self.kinds)


_loaded: dict[Path, tuple[list[dict[str, Stamp]], Dialect]] = {}


@overload
def load(name: Literal["ovirt"] = ...) -> OvirtDialect: ...
@overload
def load(name: Literal["domain"]) -> DomainDialect: ...
@overload
def load(name: str) -> Dialect: ...
def load(name: str = "ovirt") -> Dialect:
    """A dialect by name, or by the path of its folder (which runs its rules.py).

    It is read once: a process has one dialect of a folder, with one class for each entity, until a file of it changes.
    Raises TableError with file, line and column of what is wrong.
    """
    from xform.table.stored import load_tables

    folder = find(name).resolve()
    with loading:
        if folder in _loaded:
            files, dialect = _loaded[folder]
            if files == _files(dialect):
                return dialect
        dialect = Dialect(load_tables(name))
        _loaded[folder] = _files(dialect), dialect
        return dialect


def _files(dialect: Dialect) -> list[dict[str, Stamp]]:
    return [stamps(tables.folder) for tables in dialect.tables.lineage]
