"""Where the original's view of a VM is another one than ours, and the reasons that are good enough."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any, Literal

import attrs

from xform.match import held
from xform.monitor.follow import follow, manage
from xform.monitor.records import Known

from .looks import KINDS, Look, Sequence
from .original import Row
from .original_monitoring import Original
from .sequences import VM

# What happened to a device between two documents.  `other id`: it stayed, and is taken for another one; `unseen`: the
# document has it, and nothing stands for it; `stuck`: the other way round; `twice`: two stand for it; `not its facts`:
# what stands for it says what another one is.
Verdict = Literal[
    "absent", "came", "kept", "went", "left out", "other id", "unseen", "stuck", "twice", "not its facts", "unknown"
]


@attrs.frozen
class View:
    """What one side thinks at a look: the ids that stand for each device, and which devices have wrong facts."""

    ids: dict[str, tuple[str, ...]]
    wrong: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()


@attrs.frozen
class Difference:
    name: str
    kind: str
    managed: bool
    theirs: Verdict
    ours: Verdict
    before: Look
    after: Look


def verdict(name: str, before: View, after: View, look: Look) -> Verdict:
    shown = name in look.elements
    was, now = before.ids.get(name, ()), after.ids.get(name, ())
    if len(now) > 1:
        return "twice"
    if now and not shown:
        return "stuck"
    if not now:
        if shown:
            return "unseen"
        return "absent" if not was else "left out" if name in after.left_out else "went"
    if name in after.wrong:
        return "not its facts"
    return "came" if not was else "kept" if set(now) <= set(was) else "other id"


def truth(name: str, before: Look | None, after: Look) -> Verdict:
    was, now = before is not None and name in before.elements, name in after.elements
    if was and not now:
        assert before is not None
        return "went" if before.run == after.run else "left out"
    return "absent" if not now else "kept" if was else "came"


# --- the two sides


def standing(pairs: Iterator[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, id in pairs:
        found[name] = (*found.get(name, ()), id)
    return found


def originals(sequence: Sequence) -> Iterator[View]:
    """What the original thinks of a VM after each document."""
    xml = b""
    vms = Original({VM: sequence.managed.rows}, lambda asked: dict.fromkeys(asked, xml))
    kinds = {type: kind for kind, type in KINDS.values()}

    def name_of(row: Row, look: Look) -> str:
        return sequence.managed.names.get(row.id) or look.names.get((kinds[row.type], row.alias), f"? {row.id}")

    for at, look in enumerate(sequence.looks):
        xml = look.xml
        devices = xml[xml.index(b"<devices>") : xml.index(b"</devices>")]
        vms.update_vm(VM, hashlib.sha256(devices).hexdigest(), at)
        vms.flush()
        rows = [row for row in vms.rows[VM].values() if row.plugged]
        named = [(name_of(row, look), row) for row in rows]
        wrong = {name for name, row in named if name in look.elements and row.address not in ("", look.addresses[name])}
        yield View(standing((name, row.id) for name, row in named), frozenset(wrong))


def ours(dialect: Any, sequence: Sequence) -> Iterator[View]:
    """What we think of it."""
    known: Known = manage(dialect, None, dialect.parse(sequence.managed.xml))
    kinds = {kind for kind, _ in KINDS.values()}
    names: dict[str, str] = dict(sequence.managed.names)

    last: dict[str, Any] = {}
    for look in sequence.looks:
        followed = follow(dialect, known, look.xml)
        assert not followed.ambiguous
        known = followed.known
        facts = entities(dialect, look)
        devices = [device for device in known.devices if device.kind in kinds and device.plugged]
        here = {
            device.id: sequence.managed.names[device.id] for device in devices if device.id in sequence.managed.names
        }
        for device in devices:
            if device.id not in here:
                alike = [name for name in of_kind(look, device.kind) if facts[name] == device.entity]
                left = (name for name in alike if name not in here.values())
                here[device.id] = next(left, names.get(device.id, f"? {device.id}"))
        names |= here
        wrong = {here[device.id] for device in devices if not same(device.entity, facts.get(here[device.id]))}
        differ = {name for name in facts if name in last and last[name] != facts[name]}
        updated = {names[change.id] for change in followed.changes if change.what == "updated" and change.kind in kinds}
        assert not last or updated == differ, (updated, differ)
        last = facts
        gone = {names.get(change.id, "") for change in followed.changes if change.what == "left out"}
        yield View(
            standing((name, id) for id, name in here.items()),
            frozenset(name for name in wrong if name in look.elements),
            frozenset(gone),
        )


def same(known: Any, found: Any) -> bool:
    """Whether a device is as the document says; the manager's id is not forgotten where it is not there."""
    if getattr(found, "id", known) is None:
        found = attrs.evolve(found, id=known.id)
    return bool(known == found)


def of_kind(look: Look, kind: str) -> list[str]:
    return [name for (of, _), name in look.names.items() if of == kind]


def entities(dialect: Any, look: Look) -> dict[str, Any]:
    """The devices of a document as entities, by their names."""
    entity = dialect.parse(look.xml)
    places = {kind: iter(held(entity, kind)) for kind, _ in KINDS.values()}
    by_element = {id(element): name for name, element in look.elements.items()}
    found = {}
    for element in next(iter(look.elements.values())).getparent():
        if element.tag in KINDS:
            found[by_element[id(element)]] = next(places[KINDS[element.tag][0]])
    return found


