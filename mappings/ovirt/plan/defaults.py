"""What the host is told of a VM where nobody said it."""

from __future__ import annotations

from .context import Entity, Setting, complete


def plan(vm: Entity, setting: Setting) -> Entity:
    """The manager's defaults."""
    return complete(
        vm,
        cluster_version=setting.compatibility,
        launch_paused=False,
        resume_behavior="auto_resume",
        ballooning_enabled=True,
        qos=setting.dialect.Qos(),
    )
