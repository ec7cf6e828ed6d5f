"""Plain data to entities by cattrs, with the strictness of tables; what does not fit is told by its place."""

from __future__ import annotations

import base64
import binascii
import re
import types
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path as File
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from cattrs import AttributeValidationNote, Converter, IterableValidationNote
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_structure_fn_from_attrs, override

from xform.entities import Annotations, Classes, Opaque
from xform.errors import did_you_mean, instead, said
from xform.table.model import Choice, Row
from xform.validate import Place, admits, brief, faulty_key, shown
from xform.xml import canonical_text

# What these write is canonical; a file may hold any form that a document may.
_CANONICAL = ("uuid", "mac", "cpuset")
# Behind the names of fields for cattrs, which takes them beside parameters of its own: attrs, cl, converter.
_ASIDE = "__row"


class Misfit(ValueError):
    """A value is not what its field takes; `masked` says so without the value."""

    def __init__(self, message: str, masked: str) -> None:
        super().__init__(message)
        self.masked = masked


def _misfit(value: object, expected: str, hint: str = "") -> Misfit:
    return Misfit(f"{shown(value)} is not {expected}{hint}", f"the secret value is not {expected}")


@lru_cache(maxsize=16)
def converter(classes: Classes) -> EntityConverter:
    return EntityConverter(classes)