# --- reasons


@attrs.frozen
class Reason:
    """Why the original is wrong where it differs, the lesson that says so, and what has to happen to a VM to see it."""

    name: str
    lesson: str
    fits: Callable[[Difference], bool]
    case: list[list[tuple[str, str]]]


def stays(one: Difference) -> bool:
    """Whether a device that went is still there for the original, or has come back without ever having gone."""
    return one.theirs == "stuck" or (one.theirs, one.ours) == ("kept", "came")


def foreign(one: Difference, *kinds: str) -> bool:
    return one.kind in kinds and not one.managed


REASONS = [
    Reason(
        "channels are new each time that anything changed",
        "L108",
        lambda one: one.kind == "channels" and one.theirs == "other id",
        [[("change", "agent")]],
    ),
    Reason(
        "controllers of libvirt's own are new each time that anything changed",
        "L109",
        lambda one: foreign(one, "controllers") and one.theirs == "other id",
        [[("change", "drive")]],
    ),
    Reason(
        "a controller without an address is passed over",
        "L109",
        lambda one: one.kind == "controllers" and one.theirs == "unseen" and not one.after.addresses[one.name],
        [],
    ),
    Reason(
        "screens, TPMs, leases and inputs are never read",
        "L57",
        lambda one: one.kind in ("graphics", "tpms", "leases", "inputs") and (one.theirs == "unseen" or stays(one)),
        [[("restart without", "tpm")]],
    ),
    Reason(
        "consoles, balloons and vGPUs are never missing",
        "L97",
        lambda one: one.kind in ("consoles", "balloon", "hostdevs") and one.managed and stays(one),
        [[("unplug", "vgpu")]],
    ),
    Reason(
        "a vGPU is one device more, of nobody's",
        "L61",
        lambda one: one.kind == "hostdevs" and one.managed and one.theirs == "twice",
        [],
    ),
    Reason(
        "the first device of its kind is taken for ours, whatever its alias",
        "L68",
        lambda one: one.kind == "rngs" and one.managed and (stays(one) or one.ours == "absent"),
        [[("plug", "foreign rng"), ("unplug", "rng")]],
    ),
    Reason(
        "the first device of its kind gives its place to ours",
        "L68",
        lambda one: one.kind == "rngs" and one.managed and one.theirs == "not its facts",
        [[("plug", "foreign rng"), ("unplug", "rng")], [("plug", "rng")]],
    ),
    Reason(
        "of a kind of which one is looked at, those that are nobody's are passed over",
        "L112",
        lambda one: foreign(one, "rngs", "balloon", "consoles") and one.theirs == "unseen",
        [[("plug", "foreign rng")]],
    ),
    Reason(
        "disks, NICs and video cards that nobody knows are passed over",
        "L112",
        lambda one: foreign(one, "disks", "nics", "videos") and one.theirs == "unseen",
        [[("plug", "foreign nic")]],
    ),
    Reason(
        "what was passed over cannot go",
        "L112",
        lambda one: one.ours in ("went", "left out") and one.theirs == "absent" and not one.managed,
        [[("plug", "foreign nic")], [("unplug", "foreign nic")]],
    ),
    Reason(
        "an NVDIMM that is not among the host's devices is passed over",
        "L112",
        lambda one: one.kind == "dimms" and one.managed and one.theirs in ("unseen", "absent"),
        [[("plug", "nvdimm")]],
    ),
    Reason(
        "what a start left out is taken for unplugged",
        "L113",
        lambda one: one.ours == "left out" and one.theirs == "went",
        [[("restart without", "video")]],
    ),
    Reason(
        "what is nobody's goes by libvirt's alias, which is another one after the next start",
        "L111",
        lambda one: foreign(one, "hostdevs", "dimms") and one.theirs == "other id",
        [[("plug", "foreign usb")], [("unplug", "vgpu"), ("restart", "")]],
    ),
]


def differences(dialect: Any, sequence: Sequence) -> Iterator[Difference]:
    """Each device at each look of which the original says something else than we do; ours must be the truth."""
    nothing, last = View({}), None
    theirs_before = ours_before = nothing
    managed = set(sequence.managed.names.values())
    kinds: dict[str, str] = {}
    for look, theirs_after, ours_after in zip(
        sequence.looks, originals(sequence), ours(dialect, sequence), strict=True
    ):
        before = last or look
        kinds |= {name: kind for (kind, _), name in look.names.items()}
        every = {*kinds, *ours_before.ids, *ours_after.ids, *theirs_after.ids}
        for name in sorted(every):
            our = verdict(name, ours_before, ours_after, look)
            assert our == truth(name, last, look), (name, our, truth(name, last, look))
            their = verdict(name, theirs_before, theirs_after, look)
            if their != our:
                yield Difference(name, kinds.get(name, ""), name in managed, their, our, before, look)
        last, theirs_before, ours_before = look, theirs_after, ours_after


def reasons(one: Difference) -> list[str]:
    return [reason.name for reason in REASONS if reason.fits(one)]
