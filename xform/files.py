"""Entity files: YAML or JSON to entities, structured by cattrs, and back.

Reading is strict: nothing is converted that was not meant (``"5"`` is not 5, and ``yes`` is a word), and the faults of
a file are told at once, each with its line and column.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import lru_cache
from itertools import islice
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from xform.entities import PLAIN, Classes, Opaque, named_class, opening, presentable, values_of
from xform.errors import EntityError, TableError, instead, named
from xform.inputs import read_bytes
from xform.marked import Marked, load_marked
from xform.structure import EntityConverter, converter
from xform.table.model import Row
from xform.table.reader import declared
from xform.validate import dotted, shown

if TYPE_CHECKING:
    from xform.dialect import Dialect

T = TypeVar("T")

# What is the same in data as in an entity.
AS_IT_IS = PLAIN - {bytes}
# A file with more is something else; the search for words that were meant takes its time for each.
MOST_FAULTS = 100


def read_entity(dialect: Dialect, path: str | File, name: str | None = None) -> Any:
    """The entity of a YAML or JSON file: the dialect's root, or the one called `name`.

    Raises EntityError with one line for every fault: file, line, column, field, what was expected.
    """
    return entity_from(dialect, _bytes(path), str(path), name)


def entity_from(dialect: Dialect, data: bytes, source: str, name: str | None = None) -> Any:
    """The same for the content of a file; `source` names it in messages."""
    return marked_entity(dialect, data, source, name)[0]


def marked_entity(dialect: Dialect, data: bytes, source: str, name: str | None = None) -> tuple[Any, Marked]:
    """The same, and where the file has each of its fields."""
    name = name or dialect.tables.root
    if name not in dialect.classes or name == "Opaque":
        hint = instead(name, dialect.classes.names())
        raise EntityError(f"{source}: no entity {name!r} in the dialect {dialect.tables.name}{hint}")
    marked = load_marked(data, source)
    return _structure(converter(dialect.classes), marked, dialect.classes[name], name), marked


def read_context(dialect: Dialect, keyword: str, path: str | File) -> Any:
    """The context that the dialect declares under this keyword, from a YAML or JSON file. Raises EntityError."""
    return context_from(dialect, keyword, _bytes(path), str(path))


def context_from(dialect: Dialect, keyword: str, data: bytes, source: str) -> Any:
    """The same for the content of a file; `source` names it in messages."""
    with named(source, EntityError):
        cls = context_class(dialect, keyword)
    return _structure(converter(dialect.classes), load_marked(data, source), cls, keyword)


def read_as(dialect: Dialect, cls: type[T], path: str | File, name: str) -> T:
    """A YAML or JSON file as an attrs class that is no entity, called `name` in messages. Raises EntityError."""
    made: T = _structure(converter(dialect.classes), load_marked(_bytes(path), str(path)), cls, name)
    return made


def make_context(dialect: Dialect, keyword: str, values: dict[str, Any]) -> Any:
    """The same of plain values. Raises EntityError."""
    cls, by = context_class(dialect, keyword), converter(dialect.classes)
    try:
        return by.structure(values, cls)
    except Exception as error:
        faults = list(by.faults(error))
    lines = (f"{dotted((keyword, *path))}: {message}" for path, _, message in faults)
    raise EntityError("\n".join(lines))


def context_class(dialect: Dialect, keyword: str) -> type:
    """The attrs class of a context keyword. Raises EntityError for one that the dialect does not have, and TableError
    where dialect.toml names no class that is there."""
    known = dialect.tables.context
    if keyword not in known:
        raise EntityError(f"the dialect {dialect.tables.name} takes no {keyword!r}{instead(keyword, known)}")
    try:
        return named_class(dialect.tables, known[keyword])
    except ValueError as error:
        raise TableError(f"{declared(dialect.tables, 'context', keyword)}: {error}") from None


def dump_entity(dialect: Dialect, entity: Any, *, masked: bool = False, secrets: bool = True) -> dict[str, Any]:
    """An entity as plain data for YAML or JSON: `type` first, bytes as base64, what is empty or default left out.

    With `masked` it is to be looked at, not to be read back: secrets are ``***``, kept XML is only named.  Without
    `secrets` they are left out.
    """
    if isinstance(entity, Opaque):
        return {"opaque": opening(entity.xml) if masked else entity.xml}
    word, values, fields = _fields(dialect.classes, type(entity))  # type: ignore[arg-type]  # mypy takes no class for hashable
    data: dict[str, Any] = {"type": word} if word else {}
    for value, (alias, row, default) in zip(values(entity), fields, strict=True):
        if value is default or (value == default and value.__class__ is default.__class__):
            continue
        if row and row.required and value is None:
            continue  # a document may lack what an entity must have
        if row and row.secret and not secrets:
            continue
        shown = presentable(row, value) if masked and row else value
        data[alias] = (
            shown if shown.__class__ in AS_IT_IS else dump_value(dialect, shown, masked=masked, secrets=secrets)
        )
    return data


def dump_value(dialect: Dialect, value: Any, *, masked: bool = False, secrets: bool = True) -> Any:
    """The same for any value: entities in lists and mappings too; what is plain stays as it is."""
    if value.__class__ in AS_IT_IS:
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {key: dump_value(dialect, item, masked=masked, secrets=secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [dump_value(dialect, item, masked=masked, secrets=secrets) for item in value]
    return dump_entity(dialect, value, masked=masked, secrets=secrets) if attrs.has(type(value)) else value


def to_yaml(data: Any) -> str:
    """Plain data as YAML 1.2, in the order that it has. Raises TypeError for what is none."""
    from io import StringIO

    from ruamel.yaml import YAML
    from ruamel.yaml.representer import RepresenterError

    def quoted(representer: Any, text: str) -> Any:
        # what breaks lines, and all that is not seen, stands escaped in double quotes
        style = '"' if any(not (letter.isprintable() or letter == " ") for letter in text) else None
        return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    yaml: Any = YAML(typ="safe", pure=True)
    yaml.Representer = type("Representer", (yaml.Representer,), {})
    yaml.Representer.add_representer(str, quoted)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.width = 1 << 20
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    out = StringIO()
    try:
        yaml.dump(data, out)
    except (RepresenterError, RecursionError):
        raise TypeError("mappings, lists, texts, numbers, true, false and null are plain data") from None
    return out.getvalue().removesuffix("...\n")


def to_json(data: Any) -> str:
    """Plain data as JSON, in the order that it has."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


