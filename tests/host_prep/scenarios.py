"""VMs and hosts that are killed, and that things are refused to."""

from __future__ import annotations

from host_prep.config import Config
from tests.host_prep.conftest import domain
from tests.host_prep.crash import Scenario
from tests.host_prep.fake import FakeLibvirt


def _nothing(config: Config, libvirt: FakeLibvirt) -> None:
    pass


BARE = Scenario("bare", _nothing, lambda config: domain())

SCENARIOS = (BARE,)
