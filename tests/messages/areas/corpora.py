"""Corpora: the gate, coverage, and their files of exceptions."""

from pathlib import Path

from tests.messages.case import Area, Case
from tests.messages.spoilt import NOT_ROOT

XML = {"m.xml": "<machine><name>web</name></machine>"}

LYING = {
    "site/dialect.toml": 'format = 1\nname = "site"\nroot = "Vm"\n',
    "site/vm.toml": 'format = 1\n[Vm]\nelement = "vm"\n[Vm.row]\nname = "@name : str !"\nsize = "@size : rule more"\n',
    "site/rules.py": "from xform import Rule\n"
    "more = Rule(decode=int, encode=lambda size: str(size + 1), type='int', expected='a number', samples=())\n",
}


def gate(title: str, options: str, **files: str | bytes) -> Case:
    return Case(
        title,
        f"xform gate --dialect mini --schemas rng --jobs 1 {options}",
        XML | {k.replace("_", "."): v for k, v in files.items()},
    )


AREA = Area(
    "Corpora",
    [
        gate("a law that there is not", "m.xml --laws put-gte"),
        gate("a document that is not there", "n.xml"),
        Case("a folder without documents", "xform gate --dialect mini empty", world=Path("empty").mkdir),
        Case("a folder of other documents", "xform gate --dialect mini --jobs 1 --laws get-put o", {"o/n.xml": "<n/>"}),
        gate("a report of no known kind", "m.xml --report r.pdf"),
        gate("a report where none can be written", "m.xml --laws get-put --report none/r.xml"),
        gate("a report in place of what is read", "m.xml --laws get-put --report m.xml"),
        gate("exceptions that are not there", "m.xml --exceptions none.txt"),
        gate("exceptions that are not in UTF-8", "m.xml --exceptions e.txt", e_txt=b"# known\na\xff\n"),
        gate("an exception that is none", "m.xml --exceptions e.txt", e_txt="m.xml\n"),
        gate(
            "an exception of a law that there is not",
            "m.xml --exceptions e.txt",
            e_txt="m.xml: machine: put-gte: known",
        ),
        gate(
            "an exception that is stale",
            "m.xml --exceptions e.txt --laws get-put",
            e_txt="m.xml: machine: get-put: known",
        ),
        gate("a document that is none", "n.xml", n_xml="<machine"),
        Case(
            "a rule that does not write what it reads",
            "xform gate --dialect site --jobs 1 --laws get-put,put-get,put-put,least-edit,create-get,create,twins v.xml",
            {"v.xml": "<vm name='a' size='5'/>"} | LYING,
        ),
        Case(
            "a document that may not be read",
            "xform gate --dialect mini --laws get-put --jobs 1 m.xml",
            XML,
            spoilt=NOT_ROOT,
            world=lambda: Path("m.xml").chmod(0),
        ),
        Case(
            "a document to count that may not be read",
            "xform coverage --dialect mini --schemas rng --corpus m.xml",
            XML,
            spoilt=NOT_ROOT,
            world=lambda: Path("m.xml").chmod(0),
        ),
        Case("laws that cannot be tried", "xform gate --dialect mini --jobs 1 m.xml", XML),
        Case("a law that is named and cannot be tried", "xform gate --dialect mini --laws schema m.xml", XML),
        Case(
            "a law that the dialect has nothing for",
            "xform gate --dialect site --laws schema v.xml",
            {"v.xml": "<vm name='a'/>"} | LYING,
        ),
        Case(
            "exceptions of coverage that are not there",
            "xform coverage --dialect mini --schemas rng --exceptions none.txt",
        ),
        Case(
            "an exception of coverage that is none",
            "xform coverage --dialect mini --schemas rng --exceptions e.txt",
            {"e.txt": "machine/a"},
        ),
        Case(
            "an exception of coverage that is stale",
            "xform coverage --dialect mini --schemas rng --exceptions e.txt --missing",
            {"e.txt": "name : known"},
        ),
        Case(
            "Python of a dialect to lint that does not load",
            "xform lint site",
            LYING | {"site/rules.py": "import none\n"},
        ),
        Case(
            "a folder without documents to count",
            "xform coverage --dialect mini --schemas rng --corpus empty",
            world=Path("empty").mkdir,
        ),
        Case(
            "a folder of other documents to count",
            "xform coverage --dialect mini --schemas rng --corpus o",
            {"o/n.xml": "<n/>"},
        ),
        Case("documents to count that are not there", "xform coverage --dialect mini --schemas rng --corpus none"),
        Case(
            "a document to count that is none",
            "xform coverage --dialect mini --schemas rng --corpus all --missing",
            {"all/m.xml": "<machine"},
        ),
    ],
)