class EntityConverter(Converter):
    """cattrs with the strictness of tables: hooks for what a row says, exact types for everything else.

    The function of a class is made when it is first met, as the classes themselves are.
    """

    def __init__(self, classes: Classes) -> None:
        super().__init__(detailed_validation=True, forbid_extra_keys=True, use_alias=True)
        self.classes = classes
        self._functions: dict[type, Callable[[Any, Any], Any]] = {}
        for kind, expected in ((str, "text"), (int, "a whole number"), (bool, "true or false")):
            self.register_structure_hook(kind, _exactly(kind, expected))
        self.register_structure_hook(float, _float)
        self.register_structure_hook(bytes, _base64)
        self.register_structure_hook(File, lambda value, _: File(_exactly(str, "a path")(value, str)))
        self.register_structure_hook_func(attrs.has, self._entity)
        self.register_structure_hook_func(lambda kind: self._choice_of(kind) is not None, self._choice)
        for origins, hook in (
            ((Literal,), _literal),
            ((Union, types.UnionType), self._union),
            ((list, tuple), self._list),
            ((dict,), self._dict),
        ):
            self.register_structure_hook_func(_made_of(origins), hook)
        self.register_structure_hook(Opaque, self._opaque)

    def faults(self, error: BaseException, path: Place = (), secret: bool = False) -> Iterator[tuple[Place, bool, str]]:
        """Where each part of a structuring error belongs, whether to the key itself, and what to say."""
        if isinstance(error, ClassValidationError | IterableValidationError):
            noted, bare = error.group_exceptions()
            for inner, note in noted:
                part = note.name if isinstance(note, AttributeValidationNote) else note.index
                hidden = secret or (isinstance(error, ClassValidationError) and self._secret(error.cl, str(part)))
                yield from self.faults(inner, (*path, part), hidden)
            for inner in bare:
                # what an embedder's class says may be about each of its fields
                hidden = isinstance(error, ClassValidationError) and any(
                    self._secret(error.cl, one.alias) for one in attrs.fields(error.cl)
                )
                yield from self.faults(inner, path, secret or hidden)
        elif isinstance(error, ForbiddenExtraKeysError):
            known = self._names(error.cl)
            for name in sorted(error.extra_fields, key=str):
                yield (*path, str(name)), True, f"unknown field of {error.cl.__name__}{instead(str(name), known)}"
        elif isinstance(error, KeyError):
            yield path, False, "missing; expected a value"
        elif isinstance(error, RecursionError):
            yield path, False, "it is nested too deeply; expected fewer within each other"
        elif isinstance(error, Misfit):
            yield path, False, error.masked if secret else str(error)
        else:
            yield path, False, "the secret value is not admitted" if secret else said(error)

    def _rows(self, cls: type) -> dict[str, Row]:
        table = self.classes.table(cls)
        return table.attributes if table else {}

    def _secret(self, cls: type, name: str) -> bool:
        """By its row, or by the metadata of a class that has none."""
        name = self._renamed(cls).get(name, name)
        row = self._rows(cls).get(name)
        told = getattr(attrs.fields(cls), name, None) if attrs.has(cls) else None
        return bool(row.secret if row else told and told.metadata.get("secret"))

    def _names(self, cls: type) -> list[str]:
        return [*(["type"] if self.classes.word(cls) else []), *(attribute.alias for attribute in attrs.fields(cls))]

    def _entity(self, value: Any, cls: type) -> Any:
        if not isinstance(value, dict):
            raise _misfit(value, f"a mapping with the fields of {cls.__name__}")
        choice = self.classes.choice(cls.__name__)
        if choice and "type" in value:
            if value["type"] != self.classes.word(cls):
                return self._choice(value, self.classes[choice.name])
            value = {name: item for name, item in value.items() if name != "type"}
        renamed = self._renamed(cls)
        given = {renamed[old]: old for old in renamed.keys() & value.keys()}
        for new, old in given.items():
            if new in value:
                message = f"{old} is called {new} now, and both are given; leave one out"
                raise _within(cls, old, str, Misfit(message, message))
        if cls not in self._functions:
            self._functions[cls] = self._function(cls)
        try:
            return self._functions[cls]({renamed.get(name, name): item for name, item in value.items()}, cls)
        except ClassValidationError as error:
            for _, note in error.group_exceptions()[0]:
                name = note.name.removesuffix(_ASIDE)
                note.name = given.get(name, name)  # told where the file has it
            raise

    def _renamed(self, cls: type) -> dict[str, str]:
        return self.classes.tables.renamed.get(self.classes.name(cls) or "", {})

    def _function(self, cls: type) -> Callable[[Any, Any], Any]:
        """cattrs' own function for a class, with a hook for every field whose row has a codec.

        Of a class made from a table every field has one: its type is looked up when a value is there, so that only
        the classes that a file needs are made.
        """
        rows, types = self._rows(cls), cls.__annotations__
        hooks = {name: self._field(row) for name, row in rows.items() if row.codec}
        if isinstance(types, Annotations):
            hooks = {name: _typed(types, name, hooks.get(name, self.structure)) for name in types}
        elif not hooks:
            return make_dict_structure_fn(cls, self)
        else:
            attrs.resolve_types(cls)
        fields = [field.evolve(name=field.name + _ASIDE, alias=field.alias) for field in attrs.fields(cls)]
        told = {field.name: override(struct_hook=hooks[field.alias]) for field in fields if field.alias in hooks}
        return make_dict_structure_fn_from_attrs(fields, cls, self, **told)  # type: ignore[arg-type]

    def _field(self, row: Row) -> Callable[[Any, Any], Any]:
        """A codec's values: of the right type, in canonical form, in the codec's domain."""
        codec = row.codec
        assert codec is not None
        path = row.value if row.form == "map" else row.path

        def one(value: Any, kind: Any) -> Any:
            found = self.structure(value, kind)
            try:
                if isinstance(found, str) and codec.word in _CANONICAL:
                    found = codec.decode(found)
                elif isinstance(found, str) and codec.shape == "xml":
                    found = canonical_text(found)
                if not codec.needs:
                    admits(row, found, path)
            except ValueError as error:
                raise Misfit(brief(error), f"the secret value is not {codec.expected}") from None
            return found

        def hook(value: Any, kind: Any) -> Any:
            if row.form == "list":
                return self._list(value, kind, one)
            if row.form == "map":
                return self._dict(value, kind, one, row)
            return None if value is None and types.NoneType in get_args(kind) else one(value, kind)

        return hook

    def _choice_of(self, cls: Any) -> Choice | None:
        name = getattr(cls, "__name__", "")
        shape = self.classes.tables.shapes.get(name) if isinstance(cls, type) else None
        return shape if isinstance(shape, Choice) and self.classes[name] is cls else None

    def _choice(self, value: Any, cls: type) -> Any:
        choice = self._choice_of(cls)
        assert choice is not None
        words = {" ".join(words): table for words, table in choice.variants.items()}
        if not isinstance(value, dict):
            raise _misfit(
                value, f"a mapping with `type`, one of {', '.join(words)}, and the fields of that {choice.name}"
            )
        told = value.get("type")
        if "type" not in value:
            raise Misfit(*[f"type is missing; expected one of {', '.join(words)}"] * 2)
        if not isinstance(told, str) or told not in words:
            hint = did_you_mean(told, words) if isinstance(told, str) else ""
            error = _misfit(told, f"one of {', '.join(words)}", hint)
            raise _within(cls, "type", str, error)
        return self._entity(
            {name: item for name, item in value.items() if name != "type"}, self.classes[words[told].name]
        )

    def _union(self, value: Any, kind: Any) -> Any:
        kinds = get_args(kind)
        if value is None and types.NoneType in kinds:
            return None
        if Opaque in kinds and isinstance(value, dict) and "opaque" in value:
            return self._opaque(value, Opaque)
        rest = [one for one in kinds if one not in (Opaque, types.NoneType)]
        if len(rest) == 1:
            return self.structure(value, rest[0])
        faults = []
        for one in rest:
            try:
                return self.structure(value, one)
            except Exception as error:
                faults.append(error)
        raise faults[-1]

    def _opaque(self, value: Any, _: Any) -> Opaque:
        extra = set(value) - {"opaque"} if isinstance(value, dict) else set()
        if extra:
            raise Misfit(*[f"opaque stands alone; leave out {', '.join(sorted(extra))}"] * 2)
        xml: Any = value.get("opaque") if isinstance(value, dict) else value
        try:
            return Opaque(canonical_text(xml))
        except ValueError as error:
            raise _within(
                Opaque, "opaque", str, Misfit(str(error), "the secret value is not well-formed XML")
            ) from None

    def _list(self, value: Any, kind: Any, item: Callable[[Any, Any], Any] | None = None) -> Any:
        if not isinstance(value, list):
            raise _misfit(value, "a list")
        found = self._each(enumerate(value), item or self.structure, kind)
        return tuple(found.values()) if get_origin(kind) is tuple else list(found.values())

    def _dict(
        self, value: Any, kind: Any, item: Callable[[Any, Any], Any] | None = None, row: Row | None = None
    ) -> Any:
        if not isinstance(value, dict):
            raise _misfit(value, "a mapping")
        for key in value:
            if row and (fault := next(faulty_key(row, key), None)):
                raise Misfit(fault, fault)
        return self._each(value.items(), item or self.structure, kind)

    def _each(self, items: Iterable[tuple[Any, Any]], item: Callable[[Any, Any], Any], kind: Any) -> dict[Any, Any]:
        """Every item on its own, so that all faults are told; `kind` is the type of the whole."""
        # of a dict the last is the value's; of a tuple of any length it is `...`
        inner = ([kind for kind in get_args(kind) if kind is not Ellipsis] or [Any])[-1]
        found, faults = {}, []
        for key, value in items:
            try:
                found[key] = item(value, inner)
            except Exception as error:
                error.add_note(IterableValidationNote(f"at {key}", key, kind))
                faults.append(error)
        if faults:
            raise IterableValidationError("", faults, kind)
        return found


