"""What a table has of its own, of what it uses and of what it extends: one takes the place of another."""

from __future__ import annotations

from attrs import evolve

from xform.errors import TableError, did_you_mean
from xform.table.model import Join, Row

DROP = "-"


def alike(row: Row, other: Row) -> bool:
    """Whether one of two rows takes the place of the other: the same field, or the same nodes."""
    return row.name == other.name or bool(row.paths and row.place == other.place)


def behind(own: tuple[Row, ...], shared: tuple[Row, ...]) -> tuple[Row, ...]:
    """Own rows, then the shared ones whose place none of them takes."""
    return own + tuple(row for row in shared if not any(alike(row, other) for other in own))


def merge(inherited: tuple[Row, ...], own: tuple[Row, ...]) -> tuple[Row, ...]:
    """Own rows take the place of inherited ones with the same name or the same nodes; `-` drops; others follow.

    Each knows then which others go first at its node.
    """
    rows = list(inherited)
    names: dict[str, Row] = {}
    for row in own:
        if (other := names.setdefault(row.name, row)) is not row:
            raise TableError(f"{row.origin}: {row.name!r} stands twice; first at {other.origin}")
        # entities whose rows sit in the element are beside each other, and are told by their names
        here = row.place if row.paths and not row.embeds else None
        same = [
            at
            for at, old in enumerate(rows)
            if old.name == row.name or (old in inherited and not old.embeds and old.place == here)
        ]
        if row.form == DROP:
            if not same:
                known = did_you_mean(row.name, [old.name for old in rows])
                raise TableError(f"{row.origin}: no inherited row {row.name!r} to drop{known}")
            rows = [old for at, old in enumerate(rows) if at not in same]
        elif same:
            rows = [row if at == same[0] else old for at, old in enumerate(rows) if at not in same[1:]]
        else:
            # what stands behind another row at its node stands behind it here
            mates = [at for at, old in enumerate(rows, 1) if here is not None and old.place == here]
            rows.insert(mates[-1] if mates else len(rows), row)
    return _in_line(rows)


def _in_line(rows: list[Row]) -> tuple[Row, ...]:
    """Rows that know which others go first at their node."""
    done: list[Row] = []
    for row in rows:
        first = [other for other in done if _leaves(other, row)]
        secret = row.secret or any(other.secret for other in first)
        done.append(evolve(row, behind=tuple(other.name for other in first), secret=secret))
    return tuple(done)


def _leaves(row: Row, other: Row) -> bool:
    """Whether a row leaves to another one what it does not admit of their node."""
    everything = row.codec is not None and row.codec.word in ("str", "text")
    return other.live and row.place == other.place and _plain(row) and _plain(other) and not everything


def _plain(row: Row) -> bool:
    """Whether a row is one value at one node, by which nothing else stands or falls."""
    codec = row.codec
    single = row.form == "one" and codec is not None and codec.shape == "value" and len(row.paths) == 1
    bound = row.constant is not None or row.when or row.generated or row.required or row.default is not None
    return single and not bound and not (codec and (codec.unit or codec.needs))


def merge_joins(inherited: tuple[Join, ...], own: tuple[Join, ...]) -> tuple[Join, ...]:
    """A join at the path of an inherited one is that one, with its rows merged; one without rows is none."""
    joins = {str(join.path): join for join in inherited}
    for join in own:
        old = joins.get(str(join.path), evolve(join, rows=()))
        joins[str(join.path)] = evolve(join if join.on else old, origin=join.origin, rows=merge(old.rows, join.rows))
    return tuple(join for join in joins.values() if join.rows)
