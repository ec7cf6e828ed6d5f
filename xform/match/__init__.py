"""Match the devices of a document to those that are known, by the ladders of their tables.

Rung by rung, a key that one device on either side has decides; a key that several have decides nothing and is reported.
Of the document only what a rung asks for is read, first for all devices, then for those that are left.  First rungs
that an attribute of a child decides (an alias) are read in one pass over the document, and what they pair climbs no
more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from xform.compile.program import admitted
from xform.errors import EntityError
from xform.match.climb import Climb
from xform.match.ladder import Kind, ladders, told
from xform.match.outcome import Ambiguity, Content, Matching, Pair, held
from xform.match.places import Containers, containers, elements, marked
from xform.xml import Element

if TYPE_CHECKING:
    from xform.dialect import Dialect

__all__ = [
    "Ambiguity",
    "Climb",
    "Containers",
    "Kind",
    "Matching",
    "Pair",
    "containers",
    "elements",
    "held",
    "ladders",
    "match",
    "runs",
    "told",
]


def match(
    dialect: Dialect,
    xml: str | bytes,
    known: Any,
    *,
    root: Element | None = None,
    seen: Collection[int] | None = None,
    **context: Any,
) -> Matching:
    """Pair the devices of a document with those of a known entity. Raises DocumentError, EntityError.

    `root` is the document's tree where that is there already.  `seen` are the known devices, by their `id`, whose names
    an earlier document had; without it any may have been there.
    """
    if type(known) is not dialect.classes[dialect.root.name]:
        raise EntityError(f"known: {dialect.classes.no(known, dialect.root.name)}; expected {dialect.root.name}")
    root = dialect.tree(xml) if root is None else root
    matching = Matching(Content(dialect, xml, context, root), known, dialect.same_run(root, known), seen=seen)
    found = elements(root, dialect.containers)
    marks: dict[tuple[str, str], dict[Element, Any]] = {}
    climbs = []
    for kind in dialect.kinds:
        if not getattr(known, kind.name) and kind.name not in found:
            continue
        ours, theirs = held(known, kind.name), found.get(kind.name, [])
        climb = Climb(matching, kind, ours, theirs)
        climbs.append(climb)
        if ours and theirs:
            if kind.marks and not kind.at:
                if (where := kind.marks[0].place) not in marks:
                    marks[where] = marked(root, kind.marks[0])
                climb.by_marks(marks[where])
            climb.first()
    # a document that has one of our names has all that its devices were given
    matching.kept = any(climb.found_name for climb in climbs)
    for climb in climbs:
        if climb.ours or climb.theirs:
            climb.climb()
            climb.report()
    return matching


def runs(dialect: Dialect) -> Callable[[Element, Any], bool | None]:
    """A function that says whether a document is of the same start of its domain as what is known; None: who knows."""
    row = dialect.root.fields[dialect.tables.run] if dialect.tables.run else None
    if row is None or row.codec is None:
        return lambda root, known: None
    name, attribute, decode = row.name, row.path.attribute or "", admitted(row.codec)

    def same_run(root: Element, known: Any) -> bool | None:
        run, text = getattr(known, name), root.get(attribute)
        return None if run is None or text is None else bool(decode(text) == run)

    return same_run
