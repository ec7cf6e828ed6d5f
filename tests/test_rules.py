"""Rules: what they may need, and that it reaches them wherever a document or an entity is looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import xform
from xform.errors import TableError, Terminated, lasting
from xform.laws import create_get, twins, twins_entity
from xform.pipeline import run
from xform.strategies import entities
from xform.validate import problems

RULES = """\
from xform import Rule

def shift(text, **needs):
    return int(text) + sum(value or 0 for value in needs.values())

def back(value, **needs):
    return str(value - sum(need or 0 for need in needs.values()))

shifted = Rule(decode=shift, encode=back, type="int", expected="a number", samples=((0, {}),))
"""


def dialect(folder: Path, rows: str) -> Any:
    folder.mkdir(exist_ok=True)
    (folder / "dialect.toml").write_text('format = 1\nroot = "Box"\n[context]\nhost = "host:Host"\n')
    (folder / "rules.py").write_text(RULES)
    (folder / "box.toml").write_text(f'format = 1\n[Box]\nelement = "box"\n[Box.row]\n{rows}')
    return xform.load(str(folder))


def refusal(folder: Path, rows: str) -> str:
    with pytest.raises(TableError) as error:
        dialect(folder, rows)
    return str(error.value).partition("box.toml:")[2]


# --- of one entity --------------------------------------------------------------------------------------------------


def test_a_rule_may_need_what_another_rule_decodes(tmp_path: Path) -> None:
    box = dialect(
        tmp_path,
        'a = "@a : rule shifted needs b"\nb = "@b : rule shifted needs c"\nc = "@c : uint"\n',
    )
    entity = box.parse("<box a='1' b='10' c='100'/>")
    assert (entity.a, entity.b, entity.c) == (111, 110, 100)
    assert twins(box, "<box a='1' b='10' c='100'/>") == create_get(box, entity) == []


def test_of_several_texts_the_first_that_a_rule_admits_is_read(tmp_path: Path) -> None:
    box = dialect(tmp_path, 'decided = "@a, a : rule shifted needs c"\nc = "@c : uint"\n')
    for text, value in (("<box a='x' c='1'><a>y</a><a>2</a><a>4</a></box>", 3), ("<box a='7'><a>2</a></box>", 7)):
        assert box.parse(text).decided == value
        assert twins(box, text) == []


def test_a_rule_in_the_second_place_may_need_what_the_first_says(tmp_path: Path) -> None:
    items = 'items = "item : list Item"\n[Item.row]\nname = "@name : str !"\nbase = "@base : uint"\n'
    join = '[Item.join."more/of"]\non = ["@name = name"]\na = "@a : rule shifted needs b base host"\nb = "@b : uint"\n'
    box = dialect(tmp_path, items + join)
    document = "<box><item name='n' base='100'/><more><of name='n' a='1' b='10'/></more></box>"
    host = type("Host", (int,), {})(1000)
    (item,) = box.parse(document, host=host).items
    assert (item.a, item.b) == (1111, 10)
    assert twins(box, document, host=host) == create_get(box, box.parse(document, host=host), host=host) == []


def test_rules_that_need_each_other_are_refused(tmp_path: Path) -> None:
    rows = 'a = "@a : rule shifted needs b"\nb = "@b : rule shifted needs a"\n'
    ways = ("5:1: Box.a: a needs b needs a", "6:1: Box.b: b needs a needs b")
    assert refusal(tmp_path, rows).removesuffix("; expected rules that need no circle") in ways


@pytest.mark.parametrize("row", ["a : list rule shifted needs c", "a : map @k . rule shifted needs c"])
def test_a_rule_that_needs_others_stands_alone(tmp_path: Path, row: str) -> None:
    assert refusal(tmp_path, f'a = "{row}"\nc = "@c : uint"\n') == (
        "5:1: Box.a: a rule that needs others decodes one value, and has no default; let plan set it"
    )


def test_a_rule_needs_nothing_that_is_known_only_later(tmp_path: Path) -> None:
    items = 'items = "item : list Item"\n[Item.row]\nname = "@name : str !"\na = "@a : rule shifted needs b"\n'
    message = refusal(tmp_path, items + '[Item.join."more/of"]\non = ["@name = name"]\nb = "@b : uint"\n')
    assert message.startswith("8:1: Item.a: needs 'b', which is no field of Item and no context")


# --- of the context -------------------------------------------------------------------------------------------------

MINI: Any = xform.load(str(Path(__file__).parent / "dialects" / "mini"))
HOST = MINI.context("host", folder="/run")
DOCUMENT = """\
<machine>
  <name>web</name>
  <devices>
    <disk device='cdrom'>
      <driver type='raw'/>
      <target dev='vdb'/>
      <image file='/run/cdroms/a.iso'/>
    </disk>
  </devices>
