"""What one row cannot say: what could never be written, or never be read back as it was written."""

from __future__ import annotations

from collections.abc import Callable

from xform.table.claims import bare, nodes
from xform.table.model import ANY, Path, Row

# What may not be so of a row, and what to say then; the first that is so is told.
NEVER: tuple[tuple[Callable[[Row], object], str], ...] = (
    (
        lambda row: row.form == "map" and not (_kind(row) == "value" and not _unit(row)),
        "a map holds plain values, not {item}; collect the entries with list",
    ),
    (
        lambda row: row.form == "list" and _kind(row) in ("const", "present"),
        "a list holds values, entities or xml, not {item}",
    ),
    (
        lambda row: row.when and _kind(row) not in ("const", "present"),
        "a row under `when` needs a const or present, not {what}",
    ),
    (
        lambda row: row.when and (row.required or row.live or row.generated or row.secret or row.default is not None),
        "a row under `when` has no flags but since and until",
    ),
    (
        lambda row: len(row.paths) > 1 and (row.form != "one" or _kind(row) not in ("value", "present") or row.when),
        "{what} cannot stand in several places; only one value or present can",
    ),
    (
        lambda row: row.codec and row.codec.needs and row.form != "one",
        "a rule that needs others decodes one value, and has no default; let plan set it",
    ),
    (
        lambda row: _is_element(row) and any(path.attribute for path in row.paths),
        "{what} is no attribute; expected the path of an element",
    ),
    (
        lambda row: (row.form != "one" or _kind(row) in ("present", "xml")) and not all(p.steps for p in row.paths),
        "{what} needs an element of its own; expected a path such as `name`",
    ),
    (
        lambda row: row.form == "map" and str(row.key) != ANY and (row.key.steps or not row.key.attribute),
        "{row.key} is no key of a map; expected an attribute of its entries, or *",
    ),
    (
        lambda row: row.form == "map" and any(step.wild or step.where for step in row.value.steps),
        "the value of a map has a path without * and conditions",
    ),
    (
        lambda row: row.form == "map" and bool(row.key.steps) != _wild(row),
        "the key of a map is * where its path ends in *, and nowhere else",
    ),
    (
        lambda row: row.form != "map" and _kind(row) != "xml" and _wild(row),
        "nothing keeps the name of an element that * finds; expected xml, or a map with the key *",
    ),
    (
        lambda row: _reads_text(row) and any(text.strip() != text for text in _texts(row)),
        "the text of an element is read without the blanks around it; {what} has some",
    ),
    (
        lambda row: _reads_text(row) and row.codec and "" in (row.codec.words or ()),
        "an element without text says nothing; expected words that are not empty",
    ),
    (
        lambda row: (
            row.default is not None and (row.form != "one" or _kind(row) != "value" or (row.codec and row.codec.needs))
        ),
        "`= v` goes with one value, not with {what}",
    ),
    (
        lambda row: row.required and (row.default is not None or _kind(row) in ("const", "present")),
        "`!` is for what could be missing; a const, present and what has `= v` never are",
    ),
    (
        lambda row: row.required and (row.live or row.generated),
        "`!` goes with neither `<` nor `>`; what is not always there cannot be required",
    ),
    (
        lambda row: row.live and row.generated,
        "`<` is always read, and `>` never; leave one out",
    ),
    (
        lambda row: row.embeds and (row.live or row.generated),
        "{what} sits in this element; put `<` and `>` to its own rows",
    ),
    (
        lambda row: _kind(row) == "const" and (row.secret or row.generated),
        "a const stands in its table and is never read; leave out `secret` and `>`",
    ),
    (
        lambda row: row.since and row.until and _version(row.since) > _version(row.until),
        "since {row.since} is behind until {row.until}",
    ),
)


def refuse_row(row: Row) -> None:
    """Raises ValueError for a row that could never be written, or never be read back as it was written."""
    item = row.entity or (row.codec.name if row.codec else "")
    what = item if row.form == "one" else f"a {row.form}"
    for condition, message in NEVER:
        if condition(row):
            raise ValueError(message.format(row=row, what=what, item=item))
    known = {Path(bare(path).steps, name) for path in row.paths if path.steps for name, _ in path.steps[-1].where}
    for node in nodes(row):
        if node in known:
            raise ValueError(f"the row says two things of {node}; a node holds one")
        known.add(node)


def refuse_known(row: Row) -> None:
    """Raises ValueError for what cannot be known of an entity beside its document."""
    item = row.entity or (row.codec.name if row.codec else "")
    if (
        row.form == "map"
        or _kind(row) in ("const", "present", "xml")
        or row.computed
        or (row.codec and row.codec.needs)
    ):
        raise ValueError(
            f"{'a map' if row.form == 'map' else item} stands in a document; expected a value, an entity or a list"
        )
    if row.required or row.live or row.generated or row.since or row.until or row.by:
        raise ValueError("no flags but `= v` and secret, and no `by`, go with what no document holds")
    if row.default is not None and (row.form != "one" or row.entity):
        raise ValueError(f"`= v` goes with one value, not with {item if row.form == 'one' else f'a {row.form}'}")


def _kind(row: Row) -> str:
    """What one item of a row is: ``entity``, ``const``, ``present``, ``xml`` or ``value``."""
    return "entity" if row.codec is None else "const" if row.constant is not None else row.codec.shape


def _is_element(row: Row) -> bool:
    return row.form == "map" or _kind(row) in ("entity", "present", "xml")


def _wild(row: Row) -> bool:
    return any(path.steps and path.steps[-1].wild for path in row.paths)


def _unit(row: Row) -> str | None:
    return row.codec.unit if row.codec else None


def _reads_text(row: Row) -> bool:
    """Whether values stand in the text of an element, where only `text` and `str` keep the blanks around it."""
    places = (row.value,) if row.form == "map" else row.paths
    words = row.codec.word if row.codec else ""
    return words not in ("text", "str") and any(place.attribute is None for place in places)


def _texts(row: Row) -> list[str]:
    """The texts that a row itself states."""
    words = list(row.codec.words or ()) if row.codec else []
    return words if row.default is None else [*words, row.default]


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))
