"""Settings: what a file may say, and what it is told otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from host_prep.config import Config, read_config
from xform.errors import EntityError


def settings(text: str, folder: Path) -> Path:
    file = folder / "settings.yaml"
    file.write_text(text)
    return file


def test_folders_stand_below_the_root_unless_they_are_absolute(ovirt: Any, tmp_path: Path) -> None:
    config = read_config(ovirt, settings("root: /moved\nsys: /sys\nstate: journal\n", tmp_path))
    assert (config.payloads, config.sys, config.state) == (
        Path("/moved/run/host-prep/payload"),
        Path("/sys"),
        Path("/moved/journal"),
    )


def test_without_a_file_the_settings_are_those_that_ship(ovirt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host_prep.config.FILE", Path("/nowhere/settings.yaml"))
    assert read_config(ovirt) == Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rot: /x\n", r":1:1: rot: unknown field of Config \(did you mean 'root'\?\)"),
        ("\nseconds: soon\n", ":2:10: seconds: 'soon' is not a number"),
        ("lvm_devices: /dev/sda\n", ":1:14: lvm_devices: '/dev/sda' is not a list"),
        ("dynamic_hugepages: yes\n", ":1:20: dynamic_hugepages: 'yes' is not true or false"),
        ("[]\n", ":1:1: .* expected the fields of the configuration"),
    ],
)
def test_a_setting_that_is_none_is_told_with_its_place(ovirt: Any, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(EntityError, match=said):
        read_config(ovirt, settings(text, tmp_path))


def test_a_file_that_is_named_has_to_be_there(ovirt: Any, tmp_path: Path) -> None:
    with pytest.raises(EntityError, match=r"nowhere\.yaml: No such file or directory; expected a YAML or JSON file"):
        read_config(ovirt, tmp_path / "nowhere.yaml")
