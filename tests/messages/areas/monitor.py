"""Monitors and their stores."""

import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

import xform.cli
from tests.messages.case import Area, Case
from tests.messages.spoilt import without

ONCE = "xform monitor --connect test:///default --store sqlite:///s.db --once"
VM = "6695eb01-f6a4-4304-79aa-97f2502e193f"


def store(title: str, url: str, world: object = None, spoilt: object = None) -> Case:
    return Case(title, f"xform monitor --connect test:///default --store {url} --once", world=world, spoilt=spoilt)  # type: ignore[arg-type]


def agent(title: str, script: str) -> Case:
    return Case(title, "xform monitor --connect 'exec:sh agent.sh' --store sqlite:///s.db --once", {"agent.sh": script})


def later() -> None:
    with closing(sqlite3.connect("s.db")) as connection:
        connection.executescript(
            "create table alembic_version (version_num text); insert into alembic_version values ('9999')"
        )


def followed() -> None:
    """A store with what the mock has, by the dialect domain."""
    done = CliRunner().invoke(xform.cli.cli, [*shlex.split(ONCE)[1:], "--dialect", "domain"])
    assert done.exit_code == 0, done.output


def changed(statement: str) -> None:
    followed()
    with closing(sqlite3.connect("s.db")) as connection:
        (vm,) = connection.execute("SELECT id FROM vm").fetchone()
        connection.execute(statement)
        connection.commit()
    Path("vm.xml").write_text(f"<domain><name>test</name><uuid>{vm}</uuid></domain>")


AREA = Area(
    "Monitors and their stores",
    [
        Case("a connection that is none", "xform monitor --connect local --store sqlite:///s.db --once"),
        Case("an agent without a command", "xform monitor --connect exec: --store sqlite:///s.db --once"),
        Case("an agent with a quote too few", 'xform monitor --connect "exec:ssh \'a" --store sqlite:///s.db --once'),
        agent("an agent that fails", "echo no route to host >&2; exit 255"),
        agent("an agent that gives no JSON", "echo host"),
        agent("an agent that gives something else", "echo '{\"id\": 5}'"),
        Case(
            "an agent that cannot be run",
            "xform monitor --connect exec:agent --store sqlite:///s.db --once",
            {"bin/agent": "#!/nowhere\n"},
            world=lambda: Path("bin/agent").chmod(0o755),
        ),
        Case(
            "an agent that cannot give a document",
            "xform monitor --connect 'exec:sh agent.sh' --store sqlite:///s.db --once",
            {
                "agent.sh": f"""case $1 in
status) echo '{{"id": "{VM}", "state": "running"}}';;
dump) echo '{{"id": "{VM}", "error": "it is migrating"}}';;
esac"""
            },
        ),
        Case("an agent that there is not", "xform monitor --connect exec:none --store sqlite:///s.db --once"),
        Case(
            "an agent that gives the document of another VM",
            "xform monitor --connect 'exec:sh agent.sh' --store sqlite:///s.db --once --dialect domain",
            {
                "agent.sh": f"""case $1 in
status) echo '{{"id": "{VM}", "state": "running"}}';;
dump) echo '{{"id": "{VM}", "xml": "<domain><name>a</name><uuid>{VM.replace("6", "7")}</uuid></domain>"}}';;
esac"""
            },
        ),
        store("a store that is no URL", "s.db"),
        store("a store of another kind", "mysql://u:hunter2@h/n"),
        store("a store in no file", "sqlite://"),
        store("a store in a folder that is not there", "sqlite:///none/s.db"),
        Case(
            "a store that is no database",
            "xform monitor --connect test:///default --store sqlite:///s.db --once",
            {"s.db": "notes " * 20},
        ),
        store("a store of a later version", "sqlite:///s.db", later),
        store("a store of another dialect", "sqlite:///s.db", followed),
        Case(
            "a store with a VM that these tables cannot read",
            "xform match --dialect domain vm.xml --known sqlite:///s.db",
            world=lambda: changed("UPDATE vm SET entity = '5'"),
        ),
        store("a server that cannot be reached", "postgresql://u:hunter2@127.0.0.1:1/n"),
        store("no driver for a server", "postgresql://u@127.0.0.1:1/n", spoilt=without("psycopg")),
        store("no SQLAlchemy", "sqlite:///s.db", spoilt=without("sqlalchemy")),
        Case(
            "a store without the VM",
            "xform match --dialect domain vm.xml --known sqlite:///s.db",
            {"vm.xml": f"<domain><name>a</name><uuid>{VM}</uuid></domain>"},
            world=followed,
        ),
        Case(
            "a database without a store",
            "xform match --dialect domain vm.xml --known sqlite:///s.db",
            {"vm.xml": f"<domain><name>a</name><uuid>{VM}</uuid></domain>", "s.db": ""},
        ),
        Case(
            "a store of an earlier version that is only read",
            "xform match --dialect domain vm.xml --known sqlite:///s.db",
            world=lambda: changed("UPDATE alembic_version SET version_num = '0001'"),
        ),
        Case(
            "a store that is not there",
            "xform match --dialect domain vm.xml --known sqlite:///s.db",
            {"vm.xml": f"<domain><name>a</name><uuid>{VM}</uuid></domain>"},
        ),
        Case("a port for metrics that is none", f"{ONCE} --metrics http"),
        Case("an address for metrics that is not ours", f"{ONCE} --metrics 192.0.2.1:0"),
        Case("no libvirt-python", ONCE, spoilt=without("libvirt")),
    ],
)
