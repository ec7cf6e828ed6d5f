"""`xform completion`: what a shell needs to complete commands, options and names; and where the names come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from xform.errors import XformError

SHELLS = ("bash", "zsh", "fish")


class _Path(click.Path):
    """What shells complete; what is wrong with it is told later, but for an empty text: it would be the folder here."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("an empty text; expected a path", param, ctx)
        return super().convert(value, param, ctx)


FILE = _Path(allow_dash=True, readable=False)
FOLDER = _Path(path_type=Path, readable=False)


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that makes a shell complete xform's commands, options and names.

    \b
    bash: eval "$(xform completion bash)" in ~/.bashrc
    zsh:  eval "$(xform completion zsh)" in ~/.zshrc
    fish: xform completion fish > ~/.config/fish/completions/xform.fish
    """
    from xform.cli import cli

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(cli, {}, "xform", "_XFORM_COMPLETE").source())


Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]


def _names(known: Callable[[str], Iterable[str]], other: str | None = None) -> Completer:
    """Completes the names that are known in the dialect at hand; where none fits, a ``file`` or a ``dir``."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        try:
            fitting = [name for name in known(ctx.params.get("dialect") or "ovirt") if name.startswith(incomplete)]
        except XformError:  # told when the command runs
            fitting = []
        if other and not fitting:
            return [CompletionItem(incomplete, other)]
        return [CompletionItem(name) for name in fitting]

    return complete


def _dialects(_: str) -> Iterable[str]:
    from xform.table.folder import names

    return names()


def _entities(dialect: str) -> Iterable[str]:
    from xform.entities import Classes
    from xform.table.resolve import load_tables

    return Classes(load_tables(dialect)).names()


def _stages(dialect: str) -> Iterable[str]:
    from xform.pipeline import stages_of
    from xform.table.resolve import load_tables

    return stages_of(load_tables(dialect)).names


dialects = _names(_dialects, "dir")
entities = _names(_entities)
stages = _names(_stages)
stages_and_files = _names(_stages, "file")


def laws(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Completes the last name of a list with commas."""
    from xform.laws.corpus import LAWS

    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(before + comma + name) for name in LAWS if name.startswith(last)]
