"""What the commands share: options, and the host that they work on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from host_prep.config import read_config
from host_prep.libvirt import Libvirt
from host_prep.request import Request, read_request
from host_prep.system import Host
from xform.cli import common
from xform.cli.commands import DEBUG
from xform.cli.completion import FILE
from xform.dialect import Dialect
from xform.errors import XformError
from xform.hypervisor import import_libvirt
from xform.process import termination

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

    With --debug each command, file and call is told as well.  Raises HostError where libvirt-python is not installed:
    no command can do its work, and to wait for libvirt would be in vain.
    """
    import_libvirt()
    tables = common.load(dialect)
    if METADATA not in tables.tables.namespaces:
        raise XformError(f"the dialect {dialect} has no {METADATA} metadata; expected ovirt, or one that extends it")
    settings = read_config(tables, Path(config) if config else None)
    least = logging.DEBUG if click.get_current_context().meta.get(DEBUG) else logging.INFO
    libvirt = Libvirt(connect or settings.connect)
    try:
        with common.logged_lines(least), termination():
            yield Host(settings, libvirt), tables
    finally:
        libvirt.close()


def asked(dialect: Dialect, request: str | None, incoming: bool, restore: str | None) -> Request:
    """What the options of `vm` ask for. Raises EntityError."""
    from attrs import evolve

    given = read_request(dialect, Path(request)) if request else Request()
    saved = Path(restore).absolute() if restore else given.saved
    given = evolve(given, saved=saved, incoming=incoming or given.incoming)
    if given.incoming and given.saved:
        raise click.UsageError("--incoming and --restore exclude each other", click.get_current_context())
    return given


def read_document(file: str) -> tuple[str, str]:
    """The text of a document, and what it is called in messages. Raises DocumentError, XformError."""
    from xform.text import decoded

    source = common.source_name(file)
    return decoded(common.read_bytes(file), source), source
