"""A dialect in use: its entity classes, and what can be done with entities and documents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from lxml import etree

from xform.entities import Classes
from xform.errors import DeepError, DocumentError, EntityError, TableError, XformError, did_you_mean, lasting, named
from xform.table.folder import display, load_module
from xform.table.model import Step, Table, Tables
from xform.xml import declared, element_name, parse_grown, parse_text

if TYPE_CHECKING:
    from xform.compile.layout import Layouts
    from xform.compile.notes import Detailed, Notes
    from xform.compile.program import Program
    from xform.digest import Digests
    from xform.document import Document
    from xform.faults.known import Known
    from xform.match import Containers, Kind, Matching
    from xform.xml import Element

T = TypeVar("T")


class once(cached_property[T]):
    """A property that is made when it is first asked for, by one thread for all."""

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Self | T:
        if instance is None:
            return self
        with instance._making:
            made: T = super().__get__(instance, owner)
            return made


def planner(tables: Tables, name: str) -> Any:
    """`plan` or `recall` of the nearest plan.py that has it, or None. Raises TableError for a plan.py without both."""
    for one in tables.lineage:
        if module := load_module(one.folder, "plan"):
            made = {word: getattr(module, word, None) for word in ("plan", "recall")}
            if callable(made[name]):
                return made[name]
            if not any(map(callable, made.values())):
                file = display(one.folder) / Path(module.__file__ or "").relative_to(one.folder.resolve())
                raise TableError(f"{file}:1:1: no function plan; expected plan(entity, *, dialect)")
    return None


class Dialect:
    """Tables in use.  Entity classes are attributes: ``dialect.Disk``.  Safe to use from several threads.

    What takes or gives trees, tables and layouts is the engine's own, and may change.
    """

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

    @cached_property
    def root(self) -> Table:
        """The table of a whole document."""
        return self.tables.document

    def tree(self, xml: str | bytes, source: str = "document") -> Element:
        """The root element of a document of this dialect. Raises DocumentError."""
        root = parse_text(xml, source)
        if root.tag != self.root.element and root.tag not in self.tables.parts:
            from xform.text import places

            line, column = places(root, xml).get(root, (root.sourceline, 1))
            space = etree.QName(root).namespace
            inside = f" in the namespace {space!r}" if space else ""
            raise DocumentError(
                f"{source}:{line}:{column}: the root element is <{element_name(root)}>{inside}; "
                f"expected <{self.root.element}>" + (" in none" if space else "")
            )
        return root

    def parse(self, xml: str | bytes, *, source: str = "document", **context: Any) -> Any:
        """A document as an entity; what the tables do not name is left out.  `context` is what its rules need.

        Raises DocumentError for what is no document of this dialect.
        """
        self._take(context)
        root = self.tree(xml, source)
        with named(source, DocumentError):
            return self.read_tree(root, context)

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

        self._take(context)
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

        self._take(context)
        if version is not None:
            from xform.versions import unknown

            if found := unknown(self, entity, version):
                raise EntityError("\n".join(map(str, found)))
        if part is not None or only is not None:
            from xform.part import part_of

            entity = part_of(self, entity, part, only)
        writing = Writing(live, context, part is not None)
        try:
            text: str = self._documents[entity.__class__](entity, part or self.root.element, "", writing)
        except RecursionError:
            raise DeepError from None
        except (AttributeError, KeyError, TypeError, ValueError):
            self.refuse(entity, context, part is not None)
            raise
        namespaces = self.tables.namespaces.items()
        made = declared(text, {prefix: uri for prefix, uri in namespaces if prefix in writing.used})
        try:
            parse_grown(made, kept=writing.kept)
        except DocumentError as error:
            raise EntityError(f"its document could not be read: {str(error).partition(': ')[2]}") from None
        return made

    def masked(self, xml: str | bytes, **context: Any) -> str:
        """A document as it may be shown and logged: ``***`` for secrets and for what no row names, nobody's comments.

        Pretty; the very same where there is nothing to hide.  Raises DocumentError.
        """
        from xform.mask import masked_document

        self._take(context)
        return masked_document(self, xml, context)

    def plan(self, entity: Any, **context: Any) -> Any:
        """An entity completed in its own terms by ``plan(entity, *, dialect, **context)`` of the dialect's plan.py.

        A dialect without one plans what it is given.  Raises EntityError for what a plan cannot take.
        """
        self._take(context)
        if function := planner(self.tables, "plan"):
            with self._blamed(context, entity):
                return lasting(function)(entity, dialect=self, **context)
        return entity

    def recall(self, entity: Any, *, known: Any = None, **context: Any) -> Any:
        """An entity read from a document with what its manager knows of it: the way back of `plan`.

        By ``recall(entity, *, known, dialect, **context)`` of the dialect's plan.py; `known` is the entity as it was
        known before, for what no document tells.  A dialect without one recalls what it is given.  Raises EntityError.
        """
        self._take(context)
        if function := planner(self.tables, "recall"):
            with self._blamed(context, entity, *([] if known is None else [known])):
                return lasting(function)(entity, known=known, dialect=self, **context)
        return entity

    @contextmanager
    def _blamed(self, context: dict[str, Any], *entities: Any) -> Iterator[None]:
        """Within, what a dialect's Python cannot take of entities is told in words of the tables: EntityError."""
        try:
            yield
        except XformError:
            raise
        except Exception:
            for entity in entities:
                self.refuse(entity, context, planned=False)
            raise

    def digest(self, xml: str | bytes, *, source: str = "document") -> bytes:
        """The canonical digest of a document: another one where a significant value is, and the same where none is.

        The same in every process.  Raises DocumentError for what is no document of this dialect.
        """
        return self._digests.text(xml, source)

    def digest_tree(self, root: Element) -> bytes:
        """The same, of a tree that `tree` gave."""
        return self._digests.tree(root)

    def match(self, xml: str | bytes, known: Any, **context: Any) -> Matching:
        """Which devices of a document are which of a known entity. Raises DocumentError, EntityError."""
        from xform.match import match

        self._take(context)
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

    def _take(self, context: dict[str, Any]) -> None:
        """Raise EntityError for a keyword that the dialect does not take, or what is not of the keyword's class.

        One that names none takes any that a plan or stages of its own may ask for; rows ask for none of these.
        """
        if not context or not (self.tables.context or not self._asks):
            return
        from xform.files import context_class

        for keyword, value in context.items():
            name = self.tables.context.get(keyword, "").rpartition(":")[2]
            # the class is looked for where its name does not tell: that reads files
            if value is not None and name and any(cls.__name__ == name for cls in type(value).__mro__):
                continue
            cls = context_class(self, keyword)
            if value is not None and not isinstance(value, cls):
                raise EntityError(
                    f"{keyword}: {self.classes.no(value, cls.__name__)}; "
                    f"read_context({keyword!r}, FILE) reads one from a file"
                )

    @property
    def _asks(self) -> bool:
        """Whether Python of the dialect's own may ask for a context."""
        return any(load_module(one.folder, name) for one in self.tables.lineage for name in ("plan", "stages"))

    def check(self, entity: Any, *, part: bool = False, **context: Any) -> None:
        """Raise EntityError if the tables do not admit an entity, or what there is of it as a `part` of a document.

        Nor is one admitted of which no reader would take the document.
        """
        self._admit(entity, context, part)
        if not part and type(entity) is self.classes[self.root.name]:
            self.generate(entity, live=True, **context)

    def _admit(self, entity: Any, context: dict[str, Any], part: bool, planned: bool = True) -> None:
        from xform.validate import problems

        try:
            found = problems(self, entity, part=part, planned=planned, **context)
        except RecursionError:
            raise DeepError from None
        if found:
            # the error that it comes from may quote a secret, and a traceback would show it
            raise EntityError("\n".join(map(str, found)), found) from None

    def refuse(self, entity: Any, context: dict[str, Any], part: bool = False, planned: bool = True) -> None:
        """Raise EntityError with what is wrong with an entity that cannot be written, in words of the tables."""
        if type(entity) is not self.classes[self.root.name]:
            raise EntityError(f"{self.classes.no(entity, self.root.name)}; expected {self.root.name}") from None
        self._admit(entity, context, part, planned)

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
    def vocabulary(self) -> Known:
        """What its documents may say by the tables that speak the schema's words."""
        from xform.faults.known import Known
        from xform.schema import speaker

        tables = speaker(self.tables)
        return Known(tables, (other for other in self.tables.lineage if other is not tables))

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