@lru_cache(maxsize=1024)
def _fields(
    classes: Classes, cls: type
) -> tuple[str | None, Callable[[Any], tuple[Any, ...]], list[tuple[str, Row | None, Any]]]:
    """The word of a variant, what gives an entity's values, and of each what it is called, its row and its default."""
    table, fields = classes.table(cls), attrs.fields(cls)
    rows = table.attributes if table else {}
    getter = values_of([one.name for one in fields])
    return classes.word(cls), getter, [(one.alias, rows.get(one.alias), _default(one)) for one in fields]


def _default(attribute: attrs.Attribute[Any]) -> Any:
    factory = getattr(attribute.default, "factory", None)
    return factory() if factory else attribute.default


def _bytes(path: str | File) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise EntityError(f"{path}: {error.strerror}; expected a YAML or JSON file") from None


def _structure(by: EntityConverter, marked: Marked, cls: type, name: str) -> Any:
    if not isinstance(marked.value, dict):
        line, column = marked.at(())
        what = "XML" if str(marked.value).lstrip().startswith("<") else shown(marked.value)
        raise EntityError(f"{marked.source}:{line}:{column}: {what} stands at the top; expected the fields of {name}")
    try:
        return by.structure(marked.value, cls)
    except Exception as error:
        faults = list(islice(by.faults(error), MOST_FAULTS + 1))
    more = f"\n{marked.source}: more than {MOST_FAULTS} faults; mend these first" if len(faults) > MOST_FAULTS else ""
    faults = faults[:MOST_FAULTS]
    lines = {(marked.at(path, key), f"{dotted(path)}: {message}" if path else message) for path, key, message in faults}
    raise EntityError(
        "\n".join(f"{marked.source}:{line}:{column}: {message}" for (line, column), message in sorted(lines)) + more
    ) from None
