"""Whether the schema has what the tables say: paths, words, and that something must be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os.path import dirname

from attrs import frozen

from xform.check.finding import Finding, Node, draw, nodes, told
from xform.check.place import Place, Words
from xform.check.survey import Spot, Survey, follow
from xform.codecs import Codec
from xform.errors import did_you_mean
from xform.table.model import Origin, Path, Row, Step, Tables
from xform.table.walk import joins

# A comment with these words says why a row stands where the schema has nothing.
REASON = "not in the schema"
_SHOWN = 8


def unknown_path(survey: Survey) -> Iterator[Finding]:
    """Every path leads to what the schema has; a comment with `not in the schema` says why one does not."""
    tables = survey.tables
    if survey.root is None:
        root = tables.document
        said = f"{root.name}: the schema has no document <{root.element}>; expected the element that one begins with"
        yield Finding("unknown_path", root.origin, said, f"<{root.element}/>\n")
        return
    known, missing = _laid(survey)
    groups: dict[tuple[Origin, str, str], list[tuple[Spot, Row, _Miss]]] = {}
    for spot, row, miss in missing:
        whose = spot.choice.name if spot.choice else spot.table.name
        groups.setdefault((row.origin, whose, miss.what), []).append((spot, row, miss))
    yield from _misplaced(survey, known)
    for (origin, _, what), group in groups.items():
        spot, row, miss = group[0]
        options = dict.fromkeys(option for _, _, one in group for option in one.known)
        said = f"{row}: the schema has {what}{where([one for one, _, _ in group])}"
        said += expected(miss.word, options, miss.sign)
        yield Finding("unknown_path", origin, said, witness(tables, spot, *nodes(row)), note=_reasoned(row))
    lacking = {origin for origin, _, _ in groups}
    for row in known.values():
        if REASON in row.origin.comment and row.origin not in lacking:
            said = f"{row}: its comment says that it is {REASON}, but the schema has it; expected no such comment"
            yield Finding("unknown_path", row.origin, said)
    yield from _unknown_joins(tables, survey.root)


def _laid(survey: Survey) -> tuple[dict[tuple[str, str], Row], list[tuple[Spot, Row, _Miss]]]:
    """The rows at paths that the schema has, and those at paths that it has nowhere.

    An entity may stand in several places, and its rows in some of them.
    """
    known: dict[tuple[str, str], Row] = {}
    missing: dict[tuple[str, str], tuple[Spot, Row, _Miss]] = {}
    for spot in survey.spots:
        for row in spot.table.rows:
            for path in () if row.embeds else row.paths:
                if miss := _miss(survey.tables, spot.place, row, path):
                    missing.setdefault((spot.table.name, str(path)), (spot, row, miss))
                else:
                    known[spot.table.name, str(path)] = row
    return known, [found for key, found in missing.items() if key not in known]


def outdated(survey: Survey) -> set[str]:
    """Folders of tables that are for a newer libvirt than the schema is of: it lacks rows that say `since`.

    Words carry no version, so one that such a schema lacks may be as new.
    """
    return {dirname(row.origin.file) for _, row, _ in _laid(survey)[1] if row.since}


def _misplaced(survey: Survey, known: dict[tuple[str, str], Row]) -> Iterator[Finding]:
    """Entities of which nothing fits where a row puts them, and all does elsewhere."""
    tables = survey.tables
    for spot in survey.spots:
        paths = [(row, path) for row in spot.table.rows if not row.embeds for path in row.paths]
        if spot.row is None or spot.choice or not paths:
            continue
        elsewhere = all((spot.table.name, str(path)) in known for _, path in paths)
        if elsewhere and all(_miss(tables, spot.place, row, path) for row, path in paths):
            there = (*(f"@{name}" for name in spot.place.attributes), *_tags(tables, spot.place))
            said = f"{spot.row}: the schema has nothing of {spot.table.name} in {shown(tables, spot.place.tag)}"
            yield Finding(
                "unknown_path", spot.row.origin, said + expected("", there), witness(tables, spot, *nodes(paths[0][0]))
            )


def _reasoned(row: Row) -> bool:
    """Whether a row says itself that schemas may lack it."""
    return REASON in row.origin.comment or bool(row.since or row.until)


def _unknown_joins(tables: Tables, root: Place) -> Iterator[Finding]:
    for table, join, _ in joins(tables):
        at = _walk(tables, root, join.path.steps)
        keys = [path for path, _ in join.on]
        entry: list[Node] = [(Path((*join.path.steps, *path.steps), path.attribute), None) for path in keys]
        for miss in [at] if isinstance(at, _Miss) else [_misses(tables, at, None, path) for path in keys]:
            if miss:
                said = f"{table.name}: the schema has {miss.what}{expected(miss.word, miss.known, miss.sign)}"
                yield Finding("unknown_path", join.origin, said, draw(tables, root.tag, *entry))


@frozen
class _Miss:
    """What of a path the schema does not have, and what it has there."""

    what: str
    word: str = ""
    known: tuple[str, ...] = ()
    sign: str = ""


def _miss(tables: Tables, place: Place, row: Row, path: Path) -> _Miss | None:
    """What of a row at a path the schema does not have."""
    at = _walk(tables, place, path.steps)
    if row.form != "map":
        return at if isinstance(at, _Miss) else _misses(tables, at, row.codec, path)
    if isinstance(at, _Miss):
        return at
    inner = _walk(tables, at, row.value.steps)
    key = Path((), row.key.attribute) if row.key.attribute else None
    missing = _misses(tables, at, None, key) if key else None
    return missing or (inner if isinstance(inner, _Miss) else _misses(tables, inner, row.codec, row.value))


def _walk(tables: Tables, place: Place, steps: tuple[Step, ...]) -> Place | _Miss:
    """The place at the end of some steps, or the first step that the schema does not have."""
    at = place
    for step in steps:
        below, bare = at.step(step), at.child(step.tag)
        if below is not None:
            at = below
        elif bare is not None and step.where:
            name, value = next((pair for pair in step.where if bare.where(*pair) is None), step.where[-1])
            words = bare.attribute(name)
            what = f"no <{step.shown}> with @{name}={value!r} in {shown(tables, at.tag)}"
            return _Miss(what, value, words.words if words else ())
        else:
            return _Miss(f"no <{step.shown}> in {shown(tables, at.tag)}", step.shown, _tags(tables, at))
    return at


def _misses(tables: Tables, at: Place, codec: Codec | None, path: Path) -> _Miss | None:
    """What of a value the schema does not have in its element."""
    for name in (path.attribute, codec.unit if codec else None):
        if name is not None and at.attribute(name) is None:
            return _Miss(f"no @{name} in {shown(tables, at.tag)}", name, at.attributes, "@")
    if path.attribute is None and codec and codec.shape == "value" and at.text is None:
        there = (*(f"@{name}" for name in at.attributes), *_tags(tables, at))
        return _Miss(f"no text in {shown(tables, at.tag)}", "", there)
    return None


def _tags(tables: Tables, place: Place) -> tuple[str, ...]:
    return tuple(shown(tables, tag)[1:-1] for tag in place.children)


def shown(tables: Tables, tag: str) -> str:
    """An element's name in Clark notation as people write it."""
    return f"<{tables.written(tag)}>"


