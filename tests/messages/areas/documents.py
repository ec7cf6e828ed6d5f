"""Documents: what is no document, and what is wrong with one."""

from pathlib import Path

from tests.messages.case import Area, Case
from tests.messages.spoilt import NOT_ROOT

STRICT = """<element name="machine" xmlns="http://relaxng.org/ns/structure/1.0">
  <element name="name"><text/></element>
  <element name="devices"><element name="disk">
    <element name="driver"><zeroOrMore><attribute><anyName/></attribute></zeroOrMore></element>
    <element name="target"><empty/></element>
  </element></element>
</element>"""
WEB = {"web.yaml": "name: web"}


def document(title: str, content: str | bytes) -> Case:
    return Case(title, "xform parse --dialect mini m.xml", {"m.xml": content})


def fault(title: str, content: str, dialect: str = "workshop") -> Case:
    return Case(title, f"xform validate --dialect {dialect} m.xml", {"m.xml": content})


AREA = Area(
    "Documents",
    [
        document("no content", ""),
        document("only white space", " \n "),
        document("no XML", "name: web"),
        document("not well-formed", "<machine>\n<name>x</machine>"),
        document("cut off", "<machine><name>x"),
        document("not in its encoding", b"<machine><name>\xff\xfe</name></machine>"),
        document("another encoding than it says", "<?xml version='1.0' encoding='UTF-16'?><machine/>"),
        document("an encoding that nobody knows", "<?xml version='1.0' encoding='none-such'?><machine/>"),
        document("a character that XML does not have", b"<machine><name>\x00</name></machine>"),
        document("a prefix that is not declared", "<machine><m:name/></machine>"),
        document("an entity that is not defined", "<machine><name>a&s3cret;</name></machine>"),
        document("a DOCTYPE", "<!DOCTYPE m [<!ENTITY a 'b'>]><machine><name>&a;</name></machine>"),
        document("nested too deeply", "<machine>" + "<a>" * 100_000 + "</a>" * 100_000 + "</machine>"),
        document(
            "too many attributes", "<machine><name" + "".join(f" a{n}='1'" for n in range(20_000)) + "/></machine>"
        ),
        document("too large", "<machine>" + " " * (11 << 20) + "</machine>"),
        document("too many elements", "<machine>" + "<a/>" * 100_001 + "</machine>"),
        document("another root element", "<network/>"),
        document("a namespace", "<machine xmlns='urn:x'/>"),
        Case(
            "an update whose encoding cannot be kept",
            "xform update --dialect mini m.xml web.yaml --no-check",
            {
                "m.xml": b"<?xml version='1.0' encoding='ISO-2022-JP'?><machine><name>\x1b$B$\"\x1b(B\x1b(B</name></machine>",
                "web.yaml": "name: web2",
            },
        ),
        Case(
            "an update that leaves the schema",
            "xform update --dialect mini m.xml web.yaml --schemas rng",
            {"m.xml": "<machine><name>web</name></machine>", "web.yaml": "name: web\nextras: {forbidden: x}"},
        ),
        Case(
            "a fault that was there before an update",
            "xform update --dialect mini m.xml web.yaml --schemas rng",
            {"m.xml": "<machine><name>web</name><forbidden/></machine>", "web.yaml": "name: web2"},
        ),
        Case(
            "an entity that makes no valid document",
            "xform generate --dialect mini web.yaml --schemas rng",
            {"web.yaml": "name: web\nextras: {forbidden: x}"},
        ),
        Case(
            "an attribute that makes a document invalid",
            "xform generate --dialect mini web.yaml --schemas rng",
            {"web.yaml": "name: web\ndisks: [{target: vda}]", "rng/mini.rng": STRICT},
        ),
        Case(
            "a schema that may not be read, to check with",
            "xform generate --dialect mini web.yaml --schemas rng",
            WEB,
            spoilt=NOT_ROOT,
            world=lambda: Path("rng/mini.rng").chmod(0),
        ),
        Case("a schema that is nowhere", "xform generate --dialect mini web.yaml", WEB),
        Case("a folder without the schema", "xform generate --dialect mini web.yaml --schemas mini", WEB),
        Case(
            "a schema that is none",
            "xform generate --dialect mini web.yaml --schemas rng",
            WEB | {"rng/mini.rng": "<grammar/>"},
        ),
        Case(
            "a schema that is no XML",
            "xform generate --dialect mini web.yaml --schemas rng",
            WEB | {"rng/mini.rng": "<grammar"},
        ),
        Case(
            "a schema that is a folder",
            "xform generate --dialect mini web.yaml --schemas rng",
            WEB | {"rng/mini.rng/notes": ""},
        ),
        fault("what the tables do not have", "<workshop><nmae/></workshop>"),
        fault("an attribute that the tables do not have", "<workshop knd='small'><name>a</name></workshop>"),
        fault("a word that the tables do not have", "<workshop kind='smal'><name>a</name></workshop>"),
        fault(
            "a value of another form",
            "<workshop serial='x'><name>a</name><level>-1</level><area unit='XB'>1</area></workshop>",
        ),
        fault("a number that is too large", "<workshop serial='99999999999999999999'><name>a</name></workshop>"),
        fault("another text than a template's", "<workshop><name>a</name><badge code='x'/></workshop>"),
        fault("what stands twice", "<workshop><name>a</name><name>b</name></workshop>"),
        fault("a variant that there is not", "<workshop fuel='gas'><name>a</name></workshop>"),
        fault("a secret of another form", "<workshop><name>a</name><login tokn='hunter2'/></workshop>"),
        fault("a const with another value", "<workshop><name>a</name><scheme version='v2'/></workshop>"),
        Case(
            "what the schema refuses",
            "xform validate --dialect mini m.xml --schemas rng",
            {"m.xml": "<machine><name>web</name><forbidden/></machine>"},
        ),
        Case(
            "two documents, one with a fault",
            "xform validate --dialect workshop m.xml n.xml",
            {"m.xml": "<workshop><name>a</name></workshop>", "n.xml": "<workshop><nmae/></workshop>"},
        ),
        Case(
            "two documents, one that is none",
            "xform validate --dialect workshop m.xml n.xml",
            {"m.xml": "<workshop><name>a</name></workshop>", "n.xml": "<workshop"},
        ),
        Case(
            "too deep for the tables",
            "xform validate --dialect workshop m.xml",
            {"m.xml": "<workshop><name>a</name>" + "<crate>" * 250 + "</crate>" * 250 + "</workshop>"},
        ),
        Case(
            "too deep for the tables, traced",
            "xform trace --dialect workshop m.xml",
            {"m.xml": "<workshop><name>a</name>" + "<crate>" * 250 + "</crate>" * 250 + "</workshop>"},
        ),
        Case(
            "a dump of nobody knows which domain",
            "xform run --dialect staged --from dump m.xml",
            {"m.xml": "<domain type='test'><name>a</name></domain>"},
        ),
        Case(
            "a document that is not in UTF-8, in a run",
            "xform run --dialect staged --from check m.xml",
            {"m.xml": b"<?xml version='1.0' encoding='ISO-8859-1'?><domain><name>\xe9</name></domain>"},
        ),
        Case(
            "what no row takes, and what a document lacks",
            "xform parse --dialect mini m.xml",
            {"m.xml": "<machine><nmae/></machine>"},
        ),
        Case(
            "a schema that may not be read",
            "xform coverage --dialect mini --schemas rng",
            spoilt=NOT_ROOT,
            world=lambda: Path("rng/mini.rng").chmod(0),
        ),
        Case(
            "known devices that are missing",
            "xform match --dialect mini m.xml --known web.yaml",
            {"m.xml": "<machine><name>web</name></machine>", "web.yaml": "name: web\ndisks: [{target: vda}]"},
        ),
    ],
)
