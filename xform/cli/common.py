"""What commands share: options, files in and out."""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from xform import inputs
from xform.cli.commands import DEBUG, seen
from xform.cli.completion import FILE, FOLDER, dialects
from xform.errors import DocumentError, EntityError, XformError, named, visible, visible_name

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.marked import Marked
    from xform.table.model import Tables

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
                raise click.BadParameter(f"{one!r} is no KEYWORD=FILE; expected e.g. host=FILE")
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


def unread_annotation(file: str, why: str) -> str:
    """That of a document which cannot be read; `why` begins with the file, and perhaps with a line and a column."""
    said = re.fullmatch(rf"{re.escape(file)}(?::(\d+)(?::(\d+))?)?: (.*)", why, re.DOTALL)
    if not said:
        return annotation("error", why, file)
    line, column = (int(number) if number else None for number in said.group(1, 2))
    return annotation("error", said[3], file, line, column)


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
    return "<stdin>" if path == STDIN else visible_name(path)


def read_bytes(path: str) -> bytes:
    """A file, or standard input for ``-``; of what is too large for any reader its beginning. Raises DocumentError."""
    if path != STDIN:
        try:
            return inputs.read_bytes(path)
        except OSError as error:
            raise DocumentError(f"{source_name(path)}: {error.strerror}; expected a file") from None
    meta = click.get_current_context().meta
    if meta.get(READ):
        raise DocumentError("<stdin>: it was read already; expected - once")
    if sys.stdin is None:
        raise DocumentError("<stdin>: it is closed; expected a file there")
    meta[READ] = True
    try:
        return sys.stdin.buffer.read(inputs.MOST)
    except OSError as error:
        raise DocumentError(f"<stdin>: {error.strerror}; expected a file there") from None


def one_dialect(argument: str | None, dialect: str) -> str:
    """The dialect that a command's argument names, or else `--dialect`."""
    context = click.get_current_context()
    if argument and context.get_parameter_source("dialect") is ParameterSource.COMMANDLINE:
        raise click.UsageError("a dialect is named twice; expected DIALECT or --dialect", context)
    return argument or dialect


def read_entity(dialect: Dialect, path: str) -> Any:
    from xform.files import entity_from

    return entity_from(dialect, read_bytes(path), source_name(path))


def read_marked(dialect: Dialect, path: str) -> tuple[Any, Marked]:
    """The same, and where the file has each field of the entity."""
    from xform.files import marked_entity

    return marked_entity(dialect, read_bytes(path), source_name(path))


@contextmanager
def placed(marked: Marked) -> Iterator[None]:
    """Within, what is wrong with an entity is told where its file has the field, or what would hold it."""
    try:
        yield
    except EntityError as error:
        said = [f"{marked.place(problem.path)}: {problem}" for problem in error.problems]
        raise EntityError("\n".join(said or [f"{marked.source}: {line}" for line in str(error).splitlines()])) from None


def read_contexts(dialect: Dialect, **paths: str | None) -> dict[str, Any]:
    """The contexts that are given by file, by keyword."""
    given = {keyword: path for keyword, path in paths.items() if path is not None}
    given |= click.get_current_context().meta.get(CONTEXTS, {})
    if not given:
        return {}
    from xform.files import context_class, context_from

    for keyword, path in given.items():  # before a file is looked for that nobody takes
        with named(source_name(path), EntityError):
            context_class(dialect, keyword)
    return {
        keyword: context_from(dialect, keyword, read_bytes(path), source_name(path)) for keyword, path in given.items()
    }


def write(path: str | None, text: str | bytes) -> None:
    """To standard output, or to a file that is there in full or not at all. Raises XformError."""
    if path is None or path == STDIN:
        if sys.stdout is None:
            raise XformError("standard output: it is closed; nothing was written")
        click.echo(visible(text) if isinstance(text, str) and sys.stdout.isatty() else text, nl=False)
        return
    try:
        _replace(Path(os.path.realpath(path)), text.encode("utf-8") if isinstance(text, str) else text)
    except OSError as error:
        raise XformError(f"{path}: {error.strerror}; nothing was written") from None


def _replace(path: Path, data: bytes) -> None:
    found = path.stat() if path.exists() else None
    if found and not stat.S_ISREG(found.st_mode):
        # a pipe or a device has no place beside it; a folder is refused here
        with open(path, "wb") as file:
            file.write(data)
        return
    if found and not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied")
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:
            file.write(data)
            if found:
                with suppress(PermissionError):  # who may write a file of another's cannot give his own away
                    os.fchown(file.fileno(), found.st_uid, found.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(found.st_mode) if found else 0o666 & ~_umask())
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_json(data: Any) -> None:
    """Plain data on standard output."""
    from xform.files import to_json

    write(None, to_json(data))


def documents(name: str) -> list[str]:
    """A document, or all ``*.xml`` of a folder. Raises XformError where nothing is there."""
    path = Path(name)
    if not path.exists():
        raise XformError(f"{visible_name(name)}: No such file or directory; expected a document, or a folder of some")
    return [str(path / file) for file in inputs.documents_in(path)] if path.is_dir() else [name]


def nothing_tried(other: Tables | None, where: Iterable[str]) -> XformError:
    """What is wrong where no document was found, or none but those of `other` dialects than this one."""
    of = f" of the dialect {other.name}" if other else ""
    more = f" whose root element is <{other.document.element}>" if other else ""
    return XformError(f"no document{of} in {', '.join(map(visible_name, where))}; expected some{more}")


def exceptions(name: str | None) -> Iterator[tuple[str, str]]:
    """What the lines of a file of exceptions say, each behind its file and line. Raises XformError."""
    if name is None:
        return
    try:
        data = Path(name).read_bytes()
        lines = data.decode("utf-8").splitlines()
    except OSError as error:
        raise XformError(f"{name}: {error.strerror}; expected a file of exceptions") from None
    except UnicodeDecodeError as error:
        place = inputs.line_and_column(data, error.start)
        raise XformError(f"{name}:{place}: not UTF-8; expected a file of exceptions") from None
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            yield f"{name}:{number}", line


@contextmanager
def logging_by(**settings: Any) -> Iterator[None]:
    """Within, structlog is configured so."""
    import structlog

    before = structlog.get_config() if structlog.is_configured() else None
    structlog.configure(**settings, cache_logger_on_first_use=False)
    try:
        yield
    finally:
        if before is not None:
            structlog.configure(**before)
        else:
            structlog.reset_defaults()


@contextmanager
def logged_lines(least: int = logging.NOTSET) -> Iterator[None]:
    """Within, each event of structlog's is a line on standard error, of this level at least."""
    import structlog

    processors = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        seen,
        structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
    ]
    wrapper = structlog.make_filtering_bound_logger(least)
    factory = structlog.PrintLoggerFactory(sys.stderr)
    with logging_by(wrapper_class=wrapper, processors=processors, logger_factory=factory):
        yield
