"""Commands, options, and files and streams that cannot be used."""

from tests.messages.case import Area, Case
from tests.messages.spoilt import FOLDER_STDIN, FULL, NO_ROOM, NO_STDIN, NO_STDOUT, NOT_ROOT

WEB = {"web.yaml": "name: web"}
MACHINE = {"m.xml": "<machine><name>web</name></machine>"}

AREA = Area(
    "Use of the command",
    [
        Case("no command", "host-prep"),
        Case("a command that there is not", "xform genrate"),
        Case("a command that there is not, of the host", "host-prep strat"),
        Case("an argument that is missing", "xform generate"),
        Case("an option that is missing", "xform match m.xml", MACHINE),
        Case("an option that there is not", "xform parse m.xml --jsn", MACHINE),
        Case("a value that an option does not take", "xform validate m.xml --format xml", MACHINE),
        Case(
            "a number that an option does not take",
            "xform monitor --connect test:///default --store sqlite:///s.db --interval 0",
        ),
        Case(
            "an option that goes not with another",
            "xform monitor --connect test:///default --store sqlite:///s.db --once --share 60",
        ),
        Case("an option that lacks its value", "xform generate web.yaml --host", WEB),
        Case("an argument too many", "xform parse m.xml n.xml", MACHINE),
        Case("an empty text in place of a path", "xform gate ''"),
        Case("a shell that completion knows not", "xform completion"),
        Case("a context without a keyword", "xform generate web.yaml --context cluster.yaml", WEB),
        Case("a file that is not there", "xform parse m.xml"),
        Case("a folder in place of a file", "xform parse mini"),
        Case(
            "a file that may not be read",
            "xform parse --dialect mini m.xml",
            MACHINE,
            spoilt=NOT_ROOT,
            world=lambda: __import__("os").chmod("m.xml", 0),
        ),
        Case(
            "standard input twice", "xform match --dialect mini - --known -", stdin="<machine><name>x</name></machine>"
        ),
        Case("standard input that is closed", "xform parse --dialect mini -", spoilt=NO_STDIN),
        Case("standard input that is a folder", "xform parse --dialect mini -", spoilt=FOLDER_STDIN),
        Case("standard output that is closed", "xform show --dialect mini Disk", spoilt=NO_STDOUT),
        Case("standard output that is full", "xform show --dialect mini Disk", spoilt=FULL),
        Case("an output in a folder that is not there", "xform parse --dialect mini m.xml -o none/out.yaml", MACHINE),
        Case(
            "an output for which there is no room",
            "xform generate --dialect mini web.yaml --no-check -o out.xml",
            WEB,
            spoilt=NO_ROOM,
        ),
        Case("a folder for which a file stands", "xform reference mini -o m.xml/pages", MACHINE),
        Case("an output that is a folder", "xform parse --dialect mini m.xml -o mini", MACHINE),
        Case(
            "an output that may not be written",
            "xform parse --dialect mini m.xml -o out.yaml",
            MACHINE | {"out.yaml": ""},
            spoilt=NOT_ROOT,
        ),
        Case("nothing to run", "xform run --dialect mini"),
        Case(
            "an entity where the stage takes one from a file",
            "xform run --dialect mini --from plan web.yaml web.yaml",
            WEB,
        ),
        Case("two outputs of an update", "xform update --dialect mini m.xml web.yaml --diff -i", WEB | MACHINE),
        Case("an update in place of no file", "xform update --dialect mini - web.yaml -i", WEB),
        Case("nothing to show", "xform show --dialect mini"),
        Case("a namespace that there is not", "xform show --dialect mini --xsd n"),
        Case("an entity that there is not", "xform show --dialect mini Dsik"),
        Case("a part without its devices", "xform generate web.yaml --part hotplug", WEB),
        Case("a part that there is not", "xform generate web.yaml --part hotplg --device a", WEB),
        Case("stubs that are checked and written", "xform stubs --dialect mini --check a.pyi -o b.pyi"),
        Case("stubs of a dialect that is named twice", "xform stubs mini --dialect ovirt"),
        Case("stubs that are stale", "xform stubs mini --check a.pyi", {"a.pyi": ""}),
        Case("a shell that nobody completes for", "xform completion tcsh"),
        Case("a dialect that there is not", "xform parse --dialect ovrit m.xml", MACHINE),
        Case("a folder that is no dialect", "xform parse --dialect site m.xml", MACHINE | {"site/notes": ""}),
    ],
)
