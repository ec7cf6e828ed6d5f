"""Entity classes as editors and type checkers see them: a `.pyi` file made from the tables.

A dialect is one class in it, and its entities are classes within, for that is how code calls them:
``ovirt.Disk(cache="none")`` makes an `OvirtDialect.Disk`.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from textwrap import indent
from typing import TYPE_CHECKING

from attrs import evolve

from xform.entities import annotation, empty
from xform.table.model import Choice, Row, Shape, Table

if TYPE_CHECKING:
    from xform.dialect import Dialect

# The methods of Dialect that take or give an entity of a document.
_METHODS = """\
def parse(self, xml: str | bytes, *, source: str = ..., **context: Any) -> {root}: ...
@overload
def update(self, xml: str, entity: {root}, *, live: bool = ..., source: str = ..., **context: Any) -> str: ...
@overload
def update(self, xml: bytes, entity: {root}, *, live: bool = ..., source: str = ..., **context: Any) -> bytes: ...
def generate(
    self,
    entity: {root},
    *,
    live: bool = ...,
    version: str | None = ...,
    part: str | None = ...,
    only: Sequence[Any] | None = ...,
    **context: Any,
) -> str: ...
def plan(self, entity: {root}, **context: Any) -> {root}: ...
def recall(self, entity: {root}, *, known: {root} | None = ..., **context: Any) -> {root}: ...
def read(self, path: str | Path) -> {root}: ...
def check(self, entity: {root}, *, part: bool = ..., **context: Any) -> None: ...
"""


# What types of fields are made of, and a field may be called: in its class the name is the field's then.
_BUILTIN = re.compile(r"'[^']*'|\b(?:str|int|bool|float|bytes|list|dict)\b")


def stubs(dialect: Dialect) -> str:
    """The `.pyi` file of a dialect."""
    return _Stubs(dialect).text()


def class_name(dialect: Dialect) -> str:
    """What the class of a dialect is called: `OvirtDialect`."""
    return "".join(part.capitalize() for part in re.findall("[A-Za-z0-9]+", dialect.tables.name)) + "Dialect"


class _Stubs:
    def __init__(self, dialect: Dialect) -> None:
        self.dialect, self.tables = dialect, dialect.tables
        self.name = class_name(dialect)

    def text(self) -> str:
        body = [_METHODS.format(root=f"{self.name}.{self.tables.root}")]
        for name, shape in self.tables.shapes.items():
            body += self.shape(name, shape)
        inside = indent("\n".join(body), "    ")
        words = {"Any", "overload", *(word for word in re.findall(r"\b[A-Z]\w+", inside) if word in typing.__all__)}
        modules = {table.cls.partition(":")[0] for table in self.tables.tables if table.cls}
        modules |= {"builtins"} if "builtins." in inside else set()
        return (
            f"# Made from the tables by: xform stubs {self.tables.name}\n"
            + "".join(f"import {module}\n" for module in sorted(modules))
            + "from collections.abc import Sequence\nfrom pathlib import Path\n"
            f"from typing import {', '.join(sorted(words))}\n\n"
            "from attrs import define\n\n"
            "from xform import Dialect, Opaque\n"
            "from xform.entities import Entity\n\n"
            f"class {self.name}(Dialect):\n{inside}"
        )

    def shape(self, name: str, shape: Shape) -> Iterator[str]:
        if isinstance(shape, Choice):
            yield f"class {name}(Entity):\n{_body([_doc(shape.origin.comment)])}"
            for table in shape.variants.values():
                yield self.table(table, name)
        elif shape.cls:
            yield f"{name}: TypeAlias = {shape.cls.replace(':', '.')}\n"
        else:
            yield self.table(shape, "Entity")

    def table(self, table: Table, base: str) -> str:
        lines = [_doc(table.origin.comment)]
        names = {*table.attributes, *table.switches}
        for row in table.attributes.values():
            lines += [self.field(row, names), _doc(_said(row))]
        lines += [f"{switch}: {_apart('bool', names)} = False" for switch in table.switches]
        return f"@define(kw_only=True)\nclass {table.name}({base}):\n{_body(lines)}"

    def field(self, row: Row, names: set[str]) -> str:
        kind = _apart(annotation(evolve(row, entity=f"{self.name}.{row.entity}") if row.entity else row), names)
        if row.required and row.form == "one":
            return f"{row.name}: {kind}"
        value = None if row.form != "one" else empty(row)
        plain = row.form == "one" and (value is None or type(value) in (bool, int, str))
        return f"{row.name}: {kind} = {value!r}" if plain else f"{row.name}: {kind} = ..."


def _apart(kind: str, names: set[str]) -> str:
    """A type as it is written in a class with fields of these names."""
    return _BUILTIN.sub(lambda found: f"builtins.{found[0]}" if found[0] in names else found[0], kind)


def _said(row: Row) -> str:
    """The documentation of a field, and what of its flags matters to whoever uses it."""
    flags = ((row.live, "filled in by libvirt"), (row.generated, "written, never read"), (row.secret, "secret"))
    return "; ".join(part for part in (row.origin.comment, *(said for on, said in flags if on)) if part)


def _doc(text: str) -> str:
    if not text:
        return ""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{text}"""' if not text.endswith('"') else f'"""{text} """'


def _body(lines: list[str]) -> str:
    return indent("\n".join(filter(None, lines)) or "...", "    ") + "\n"
