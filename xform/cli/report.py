"""What a match came to: as plain data for programs, as a table for people."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import attrs

from xform.entities import Opaque, presentable
from xform.errors import visible_name
from xform.files import dump_entity, dump_value
from xform.match import told
from xform.match.identity import alias_of
from xform.table.model import ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xform.cli.known import Ids
    from xform.dialect import Dialect
    from xform.match import Matching
    from xform.match.changes import Fields
    from xform.match.explain import Tried

NOTHING = "–"
ANSWERS = {
    "lacks": "has none",
    "nobody": "nobody has that",
    "another": "who has that is another one",
    "several": "{count} have that, and nothing tells which",
    "one": "one has that, and nothing tells whether it is this one",
    "pair": "this is the one",
}
SAME = "as known"
VM = "the VM"


def as_data(dialect: Dialect, matching: Matching, ids: Ids | None = None, *, explain: bool = False) -> dict[str, Any]:
    """The outcome and the changes that it means, with the entities as `parse --json` writes them, but their secrets
    masked; `ids` are those of the known devices, where they are not derived.
    """
    kinds = {kind.name: kind for kind in dialect.kinds}
    changes = matching.changes(ids)
    of_known = {id(one.known): one.id for one in changes.paired}

    def dump(entity: Any) -> dict[str, Any]:
        return dump_entity(dialect, entity, masked=True)

    def alias(kind: str, device: Any) -> str | None:
        return alias_of(dialect, kinds[kind], device)

    def fields(changed: Fields) -> dict[str, list[Any]]:
        return {name: [dump_value(dialect, one, masked=True) for one in both] for name, both in changed.items()}

    data: dict[str, Any] = {
        "pairs": [
            {
                "kind": pair.kind,
                "id": of_known[id(pair.known)],
                "alias": alias(pair.kind, pair.found),
                "rung": list(pair.rung),
                "known": dump(pair.known),
                "found": dump(pair.found),
            }
            for pair in matching.pairs
        ],
        "new": [
            {"kind": one.kind, "id": one.id, "alias": alias(one.kind, one.found), "found": dump(one.found)}
            for one in changes.inserted
        ],
        "missing": [
            {
                "kind": one.kind,
                "id": one.id,
                "alias": alias(one.kind, one.known),
                "unplugged": one.unplugged,
                "known": dump(one.known),
            }
            for one in changes.gone
        ],
        "ambiguous": [
            {
                "kind": one.kind,
                "rung": list(one.rung),
                "ids": list(names),
                "known": [dump(entity) for entity in one.known],
                "found": [dump(entity) for entity in one.found],
            }
            for one, (_, _, names) in zip(matching.ambiguous, changes.ambiguous, strict=True)
        ],
        "changes": {
            "fields": fields(changes.fields),
            "updated": [{"kind": one.kind, "id": one.id, "fields": fields(one.fields)} for one in changes.updated],
        },
    }
    if explain:
        data["explained"] = [
            {
                "kind": one.kind,
                "known": None if one.known is None else dump(one.known),
                "found": None if one.found is None else dump(one.found),
                "tried": [
                    {"rung": list(tried.rung), "answer": tried.answer, "others": tried.others} for tried in one.tried
                ],
            }
            for one in matching.explain()
        ]
    return data


def explained(dialect: Dialect, matching: Matching) -> str:
    """Of each device the rungs that were tried, a line each, and what they found."""
    lines = []
    untold = [device for one in matching.ambiguous for device in (*one.known, *one.found)]
    for one in matching.explain():
        device = one.found if one.known is None else one.known
        both = one.known is not None and one.found is not None
        unclear = any(one.known is device or one.found is device for device in untold)
        side = (
            "paired" if both else "not told apart" if unclear else "nobody knew" if one.known is None else "not found"
        )
        lines.append(f"{one.kind}  {visible_name(name(dialect, device))}  {side}\n")
        for tried in one.tried:
            values = [] if tried.answer == "lacks" else [value_of(dialect, device, field) for field in tried.rung]
            said = " ".join(filter(None, values))
            shown = f"{' + '.join(tried.rung)} {said}".strip()
            lines.append(f"    {visible_name(shown)}: {_answer(tried)}\n")
    return "".join(lines)


def _answer(tried: Tried) -> str:
    if tried.rung == (ONLY,) and tried.answer == "several":
        return "this is not the only one of its kind" if tried.others else "nobody is of its kind"
    answer = "one" if tried.answer == "several" and tried.others == 1 else tried.answer
    return ANSWERS[answer].format(count=tried.others)


def findings(matching: Matching) -> bool:
    """Whether something that is known was not found, or not told apart."""
    return bool(matching.missing or matching.ambiguous)


def rows(dialect: Dialect, matching: Matching) -> list[tuple[str, str, str, str]]:
    """Kind, known device, found device, and the rung or what is wrong: what is told apart first, then the rest."""
    lines = []
    changes = matching.changes()
    fields = {id(pair.known): pair.fields for pair in changes.paired}
    # a start fills in so much that of what was planned names are enough, where something was said; --json has all
    whole = matching.same_run is not None

    def differing(known: Any, names: Iterable[str]) -> list[str]:
        return [one for one in names if whole or value_of(dialect, known, one)]

    for pair in matching.pairs:
        found = where(dialect, pair.found, pair.known)
        names = sorted(one for one in differing(pair.known, fields[id(pair.known)]) if f" {one} " not in f" {found}")
        if names:
            values = [f"{one} {value_of(dialect, pair.found, one) or NOTHING}" for one in names]
            differ = ", ".join(values) if whole else f"differs in {', '.join(names)}"
            found = differ if found == SAME else f"{found}, {differ}"
        lines.append((pair.kind, name(dialect, pair.known), found, " + ".join(pair.rung)))
    names = differing(matching.known, changes.fields)
    for field in names if whole else ():
        was, now = (value_of(dialect, one, field) or NOTHING for one in (matching.known, matching.document))
        lines.append((VM, was, f"{field} {now}", "differs"))
    if names and not whole:
        lines.append((VM, NOTHING, f"differs in {', '.join(names)}", "differs"))
    for kind, entity in matching.new:
        lines.append((kind, NOTHING, where(dialect, entity), "new"))
    for kind, entity in matching.missing:
        lines.append((kind, name(dialect, entity), NOTHING, "missing"))
    for one in matching.ambiguous:
        for ours, theirs in zip_longest(one.known, one.found):
            known = name(dialect, ours) if ours is not None else ""
            lines.append((one.kind, known, where(dialect, theirs) if theirs is not None else "", str(one)))
    return [(kind, visible_name(ours), visible_name(theirs), by) for kind, ours, theirs, by in lines]


def text(dialect: Dialect, matching: Matching) -> str:
    """The table for people, with aligned columns, and a line that counts."""
    lines = [("kind", "known", "found", "by"), *rows(dialect, matching)]
    widths = [max(len(line[at]) for line in lines) for at in range(3)]
    table = "".join(
        "  ".join([*(part.ljust(width) for part, width in zip(line, widths, strict=False)), line[3]]) + "\n"
        for line in lines
    )
    return table + count(matching) + "\n"


def count(matching: Matching) -> str:
    return (
        f"{len(matching.pairs)} paired, {len(matching.new)} new, "
        f"{len(matching.missing)} missing, {len(matching.ambiguous)} ambiguous"
    )


def name(dialect: Dialect, entity: Any) -> str:
    """What a device is called: by the first rung of its ladder for which it has values."""
    for rung in ladder(dialect, entity):
        said = [value_of(dialect, entity, field) for field in rung]
        if all(said) and all(told(getattr(entity, field, field)) is not None for field in rung):
            return " ".join(said)
    some = {value_of(dialect, entity, field): None for rung in ladder(dialect, entity) for field in rung}
    some.pop("", None)
    return " ".join(some) or type(entity).__name__


def where(dialect: Dialect, entity: Any, known: Any = None) -> str:
    """A found device: what its ladder's fields say beyond what is known, such as the address that libvirt gave."""
    said: dict[str, None] = {}
    for rung in ladder(dialect, entity):
        for field in rung:
            if known is not None and getattr(entity, field, None) == getattr(known, field, None):
                continue
            value = value_of(dialect, entity, field)
            if value and (known is None or value != value_of(dialect, known, field)):
                said[f"{field} {value}"] = None
    return ", ".join(said) or (name(dialect, entity) if known is None else SAME)


