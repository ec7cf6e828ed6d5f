"""What the tests of the command line share: a dialect, a schema for it, and a way to call the command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from xform.cli import cli

MINI = Path(__file__).parents[1] / "dialects" / "mini"

GRAMMAR = """\
<grammar xmlns="http://relaxng.org/ns/structure/1.0">
  <start>
    <element name="machine">
      <ref name="attributes"/>
      <element name="name"><text/></element>
      <zeroOrMore><ref name="any"/></zeroOrMore>
    </element>
  </start>
  <define name="any">
    <element>
      <anyName><except><name>forbidden</name></except></anyName>
      <ref name="attributes"/>
      <zeroOrMore><choice><text/><ref name="any"/></choice></zeroOrMore>
    </element>
  </define>
  <define name="attributes"><zeroOrMore><attribute><anyName/></attribute></zeroOrMore></define>
</grammar>
"""

ENTITY = """\
name: web
memory: 1024
disks:
  - {target: vda, source: {type: file, path: /a}}
  - {target: vdb, cache: none}
"""

Xform = Callable[..., Result]


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """A folder with a schema that every machine with a name fits, unless it holds <forbidden>."""
    folder = tmp_path / "schemas"
    folder.mkdir()
    (folder / "mini.rng").write_text(GRAMMAR)
    (folder / "domain.rng").write_text(GRAMMAR.replace('"machine"', '"domain"'))
    return folder


@pytest.fixture
def entity(tmp_path: Path) -> Path:
    file = tmp_path / "web.yaml"
    file.write_text(ENTITY)
    return file


@pytest.fixture
def call() -> Xform:
    """Run a command on the dialect `mini`, unless another one is given, or none."""

    def run(command: str, *arguments: object, dialect: object = MINI, stdin: str | bytes | None = None) -> Result:
        named = [] if dialect is None else ["--dialect", dialect]
        return CliRunner().invoke(cli, [*map(str, [command, *named, *arguments])], input=stdin)

    return run
