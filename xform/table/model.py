"""The intermediate representation: what the tables say, resolved, each part with the place it was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from os.path import dirname
from pathlib import Path as Folder
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from xform.codecs import Codec

ANY = "*"


@frozen
class Origin:
    """A place in a mapping file; `comment` is the text of the comment that documents it."""

    file: str
    line: int
    column: int = 1
    comment: str = field(default="", eq=False)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def beside(self, other: Origin) -> bool:
        """Whether both are in files of one dialect: neither was inherited from the other's."""
        return dirname(self.file) == dirname(other.file)


@frozen
class Step:
    """One element on a path: its name, the attributes it must have, and the more exact steps it yields to.

    `tag` is in Clark notation (``{uri}local``), `shown` as written (``prefix:local``).  The tag ``*`` stands
    for any element, ``{uri}*`` for any of one namespace.
    """

    tag: str
    shown: str
    where: tuple[tuple[str, str], ...] = ()
    but: tuple[Step, ...] = ()

    def __str__(self) -> str:
        return self.shown + "".join(f"[@{name}='{value}']" for name, value in self.where)

    @property
    def wild(self) -> bool:
        return self.tag.endswith(ANY)


@frozen
class Path:
    """Steps down from an element, to an attribute of the last one or to that element itself."""

    steps: tuple[Step, ...] = ()
    attribute: str | None = None

    def __str__(self) -> str:
        parts = [str(step) for step in self.steps]
        if self.attribute is not None:
            parts.append(f"@{self.attribute}")
        return "/".join(parts) or "."


@frozen
class Row:
    """One fact: a field of an entity stands at these paths, in this form.

    `form` is ``one``, ``list`` or ``map``.  Exactly one of `codec` and `entity` is set: a value, or the name of
    the entity whose rows go on from here.  `key` and `value` are the paths of a map's two halves, relative to
    the element of an entry.  `behind` names the rows of its table that go first at its node: it takes what none of
    them admits.
    """

    owner: str
    name: str
    paths: tuple[Path, ...]
    form: str
    origin: Origin
    codec: Codec | None = None
    entity: str | None = None
    by: tuple[str, ...] = ()
    key: Path = Path()
    value: Path = Path()
    required: bool = False
    default: str | None = None
    live: bool = False
    generated: bool = False
    secret: bool = False
    since: str | None = None
    until: str | None = None
    when: str | None = None
    behind: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return self.paths[0] if self.paths else Path()

    @property
    def embeds(self) -> bool:
        """The entity's own rows sit in this element."""
        return self.entity is not None and self.form == "one" and bool(self.paths) and not self.path.steps

    @property
    def constant(self) -> str | None:
        return self.codec.constant if self.codec else None

    @property
    def computed(self) -> tuple[str, ...]:
        """The other fields that the row's text is put together from."""
        return self.codec.parts[1::2] if self.codec else ()

    @property
    def place(self) -> str:
        """What the row claims, for people and for telling whether two rows claim the same."""
        return ", ".join(map(str, self.paths))

    def __str__(self) -> str:
        return f"{self.owner}.{self.name}"


@frozen
class Join:
    """A second place of an entity: elements at `path` from the document's root, told apart by `on` at `asked`."""

    path: Path
    on: tuple[tuple[Path, str], ...]
    rows: tuple[Row, ...]
    origin: Origin
    asked: Origin


ONLY = "only"


@frozen
class Rung:
    """One rule of a match ladder: devices that have the same in these fields are the same.

    With `identity`, devices that both have it and differ are never the same.  Of the text in its one field only what
    begins with `prefix` counts.
    """

    fields: tuple[str, ...]
    identity: bool = False
    prefix: str = ""
    origin: Origin = field(default=Origin("", 0), eq=False)

    @property
    def only(self) -> bool:
        """Whether a device is known by being the only one of its kind, on both sides."""
        return self.fields == (ONLY,)

    @property
    def named(self) -> tuple[str, ...]:
        """The fields of the entity that it asks for, of one within another (``source.path``) the outer one."""
        return () if self.only else tuple(field.partition(".")[0] for field in self.fields)

    def __str__(self) -> str:
        said = " + ".join(self.fields) + (f" {self.prefix}" if self.prefix else "")
        return f"{said} !" if self.identity else said


