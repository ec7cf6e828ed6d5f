"""The pages in a real browser, which is without a network and tells all that it asks for and complains about."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.cli.conftest import GRAMMAR
from xform.cli import cli
from xform.document import Document

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SWITCHES = ["sandbox", "first-run"]
QUIET = ["gpu", "quic", "background-networking", "component-update", "sync"]
HOUSE = Path(__file__).parents[1] / "fail" / "lint" / "base"
ID = "00000000-0000-4000-8000-00000000000{}"

# What would show itself by an element, a request, an error or a changed title, were it read as markup.
MARKUP = """"'><img src=x onerror="document.title='ran'"></span></div></main><script>document.title='ran'</script>"""
SPOKEN = MARKUP.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&apos;")


def screen(word: str) -> str:
    return f"<graphics type='vnc' passwd='{word}' port='5900'/>"


def disk(number: int, target: str) -> str:
    return (
        f"    <disk type='file' device='disk'>\n      <source file='/images/{number}'/>\n"
        f"      <target dev='{target}' bus='virtio'/>\n      <alias name='ua-{ID.format(number)}'/>\n    </disk>\n"
    )


def domain(*devices: str, name: str = "web") -> str:
    return (
        f"<domain type='kvm' id='7' odd='hush'>\n  <name>{name}</name>\n  <uuid>{ID.format(0)}</uuid>\n"
        f"  <memory unit='KiB'>1024</memory>\n  <!-- hush -->\n  <devices>\n{''.join(devices)}  </devices>\n</domain>\n"
    )


def run(*arguments: object, dialect: str = "ovirt") -> None:
    """A command that does its work, whatever it finds."""
    done = CliRunner().invoke(cli, [*map(str, arguments), "--dialect", dialect])
    assert done.exit_code in (0, 1) or "not read" in done.output, done.output


def trace(folder: Path, xml: str, name: str = "vm") -> Path:
    (folder / f"{name}.xml").write_text(xml)
    run("trace", folder / f"{name}.xml", "--html", folder / "trace.html")
    return folder / "trace.html"


def match(folder: Path, known: str, reported: str) -> Path:
    for name, xml in (("known", known), ("reported", reported)):
        (folder / f"{name}.xml").write_text(xml)
    run("parse", folder / "known.xml", "--json", "-o", folder / "known.json")
    asked = ("match", folder / "reported.xml", "--known", folder / "known.json")
    run(*asked, "--html", folder / "match.html")
    return folder / "match.html"


def gate(folder: Path, name: str = "vm") -> Path:
    """Of a document on which two laws fail, and of one that is none."""
    (folder / "corpus").mkdir()
    (folder / "corpus" / f"{name}.xml").write_text(domain(disk(1, "vda")))
    (folder / "corpus" / f"broken {name}.xml").write_text("<domain>")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Document, "_updated", lambda self, live: self._text.text.replace("<name>", f"<name>{SPOKEN}"))
        run("gate", folder / "corpus", "--laws", "get-put,twins", "--jobs", 1, "--report", folder / "gate.html")
    return folder / "gate.html"


def coverage(folder: Path, name: str = "house") -> Path:
    """Of a dialect whose folder is called so."""
    shutil.copytree(HOUSE, folder / name)
    run("coverage", "--html", folder / "map.html", "--schemas", folder / name, dialect=str(folder / name))
    return folder / "map.html"


def audit(folder: Path, name: str = "vms") -> Path:
    """Of documents in a folder that is called so, of which an earlier schema does not admit one, and one is none."""
    schemas = {"earlier": GRAMMAR, "later": GRAMMAR.replace("forbidden", "nothing")}
    options: list[object] = []
    for label, grammar in schemas.items():
        (folder / f"{label} {name}").mkdir()
        (folder / f"{label} {name}" / "domain.rng").write_text(grammar.replace('"machine"', '"domain"'))
        options += ["--schemas", folder / f"{label} {name}"]
    fleet = folder / f"fleet {name}"
    fleet.mkdir()
    (fleet / f"good {name}.xml").write_text(domain(disk(1, "vda")))
    (fleet / f"new {name}.xml").write_text(domain("<forbidden/>"))
    (fleet / f"broken {name}.xml").write_text("<domain>")
    run("audit", fleet, "--report", folder / "audit", "--jobs", 1, *options)
    return folder / "audit" / "index.html"


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each of the pages by its command."""
    folder = tmp_path_factory.mktemp("pages")
    known = domain(disk(1, "vda"), disk(2, "vdb"), disk(3, "vdc"))
    return {
        "trace": trace(folder, domain(disk(1, "vda"), disk(2, "vdb"), screen("hush"))),
        "match": match(folder, known, domain(disk(1, "vda"), disk(2, "vdz"))),
        "gate": gate(folder),
        "coverage": coverage(folder),
        "audit": audit(folder),
    }


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same of documents, files and folders whose names and values are markup."""
    folder, name = tmp_path_factory.mktemp("hostile"), MARKUP.replace("/", "\N{FRACTION SLASH}")
    odd = f"<odd odd='{SPOKEN}'>{SPOKEN}<!-- {MARKUP} --></odd>\n"
    evil = domain(disk(1, SPOKEN), odd, name=f"{SPOKEN}<!-- {MARKUP} -->")
    return {
        "trace": trace(folder, evil, name),
        "match": match(folder, evil, domain(disk(1, "vda"), disk(2, SPOKEN))),
        "gate": gate(folder, name),
        "coverage": coverage(folder, name),
        "audit": audit(folder, name),
    }


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One for these tests, and gone with them: while it runs, its thread has an event loop."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (Debian package chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        switches = [f"--no-{word}" for word in SWITCHES] + [f"--disable-{word}" for word in QUIET]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=switches)
        yield browser
        browser.close()


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file; in the end it must have asked for no other, and have complained of nothing."""
    with ExitStack() as contexts:
        seen: list[tuple[str, list[str], list[str]]] = []

        def look(file: Path, scheme: str = "light", width: int = 1280, height: int = 800) -> Any:
            context = browser.new_context(
                color_scheme=scheme, viewport={"width": width, "height": height}, offline=True
            )
            contexts.callback(context.close)
            page, asked, errors = context.new_page(), list[str](), list[str]()
            seen.append((file.as_uri(), asked, errors))
            context.on("request", lambda request: asked.append(request.url))
            page.on("console", lambda message: errors.append(message.text))
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(file.as_uri())
            return page

        yield look
        for uri, asked, errors in seen:
            assert (asked, errors) == ([uri], [])
