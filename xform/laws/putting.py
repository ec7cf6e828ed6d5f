"""Putting an entity into a document: GetPut, PutGet, PutPut, Least edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lxml import etree

from xform.compile.interpreter import TEXT
from xform.dialect import Dialect
from xform.entities import unequal
from xform.errors import DocumentError, EntityError
from xform.laws.claim import Claim, Known, claim, first_difference, first_other, inside
from xform.laws.facts import Changes, Fact
from xform.laws.finding import Finding
from xform.laws.naming import left
from xform.text import decode
from xform.validate import problems
from xform.xml import canonical, element_name

# How many facts of a document are tried where not all are: of those that it states, and of those that it does not.
PUT_GET, LEAST_EDIT, PUT_PUT = (2, 1), (1, 1), (1, 0)


def get_put(dialect: Dialect, document: str | bytes, **context: Any) -> list[Finding]:
    """GetPut: update(X, parse(X)) is X, byte for byte, whether it is given as text or as bytes."""
    found = []
    for form in (document, other_form(dialect, document)):
        entity = dialect.parse(form, **context)
        again = put(dialect, form, entity, context)
        if again != form or type(again) is not type(form):
            at = first_other(form, again)
            line = form[:at].count(b"\n" if isinstance(form, bytes) else "\n") + 1  # type: ignore[arg-type]
            found.append(Finding("get-put", type(form).__name__, "the document is not the same any more", line))
    return found


def put(dialect: Dialect, document: str | bytes, entity: Any, context: dict[str, Any]) -> str | bytes:
    """A document that says an entity, of the type that was given."""
    opened = dialect.open(document, **context)
    opened.entity = entity
    return opened.to_xml()


def put_get(dialect: Dialect, document: str | bytes, *, thorough: bool = False, **context: Any) -> list[Finding]:
    """PutGet: parse(update(X, e)) equals e; e is the document's own entity with one fact changed."""
    return Putting(dialect, document, context, thorough).put_get()


def least_edit(dialect: Dialect, document: str | bytes, *, thorough: bool = False, **context: Any) -> list[Finding]:
    """Least edit: after one fact changed, update(X, e) differs from X only inside that fact's claim, byte for byte."""
    return Putting(dialect, document, context, thorough).least_edit()


def put_put(dialect: Dialect, document: str | bytes, *, thorough: bool = False, **context: Any) -> list[Finding]:
    """PutPut: the last put wins. update(update(X, e1), e2) has the entity and the residue of update(X, e2).

    e1 changes one fact; e2 says another value of it, where there is one, else what X said.  Excused is the residue
    that stands in an element which goes with the fact of e1, because that fact is an item or an entity that is taken
    away, or a text that only its element's absence takes away.
    """
    return Putting(dialect, document, context, thorough).put_put()


def other_form(dialect: Dialect, document: str | bytes) -> str | bytes:
    """Bytes as text; text as bytes, where these are a document as well."""
    root = dialect.tree(document)
    if isinstance(document, bytes):
        return decode(document, root)[0]
    data = document.encode(root.getroottree().docinfo.encoding or "utf-8", "xmlcharrefreplace")
    try:
        dialect.tree(data)
    except DocumentError:
        return document
    return data


def put_entity(dialect: Dialect, document: str | bytes, entity: Any, **context: Any) -> list[Finding]:
    """PutGet, for one entity: what was put is read again, where `validate` admits it."""
    return _got(dialect, document, ".", entity, context)[1]


def _got(
    dialect: Dialect, document: str | bytes, path: str, new: Any, context: dict[str, Any], law: str = "put-get"
) -> tuple[str | bytes | None, list[Finding]]:
    """The document that says a new entity, None where the tables do not admit that; and what is not as it was put."""
    try:
        after = put(dialect, document, new, context)
        back = dialect.parse(after, **context)
    except EntityError as error:
        if problems(dialect, new, **context):
            return None, []
        return None, [Finding(law, path, f"cannot be put: {error}")]
    except Exception as error:
        if problems(dialect, new, **context):
            return None, []
        return None, [Finding(law, path, f"cannot be put: {type(error).__name__}")]
    if back == new:
        return after, []
    lost = [Finding(law, at, f"{one} was read back as {other}") for at, one, other in unequal(new, back, live=False)]
    return after, lost or [Finding(law, path, "was read back as another value")]