def expected(word: str, known: Iterable[str], sign: str = "") -> str:
    """The end of a message about a word that is not known: what was meant, or what there is."""
    options = list(known)
    if hint := did_you_mean(word, options):
        return hint
    if not options:
        return "; it has nothing like that there"
    some = ", ".join(sign + one for one in options[:_SHOWN]) + (", …" if len(options) > _SHOWN else "")
    return f"; expected {'one of ' if len(options) > 1 else ''}{some}"


def where(spots: list[Spot]) -> str:
    """For which variants of a choice something is said; nothing where it is for all of them."""
    choice = spots[0].choice
    tables = {spot.table.name for spot in spots}
    if not choice or not choice.attributes or len(tables) == len(choice.variants):
        return ""
    words = [" ".join(words) for words, table in choice.variants.items() if table.name in tables]
    return f" where {' '.join(f'@{name}' for name in choice.attributes)} is {' or '.join(map(repr, words))}"


def witness(tables: Tables, spot: Spot, *what: Node) -> str:
    """The smallest element at a spot that has these nodes."""
    return draw(tables, spot.place.tag, *told(spot.table, spot.choice), *what)


def unknown_word(survey: Survey) -> Iterator[Finding]:
    """Every word that a row writes is one that the schema has there, and it reads one of them."""
    tables, behind = survey.tables, outdated(survey)
    for row, codec, spot, words in worded(survey):
        path = row.value if row.form == "map" else row.path
        steps = (*row.path.steps, *row.value.steps)
        place = f"{f'@{path.attribute}' if path.attribute else 'the text'} of "
        place += f"<{steps[-1].shown}>" if steps else shown(tables, spot.place.tag)
        for word in codec.words or ():
            if not words.admits(word):
                said = f"{row}: the schema has no word {word!r} for {place}{expected(word, words.words)}"
                shown_there = witness(tables, spot, (row.path, word))
                note = _reasoned(row) or dirname(row.origin.file) in behind
                yield Finding("unknown_word", row.origin, said, shown_there, note=note)
        if codec.words is None and words.closed and not any(_reads(codec, word) for word in words.words):
            said = f"{row}: the schema has only words for {place}, and {codec.name} reads none of them"
            said += expected("", words.words)
            yield Finding("unknown_word", row.origin, said, witness(tables, spot, (row.path, words.words[0])))


