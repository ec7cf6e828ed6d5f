"""Databases by their URLs, opened where what they need is installed."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from xform.errors import StoreError, XformError, visible_name

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.monitor.store import Store


def databases() -> ModuleType:
    """The module that knows databases. Raises XformError where what it needs is not installed."""
    try:
        from xform.monitor import database, store  # noqa: F401
    except ImportError as error:
        raise XformError(
            f"a store needs more than is installed ({error}); install it with: pip install 'libvirt-xform[monitor]'"
        ) from None
    return database


def open_store(url: str, dialect: Dialect, *, readonly: bool = False) -> Store:
    """The store of a monitor; it is made, or brought up to date, unless it is only read. Raises XformError."""
    databases()
    from xform.monitor.store import Store

    return Store(url, dialect, readonly=readonly)


def existing_store(url: str, dialect: Dialect) -> Store:
    """The same for who only looks into it, as it is. Raises XformError where there is none."""
    if (file := file_of(url)) and not file.exists():
        raise StoreError(f"{file}: no such store; expected one that xform monitor made")
    return open_store(url, dialect, readonly=True)


def file_of(url: str) -> Path | None:
    """The file of a URL of SQLite's."""
    databases()
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # who opens it tells
        return None
    ours = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)) if ours else None


def absolute(url: str) -> str:
    """The same URL for a process in another folder. Raises XformError."""
    if not (file := file_of(url)):
        return url
    from sqlalchemy.engine import make_url

    try:
        return make_url(url).set(database=str(file.absolute())).render_as_string(hide_password=False)
    except UnicodeEncodeError:
        raise StoreError(f"{visible_name(str(file.absolute()))}: no path that a URL can hold; expected UTF-8") from None
