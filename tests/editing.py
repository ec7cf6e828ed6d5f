"""Documents, and edits of what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xform

ID = "00000000-0000-4000-8000-000000000001"
DISKS = """  <devices>
    <!-- the first -->
    <disk type="file" device='disk'>
      <source file='/a'/><!-- of a -->
      <target dev='vda' bus='virtio'/>
      <unknown/>
    </disk>
    <disk type='file'>
      <source file='/b'/>
      <target dev='vdb'/>
    </disk>
  </devices>
"""

Edit = Callable[[Any], object]


def edited(dialect: xform.Dialect, xml: str, edit: Edit, **options: Any) -> str:
    """A document after its entity was edited; what it says then is what the entity says."""
    entity = dialect.parse(xml)
    edit(entity)
    return dialect.update(xml, entity, **options)


def guest(inside: str) -> str:
    return f"<domain type='kvm'>\n  <name>x</name>\n  <uuid>{ID}</uuid>\n{inside}</domain>\n"


def setting(path: str, value: Any) -> Edit:
    """An edit that sets ``a[0].b`` of the root."""

    def edit(entity: Any) -> None:
        *owners, last = path.replace("[", ".").replace("]", "").split(".")
        for name in owners:
            entity = entity[int(name)] if name.isdigit() else getattr(entity, name)
        setattr(entity, last, value)

    return edit
