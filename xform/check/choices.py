"""Whether the schema makes the choices that the tables make, and what their variants leave out."""

from __future__ import annotations

from collections.abc import Iterator
from os.path import dirname

from xform.check.finding import Finding, draw, told
from xform.check.fit import expected, outdated, shown, where, witness, worded
from xform.check.survey import Fork, Spot, Survey, follow
from xform.table.model import Path, Step, Tables
from xform.table.walk import flatten


def schema_choice(survey: Survey) -> Iterator[Finding]:
    """A choice by attributes is one that the schema makes, by words that it has."""
    forks: dict[str, list[Fork]] = {}
    for fork in survey.forks:
        if fork.choice.attributes:
            forks.setdefault(fork.choice.name, []).append(fork)
    behind = outdated(survey)
    for places in forks.values():
        yield from _choice(survey.tables, places, behind)


def _choice(tables: Tables, places: list[Fork], behind: set[str]) -> Iterator[Finding]:
    """What the schema says of one choice, in all the places where it stands."""
    first = places[0]
    choice, tag = first.choice, shown(tables, first.place.tag)
    names = " and ".join(f"@{name}" for name in choice.attributes)

    def told_by(words: tuple[str, ...], fork: Fork = first) -> str:
        return draw(tables, fork.place.tag, *told(choice.variants[words], choice))

    some = next(iter(choice.variants))
    absent = [name for name in choice.attributes if all(fork.place.attribute(name) is None for fork in places)]
    if absent:
        said = f"{choice.name}: the schema has no @{absent[0]} in {tag} that could tell variants"
        said += expected(absent[0], first.place.attributes, "@")
        yield Finding("schema_choice", choice.origin, said, told_by(some))
        return
    known = [words for words in choice.variants if any(fork.variants[words] for fork in places)]
    for words, table in choice.variants.items():
        if words not in known:
            stated = " ".join(f"{name}={word!r}" for name, word in zip(choice.attributes, words, strict=True))
            said = f"{table.name}: the schema has no {tag[:-1]} {stated}>{expected(words[-1], _words(places))}"
            yield Finding(
                "schema_choice", table.origin, said, told_by(words), note=dirname(table.origin.file) in behind
            )
    for fork in places:
        if known and not any(fork.variants.values()):
            said = f"{fork.row}: the schema has nothing of {choice.name} in {shown(tables, fork.place.tag)}"
            yield Finding(
                "schema_choice", fork.row.origin, said + expected("", _words([fork])), told_by(known[0], fork)
            )
    if len(known) > 1 and all(_alike(fork) for fork in places):
        said = (
            f"{choice.name}: the schema has the same in {tag} whatever {names} is, so it makes no choice there; "
            f"expected one table, with {names} as a row"
        )
        yield Finding("schema_choice", choice.origin, said, told_by(known[0]))


def _words(places: list[Fork]) -> list[str]:
    """The words that the schema has for the last attribute of a choice."""
    there = [fork.place.attribute(fork.choice.attributes[-1]) for fork in places]
    return list(dict.fromkeys(word for one in there if one for word in one.words))


def _alike(fork: Fork) -> bool:
    """Whether the same may stand there whatever the word is."""
    contents = [place.contents for place in fork.variants.values() if place]
    return all(content == contents[0] for content in contents)


Way = tuple[Step, ...]


def left_out(survey: Survey) -> Iterator[Finding]:
    """What the schema has for a variant, or as a word of an enum, is said by a row (a note: the rest stays residue)."""
    tables = survey.tables
    unsaid: dict[tuple[str, str, Way], list[Spot]] = {}
    for spot in survey.spots:
        if spot.choice and spot.choice.attributes:
            for name, way in _unsaid(tables, spot):
                unsaid.setdefault((spot.choice.name, name, way), []).append(spot)
    together: dict[tuple[str, str, Way], tuple[list[str], list[Spot]]] = {}
    for (whose, name, way), spots in unsaid.items():
        together.setdefault((whose, where(spots), way), ([], spots))[0].append(name)
    for (whose, there, way), (names, spots) in together.items():
        first, choice = spots[0], spots[0].choice
        assert choice is not None
        tag = f"<{way[-1].shown}>" if way else shown(tables, first.place.tag)
        what = ", ".join(one if one[0] == "@" else shown(tables, one) for one in names)
        said = f"{whose}: the schema has {what} in {tag}{there}, and no row says {_them(names)}"
        nodes = [Path(way, one[1:]) if one[0] == "@" else Path((*way, Step(one, one))) for one in names]
        shown_there = witness(tables, first, *((path, None) for path in nodes))
        yield Finding("left_out", choice.origin, said, shown_there, note=True)
    for row, codec, spot, words in worded(survey):
        for word in words.words if codec.word == "enum" and words.closed else ():
            if word not in (codec.words or ()):
                said = f"{row}: the schema has {word!r} there as well, and the row does not admit it"
                yield Finding("left_out", row.origin, said, witness(tables, spot, (row.path, word)), note=True)


def _them(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _unsaid(tables: Tables, spot: Spot) -> Iterator[tuple[str, Way]]:
    """What the schema has in the elements that a variant's rows go through, and no row in them says."""
    said: dict[Way, set[str]] = {(): set()}
    taken: set[Way] = set()
    for row in (*(row for _, row in flatten(tables, spot.table)), *spot.beside):
        for path in () if row.embeds else row.paths:
            way = tuple(Step(step.tag, step.shown, step.where) for step in path.steps)
            for end, step in enumerate(way):
                said.setdefault(way[:end], set()).add(step.tag)
            if row.codec is None or row.form == "map" or row.codec.shape != "value":
                taken.add(way)
            else:
                said.setdefault(way, set()).update(f"@{name}" for name in (path.attribute, row.codec.unit) if name)
    for way, names in said.items():
        place = follow(spot.place, way)
        if place is not None and not any(way[:end] in taken for end in range(1, len(way) + 1)):
            yield from ((f"@{name}", way) for name in place.attributes if f"@{name}" not in names)
            yield from ((tag, way) for tag in place.children if tag not in names)
