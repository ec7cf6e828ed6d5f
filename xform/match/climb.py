"""The way up one kind's ladder.  Devices are told by their place on either side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from xform.match.ladder import Key, Kind
from xform.match.outcome import Matching, Pair
from xform.match.places import SEVERAL
from xform.xml import Element

# Of so many pairs of devices with one key each is looked at; more are told apart by another rung, or not at all.
MOST_ALIKE = 100
MOST = MOST_ALIKE**2


class Climb:
    """Pairs the devices of one kind, rung by rung."""

    def __init__(self, matching: Matching, kind: Kind, known: list[Any], found: list[Element]) -> None:
        self.matching, self.kind = matching, kind
        self.known, self.found = known, found
        # what no rung has paired yet, in order
        self.ours, self.theirs = dict.fromkeys(range(len(known))), dict.fromkeys(range(len(found)))
        # the keys of each rung so far, by place
        self.our_keys: defaultdict[int, dict[int, Key]] = defaultdict(dict)
        self.their_keys: defaultdict[int, dict[int, Key]] = defaultdict(dict)
        self.unclear: list[tuple[tuple[str, ...], list[int], list[int]]] = []
        self.at = 0  # the rung that is next
        # the names that libvirt gives are others after the next start
        names = range(kind.at + 1, kind.at + len(kind.marks)) if matching.same_run is False else ()
        self.rungs = [at for at in range(len(kind.keys)) if at not in names]
        self.found_name = False  # whether a device has the name that it was given

    def by_marks(self, texts: dict[Element, Any]) -> None:
        """Climb the rungs that read one attribute of a child, of which these are the texts, all at once."""
        found = [texts.get(element) for element in self.found]
        if SEVERAL in found:
            return
        for at, mark in enumerate(self.kind.marks):
            single = self.kind.identities in ((), (self.kind.named,))
            if at and (not self.ours or not self.theirs or at not in self.rungs or not single):
                return
            field, prefix, decode = mark.field, mark.prefix, mark.decode
            known = [getattr(self.known[place], field, None) for place in self.ours]
            if prefix:
                known = [key if key and key.startswith(prefix) else None for key in known]
            ours = self.our_keys[at] = dict(zip(self.ours, known, strict=True))
            if known.count(None) == len(known):
                self.at += 1
                continue
            texts_left = [found[place] for place in self.theirs]
            if decode:
                texts_left = [text if text is None else decode(text) for text in texts_left]
            theirs = self.their_keys[at] = dict(zip(self.theirs, texts_left, strict=True))
            our_places, their_places = alone(ours), alone(theirs)
            if our_places is None or their_places is None:
                return
            self.pair([(our, their_places[key]) for key, our in our_places.items() if key in their_places], at)
            self.at += 1

    def pair(self, those: list[tuple[int, int]], at: int) -> None:
        matching, content, kind, known = self.matching, self.matching.content, self.kind.name, self.known
        rung = self.kind.keys[at].rung.fields
        self.found_name = self.found_name or bool(those and at == self.kind.named)
        matching.pairs += [Pair(kind, known[our], rung, their, content) for our, their in those]
        if len(those) == len(self.ours) == len(self.theirs):
            self.ours, self.theirs = {}, {}
            return
        for our, their in those:
            del self.ours[our], self.theirs[their]

    def first(self) -> None:
        """Climb the first rung, and what stands before names, if that was not climbed yet."""
        self.climb((self.kind.named or 0) + 1)

    def climb(self, until: int | None = None) -> None:
        """Climb all rungs, or those before `until`."""
        for at in self.rungs:
            if not self.ours or not self.theirs or at >= (until or len(self.kind.keys)):
                break
            if at < self.at:
                continue
            rung = self.kind.keys[at].rung
            single = []
            for ours, theirs in self.only(at) if rung.only else self.candidates(at):
                if len(ours) == len(theirs) == 1:
                    single.append((ours[0], theirs[0]))
                else:
                    self.unclear.append((rung.fields, ours, theirs))
            self.pair(single, at)
            self.at = at + 1

    def report(self) -> None:
        """Say of the devices that are left what they are: not told apart, missing, new."""
        for rung, ours, theirs in self.unclear:
            self.leave(rung, [our for our in ours if our in self.ours], [one for one in theirs if one in self.theirs])
        ours, theirs = self.comparable()
        if len(ours) * len(theirs) <= MOST:
            alike = [(our, their) for our in ours for their in theirs if self.nothing_tells(our, their)]
            ours, theirs = sorted({our for our, _ in alike}), sorted({their for _, their in alike})
        self.leave((), ours, theirs)
        self.matching.missing += [(self.kind.name, self.known[place]) for place in self.ours]
        self.matching._new += [(self.kind.name, place) for place in self.theirs]

    def leave(self, rung: tuple[str, ...], ours: list[int], theirs: list[int]) -> None:
        """Report what no rung told apart."""
        if ours and theirs:
            self.matching._ambiguous.append((self.kind.name, rung, [self.known[place] for place in ours], theirs))
            for our in ours:
                del self.ours[our]
            for their in theirs:
                del self.theirs[their]

    # --- keys

    def our_key(self, at: int, place: int) -> Key:
        keys = self.our_keys[at]
        if place not in keys:
            keys[place] = self.kind.keys[at].of_entity(self.known[place])
        return keys[place]

    def their_key(self, at: int, place: int) -> Key:
        keys, reader, content = self.their_keys[at], self.kind.keys[at], self.matching.content
        if place not in keys:
            keys[place] = (
                reader.of_element(self.found[place], content.context)
                if reader.of_element
                else reader.of_entity(content.device(self.kind.name, place))
            )
        return keys[place]

    # --- rungs

    def candidates(self, at: int) -> Iterator[tuple[list[int], list[int]]]:
        """Devices on both sides with the same key at a rung that may be the same."""
        ours, theirs, reader = self.our_keys[at], self.their_keys[at], self.kind.keys[at]
        for place in self.ours:
            if place not in ours:
                ours[place] = reader.of_entity(self.known[place])
        if not (our_places := by_key(ours, self.ours)):
            return
        for place in self.theirs:
            if place not in theirs:
                self.their_key(at, place)
        their_places = by_key(theirs, self.theirs)
        for key, alike in our_places.items():
            if others := their_places.get(key):
                yield from self.possible(at, alike, others)

    def only(self, at: int) -> Iterator[tuple[list[int], list[int]]]:
        """The only device of the kind on both sides."""
        if len(self.known) == len(self.found) == 1:
            yield from self.possible(at, [0], [0])

    def possible(self, at: int, ours: list[int], theirs: list[int]) -> Iterator[tuple[list[int], list[int]]]:
        if not self.kind.identities or len(ours) * len(theirs) > MOST:
            yield ours, theirs
        elif pairs := [(our, their) for our in ours for their in theirs if not self.differ(at, our, their)]:
            yield sorted({our for our, _ in pairs}), sorted({their for _, their in pairs})

    def differ(self, at: int, our: int, their: int) -> bool:
        """Whether two devices are not the same, whatever the rung says: another identity tells, or the lack of a name.

        An identity is overruled by those before it: what has our name may have got another MAC.
        """
        overruled = self.kind.keys[at].rung.identity
        for other in self.kind.identities:
            if other == at or (overruled and other > at):
                continue
            if (one := self.our_key(other, our)) is not None:
                two = self.their_key(other, their)
                if two is not None and one != two:
                    return True
                if two is None and other == self.kind.named and self.named(our, by_place=not overruled):
                    return True
        return False

    def named(self, our: int, *, by_place: bool = True) -> bool:
        """Whether a known device had a name that this document would have kept: none of libvirt's is known of it."""
        matching = self.matching
        had = matching.seen is None or id(self.known[our]) in matching.seen
        kept = matching.kept or (had and (matching.same_run or (by_place and matching.seen is not None)))
        return bool(kept) and not any(
            keys.live and self.our_key(at, our) is not None for at, keys in enumerate(self.kind.keys)
        )

    # --- what is left

    def comparable(self) -> tuple[list[int], list[int]]:
        """What is left on both sides; nothing where one rung tells every one of them from all others."""
        rungs = [at for at in self.rungs if not self.kind.keys[at].rung.only]
        ours, theirs = list(self.ours), list(self.theirs)
        told = any(
            all(self.our_key(at, our) is not None for our in ours)
            and all(self.their_key(at, their) is not None for their in theirs)
            for at in rungs
        )
        return ([], []) if told else (ours, theirs)

    def nothing_tells(self, our: int, their: int) -> bool:
        """Whether nothing says that two devices are not the same: no rung that both have the fields of, nor a name that
        one of them has.
        """
        if (name := self.kind.named) is not None:
            ours, theirs = self.our_key(name, our), self.their_key(name, their)
            if ((self.matching.kept or self.matching.same_run) and ours is None and theirs is not None) or (
                ours is not None and self.named(our)
            ):
                return False
        return not any(self.our_key(at, our) is not None and self.their_key(at, their) is not None for at in self.rungs)


def alone(keys: dict[int, Key]) -> dict[Key, int] | None:
    """The place of each key, if no key stands twice."""
    places = dict(zip(keys.values(), keys, strict=True))
    nothing = list(keys.values()).count(None) if None in places else 0
    places.pop(None, None)
    return places if len(places) + nothing == len(keys) else None


def by_key(keys: dict[int, Key], places: Iterable[int]) -> dict[Key, list[int]]:
    """Places by their keys."""
    found: dict[Key, list[int]] = {}
    for place in places:
        if (key := keys[place]) is not None:
            found.setdefault(key, []).append(place)
    return found
