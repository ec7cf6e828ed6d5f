"""What commands share: options, files in and out."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from xform.cli.commands import DEBUG
from xform.cli.completion import FILE, FOLDER, dialects
from xform.errors import DocumentError, XformError

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.monitor.store import Store

STDIN = "-"
READ = "xform.stdin"
CONTEXTS = "xform.contexts"

F = TypeVar("F", bound=Callable[..., Any])


def _debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[DEBUG] = True


def common(command: F, dialect: str = "ovirt") -> F:
    """`--dialect`, with what it is by itself, and `--debug`, of every command."""
    command = click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_debug,
        help="Show the traceback of an error.",
    )(command)
    return click.option(
        "--dialect",
        metavar="NAME|FOLDER",
        default=dialect,
        show_default=True,
        shell_complete=dialects,
        help="The tables to use.",
    )(command)


def host(command: F) -> F:
    """`--host`, the context under the dialect's keyword `host`, and `--context` for any; `read_contexts` reads both."""

    def others(ctx: click.Context, _: click.Parameter, given: tuple[str, ...]) -> None:
        for one in given:
            keyword, equals, path = one.partition("=")
            if not equals:
                raise click.BadParameter(f"{one!r} is no KEYWORD=FILE")
            ctx.meta.setdefault(CONTEXTS, {})[keyword] = path

    command = click.option(
        "--context",
        metavar="KEYWORD=FILE",
        multiple=True,
        expose_value=False,
        callback=others,
        help="Another context of the dialect, such as cluster=FILE.",
    )(command)
    return click.option("--host", metavar="FILE", type=FILE, help="What the host offers, as YAML or JSON.")(command)


def schemas(command: F) -> F:
    option = click.option(
        "--schemas",
        metavar="DIR",
        type=FOLDER,
        help="Folder of the RELAX NG files; by default those of the installed libvirt.",
    )
    return option(command)


FORMATS = ("text", "github", "json")


def formats(command: F) -> F:
    """`--format`, and `--json` for one of them: `form` is what was asked for."""

    def as_json(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            ctx.params["form"] = "json"

    command = click.option(
        "--json", is_flag=True, expose_value=False, callback=as_json, help="All of it as JSON; as --format json."
    )(command)
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="text",
        is_eager=True,
        help="github: annotations of a workflow.",
    )(command)


def annotation(kind: str, message: str, file: str, line: int | None = None, column: int | None = None) -> str:
    """A workflow command of GitHub's, in a line; `kind` is ``error``, ``warning`` or ``notice``."""
    places = {"file": _escaped(file, ",:"), "line": line, "col": column}
    place = ",".join(f"{name}={value}" for name, value in places.items() if value is not None)
    return f"::{kind} {place}::{_escaped(message)}\n"


def _escaped(text: str, more: str = "") -> str:
    for letter in "%\r\n" + more:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text


def output(command: F) -> F:
    option = click.option(
        "-o", "--output", metavar="FILE", type=FILE, help="Write to this file instead of standard output."
    )
    return option(command)


def load(name: str) -> Dialect:
    import xform

    return xform.load(name)


def source_name(path: str) -> str:
    return "<stdin>" if path == STDIN else path


def read_bytes(path: str, limit: int = 16 * 1024 * 1024) -> bytes:
    """A file, or standard input for ``-``; never much more than any reader accepts. Raises DocumentError."""
    try:
        if path != STDIN:
            with open(path, "rb") as file:
                return file.read(limit)
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}; expected a file") from None
    meta = click.get_current_context().meta
    if meta.get(READ):
        raise DocumentError("<stdin>: it was read already; expected - once")
    if sys.stdin is None:
        raise DocumentError("<stdin>: it is closed; expected a file there")
    meta[READ] = True
    try:
        return sys.stdin.buffer.read(limit)
    except OSError as error:
        raise DocumentError(f"<stdin>: {error.strerror}; expected a file there") from None


def read_entity(dialect: Dialect, path: str) -> Any:
    from xform.files import entity_from

    return entity_from(dialect, read_bytes(path), source_name(path))


def read_contexts(dialect: Dialect, **paths: str | None) -> dict[str, Any]:
    """The contexts that are given by file, by keyword."""
    given = {keyword: path for keyword, path in paths.items() if path is not None}
    given |= click.get_current_context().meta.get(CONTEXTS, {})
    if not given:
        return {}
    from xform.files import context_from

    return {
        keyword: context_from(dialect, keyword, read_bytes(path), source_name(path)) for keyword, path in given.items()
    }


def write(path: str | None, text: str | bytes) -> None:
    """To standard output, or to a file that is there in full or not at all. Raises XformError."""
    if path is None or path == STDIN:
        if sys.stdout is None:
            raise XformError("standard output: it is closed; nothing was written")
        click.echo(text, nl=False)
        return
    try:
        _replace(Path(os.path.realpath(path)), text.encode("utf-8") if isinstance(text, str) else text)
    except OSError as error:
        raise XformError(f"{path}: {error.strerror}; nothing was written") from None


def _replace(path: Path, data: bytes) -> None:
    mode = path.stat().st_mode if path.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        # a pipe or a device has no place beside it; a folder is refused here
        with open(path, "wb") as file:
            file.write(data)
        return
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied")
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), stat.S_IMODE(mode) if mode is not None else 0o666 & ~_umask())
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def open_store(url: str, dialect: Dialect) -> Store:
    """The store of a monitor. Raises XformError, also where what it needs is not installed."""
    try:
        from xform.monitor import store
    except ImportError as error:
        raise XformError(
            f"a store needs more than is installed ({error}); install it with: pip install 'libvirt-xform[monitor]'"
        ) from None
    return store.Store(url, dialect)
