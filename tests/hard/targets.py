"""What is fed with anything: each takes bytes, and raises nothing but errors that a user can mend.

A few hold laws as well, where one says more than that nothing broke.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import xform
from xform import codecs
from xform.dialect import Dialect
from xform.errors import XformError
from xform.files import context_from, dump_entity, entity_from, to_json, to_yaml
from xform.laws.twin import twins
from xform.monitor.follow import follow
from xform.table import grammar, resolve
from xform.table.reader import TableFile

TESTS = Path(__file__).parents[1]
MINI = xform.load(str(TESTS / "dialects" / "mini"))
DOMAIN = xform.load("domain")
CODECS = [
    *(codecs.codec(word, ()) for word in ("str", "uint", "int", "float", "hex", "uuid", "mac", "path", "bytes")),
    *(codecs.codec(word, ()) for word in ("version", "cpuset")),
    codecs.codec("bool", ("yes", "no")),
    codecs.codec("hex", ("4",)),
    codecs.codec("size", ("KiB",)),
    codecs.codec("size", ("MiB", "unit=@unit", "absent=b")),
    codecs.codec("template", ("ua-{uuid}",)),
    codecs.codec("typed", ("int=@type", "uint")),
]


def of(document: bytes) -> list[Dialect]:
    """The dialects that a document may be of."""
    return [DOMAIN] if b"<domain" in document else [MINI]


def table(data: bytes) -> None:
    """A mapping file: its values and their places."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.toml"
        file.write_bytes(data)
        TableFile(file)


def row(data: bytes) -> None:
    """A row's text, its codec with it."""
    for parse in (grammar.parse_row, grammar.parse_known):
        with suppress(ValueError):
            syntax = parse(data.decode("utf-8", "replace")).codec
            item = syntax.item or syntax
            codecs.codec(item.word, item.arguments)


def dialect(data: bytes) -> None:
    """A whole dialect, its tables behind a line of dashes, compiled and used."""
    head, _, tables = data.partition(b"\n---\n")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dialect.toml").write_bytes(head)
        (Path(folder) / "tables.toml").write_bytes(tables)
        made = Dialect(resolve.load_tables(folder))
        entity = made.parse(f"<{made.root.element}/>")
        made.digest(made.generate(entity, part=None))


def document(data: bytes) -> None:
    """A document, read in every way: all agree, what is written back unchanged is what it was, digests are one."""
    for known in of(data):
        opened = known.open(data)
        assert opened.to_xml() == data
        assert opened.residue is not None
        assert opened.drift is not None
        assert known.digest(data) == known.digest_tree(known.tree(data))
        known.match(data, opened.entity).changes()
        known.masked(data.decode("utf-8", "replace"))
        assert twins(known, data) == []


def update(data: bytes) -> None:
    """A document and another one, whose entity is put into the first: it is read back, or refused."""
    one, _, other = data.partition(b"\n---\n")
    for known in of(other):
        entity = known.parse(other)
        known.check(entity)
        assert known.parse(known.update(one, entity)) == entity


def followed(data: bytes) -> None:
    """A document, and the next one of the same machine."""
    one, _, other = data.partition(b"\n---\n")
    for known in of(other):
        follow(known, follow(known, None, one).known, other)


def entity(data: bytes) -> None:
    """An entity file: what it holds is written and read again, or refused."""
    for known in (MINI, DOMAIN):
        with suppress(XformError):
            found = entity_from(known, data, "file")
            plain = dump_entity(known, found)
            for text in (to_yaml(plain), to_json(plain)):
                assert entity_from(known, text.encode(), "file") == found
            known.check(found)
            assert known.parse(known.generate(found)) == found


def context(data: bytes) -> None:
    """A context's file."""
    context_from(MINI, "host", data, "file")


def codec(data: bytes) -> None:
    """A text of each codec: what it admits is a value that is written and read again."""
    text, admitted = data.decode("utf-8", "replace"), []
    for one in CODECS:
        with suppress(ValueError):
            value = one.decode(text)
            admitted.append((one, value))
    for one, value in admitted:
        assert one.decode(one.encode(value), *([one.unit_word] if one.unit else [])) == value


TARGETS: dict[str, Callable[[bytes], None]] = {
    made.__name__: made for made in (table, row, dialect, document, update, followed, entity, context, codec)
}


def feed(target: str, data: bytes) -> None:
    """Feed a target; what it refuses as it should is no finding."""
    with suppress(XformError):
        TARGETS[target](data)
