"""What a writer of tables sees in an editor: a language server is talked to as editors do, over its standard streams.

It is that of taplo, which speaks to VS Code, Neovim, Helix and others, as its fork olpat brings it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SERVER = Path(sys.executable).parent / "olpat"
TABLE = """\
#:schema ../mapping.schema.json
format = 1

# A disk.
[Disk]
el     = ""
[Disk.row]
target = "@dev : ui"
cache  = ""
[Disk.when.fast]
now = ""
[Disk.known]
profile = ""
[DiskSource]
choice = ""
[DiskSource.file]
path = ""
"""


class Editor:
    """A language server with one open file."""

    def __init__(self, file: Path) -> None:
        nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}  # it asks for catalogs
        self.server = subprocess.Popen(
            [SERVER, "lsp", "--no-auto-config", "stdio"],
            env={**os.environ, **nowhere},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.numbers = count(1)
        self.text = file.read_text()
        self.uri = file.as_uri()
        folder = {"uri": file.parent.as_uri(), "name": "tables"}
        self.ask("initialize", {"processId": None, "capabilities": {}, "workspaceFolders": [folder]})
        self.send(method="initialized", params={})
        document = {"uri": self.uri, "languageId": "toml", "version": 1, "text": self.text}
        self.send(method="textDocument/didOpen", params={"textDocument": document})
        self.marked = self.until_marked()

    def send(self, **message: Any) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.server.stdin
        self.server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self.server.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.server.stdout
        length = 0
        while line := self.server.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self.server.stdout.read(length))
        if "method" in message and "id" in message:  # it asks for its settings
            wanted = message["params"].get("items", [])
            self.send(id=message["id"], result=[{"schema": {"enabled": True, "catalogs": []}} for _ in wanted])
        return message

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        number = next(self.numbers)
        self.send(id=number, method=method, params=params)
        while (message := self.receive()).get("id") != number or "method" in message:
            pass
        return message["result"]

    def until_marked(self) -> dict[str, str]:
        """What the schema marks in the file, by the line's text."""
        while True:
            message = self.receive()
            marks = message["params"]["diagnostics"] if message.get("method", "").endswith("Diagnostics") else []
            if any("was expected" in mark["message"] for mark in marks):
                lines = self.text.splitlines()
                return {lines[mark["range"]["start"]["line"]]: mark["message"] for mark in marks}

    def at(self, method: str, line: str, column: int) -> Any:
        place = {"line": self.text.splitlines().index(line), "character": column}
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": self.uri}, "position": place})

    def proposed(self, line: str, column: int) -> dict[str, dict[str, Any]]:
        """What is proposed there, by its label."""
        return {item["label"]: item for item in self.at("completion", line, column)}

    def told(self, line: str, column: int) -> str:
        said: str = self.at("hover", line, column)["contents"]["value"]
        return said.strip()


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    if not SERVER.exists():
        pytest.skip("olpat, which has taplo's language server, is not installed")
    folder = tmp_path_factory.mktemp("mappings")
    shutil.copy(ROOT / "mappings" / "mapping.schema.json", folder)
    (folder / "site").mkdir()
    file = folder / "site" / "disk.toml"
    file.write_text(TABLE)
    opened = Editor(file)
    yield opened
    opened.ask("shutdown", {})
    opened.send(method="exit", params={})
    opened.server.communicate()


def test_a_key_is_completed_by_the_words_of_the_language(editor: Editor) -> None:
    found = editor.proposed('el     = ""', 2)
    assert {"element", "use", "extends", "choice", "row", "when", "match"} <= set(found)
    assert found["element"]["documentation"]["value"] == "the element's name"


def test_a_row_is_completed_by_codecs_and_flags_with_what_they_mean(editor: Editor) -> None:
    found = editor.proposed('cache  = ""', 10)
    assert {'"@name : uint"', '"@name : enum a b"', '"name : list Entity by name"', '"@name : uint !"'} <= set(found)
    assert found['"@name : uint"']["documentation"]["value"] == "a whole number, 0 or more"
    assert found['"@name : uint secret"']["documentation"]["value"] == "masked wherever it is shown"


def test_L295_a_completion_takes_the_place_of_the_whole_row(editor: Editor) -> None:
    line = 'target = "@dev : ui"'
    edit = editor.proposed(line, 17)['"@name : uint"']["textEdit"]
    assert (edit["range"]["start"]["character"], edit["range"]["end"]["character"]) == (9, len(line))


def test_rows_of_other_kinds_are_completed_by_what_may_stand_there(editor: Editor) -> None:
    assert {'"@name : const word"', '"name : present"', '"name : present since 9.1"'} < set(
        editor.proposed('now = ""', 7)
    )
    assert '"@name : uint"' not in editor.proposed('now = ""', 7)
    assert {'"uint"', '"uint secret"'} < set(editor.proposed('profile = ""', 11))
    assert '"@name : uint"' not in editor.proposed('profile = ""', 11)
    assert '"@name : uint"' in editor.proposed('path = ""', 8)
    assert {'"@type"', '"first"'} <= set(editor.proposed('choice = ""', 10))


def test_words_and_rows_are_explained(editor: Editor) -> None:
    assert editor.told("[Disk.row]", 7).startswith("the rows: FIELD =")
    assert editor.told("[DiskSource.file]", 13) == "a variant of this choice, and its rows"
    for column in (2, 14):
        said = editor.told('target = "@dev : ui"', column)
        assert "- `uint`: a whole number, 0 or more" in said
        assert "- `!`: required" in said


def test_L296_what_is_no_row_is_marked_in_words_and_not_with_a_pattern(editor: Editor) -> None:
    assert editor.marked['target = "@dev : ui"'] == '["PATH : CODEC FLAGS"] was expected'
    assert editor.marked['profile = ""'] == '["CODEC FLAGS"] was expected'
