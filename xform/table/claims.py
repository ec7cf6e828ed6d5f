"""What rows claim: the nodes that they write and read.  Two never claim one node, but for a row behind another."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from xform.errors import TableError
from xform.table.model import Choice, Origin, Path, Row, Shape, Step, Table, Tables
from xform.table.walk import Owners, apart, flatten, joins


@frozen
class Claim:
    """A node, or with `whole` an element and all that is in it; and who claims it.

    `owners` are the embedding rows, with the variant that is meant, on the way to the row that claims; it is `row`,
    where that is one value.
    """

    node: Path
    by: str
    origin: Origin
    whole: bool = False
    owners: Owners = ()
    row: Row | None = None

    def leaves(self, other: Claim) -> bool:
        """Whether what a row does not admit is another one's, of the same table."""
        return bool(self.row and other.row and self.row.name in other.row.behind) and self.owners == other.owners

    def __str__(self) -> str:
        return f"{self.node} with all in it" if self.whole else str(self.node)


def nodes(row: Row) -> Iterator[Path]:
    """The nodes that hold a row's values, as seen from its entity's element."""
    for path in row.paths:
        at, attribute = bare(path).steps, path.attribute
        if row.form == "map":
            if row.key.attribute is not None:
                yield Path(at, row.key.attribute)
            at, attribute = at + bare(row.value).steps, row.value.attribute
        yield Path(at, attribute)
        if row.codec and row.codec.unit:
            yield Path(at, row.codec.unit)


def bare(path: Path) -> Path:
    """A path as it is told from others, whatever its steps yield to."""
    return evolve(path, steps=tuple(evolve(step, but=()) for step in path.steps))


def refuse_claims(tables: Tables) -> None:
    """Raises TableError where two rows claim one node, or one a node in an element that another takes whole."""
    for shape in tables.shapes.values():
        for table in shape.tables:
            claims = list(_in_element(tables, shape, table))
            if table.name == tables.root:
                claims += (
                    Claim(bare(join.path), f"the join of {joined.name} for {row}", join.origin, whole=True)
                    for joined, join, row in joins(tables)
                )
            _refuse_common(claims)
            for row in table.every:
                if row.entity and not row.embeds and (asked := _asked(row.path, str(row), row.origin)):
                    inner = tables.shapes[row.entity]
                    for variant in inner.tables:
                        _refuse_common([*_in_element(tables, inner, variant), *asked])
            for join in table.joins:
                rows = table.second(join)
                keys = [Claim(path, f"`on` of {table.name}", join.asked) for path, _ in join.on]
                asked = _asked(join.path, f"the join of {table.name}", join.origin)
                _refuse_common([*_in_element(tables, rows, rows), *keys, *asked])


def _asked(path: Path, by: str, origin: Origin) -> list[Claim]:
    """The attributes of an element that the path to it asks for, as seen from there."""
    return [Claim(Path((), name), f"the path of {by}", origin) for name, _ in path.steps[-1].where]


def _told(shape: Shape, by: str, origin: Origin, owners: Owners = ()) -> Iterator[Claim]:
    """The attributes that tell the variants of a choice."""
    for name in shape.attributes if isinstance(shape, Choice) else ():
        yield Claim(Path((), name), by, origin, owners=owners)


def _in_element(tables: Tables, shape: Shape, table: Table) -> Iterator[Claim]:
    """All claims in the element of an entity: those of its rows, and of the rows that these embed."""
    yield from _told(shape, f"the choice of {shape.name}", shape.origin)
    for owners, row in flatten(tables, table):
        by = f"{row} in {owners[0][0]}" if owners else str(row)
        if row.embeds:
            yield from _told(tables.shapes[row.entity or ""], by, row.origin, owners)
        elif row.form != "one" or row.codec is None or row.codec.shape != "value":
            for path in row.paths:
                yield Claim(Path(bare(path).steps), by, row.origin, whole=True, owners=owners)
        else:
            for node in nodes(row):
                yield Claim(node, by, row.origin, owners=owners, row=row)


def _refuse_either(claims: list[Claim]) -> None:
    """Raises TableError where an element may be what two steps mean, and neither of them is the more exact one."""
    seen: dict[tuple[str, ...], dict[tuple[Step, ...], Claim]] = {}
    for claim in claims:
        steps = claim.node.steps
        for length in range(1, len(steps) + 1):
            way = steps[:length]
            others = seen.setdefault(tuple(step.tag for step in way), {})
            for other, first in others.items():
                one, two = set(way[-1].where), set(other[-1].where)
                if one <= two or two <= one or apart(first.owners, claim.owners):
                    continue
                if all(map(_may_be_one, way, other)):
                    raise TableError(
                        f"{claim.origin}: {claim.by} claims {claim}, and {first.by} at {first.origin} claims {first}: "
                        f"one <{way[-1].shown}> may be both; expected conditions on the same attribute"
                    )
            if way[-1].where:
                others.setdefault(way, claim)


def _may_be_one(step: Step, other: Step) -> bool:
    asked = dict(step.where)
    return all(asked.get(name, value) == value for name, value in other.where)


def _refuse_common(claims: list[Claim]) -> None:
    _refuse_either(claims)
    single: dict[Path, list[int]] = {}
    whole: dict[Path, list[int]] = {}
    for at, claim in enumerate(claims):
        (whole if claim.whole else single).setdefault(claim.node, []).append(at)
    for at, claim in enumerate(claims):
        steps = claim.node.steps
        around = (Path(steps[:length]) for length in range(1, len(steps) + 1))
        others = [*single.get(claim.node, ()), *(other for path in around for other in whole.get(path, ()))]
        for other in others:
            first, second = claims[min(at, other)], claims[max(at, other)]
            if other != at and not apart(first.owners, second.owners) and not first.leaves(second):
                same = f"so does {first.by} at {first.origin}"
                also = same if str(first) == str(second) else f"{first.by} at {first.origin} claims {first}"
                raise TableError(f"{second.origin}: {second.by} claims {second}, and {also}; a node has one row")