@frozen
class Table:
    """The rows of one entity.  A variant of a choice is a table as well.

    `known` are rows without a place: what is known of an entity beside its document.
    """

    name: str
    origin: Origin
    element: str | None = None
    rows: tuple[Row, ...] = ()
    joins: tuple[Join, ...] = ()
    known: tuple[Row, ...] = ()
    ladder: tuple[Rung, ...] = ()
    cls: str | None = None

    @property
    def every(self) -> list[Row]:
        """The rows of the entity's element, and those of its second places."""
        return [*self.rows, *(row for join in self.joins for row in join.rows)]

    @cached_property
    def fields(self) -> dict[str, Row]:
        """The rows that a field of the class stands for, in order."""
        rows = [row for row in self.every if row.constant is None and not row.when and not row.computed]
        return {row.name: row for row in rows}

    @property
    def attributes(self) -> dict[str, Row]:
        """The same, and what is known beside the document: all that the class has but for the switches."""
        return {**self.fields, **{row.name: row for row in self.known}}

    def second(self, join: Join) -> Table:
        """The rows of a second place, as a table of their own."""
        return Table(self.name, join.origin, rows=join.rows)

    def leaves(self, row: Row) -> bool:
        """Whether another row takes what this one does not admit."""
        return any(row.name in other.behind for other in self.every)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of a shape: one, where it is no choice."""
        return (self,)

    @property
    def switches(self) -> tuple[str, ...]:
        """The boolean fields that rows stand or fall with."""
        return tuple(dict.fromkeys(row.when for row in self.rows if row.when))


@frozen
class Choice:
    """A sum type: one of several tables, told by attributes of the element or by what is there.

    `attributes` is empty for ``choice = "first"``.  `variants` maps the attributes' words to a table; all of them have
    the rows of `shared`.
    """

    name: str
    origin: Origin
    attributes: tuple[str, ...]
    variants: dict[tuple[str, ...], Table]
    absent: tuple[str, ...] | None = None
    opaque: bool = False
    element: str | None = None
    ladder: tuple[Rung, ...] = ()
    shared: tuple[Row, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """The variants, in the order written."""
        return tuple(self.variants.values())

    def words(self, name: str) -> tuple[str, ...]:
        """The discriminating words of the variant whose class has this name."""
        return next(words for words, table in self.variants.items() if table.name == name)


Shape = Table | Choice


@frozen
class Tables:
    """A dialect as its files say it: every shape by name, inherited ones included.

    `root` names the entity of a whole document, `parts` other elements that hold some of it, `id` its field that tells
    one document from another, `run` the one that tells one start of a domain from the next, `hypervisor` the attribute
    of its element that says which hypervisor a document is for.
    `context` maps a keyword of `generate` and `plan` to the class that holds it (``module:Class``, as `class` of a
    table). `schema` is the RELAX NG file that documents follow, `pipelines` maps a name to its stages. `renamed`
    maps the old names of an entity's fields to what they are called now. `key` tells these tables from all others
    that this xform reads, or is empty. `variants` maps the name of each variant's table to its choice's, `imported`
    names the tables whose class is an embedder's.
    """

    name: str
    folder: Folder
    root: str
    id: str | None
    namespaces: dict[str, str]
    shapes: Mapping[str, Shape]
    context: dict[str, str] = field(factory=dict)
    pipelines: dict[str, tuple[str, ...]] = field(factory=dict)
    schema: str | None = None
    hypervisor: str | None = None
    run: str | None = None
    renamed: dict[str, dict[str, str]] = field(factory=dict)
    parts: dict[str, str] = field(factory=dict)
    base: Tables | None = None
    key: str = ""
    variants: dict[str, str] = field(init=False)
    imported: tuple[str, ...] = field(init=False)

    @variants.default
    def _variants(self) -> dict[str, str]:
        choices = (shape for shape in self.shapes.values() if isinstance(shape, Choice))
        return {table.name: choice.name for choice in choices for table in choice.variants.values()}

    @imported.default
    def _imported(self) -> tuple[str, ...]:
        return tuple(name for name, shape in self.shapes.items() if isinstance(shape, Table) and shape.cls)

    @property
    def lineage(self) -> Iterator[Tables]:
        """This dialect, the one it extends, and so on."""
        at: Tables | None = self
        while at is not None:
            yield at
            at = at.base

    @property
    def document(self) -> Table:
        """The table of a whole document."""
        table = self.shapes[self.root]
        assert isinstance(table, Table)
        return table

    @property
    def tables(self) -> Iterator[Table]:
        """Every table, variants included."""
        for shape in self.shapes.values():
            yield from shape.tables

    def written(self, name: str) -> str:
        """A name in Clark notation as tables write it; of a namespace that has no prefix here, as it is."""
        uri, _, local = name[1:].rpartition("}") if name.startswith("{") else ("", "", name)
        prefix = next((prefix for prefix, known in self.namespaces.items() if known == uri), "")
        return f"{prefix}:{local}" if prefix else name