class Putting:
    """A document, and what its entity with one fact changed makes of it; the laws of that share what they put."""

    def __init__(self, dialect: Dialect, document: str | bytes, context: dict[str, Any], thorough: bool) -> None:
        self.dialect, self.document, self.context, self.thorough = dialect, document, context, thorough
        self.entity = dialect.parse(document, **context)
        self.changes = Changes(dialect.classes, document, self.entity, thorough)
        self._done: dict[int, tuple[str | bytes | None, list[Finding]]] = {}

    def put(self, fact: Fact, new: Any) -> tuple[str | bytes | None, list[Finding]]:
        """What `_got` gives; kept where the facts are few."""
        if self.thorough:
            return _got(self.dialect, self.document, str(fact), new, self.context)
        if id(new) not in self._done:
            self._done[id(new)] = _got(self.dialect, self.document, str(fact), new, self.context)
        return self._done[id(new)]

    def known(self, document: str | bytes) -> Known:
        return Known(self.dialect, document, self.context)

    def put_get(self) -> list[Finding]:
        facts = self.changes.some(*PUT_GET)
        return [one for fact, news in facts for new in self._tried(news) for one in self.put(fact, new)[1]]

    def least_edit(self) -> list[Finding]:
        before = self.known(self.document)
        found = []
        for fact, news in self.changes.some(*LEAST_EDIT):
            for new in self._tried(news):
                after, wrong = self.put(fact, new)
                if after is None or wrong:
                    continue  # which is PutGet's to say
                one, other = claims(before, self.known(after), fact)
                if (at := first_difference(one, other)) is not None:
                    line = before.text.text.count("\n", 0, at) + 1
                    found.append(Finding("least-edit", str(fact), "more changed than what it claims", line))
        return found

    def put_put(self) -> list[Finding]:
        found = []
        for fact, news in self.changes.some(*PUT_PUT):
            first, wrong = self.put(fact, news[0])
            last = news[1] if len(news) > 1 else self.entity
            once, wrong_once = self.put(fact, last)
            if first is None or once is None or wrong or wrong_once:
                continue  # which is PutGet's to say
            twice, wrong = _got(self.dialect, first, str(fact), last, self.context, "put-put")
            found += wrong
            if twice is None or twice == once:
                continue
            before = self.known(self.document)
            gone, _ = claims(before, self.known(first), fact)
            excused = Counter(said for node, said in residue_of(before) if inside(gone, node))
            ours, theirs = (Counter(said for _, said in residue_of(self.known(one))) for one in (once, twice))
            if what := "lost" if ours - theirs - excused else "grown" if theirs - ours else "":
                found.append(Finding("put-put", str(fact), f"residue of the last put alone was {what}"))
        return found

    def _tried(self, news: list[Any]) -> list[Any]:
        return news if self.thorough else news[:1]


def claims(before: Known, after: Known, fact: Fact) -> tuple[Claim, Claim]:
    """What a fact claims before it was changed, and after."""
    return claim(before, fact, not _stated(after, fact)), claim(after, fact, not _stated(before, fact))


def _stated(known: Known, fact: Fact) -> bool:
    _, entity = known.at(fact.place[:-1])
    value = getattr(entity, fact.name)
    if isinstance(value, dict):
        return fact.item in value
    if isinstance(value, list) and isinstance(fact.item, int):
        return fact.item < len(value)
    return value is not None and value is not False


def residue_of(known: Known) -> Iterator[tuple[etree._Element, str]]:
    """What no row claims, comments and instructions included: each node, and what tells it from others."""
    for node, name in left(known.whole, known.root):
        at = "/".join(element_name(one) for one in reversed([node, *node.iterancestors()]))
        if name is None:
            yield node, f"{at} {canonical(node)}"
        else:
            yield node, f"{at}/@{name} {node.get(name) if name != TEXT else ''.join(node.itertext())}"
    for node in known.root.iter(etree.Comment, etree.ProcessingInstruction):
        yield node, str(node.text)
