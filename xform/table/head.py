"""What a dialect says of itself: the entity of a document and its parts, its hypervisor, old names of fields."""

from __future__ import annotations

import re

from xform.codecs.codec import NCNAME
from xform.errors import DocumentError, TableError, did_you_mean, instead
from xform.table.model import Origin, Shape, Table, Tables
from xform.table.reader import TableFile
from xform.xml import declared, parse_text


def namespaces(head: TableFile, base: Tables | None) -> dict[str, str]:
    """The namespaces by prefix; each is one that a document can declare, and has one prefix."""
    found = dict(base.namespaces if base else {})
    for prefix, uri in head.values.get("namespaces", {}).items():
        try:
            parse_text(declared(f"<{prefix}:x/>", {prefix: uri}))
        except DocumentError as error:
            why = str(error).rpartition("; ")[0].split(": ", 1)[1]
            raise TableError(
                f"{head.origin('namespaces', prefix)}: {prefix} cannot be {uri!r} ({why}); expected a prefix and a URI"
            ) from None
        if taken := [known for known in found.items() if (known[0] == prefix) != (known[1] == uri)]:
            said = f"{taken[0][0]} is {taken[0][1]!r} already"
            raise TableError(f"{head.origin('namespaces', prefix)}: {said}; expected one prefix for each namespace")
        found[prefix] = uri
    return found


def called(head: TableFile, folder: str) -> str:
    """What the dialect is called; it stands in messages, in names of files and in code that is made of the tables."""
    said = head.values.get("name", folder)
    if "name" in head.values and not re.fullmatch(r"\w[\w.-]*", said):
        raise TableError(f"{head.origin('name')}: the name is {said!r}; expected letters, digits, _, - and .")
    return str(said)


def check_root(head: TableFile, name: str, known: str | None, shapes: dict[str, Shape]) -> None:
    """A document is one element of one entity, and is told from others by a field of it."""
    here = Origin(str(head.path), 1)
    where = head.origins.get(("root",), here)
    if not name:
        raise TableError(f"{where}: no root; expected `root = …`, the entity of a document, or `extends = …`")
    if name not in shapes:
        raise TableError(f"{where}: the root {name!r} is no entity{instead(name, shapes)}")
    root = shapes[name]
    if not isinstance(root, Table) or not NCNAME.fullmatch(root.element or ""):
        raise TableError(f'{where}: the root {name!r} is no table with an `element` such as "domain"')
    if known is not None and known not in root.fields:
        hint = did_you_mean(known, root.fields)
        if own := head.origins.get(("id",)):
            raise TableError(f"{own}: the id names no field {known!r} of {name}{hint}")
        said = f"the id {known!r} is inherited, and no field of {name}{hint}"
        raise TableError(f"{where}: {said}; expected `id = …`, one that tells documents apart")


def parts(head: TableFile, base: Tables | None) -> dict[str, str]:
    """Other elements that hold some of the root's entity, and what of each item."""
    for name, how in head.values.get("parts", {}).items():
        if how not in ("whole", "keys"):
            raise TableError(f'{head.origin("parts", name)}: {name} is {how!r}; expected "whole" or "keys"')
    return {**(base.parts if base else {}), **head.values.get("parts", {})}


def hypervisor(head: TableFile, base: Tables | None) -> str | None:
    """The root's attribute that says which hypervisor a document is for."""
    if "hypervisor" not in head.values:
        return base.hypervisor if base else None
    said = head.values["hypervisor"]
    if not re.fullmatch(f"@{NCNAME.pattern}", said):
        raise TableError(f'{head.origin("hypervisor")}: hypervisor is {said!r}; expected an attribute: "@type"')
    return str(said[1:])


def run(head: TableFile, base: Tables | None, root: Shape) -> str | None:
    """The root's live field that every start of a domain gives anew: an attribute of its element."""
    said = head.values.get("run", base.run if base else None)
    row = root.fields.get(said) if said and isinstance(root, Table) else None
    if said and not (row and row.live and row.codec and not row.path.steps and row.path.attribute):
        where = head.origins.get(("run",), Origin(str(head.path), 1))
        raise TableError(
            f"{where}: run is {said!r}; expected a live field of {root.name} at an attribute of its element"
        )
    return said


def renamed(head: TableFile, base: Tables | None, shapes: dict[str, Shape]) -> dict[str, dict[str, str]]:
    """Old names of fields, by entity or variant; inherited ones whose entity or field is gone are forgotten."""
    tables = {table.name: table for shape in shapes.values() for table in shape.tables}
    found: dict[str, dict[str, str]] = {}
    for entity, names in (base.renamed if base else {}).items():
        fields = tables[entity].fields if entity in tables else {}
        found[entity] = {old: new for old, new in names.items() if new in fields and old not in fields}
    for entity, names in head.values.get("renamed", {}).items():
        for old, new in names.items():
            origin = head.origin("renamed", entity, old)
            if entity not in tables:
                raise TableError(f"{origin}: no entity {entity!r}{did_you_mean(entity, tables)}")
            if new not in tables[entity].fields:
                raise TableError(
                    f"{origin}: {entity} has no field {new!r}{did_you_mean(str(new), tables[entity].fields)}"
                )
            if old in tables[entity].fields:
                raise TableError(f"{origin}: {old!r} is a field of {entity}; expected a name that it had once")
            found.setdefault(entity, {})[old] = new
    return found
