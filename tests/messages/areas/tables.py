"""Mapping files: what a command makes of a broken one, and what stands beside tables in a dialect's folder."""

from tests.messages.case import SCHEMA, Area, Case
from tests.messages.spoilt import INSTALLED

WEB: dict[str, str | bytes] = {"web.yaml": "name: a"}
HEAD = 'format = 1\nname = "site"\nroot = "Vm"\n'
TABLE = 'format = 1\n[Vm]\nelement = "vm"\n[Vm.row]\nname = "@name : str !"\n'


TWICE = "from xform import Rule\ntwice = Rule(decode=int, encode=str, type='int', expected='a number', samples=((1, {}),))\n"


EMBEDDED = "from attrs import define\n@define\nclass Vm:\n    name: str\n"
REFUSING = EMBEDDED.replace("import define", "import define, field, validators").replace(
    "str", "str = field(validator=validators.matches_re('vm-'))"
)
TITLE = 'title = "title : template {name}s >"  # for people\n'
EMBEDDING = 'part = ". : P0"\n' + "".join(
    f'[P{n}.row]\nsize{n} = "@size{n} : uint !"\n' + (f'part = ". : P{n + 1}"\n' if n < 9 else "") for n in range(10)
)
USED = '[use.a]\nsize = "@size : uint"\n'


def package(name: str) -> dict[str, str | bytes]:
    """What installing a package leaves that brings a dialect, farm."""
    folder = f"{name}-1.0.dist-info"
    return {
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{folder}/entry_points.txt": f"[xform.dialects]\nfarm = {name}\n",
    }


def site(
    title: str, head: str = HEAD, table: str = TABLE, command: str = "xform show --dialect site Vm", **files: str
) -> Case:
    return Case(
        title,
        command,
        {"site/dialect.toml": head, "site/vm.toml": table}
        | {f"site/{name}.py": content for name, content in files.items()}
        | WEB,
    )


