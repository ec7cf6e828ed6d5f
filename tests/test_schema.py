"""RELAX NG: which documents are valid, and what is said of those that are not."""

from pathlib import Path

import pytest

from xform.errors import HostError, XformError
from xform.schema import Schema, find_schemas


def test_a_given_folder_without_the_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(XformError, match=r"no domain\.rng there; expected a folder with libvirt's RELAX NG files"):
        find_schemas(tmp_path)


def test_a_given_folder_is_used(tmp_path: Path) -> None:
    (tmp_path / "domain.rng").touch()
    assert find_schemas(tmp_path) == tmp_path


def test_a_broken_schema_is_named(tmp_path: Path) -> None:
    (tmp_path / "domain.rng").write_text("<grammar")
    with pytest.raises(XformError, match=r"domain\.rng: .*; expected a RELAX NG schema$"):
        Schema(tmp_path)


def test_without_libvirts_schemas_the_message_names_package_and_option() -> None:
    with pytest.raises(HostError, match=r"Debian package libvirt0.*--schemas"):
        find_schemas(None, "absent.rng")