</machine>
"""


def machine(target: str = "vdb", image: str = "a.iso") -> Any:
    return MINI.Machine(name="web", disks=[MINI.Disk(kind="cdrom", target=target, image=image)])


def test_context_reaches_the_rules_in_both_directions() -> None:
    assert MINI.generate(machine(), host=HOST) == DOCUMENT
    assert MINI.parse(DOCUMENT, host=HOST) == machine()
    assert twins(MINI, DOCUMENT, host=HOST) == create_get(MINI, machine(), host=HOST) == []


def test_context_that_nobody_gives_is_none() -> None:
    assert MINI.parse(DOCUMENT) == machine(image="/run/cdroms/a.iso")
    assert MINI.generate(machine(image="/run/cdroms/a.iso")) == DOCUMENT


def test_context_reaches_the_keys_of_a_match() -> None:
    (pair,) = MINI.match(DOCUMENT, machine("vda"), host=HOST).pairs
    assert (pair.rung, pair.found.image) == (("image",), "a.iso")
    assert MINI.match(DOCUMENT, machine("vda")).pairs == []


def test_context_reaches_validation() -> None:
    assert problems(MINI, machine(), host=HOST) == []
    (problem,) = problems(MINI, machine(image=5), host=HOST)
    assert str(problem) == "disks[0].image: 5 is not a path below the host's folder"
    (problem,) = problems(MINI, machine(image=5))
    assert str(problem).endswith("; it needs host, which nobody gave")


def test_generate_says_of_a_rule_what_is_wrong_with_its_value() -> None:
    with pytest.raises(xform.EntityError, match=r"^disks\[0\]\.image: 5 is not a path below the host's folder$"):
        MINI.generate(machine(image=5), host=HOST)


def test_drawn_entities_come_back_with_their_context() -> None:
    @settings(max_examples=40)
    @given(entities(MINI, host=HOST))
    def holds(entity: Any) -> None:
        assert create_get(MINI, entity, host=HOST) == twins_entity(MINI, entity, host=HOST) == []

    holds()


def test_context_reaches_every_stage_of_a_pipeline() -> None:
    result = run(MINI, machine(), until="generate", context={"host": HOST})
    assert result.value == DOCUMENT
    (pair,) = run(MINI, DOCUMENT, start_from="match", known=machine("vda"), context={"host": HOST}).value.pairs
    assert pair.rung == ("image",)
    # what the document is held against is read from it, when nothing is known
    assert run(MINI, DOCUMENT, start_from="match", context={"host": HOST}).entity == machine()


# --- what raises, and no ValueError -----------------------------------------------------------------------------------

BUGGY = RULES.replace("return int(text)", "return {'1': 1}[text]").replace(
    "return str(value", "return {1: '1'}[value] + str(value"
)


@pytest.mark.parametrize(("flags", "said"), [("", "its rule raised KeyError (rules.py:4)"), (" secret", "")])
def test_L391_a_text_on_which_a_rule_raises_is_left_out_and_told_with_its_place(
    tmp_path: Path, flags: str, said: str
) -> None:
    dialect(tmp_path, f'a = "@a : rule shifted{flags}"\nb = "@b : uint"\n')
    (tmp_path / "rules.py").write_text(BUGGY)
    box = xform.load(str(tmp_path))
    document = box.open("<box a='sda' b='2'/>")
    assert (document.entity.a, document.entity.b) == (None, 2)
    (left,) = document.residue
    assert (left.path, said in left.reason, "sda" in left.reason) == ("/box/@a", True, False)


def test_L391_a_value_on_which_a_rule_raises_is_told_with_its_field(tmp_path: Path) -> None:
    dialect(tmp_path, 'a = "@a : rule shifted"\n')
    (tmp_path / "rules.py").write_text(BUGGY)
    box = xform.load(str(tmp_path))
    with pytest.raises(xform.EntityError, match=r"^a: its rule raised KeyError \(rules\.py:7\)$"):
        box.generate(box.Box(a=5))
    (tmp_path / "box.yaml").write_text("a: 5\n")
    with pytest.raises(xform.EntityError, match=r"box\.yaml:1:4: a: its rule raised KeyError \(rules\.py:7\)$"):
        box.read(tmp_path / "box.yaml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("decode=shift", "decode='shift'", "decode and encode of a Rule are functions, not 'shift'"),
        ('type="int"', 'type="list["', "the type of a Rule is an annotation as a text, not 'list['"),
        ('type="int"', "type=int", "the type of a Rule is an annotation as a text, not <class 'int'>"),
        ("((0, {}),)", "5", "samples of a Rule are pairs of a value and its needs, ((0, {}), …), not 5"),
        ("((0, {}),)", "(1, 2)", "samples of a Rule are pairs of a value and its needs, ((0, {}), …), not 1"),
        ("((0, {}),)", "((0,),)", "samples of a Rule are pairs of a value and its needs, ((0, {}), …), not (0,)"),
    ],
)
def test_a_rule_that_is_none_is_told_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    dialect(tmp_path, 'a = "@a : rule shifted"\n')
    (tmp_path / "rules.py").write_text(RULES.replace(old, new))
    with pytest.raises(TableError) as error:
        xform.load(str(tmp_path))
    assert str(error.value) == f"{tmp_path}/rules.py:9: ValueError: {said}; expected Python that loads"


# --- what ends a process --------------------------------------------------------------------------------------------


def test_a_rule_that_would_end_the_process_is_at_fault_like_any_other(tmp_path: Path) -> None:
    dialect(tmp_path, 'a = "@a : rule shifted"\n')
    (tmp_path / "rules.py").write_text(f"import sys\n{RULES.replace('return int', 'sys.exit(0); return int')}")
    box = xform.load(str(tmp_path))
    assert box.parse("<box a='1'/>").a is None
    (left,) = box.open("<box a='1'/>").residue
    assert left.reason == "Box.a does not admit it: its rule raised RuntimeError (rules.py:5)"


@pytest.mark.parametrize("name", ["plan", "recall"])
def test_so_is_a_plan(tmp_path: Path, name: str) -> None:
    box = dialect(tmp_path, 'a = "@a : uint"\n')
    (tmp_path / "plan.py").write_text("import sys\ndef plan(entity, **context):\n    sys.exit(0)\nrecall = plan\n")
    with pytest.raises(RuntimeError, match="SystemExit was raised: 0"):
        getattr(box, name)(box.Box(a=1))


def test_so_is_a_stage(tmp_path: Path) -> None:
    box = dialect(tmp_path, 'a = "@a : uint"\n')
    with (tmp_path / "dialect.toml").open("a") as head:
        head.write('[pipeline]\nrun = ["leave"]\n')
    (tmp_path / "stages.py").write_text("import sys\ndef leave(value, run):\n    sys.exit(0)\n")
    box = xform.load(str(tmp_path))
    with pytest.raises(xform.XformError, match="stage 'leave' raised RuntimeError: SystemExit was raised: 0"):
        run(box, box.Box(a=1))


def test_so_is_a_module_that_does_when_it_is_loaded(tmp_path: Path) -> None:
    dialect(tmp_path, 'a = "@a : uint"\n')
    (tmp_path / "rules.py").write_text("import sys\nsys.exit(0)\n")
    with pytest.raises(TableError, match=r"rules\.py:2: RuntimeError: SystemExit was raised: 0; expected Python that"):
        xform.load(str(tmp_path))


def test_a_signal_that_ends_the_process_is_nobodys_fault() -> None:
    def ended() -> None:
        raise Terminated(143)

    with pytest.raises(Terminated):
        lasting(ended)()
