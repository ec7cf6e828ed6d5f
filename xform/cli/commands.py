"""The group of commands: imports only the one that is asked for, and makes one line and an exit code of every error."""

from __future__ import annotations

import importlib
import os
import re
import signal
import sys
import traceback
from collections.abc import MutableMapping, Sequence
from typing import Any, NoReturn

import click

from xform.errors import HostError, XformError, instead, visible

BAD, REFUSED, INTERRUPTED, PIPE = 2, 3, 130, 141
DEBUG = "xform.debug"


class Commands(click.Group):
    """Commands by name with one line of help each; the module NAME of `package` holds the command NAME."""

    def __init__(self, known: dict[str, str], package: str, **options: Any) -> None:
        super().__init__(**options, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
        self.known, self.package = known, package

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.known)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.known:
            return None
        command = getattr(importlib.import_module(f"{self.package}.{name}"), name)
        assert isinstance(command, click.Command)
        command.short_help = self.known[name]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.known and not args[0].startswith("-"):
            ctx.fail(f"no command {args[0]!r}{instead(args[0], self.known)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # without importing any of them
        with formatter.section("Commands"):
            formatter.write_dl(list(self.known.items()))

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **extra)
        except OSError as error:  # of the help
            raise click.exceptions.Exit(_say(error)) from None

    def invoke(self, ctx: click.Context) -> int:
        """Run a command; its exit code."""
        try:
            code = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
            return code if isinstance(code, int) else 0
        except (click.exceptions.Exit, click.exceptions.NoArgsIsHelpError):
            raise
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:
            if ctx.meta.get(DEBUG):
                traceback.print_exc()
            return _say(error, " ".join(filter(None, (ctx.command_path, ctx.invoked_subcommand))))

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        try:
            code = super().main(args, prog_name, **{**extra, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            code = BAD
        except click.ClickException as error:
            code = _say(error)
        except click.Abort:  # ^C before a command is invoked, or after
            code = INTERRUPTED
        sys.exit(code)


def run_commands(commands: Commands, name: str) -> NoReturn:
    """The entry point of a command line."""
    # messages and documents are UTF-8, whatever the terminal says
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and (stream.encoding or "").lower().replace("-", "") != "utf8":
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        commands.main(prog_name=name)
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > 128:  # a signal decided how it ends, and no other changes that
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
        raise


def _as_ours(error: click.ClickException) -> str:
    """A message of click's in the form of all others."""
    message = error.format_message()
    kind = error.param.type if isinstance(error, click.BadParameter) and error.param else None
    if isinstance(kind, click.IntRange | click.FloatRange):  # each has a least, and no most
        number = "a whole number" if isinstance(kind, click.IntRange) else "a number"
        least = f" above {kind.min}" if kind.min_open else f", {kind.min} or more"
        message = re.sub(r" is not (a valid \w+|in the) range.*", f"; expected {number}{least}", message)
    message = re.sub(r"\. Choose from:\s+(.*)", lambda said: f"; expected one of {said[1]}", message, flags=re.DOTALL)
    message = re.sub(r"\. (Did you mean .*)\?$", lambda said: f" ({said[1].lower()}?)", message)
    message = " ".join(message.split())
    return (message[:1].lower() + message[1:]).removesuffix(".")


def _say(error: Exception, command: str = "xform") -> int:
    """Tell what went wrong with a command, in a line for each fault; the exit code."""
    code = BAD
    if isinstance(error, OSError) and error.filename is None and sys.stdout is not None:
        # standard output takes no more, so nothing may be flushed there at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return PIPE  # whoever read us has seen enough
    if isinstance(error, HostError):
        message, code = str(error), REFUSED
    elif isinstance(error, XformError):
        message = str(error)
    elif isinstance(error, click.ClickException):
        path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else command
        message = f"{path}: {_as_ours(error)}"
    elif isinstance(error, OSError):  # files are read and written elsewhere, with messages of their own
        message = f"{error.filename or 'standard output'}: {error.strerror or error}"
    elif isinstance(error, MemoryError):
        message = "out of memory"
    else:
        said = " ".join(str(error).split())
        message = f"internal error, {type(error).__name__}: {said}; --debug shows where"
    tell(message)
    return code


def seen(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog's: what is logged does nothing to a terminal."""
    return {name: visible(value) if isinstance(value, str) else value for name, value in event.items()}


def tell(message: str) -> None:
    """A message on standard error."""
    click.echo(visible(message), err=True)
