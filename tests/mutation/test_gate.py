"""What the rows of ovirt do, held against files that people have looked at; and the gate that alters the rows.

`make mutants` tries all alterations of all rows; here it is those of one table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.mutation.alone import Part, parts, resolver
from tests.mutation.alter import Alteration, alterations, rows, written
from tests.mutation.gate import GOLDEN, LAW, NOBODY, SAME, TOLD, Bench, every, read, text, verdict
from tests.mutation.told import told
from xform.dialect import Dialect
from xform.table import grammar
from xform.table.grammar import CodecSyntax
from xform.table.reader import TableFile

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture(scope="module")
def every_part() -> list[Part]:
    return list(parts(resolver()))


def test_what_rows_do(every_part: list[Part], golden: Callable[[str | Path, str], None]) -> None:
    for part in every_part:
        golden(f"rows/{part.name}.txt", text(told(part), part.dialect()))
    assert {file.stem for file in GOLDEN.glob("*")} == {part.name for part in every_part}


def survivors(part: Part, golden: dict[str, list[str]], table: str) -> list[str]:
    bench = Bench(part, list(told(part)), golden)
    tried = [one for one in every() if one.key[0] == table and part.holds(one.key)]
    return [str(one) for one in tried if bench.verdict(one) == NOBODY]


@pytest.fixture
def leases(every_part: list[Part]) -> Part:
    return next(part for part in every_part if part.name == "leases")


def test_every_alteration_of_a_table_is_told(leases: Part) -> None:
    assert survivors(leases, read((GOLDEN / "leases.txt").read_text(encoding="utf-8")), "Lease") == []


def test_an_alteration_that_no_test_tells_is_named(leases: Part) -> None:
    golden = read((GOLDEN / "leases.txt").read_text(encoding="utf-8"))
    blind = {title: lines for title, lines in golden.items() if not title.startswith("Lease.device_id")}
    rows = (MAPPINGS / "ovirt" / "metadata.toml").read_text(encoding="utf-8").splitlines()
    line = 1 + next(n for n, row in reversed(list(enumerate(rows))) if row.startswith("device_id = "))
    entry = "metadata/ovirt-vm:vm/ovirt-vm:device"
    where = f"{entry}[@devtype='lease']"
    assert survivors(leases, blind, "Lease") == [
        f"mappings/ovirt/metadata.toml:{line - 2}: Lease.join: {where} → {entry}",
        *(
            f"mappings/ovirt/metadata.toml:{line}: Lease.join.{where}.device_id: → ovirt-vm:deviceId : text{flags}"
            for flags in ("", " < secret", " < since 99.0", " < until 0.0.1", " < = ''", " < = 'a b'")
        ),
    ]


def test_a_law_tells_what_no_golden_file_does(leases: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    deleted = next(one for one in every() if one.key[0] == "Lease" and one.key[-1] == "device_id")
    assert Bench(leases, [], {}).verdict(deleted) == NOBODY
    parse = Dialect.parse

    def forgetful(self: Dialect, xml: str | bytes, **options: Any) -> Any:
        return attrs.evolve(parse(self, xml, **options), leases=[])

    monkeypatch.setattr(Dialect, "parse", forgetful)
    assert Bench(leases, [], {}).verdict(deleted) == LAW


def test_an_alteration_that_changes_nothing_is_none(every_part: list[Part]) -> None:
    disks = next(part for part in every_part if part.name == "disks")
    alteration = next(one for one in every() if one.key[0] == "Payload" and one.what.endswith("secret"))
    assert Bench(disks, [], {}).verdict(alteration) == SAME  # a payload is secret as a whole


def test_what_is_the_same_in_one_part_may_be_told_of_in_another(leases: Part) -> None:
    @attrs.frozen
    class Fixed:
        found: str
        part: Part = leases

        def verdict(self, _: Alteration) -> str:
            return self.found

    def said(*found: str) -> str:
        return verdict(map(Fixed, found), next(one for one in every() if one.key[0] == "Lease"))

    assert said(NOBODY, TOLD, SAME) == TOLD
    assert said(NOBODY, SAME) == said(SAME, NOBODY) == NOBODY
    assert said(SAME, SAME) == SAME
    assert said() == NOBODY


def texts(values: dict[str, object], at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for word, value in values.items():
        if isinstance(value, dict):
            yield from texts(value, (*at, word))
        elif isinstance(value, str) and at[1:] and value != "-":
            yield (*at, word), value


def plain(codec: CodecSyntax) -> CodecSyntax:
    return attrs.evolve(codec, column=0, item=plain(codec.item) if codec.item else None)


@pytest.mark.parametrize("file", sorted(MAPPINGS.glob("*/[!d]*.toml")), ids=lambda file: file.stem)
def test_a_row_is_written_as_it_was_read(file: Path) -> None:
    for key, row in texts(TableFile(file).values):
        parse = grammar.parse_known if key[-2] == "known" else grammar.parse_row
        one, other = parse(row), parse(written(parse(row)))
        assert attrs.evolve(one, codec=plain(one.codec)) == attrs.evolve(other, codec=plain(other.codec))


@pytest.mark.parametrize(
    ("row", "altered"),
    [
        ("a/@b : uint", ["aother/@b : uint", "@b : uint", "a/@bother : uint", "a/b : uint", "a/@b : int"]),
        (
            "a[@k='v'] : str",
            ["a : str", "a[@k='vother'] : str", "a[@kother='v'] : str", "@a : str", "a[@k='v'] : path"],
        ),
        ("a, b : bool y n", ["b : bool y n", "a : bool y n", "a, b : bool n y", "a, b : bool y"]),
        ("a : list A by b, c", ["a : list A by c", "a : list A by b", "a : list A by c, b", "a : A"]),
        ("@a : enum b c <", ["@a : enum c <", "@a : enum b c other <", "@a : enum b c", "@a : enum b c < !"]),
        ("a : size KiB unit=@u", ["a : size MiB unit=@u", "a : size KiB", "a : size KiB unit=@uother"]),
        ("@a : template x-{uuid}", ["@a : template x-other-{uuid}", "@a : uuid", "@a : template x-{str}"]),
        ("@a : rule r needs b c", ["@a : rule r needs c", "@a : rule r needs b"]),
        ("a : typed int=@t uint", ["a : typed intother=@t uint", "a : uint", "a : typed int=@t int"]),
        ("@a : str = x", ["@a : str", "@a : str = ''", "@a : str = x secret", "@a : str = x since 99.0"]),
    ],
)
def test_what_rows_are_altered_to(row: str, altered: list[str]) -> None:
    found = [value for _, value in rows(row, place=True)]
    assert set(altered) - set(found) == set()
    assert row not in found


def test_lists_lose_and_exchange_their_items(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text('format = 1\n[A.match]\nladder = ["a + b !", "only"]\n')
    assert [one.value for one in alterations(TableFile(file))] == [
        None,
        ["only"],
        ["a + b", "only"],
        ["b !", "only"],
        ["a !", "only"],
        ["a + b !"],
        ["only", "a + b !"],
        ["a + b !", "only !"],
    ]


def test_words_of_tables_and_rows_of_variants_and_switches_are_altered(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    rows = ('[A]\nabsent = "b"', '[A.b]\nx = "-"', '[B.when.on]\ny = "@y : const on"')
    file.write_text("\n".join(["format = 1", *rows]) + "\n")
    assert [(".".join(one.key), one.value) for one in alterations(TableFile(file))] == [
        ("A.absent", None),
        ("A.absent", "bother"),
        ("A.b.x", None),
        ("B.when.on.y", None),
        ("B.when.on.y", "@yother : const on"),
        ("B.when.on.y", "y : const on"),
        ("B.when.on.y", "@y : const onother"),
        *(("B.when.on.y", f"@y : const on {flag}") for flag in ("!", "<", ">", "secret", "since 99.0", "until 0.0.1")),
    ]