def _reads(codec: Codec, word: str) -> bool:
    try:
        codec.decode(word)
    except ValueError:
        return False
    return True


def worded(survey: Survey) -> Iterator[tuple[Row, Codec, Spot, Words]]:
    """Each row that holds a text by itself, a spot of it, and what the schema admits there, in all of its spots."""
    found: dict[Origin, tuple[Row, Codec, Spot, list[Words]]] = {}
    for spot in survey.spots:
        for row in spot.table.rows:
            codec = row.codec
            if codec is None or codec.shape != "value" or codec.needs or codec.unit:
                continue
            for path in row.paths:
                at = follow(spot.place, path.steps + (row.value.steps if row.form == "map" else ()))
                name = row.value.attribute if row.form == "map" else path.attribute
                if at and (words := at.text if name is None else at.attribute(name)):
                    found.setdefault(row.origin, (row, codec, spot, []))[3].append(words)
    for row, codec, spot, several in found.values():
        known = dict.fromkeys(word for words in several for word in words.words)
        yield row, codec, spot, Words(tuple(known), tuple(other for words in several for other in words.others))


def may_be_absent(survey: Survey) -> Iterator[Finding]:
    """A required row (`!`) stands where the schema requires something as well (a note)."""
    tables = survey.tables
    for spot in survey.spots:
        for row in () if _told_by_rows(spot) else spot.table.rows:
            if row.required and row.constant is None and not row.embeds and not _needed(spot.place, row):
                whole = spot.table.name == tables.root
                then = "cannot be written again" if whole else f"is no {spot.table.name}, but kept as it is"
                said = (
                    f"{row} is required (!), and the schema lets it be absent: what lacks it {then}; "
                    "expected no !, unless that is meant"
                )
                bare = [one for other in spot.table.rows if other.required and other is not row for one in nodes(other)]
                yield Finding("may_be_absent", row.origin, said, witness(tables, spot, *bare), note=True)


def _told_by_rows(spot: Spot) -> bool:
    """Whether the required rows are there to tell the entity from others in its element."""
    return bool(spot.beside) if spot.choice is None else not spot.choice.attributes


def _needed(place: Place, row: Row) -> bool:
    """Whether the schema wants something at a row's first place."""
    at: Place | None = place
    for step in row.path.steps:
        if at is None or not at.needs_child(step.tag):
            return False
        at = at.step(step)
    return at is None or row.path.attribute is None or at.needs_attribute(row.path.attribute)
