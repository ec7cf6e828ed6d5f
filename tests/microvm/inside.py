"""A plugin of pytest for inside a micro-VM: each report goes out through a serial port, a line each."""

from __future__ import annotations

import json
import os

import pytest

PORT = os.environ.get("XFORM_MICROVM")
"""The serial port; None outside."""


class Sender:
    """Sends the reports of one run."""

    def __init__(self, config: pytest.Config, port: str) -> None:
        self.config, self.port = config, port

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        with open(self.port, "w") as port:  # closed, it is sent
            port.write(f"{json.dumps(data)}\n")


def pytest_configure(config: pytest.Config) -> None:
    if PORT:
        config.pluginmanager.register(Sender(config, PORT))
