"""The page of facts is true: each is in a field of the entity, and is written of it again."""

import pytest
from lxml import etree

from tests.ovirt.facts import CLASSES, DOCUMENT, READ_BACK, Fact, claims, facts, page, totals
from tests.ovirt.material import EXAMPLES, OVIRT, ROOT, example_host, plan

_NIC = "metadata/ovirt-vm:vm/ovirt-vm:device"
# A card's entry is found by one of these without the other.
EITHER = {f"{_NIC}/@alias", f"{_NIC}/@mac_address"}


def of_rows() -> list[Fact]:
    return [fact for fact in facts() if not fact.namespace]


def held(entity, place):
    """What is at a place of an entity, such as ("disks", 0, "cache")."""
    for step in place:
        entity = getattr(entity, step) if isinstance(step, str) and hasattr(entity, step) else entity[step]
    return entity


def test_every_fact_has_a_class_and_a_replaced_one_its_reason():
    assert not [fact.path for fact in facts() if fact.kind not in CLASSES]
    assert not [fact.path for fact in facts() if fact.kind == "replaced" and not fact.words]
    assert len({(fact.path, fact.words) for fact in facts()}) == len(facts())


def test_every_fact_is_claimed_by_the_row_of_its_field_and_by_no_other():
    wrong = {}
    for fact in of_rows():
        found = {str(claim.row) if claim else "nobody" for claim in claims(fact)} or {"nothing is there"}
        if found != {fact.field}:
            wrong[fact.path] = (fact.field, found)
    assert not wrong


def test_every_fact_is_a_value_of_the_entity_that_the_document_is_read_into():
    entity = OVIRT.parse(DOCUMENT)
    assert not [
        fact.path
        for fact in of_rows()
        for claim in claims(fact)
        if claim is None or claim.row.constant is not None or claim.row.generated or held(entity, claim.place) is None
    ]


def test_without_what_stands_at_its_path_a_fact_that_is_read_back_is_another():
    whole = OVIRT.parse(DOCUMENT)
    same = {fact.path for fact in of_rows() if fact.kind in READ_BACK and OVIRT.parse(without(fact)) == whole}
    assert same == EITHER


def without(fact: Fact) -> str:
    root = etree.fromstring(DOCUMENT.encode())
    for node in fact.found(root):
        if isinstance(node, str):
            del node.getparent().attrib[node.attrname]
        elif len(node) or node.attrib:
            node.text = None
        else:
            node.getparent().remove(node)
    return etree.tostring(root, encoding="unicode")


def test_every_fact_is_written_again_of_the_entity_alone():
    root, again = (
        etree.fromstring(text.encode()) for text in (DOCUMENT, OVIRT.generate(OVIRT.parse(DOCUMENT), live=True))
    )
    lost = [fact.path for fact in of_rows() if not fact.values(root) or fact.values(root) != fact.values(again)]
    assert not lost
    assert not [fact.path for fact in facts() if fact.namespace and fact.namespace not in _declared(again)]


def _declared(root: etree._Element) -> set[str | None]:
    return {prefix for element in root.iter(etree.Element) for prefix in element.nsmap}


@pytest.mark.parametrize("example", ["desktop", "server"])
def test_a_constant_is_the_same_in_what_plan_makes_of_the_examples(example):
    planned = plan(OVIRT.read(EXAMPLES / f"{example}.yaml"), example_host())
    root, other = (etree.fromstring(text.encode()) for text in (DOCUMENT, OVIRT.generate(planned)))
    constants = {fact.path: fact for fact in of_rows() if fact.kind == "constant" and fact.values(other)}
    assert constants
    assert not {
        path: fact.values(other)
        for path, fact in constants.items()
        if not set(fact.values(other)) <= set(fact.values(root))
    }


def test_the_document_of_all_facts_holds_nothing_that_no_row_says():
    document = OVIRT.open(DOCUMENT)
    assert [*document.residue, *document.drift] == []


def test_the_page_of_facts_has_each_named_with_its_row(golden):
    golden(ROOT / "docs" / "ovirt-facts.md", page())


def test_the_readme_has_the_totals():
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert totals() in readme
    assert f"{sum(fact.kind in READ_BACK for fact in facts())} of them" in readme
