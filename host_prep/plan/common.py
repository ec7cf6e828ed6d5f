"""What the families of effects share."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from host_prep.effect import Effect, Entity
from host_prep.facts import Facts
from host_prep.request import Request
from xform.dialect import Dialect

Step = tuple[Entity, Sequence[Effect]]
"""A VM as completed, and what has to be done to the host for it."""


@frozen(kw_only=True)
class Setting:
    """What a VM is planned on."""

    dialect: Dialect
    facts: Facts
    request: Request
