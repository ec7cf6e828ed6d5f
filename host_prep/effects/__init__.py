"""The effects, one subject a file; and their way into the journal and back."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

import attrs
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from host_prep.effect import Effect


def dump_effect(effect: Effect) -> dict[str, Any]:
    """Its fields as plain data, without the secret ones."""
    dumped: dict[str, Any] = _converter().unstructure(effect)
    return dumped


def load_effect(kind: str, value: dict[str, Any]) -> Effect:
    """The same effect; its secret fields are as if nobody had given them."""
    return _converter().structure(value, kinds()[kind])


@cache
def kinds() -> dict[str, type[Effect]]:
    """All effects by their names, from all modules beside this."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return {kind.__name__: kind for kind in _below(Effect)}


def _below(kind: type[Effect]) -> list[type[Effect]]:
    return [one for below in kind.__subclasses__() for one in (below, *_below(below))]


@cache
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, lambda value, _: Path(value))

    def hidden(kind: type) -> dict[str, Any]:
        return {a.name: override(omit=True) for a in attrs.fields(kind) if a.metadata.get("secret")}

    is_effect = lambda kind: isinstance(kind, type) and issubclass(kind, Effect)  # noqa: E731
    converter.register_unstructure_hook_factory(
        is_effect, lambda kind: make_dict_unstructure_fn(kind, converter, **hidden(kind))
    )
    converter.register_structure_hook_factory(
        is_effect, lambda kind: make_dict_structure_fn(kind, converter, **hidden(kind))
    )
    return converter
