"""Entities as a store keeps them: plain data without secrets, which tables of another day still read."""

from __future__ import annotations

import hashlib
import typing
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import attrs
import structlog

from xform.dialect import Dialect
from xform.entities import PLAIN, Opaque
from xform.errors import StoreError
from xform.files import dump_value
from xform.structure import EntityConverter
from xform.table.folder import digest

# Plain values of each class that are not looked at again: most are the same in many devices.
OFTEN = 4096

log = structlog.get_logger("xform")


class Tolerant(EntityConverter):
    """Structures what other tables may have written, and what a document may lack.

    A field that is not known, or whose value is not admitted now, is left out, and that is logged once.
    """

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect.classes)
        self._left_out: set[tuple[type, str]] = set()

    def _function(self, cls: type) -> Callable[[Any, Any], Any]:
        rows, kinds = self._rows(cls), typing.get_type_hints(cls)

        def hook(name: str, kind: Any) -> Callable[[Any, Any], Any]:
            return self._field(rows[name]) if name in rows and rows[name].codec else self.get_structure_hook(kind)

        fields = {
            one.alias: (hook(one.alias, kinds[one.name]), kinds[one.name], one.default is attrs.NOTHING)
            for one in attrs.fields(cls)
        }

        @lru_cache(OFTEN, typed=True)
        def plain(name: str, data: Any) -> Any:
            structure, kind, _ = fields[name]
            return structure(data, kind)

        def function(value: dict[str, Any], _: Any) -> Any:
            found: dict[str, Any] = {name: None for name, (_, _, required) in fields.items() if required}
            for name, data in value.items():
                if name not in fields:
                    self._leave_out(cls, name, "no table knows it")
                    continue
                structure, kind, _ = fields[name]
                try:
                    found[name] = plain(name, data) if data.__class__ in PLAIN else structure(data, kind)
                except Exception as error:
                    self._leave_out(cls, name, next(message for _, _, message in self.faults(error)))
            return cls(**found)

        return function

    def _leave_out(self, cls: type, name: str, why: str) -> None:
        if (cls, name) not in self._left_out:
            self._left_out.add((cls, name))
            log.warning("a stored field is left out", entity=cls.__name__, field=name, why=why)


class Entities:
    """The entities of one dialect, into a store and out of it."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._converter = Tolerant(dialect)
        root = dialect.root
        self.tables = _fingerprint(dialect)
        self._kinds = {name: row.entity for name, row in root.attributes.items() if row.entity}
        self._renamed = dialect.tables.renamed.get(root.name, {})
        self._secret = {
            (kind, name)
            for kind, entity in [("", root.name), *self._kinds.items()]
            for table in dialect.tables.shapes[entity].tables
            for name, row in table.attributes.items()
            if row.secret
        }

    def dump(self, value: Any) -> Any:
        """An entity, or any value of a field, as plain data."""
        return dump_value(self._dialect, value, secrets=False)

    def dump_fields(self, kind: str, fields: dict[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
        """What changed of a device of this kind, or of the VM itself: of each field what it was and what it is."""
        shown = {name: pair for name, pair in fields.items() if (kind, name) not in self._secret}
        return {name: [self.dump(was), self.dump(now)] for name, (was, now) in shown.items()}

    def kind(self, kind: str) -> str:
        """What a stored kind is called now."""
        return self._renamed.get(kind, kind)

    def root(self, data: Any) -> Any:
        """The VM itself. Raises StoreError."""
        return self._structure(data, self._dialect.classes[self._dialect.root.name])

    def device(self, kind: str, data: Any) -> Any:
        """A device of a kind. Raises StoreError for what the tables have no entity for."""
        if kind not in self._kinds:
            raise StoreError(f"{self._dialect.root.name} of {self._dialect.tables.name} has no field {kind!r}")
        return self._structure(data, self._dialect.classes[str(self._kinds[kind])] | Opaque)

    def _structure(self, data: Any, cls: Any) -> Any:
        try:
            return self._converter.structure(data, cls)
        except Exception as error:
            message = next(message for _, _, message in self._converter.faults(error))
        raise StoreError(message)


def _fingerprint(dialect: Dialect) -> bytes:
    """What tells these tables from others, on every host the same: the dialect's name, and the files of it and of those
    that it extends.
    """
    found = hashlib.sha256(b"".join(digest(tables.folder) for tables in dialect.tables.lineage))
    return dialect.tables.name.encode() + b":" + found.digest()