def _typed(types: Annotations, name: str, hook: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    kind = cache(lambda: types[name])
    return lambda value, _: hook(value, kind())


def _made_of(origins: tuple[Any, ...]) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) in origins


def _within(cls: type, name: str, kind: type, error: Exception) -> ClassValidationError:
    error.add_note(AttributeValidationNote(f"at {name}", name, kind))
    return ClassValidationError("", [error], cls)


def _exactly(kind: type, expected: str) -> Callable[[Any, Any], Any]:
    def hook(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise _misfit(value, expected, _requoted(value, kind))
        return value

    return hook


def _requoted(value: Any, kind: type) -> str:
    """What makes a value of a file one of this kind, where it is only about quotes."""
    if kind is str and type(value) in (bool, int, float):
        return "; quote it"
    words = {int: r"[-+]?[0-9]+", bool: "true|false"}
    return "; remove the quotes" if type(value) is str and re.fullmatch(words.get(kind, "(?!)"), value) else ""


def _float(value: Any, _: Any) -> float:
    if type(value) not in (int, float):
        raise _misfit(value, "a number")
    return float(value)


def _base64(value: Any, _: Any) -> bytes:
    if type(value) is bytes:
        return value
    try:
        return base64.b64decode(re.sub(r"\s", "", value), validate=True)
    except (TypeError, binascii.Error, ValueError):
        raise _misfit(value, "base64 text") from None


def _literal(value: Any, kind: Any) -> Any:
    words = get_args(kind)
    if not any(value == word and type(value) is type(word) for word in words):
        hint = did_you_mean(value, [word for word in words if isinstance(word, str)]) if isinstance(value, str) else ""
        raise _misfit(value, "one of " + ", ".join(map(str, words)), hint)
    return value
