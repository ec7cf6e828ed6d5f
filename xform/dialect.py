"""A dialect in use: its entity classes, and what can be done with entities and documents."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xform.entities import Classes
from xform.errors import DocumentError, EntityError
from xform.table.folder import load_module
from xform.table.model import Table, Tables
from xform.xml import declared, parse_text, shown

if TYPE_CHECKING:
    from xform.compile.notes import Detailed
    from xform.compile.program import Program
    from xform.match import Containers, Kind, Matching
    from xform.xml import Element


class Dialect:
    """Tables in use.  Entity classes are attributes: ``dialect.Disk``.  Safe to use from several threads."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.classes = Classes(tables)

    def __getattr__(self, name: str) -> type:
        if not name.startswith("_") and name in self.classes:
            return self.classes[name]
        raise AttributeError(f"dialect {self.tables.name!r} has no entity {name!r}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.classes.names()]

    def __repr__(self) -> str:
        return f"<Dialect {self.tables.name}>"

    @cached_property
    def root(self) -> Table:
        """The table of a whole document."""
        table = self.tables.shapes[self.tables.root]
        assert isinstance(table, Table)
        return table

    def tree(self, xml: str | bytes, source: str = "document") -> Element:
        """The root element of a document of this dialect. Raises DocumentError."""
        root = parse_text(xml, source)
        if root.tag != self.root.element:
            raise DocumentError(
                f"{source}:{root.sourceline}:1: the root element is <{shown(root)}>; expected <{self.root.element}>"
            )
        return root

    def parse(self, xml: str | bytes, *, source: str = "document", **context: Any) -> Any:
        """A document as an entity; what the tables do not name is left out.

        Raises DocumentError for what is no document of this dialect.
        """
        return self._parsing[f"parse_{self.root.name}"](self.tree(xml, source), context)

    def detailed(self, xml: str | bytes | Element, *, source: str = "document", **context: Any) -> Detailed:
        """The same with what was refused, what nobody took, and which row took which node; of a text or of its `tree`.

        Raises DocumentError for what is no document of this dialect.
        """
        from xform.compile.notes import read_in_detail

        root = self.tree(xml, source) if isinstance(xml, str | bytes) else xml
        return read_in_detail(self._detailing[f"parse_{self.root.name}"], root, context)

    def generate(self, entity: Any, *, live: bool = False, **context: Any) -> str:
        """An entity as a new document, pretty as libvirt writes it; with `live`, what libvirt fills in as well.

        Raises EntityError for what the tables do not admit.
        """
        from xform.compile.runtime import Writing

        generate = self._generating[f"generate_{self.root.name}"]
        writing = Writing(live, context)
        try:
            text: str = generate(entity, self.root.element, "", writing)
        except (AttributeError, KeyError, TypeError, ValueError):
            self.check(entity)
            raise
        namespaces = self.tables.namespaces.items()
        return declared(text, {prefix: uri for prefix, uri in namespaces if prefix in writing.used})

    def plan(self, entity: Any, **context: Any) -> Any:
        """An entity completed in its own terms by ``plan(entity, *, dialect, **context)`` of the dialect's plan.py.

        A dialect without one plans what it is given.
        """
        for tables in self.tables.lineage:
            if module := load_module(tables.folder, "plan"):
                return module.plan(entity, dialect=self, **context)
        return entity

    def match(self, xml: str | bytes, known: Any, **context: Any) -> Matching:
        """Which devices of a document are which of a known entity. Raises DocumentError."""
        from xform.match import match

        return match(self, xml, known, **context)

    def read(self, path: str | Path) -> Any:
        """An entity file (YAML or JSON) as the entity of a document. Raises EntityError, every fault with its line."""
        from xform.files import read_entity

        return read_entity(self, path)

    def check(self, entity: Any) -> None:
        """Raise EntityError if the tables do not admit an entity."""
        from xform.validate import problems

        if found := problems(self, entity):
            raise EntityError("\n".join(map(str, found)))

    @cached_property
    def _parsing(self) -> Program:
        return self._program("parse")

    @cached_property
    def _detailing(self) -> Program:
        return self._program("detail")

    @cached_property
    def _generating(self) -> Program:
        return self._program("generate")

    def _program(self, form: str) -> Program:
        """Compiled functions of one form."""
        from xform.compile.program import Program

        return Program(self.classes, form)

    @cached_property
    def kinds(self) -> list[Kind]:
        """The kinds of devices that a document holds, with their match ladders."""
        from xform.match import ladders

        return ladders(self.classes, self._program("keys"))

    @cached_property
    def containers(self) -> Containers:
        """Where in a document they stand."""
        from xform.match import containers

        return containers(self.kinds)


def load(name: str = "ovirt") -> Dialect:
    """A dialect by name, or by the path of its folder (which runs its rules.py).

    Raises TableError with file, line and column of what is wrong.
    """
    from xform.table.stored import load_tables

    return Dialect(load_tables(name))