def ladder(dialect: Dialect, entity: Any) -> tuple[tuple[str, ...], ...]:
    kind = dialect.classes.name(type(entity)) or ""
    shape = dialect.classes.choice(kind) or dialect.tables.shapes.get(kind)
    return tuple(rung.fields for rung in shape.ladder if not rung.only) if shape else ()


def value_of(dialect: Dialect, entity: Any, field: str) -> str:
    """A field in words as a document would say it; empty where there is none."""
    outer, _, rest = field.partition(".")
    if rest:
        inner = getattr(entity, outer, None)
        return value_of(dialect, inner, rest) if attrs.has(type(inner)) else ""
    if field == "type" and (word := dialect.classes.word(type(entity))):
        return word
    value = getattr(entity, field, None)
    if value in (None, "", [], {}):
        return ""
    table = dialect.classes.table(type(entity))
    row = table.attributes.get(field) if table else None
    if isinstance(value, bool):
        absent = not value and row is not None and row.codec is not None and row.codec.word == "present"
        return "" if absent else "yes" if value else "no"
    if row is not None:
        value = presentable(row, value)
    if isinstance(value, list):
        return ", ".join(_whole(dialect, one) or str(one) for one in value)
    if whole := _whole(dialect, value):
        return whole
    if row is not None and row.codec is not None and row.codec.shape == "value" and not row.codec.needs:
        try:
            return row.codec.encode(value) if row.codec.word == "hex" else str(value)
        except ValueError:
            pass
    return str(value)


def _whole(dialect: Dialect, entity: Any) -> str:
    """An entity in the words of its fields, of a flag its name; empty for what is none."""
    if isinstance(entity, Opaque):
        return "opaque"
    if not attrs.has(type(entity)):
        return ""
    inner = {one.name: getattr(entity, one.name) for one in attrs.fields(type(entity)) if one.eq}
    parts = [dialect.classes.word(type(entity))]
    for name, held in inner.items():
        if held is True:
            parts.append(name)
        elif held is not False and not isinstance(held, list | dict):
            parts.append(value_of(dialect, entity, name))
    return " ".join(filter(None, parts))
