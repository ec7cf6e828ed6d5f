"""The pictures of docs/architecture.md are those of the code: each part has its place, and every import goes down."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import xform

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def block(head: str) -> list[str]:
    """The lines of a picture, from the top."""
    return PAGE.partition(f"```\n{head}\n")[2].partition("```")[0].splitlines()


def picture(package: str) -> list[list[str]]:
    """The parts of each line."""
    return [line.partition("│")[2].split() for line in block(package)]


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """What a file imports when it runs, in functions too: line and name, of a name from a package `package.name`."""
    todo: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            todo += node.orelse
            continue
        todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def parts(package: str) -> set[str]:
    """The files and folders of a package that hold Python which runs."""
    found = {path for path in (ROOT / package).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    return {path.stem for path in found}


def part(package: str, name: str) -> str | None:
    """The part of a package that an imported name is in; None for another package's."""
    first, _, rest = name.partition(".")
    if first != package:
        return None
    inner = rest.partition(".")[0]
    return inner if inner in parts(package) else "__init__"


def files(folder: str) -> Iterator[Path]:
    return (path.relative_to(ROOT) for path in sorted((ROOT / folder).rglob("*.py")))


@pytest.mark.parametrize("package", ["xform", "host_prep"])
def test_every_part_has_one_place_in_the_picture(package: str) -> None:
    drawn = [name for line in picture(package) for name in line]
    assert sorted(drawn) == sorted(parts(package))


@pytest.mark.parametrize("package", ["xform", "host_prep"])
def test_every_import_goes_down_or_to_the_right(package: str) -> None:
    order = {name: at for at, name in enumerate(name for line in picture(package) for name in line)}
    against = [
        f"{file}:{line}: {name}"
        for file in files(package)
        for line, name in imports(ROOT / file)
        if (imported := part(package, name)) and order[imported] < order[Path(file.parts[1]).stem]
    ]
    assert against == []


def test_every_room_imports_what_the_picture_says() -> None:
    drawn = {line.partition("│")[0].strip(): set(line.partition("│")[2].split()) for line in block("rooms")}

    def room(name: str) -> str | None:
        return next((room for room in drawn if name == room or name.startswith(f"{room}.")), None)

    found: dict[str, set[str]] = {name: set() for name in drawn}
    for package in ("xform", "host_prep", "mappings"):
        for file in files(package):
            here = room(".".join(file.with_suffix("").parts).replace("__main__", "cli"))
            assert here
            found[here] |= {there for _, name in imports(ROOT / file) if (there := room(name)) and there != here}
    assert found == drawn


def test_the_engine_imports_neither_shipped_tables_nor_their_stubs() -> None:
    assert [
        f"{file}:{line}: {name}"
        for file in files("xform")
        for line, name in imports(ROOT / file)
        if re.match(r"xform\.(mappings|types)(\.|$)", name)
    ] == []


def test_the_python_of_a_dialect_imports_public_names_only() -> None:
    public = {"xform", *(f"xform.{name}" for name in xform.__all__)}
    found = [(file, line, name) for file in files("mappings") for line, name in imports(ROOT / file)]
    assert any(name in public for _, _, name in found)
    assert [
        f"{file}:{line}: {name}"
        for file, line, name in found
        if name.partition(".")[0] in ("xform", "host_prep") and name not in public
    ] == []


def test_an_import_within_a_function_counts_and_one_for_type_checkers_does_not(tmp_path: Path) -> None:
    file = tmp_path / "some.py"
    file.write_text("if TYPE_CHECKING:\n    import a\ndef f():\n    from b import c\nimport d.e\n")
    assert sorted(imports(file)) == [(4, "b.c"), (5, "d.e")]
