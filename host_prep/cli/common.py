"""What the commands share: options, and the host that they work on."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from host_prep.config import read_config
from host_prep.effect import Flow
from host_prep.libvirt import Libvirt
from host_prep.request import Request, read_request
from host_prep.system import Host
from xform.cli import common
from xform.cli.commands import DEBUG
from xform.cli.completion import FILE
from xform.dialect import Dialect
from xform.errors import XformError
from xform.hypervisor import termination

METADATA = "ovirt-vm"  # the prefix of what a manager tells its hosts

F = TypeVar("F", bound=Callable[..., Any])


def host(command: F) -> F:
    """`--connect`, `--config`, and what all commands have."""
    command = click.option(
        "--connect", metavar="URI", help="libvirt's URI; by default that of the settings, or qemu:///system."
    )(command)
    command = click.option(
        "--config",
        metavar="FILE",
        type=FILE,
        envvar="HOST_PREP_CONFIG",
        show_envvar=True,
        help="Settings, as YAML or JSON; by default /etc/host-prep.yaml, if there is one.",
    )(command)
    return common.common(command)


def vm(command: F) -> F:
    """The document of a VM, and what its manager says beside it."""
    command = click.option(
        "--with", "request", metavar="FILE", type=FILE, help="What is asked beside the document, as YAML or JSON."
    )(command)
    command = click.option(
        "--incoming", is_flag=True, help="It comes by migration; it is waited for instead of started."
    )(command)
    command = click.option(
        "--restore", metavar="FILE", type=FILE, help="It goes on from the state that was saved to this file."
    )(command)
    return click.argument("document", metavar="VM.xml", type=FILE)(command)


@contextmanager
def opened(connect: str | None, config: str | None, dialect: str) -> Iterator[tuple[Host, Dialect]]:
    """The host and the tables; what is done to the host is told line by line.  SIGTERM undoes what ^C undoes.

    With --debug each command, file and call is told as well.
    """
    import structlog

    tables = common.load(dialect)
    if METADATA not in tables.tables.namespaces:
        raise XformError(f"the dialect {dialect} has no {METADATA} metadata; expected ovirt, or one that extends it")
    settings = read_config(tables, Path(config) if config else None)
    least = logging.DEBUG if click.get_current_context().meta.get(DEBUG) else logging.INFO
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(least),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    libvirt = Libvirt(connect or settings.connect)
    try:
        with termination():
            yield Host(settings, libvirt), tables
    finally:
        libvirt.close()


def asked(dialect: Dialect, request: str | None, incoming: bool, restore: str | None) -> tuple[Request, Flow]:
    """What the options of `vm` ask for. Raises EntityError."""
    from attrs import evolve

    if incoming and restore:
        raise click.UsageError("--incoming and --restore exclude each other", click.get_current_context())
    given = read_request(dialect, Path(request)) if request else Request()
    if restore:
        given = evolve(given, saved=Path(restore).absolute())
    return given, "incoming" if incoming else "restore" if given.saved else "fresh"


def read_document(file: str) -> tuple[str, str]:
    """The text of a document, and what it is called in messages. Raises DocumentError, XformError."""
    from xform.errors import DocumentError

    source = common.source_name(file)
    try:
        return common.read_bytes(file).decode("utf-8-sig"), source
    except UnicodeDecodeError:
        raise DocumentError(f"{source}:1:1: the document is not in UTF-8; expected one that is") from None
