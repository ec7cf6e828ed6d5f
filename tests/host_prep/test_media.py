"""Media are made of files: whole, the same every time, and only of what they can have."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pycdlib
import pytest

from host_prep import media
from host_prep.media import Content
from xform.errors import HostError

DEEP = "/".join(f"level{n}" for n in range(20)) + "/deep"

FILES = {
    "openstack/latest/user_data": b"#cloud-config\n" * 500,
    "openstack/latest/meta_data.json": b"{}",
    "empty": b"",
    ".hidden": b"h",
    "Ünïcödé 名前.txt": b"u",
    "x" * 200 + ".conf": b"long",
    "x" * 200 + ".conf2": b"longer",
    "user_data_1.txt": b"1",  # the three are USER_DAT.TXT in 8 + 3
    "user_data_2.txt": b"2",
    "USER_DATA_2.txt": b"3",
    "a:b*c?": b"no Joliet",
    DEEP: b"deep",
    **{f"many/{n}.conf": b"%d" % n for n in range(300)},
}


def opened(image: bytes) -> Any:
    iso = pycdlib.PyCdlib()
    iso.open_fp(io.BytesIO(image))
    return iso


def content(iso: Any, kind: str) -> dict[str, bytes]:
    """By path, as one of the three namings tells it."""

    def read(path: str) -> bytes:
        out = io.BytesIO()
        iso.get_file_from_iso_fp(out, **{kind: path})
        return out.getvalue()

    found = [f"{folder.rstrip('/')}/{name}" for folder, _, names in iso.walk(**{kind: "/"}) for name in names]
    return {path.removeprefix("/"): read(path) for path in found}


def test_each_file_is_whole_under_its_own_name_in_rock_ridge() -> None:
    assert content(opened(media.cdrom(Content("config-2", FILES))), "rr_path") == FILES


@pytest.mark.parametrize("kind", ["joliet_path", "iso_path"])
def test_each_file_has_a_name_of_its_own_where_names_are_shorter(kind: str) -> None:
    files = {path: data for path, data in FILES.items() if path != DEEP}  # ISO 9660 itself is not so deep
    found = content(opened(media.cdrom(Content("config-2", files))), kind)
    assert sorted(found.values()) == sorted(files.values())


def test_names_that_joliet_can_have_are_in_it() -> None:
    found = content(opened(media.cdrom(Content("config-2", FILES))), "joliet_path")
    longer = {path for path in FILES if len(path) > 200 or ":" in path}
    assert {path for path in FILES if path not in longer} < set(found)


def test_files_are_0640() -> None:
    record = opened(media.cdrom(Content(None, {"a/b": b""}))).get_record(rr_path="/a/b")
    assert record.rock_ridge.get_file_mode() == 0o100640


def test_the_same_content_is_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = media.cdrom(Content("config-2", FILES))
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert media.cdrom(Content("config-2", dict(reversed(FILES.items())))) == first


@pytest.mark.parametrize("label", ["config-2", "CIDATA", "a label of thirty-two characters"])
def test_the_label_is_what_a_guest_finds(label: str, tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(media.cdrom(Content(label, {"a": b""})))
    told = subprocess.run(["blkid", "-p", "-o", "value", "-s", "LABEL", image], capture_output=True, check=True)
    assert told.stdout.decode().strip() == label


def test_a_medium_without_label_and_files_is_one() -> None:
    assert content(opened(media.cdrom(Content())), "rr_path") == {}


def test_pycdlib_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycdlib", None)
    with pytest.raises(HostError, match=r"pip install 'libvirt-xform\[host\]'"):
        media.cdrom(Content())


@pytest.mark.parametrize(
    "path",
    ["../x", "/abs", "a//b", "a/./b", "a/../../b", ".", "..", "", "a/", "a\\b", "a\0b", "a\nb", "\x85", "\ud800"],
)
@pytest.mark.parametrize("floppy", [False, True])
def test_L218_a_file_that_would_leave_the_medium_is_refused(path: str, floppy: bool) -> None:
    told = media.fault(Content(None, {path: b"secret"}), floppy=floppy)
    assert told
    assert told.startswith(f"its file {path!r} ")
    assert "secret" not in told


@pytest.mark.parametrize("path", ["...", "..a", "a b", "-rf", "ü", "a" * 255])
def test_odd_names_are_names(path: str) -> None:
    assert media.fault(Content(None, {path: b""}), floppy=False) is None


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (["a", "a/b"], "'a' is a file and a folder"),
        (["x" * 256], "at most 255 bytes"),
        (["rr_moved/a"], "'rr_moved', which is Rock Ridge's own"),
    ],
)
def test_files_that_no_cdrom_can_have_are_refused(files: list[str], told: str) -> None:
    assert told in str(media.fault(Content(None, dict.fromkeys(files, b"")), floppy=False))


@pytest.mark.parametrize("path", ["a?", "a:b", "con", "d/Aux.txt", "LONGLO~1.TXT", "a.", "a ", "ü"])
def test_a_name_that_is_none_on_every_floppy_is_refused(path: str) -> None:
    assert f"{path!r} has no name that every guest" in str(media.fault(Content(None, {path: b""}), floppy=True))
    assert media.fault(Content(None, {path: b""}), floppy=False) is None


@pytest.mark.parametrize("files", [["A", "a"], ["A/x", "a"]])
def test_names_that_differ_in_their_case_alone_are_refused_on_a_floppy(files: list[str]) -> None:
    assert "no upper and lower case" in str(media.fault(Content(None, dict.fromkeys(files, b"")), floppy=True))


def test_what_a_floppy_has_no_room_for_is_refused() -> None:
    fits = {"a": bytes(2847 * 512)}
    assert media.fault(Content(None, fits), floppy=True) is None
    assert "expected at most 1423 KiB" in str(media.fault(Content(None, {**fits, "b": b"1"}), floppy=True))
    assert media.fault(Content(None, {**fits, "b": b"1"}), floppy=False) is None


@pytest.mark.parametrize(
    ("label", "floppy"), [("x" * 33, False), ("x" * 12, True), ("ü", False), ("a\nb", False), ("a/b", True)]
)
def test_a_label_that_cannot_be_written_is_refused(label: str, floppy: bool) -> None:
    assert "its label cannot be written" in str(media.fault(Content(label, {}), floppy=floppy))


@pytest.mark.parametrize(
    "change",
    [
        lambda label, files: ("cidata", files),
        lambda label, files: (None, files),
        lambda label, files: (label, {**files, "a": b"2"}),
        lambda label, files: (label, {"b": files["a"]}),
        lambda label, files: (label, {**files, "b": b""}),
    ],
)
def test_a_digest_is_of_label_and_files(change: Callable[[str, dict[str, bytes]], Any]) -> None:
    label, files = "config-2", {"a": b"1"}
    assert Content(label, files).digest == Content(label, dict(files)).digest
    assert Content(*change(label, files)).digest != Content(label, files).digest