AREA = Area(
    "Mapping files",
    [
        site("no TOML", table=TABLE + "x = \n"),
        Case(
            "not in UTF-8",
            "xform show --dialect site Vm",
            {"site/dialect.toml": HEAD, "site/vm.toml": b"format = 1\n# \xff"},
        ),
        Case(
            "a table that is a folder",
            "xform show --dialect site Vm",
            {"site/dialect.toml": HEAD, "site/vm.toml/a": ""},
        ),
        site("a row that cannot be read", table=TABLE + 'size = "@size : unit"\n'),
        site("the same, linted", table=TABLE + 'size = "@size : unit"\n', command="xform lint site"),
        site("a file that is too large", table=TABLE + "# \n" * 90_000),
        site("a line that is too long", table=TABLE + "# " + "x" * 2000),
        site("values that are nested too deeply", table=TABLE + "x = " + "[\n" * 5000 + "]\n" * 5000),
        site("a key of many parts", table=TABLE + ".".join("abcdefghi") + " = 1\n"),
        site("a path of many elements", table=TABLE + f'size = "{"a/" * 13}@size : uint"\n'),
        site("too many rows", table=TABLE + "".join(f'f{n} = "@a{n} : uint"\n' for n in range(500))),
        site("an entity that embeds too much", table=TABLE + EMBEDDING),
        site("shared rows that are used twice", table=TABLE.replace("element", 'use = ["a", "a"]\nelement') + USED),
        site("a type for a type", table=TABLE + 'size = "@size : typed int=@type typed int=@kind uint"\n'),
        site("a namespace that is none", HEAD + '[namespaces]\nxmlns = "urn:x"\n'),
        Case(
            "an entity of two files",
            "xform show --dialect site Vm",
            {"site/dialect.toml": HEAD, "site/vm.toml": TABLE, "site/web.toml": TABLE},
        ),
        Case(
            "a dialect that two packages bring",
            "xform show --dialect farm Vm",
            package("barn") | package("shed"),
            spoilt=INSTALLED,
        ),
        Case("a package without its dialect", "xform show --dialect farm Vm", package("barn"), spoilt=INSTALLED),
        site("rules that do not load", rules="import nothing_of_this_name\n"),
        site("a root that there is not", HEAD.replace('"Vm"', '"Mv"')),
        site(
            "a context that is no class",
            HEAD + '[context]\nhost = "host:Host"\n',
            command="xform generate --dialect site web.yaml --no-check --host web.yaml",
            host="Host = 1\n",
        ),
        site(
            "a class that cannot be imported",
            table=TABLE.replace("element", 'class = "nothing:Vm"\nelement'),
            command="xform generate --dialect site web.yaml --no-check",
        ),
        site(
            "a class whose module does not load",
            table=TABLE.replace("element", 'class = "embedded:Vm"\nelement'),
            command="xform generate --dialect site web.yaml --no-check",
            embedded="import nothing_of_this_name\n",
        ),
        site(
            "a class that is none",
            table=TABLE.replace("element", 'class = "os:path"\nelement'),
            command="xform generate --dialect site web.yaml --no-check",
        ),
        site(
            "a class that lacks a field",
            table=TABLE.replace("element", 'class = "embedded:Vm"\nelement') + 'size = "@size : uint"\n',
            command="xform generate --dialect site web.yaml --no-check",
            embedded=EMBEDDED,
        ),
        site(
            "a class that lacks a property",
            table=TABLE.replace("element", 'class = "embedded:Vm"\nelement') + TITLE,
            command="xform generate --dialect site web.yaml --no-check",
            embedded=EMBEDDED,
        ),
        site(
            "a class that refuses",
            table=TABLE.replace("element", 'class = "embedded:Vm"\nelement'),
            command="xform generate --dialect site web.yaml --no-check",
            embedded=REFUSING,
        ),
        Case(
            "a class that refuses a document",
            "xform.load('site').parse('<vm name=\"a\"/>', source='vm.xml')",
            {
                "site/dialect.toml": HEAD,
                "site/vm.toml": TABLE.replace("element", 'class = "embedded:Vm"\nelement'),
                "site/embedded.py": REFUSING,
            },
        ),
        Case(
            "a class that refuses a document to match",
            "xform match --dialect site vm.xml --known web.yaml",
            {
                "site/dialect.toml": HEAD,
                "site/vm.toml": TABLE.replace("element", 'class = "embedded:Vm"\nelement'),
                "site/embedded.py": REFUSING,
                "vm.xml": '<vm name="a"/>',
                "web.yaml": "name: vm-\n",
            },
        ),
        site(
            "a rule with a need that there is not",
            table=TABLE + 'size = "@size : rule twice needs colour"\n',
            rules=TWICE,
        ),
        site("a rule with words that say nothing", table=TABLE + 'size = "@size : rule twice colour"\n', rules=TWICE),
        *[
            site(title, table=TABLE + 'size = "@size : rule twice"\n', rules=TWICE.replace(old, new))
            for title, old, new in (
                ("a rule without a function", "encode=str", "encode='str'"),
                ("a rule with a type that is none", "'int'", "'list['"),
                ("a rule with samples that are none", "((1, {}),)", "(1, 2)"),
            )
        ],
        Case(
            "a rule that raises",
            "site = xform.load('site')\nsite.check(site.Vm(name='a', size=3))",
            {
                "site/dialect.toml": HEAD,
                "site/vm.toml": TABLE + 'size = "@size : rule twice"\n',
                "site/rules.py": TWICE.replace("encode=str", "encode=lambda size: {1: '1'}[size]"),
            },
        ),
        site("no schema to lint against", command="xform lint site"),
        site("no schema to lint against, where one is asked for", command="xform lint site --schemas rng"),
        site("a schema that is nowhere, linted", HEAD + 'schema = "vm.rng"\n', command="xform lint site"),
        site("no schema to cover", command="xform coverage --dialect site"),
        site("no schema to draft from", command="xform draft --dialect site ."),
        Case("a path that the schema does not have", "xform draft --dialect mini --schemas rng machine/nmae"),
        Case("a path that is none", "xform draft --dialect mini --schemas rng ''"),
        Case("nothing to draft", "xform draft --dialect mini --schemas rng name"),
        Case(
            "a schema without the document", "xform coverage --dialect mini --schemas rng", {"rng/mini.rng": SCHEMA[1]}
        ),
        *[
            Case(title, "xform coverage --dialect mini --schemas rng", {"rng/mini.rng": content})
            for title, content in {
                "a schema that is no XML, covered": "<grammar",
                "a schema that is something else, covered": "<schema/>",
                "a schema without a start": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"/>',
                "a schema that includes itself": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><include href="mini.rng"/></grammar>',
                "a schema that includes what is not there": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><include href="none.rng"/></grammar>',
                "a schema that refers to nothing": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element name="machine"><ref name="x"/></element></start></grammar>',
                "a schema with a pattern that there is not": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element name="machine"><many/></element></start></grammar>',
                "a schema with a stray element": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><element name="a"/></grammar>',
                "a schema with an element without a name": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element/></start></grammar>',
                "a schema with a name that is none": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element><choice><text/></choice><text/></element></start></grammar>',
                "a schema that refers beyond itself": '<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element name="machine"><parentRef name="x"/></element></start></grammar>',
                "a schema that refers, without a grammar": '<element name="machine" xmlns="http://relaxng.org/ns/structure/1.0"><ref name="x"/></element>',
            }.items()
        ],
    ],
)
