"""What comes from a manager as text is decoded whole, or refused with nothing written."""

from __future__ import annotations

import base64
import bz2
import io
import lzma
import subprocess
import tarfile
from pathlib import Path

import pytest

from host_prep import external
from xform.errors import HostError


def text(data: bytes) -> str:
    return base64.encodebytes(data).decode()


def member(
    name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"", target: str = ""
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, len(data), target
    return info, data


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> str:
    return text(lzma.compress(packed(*members)))


@pytest.mark.parametrize(
    "said", ["aHVudGVyMg==", "aHVu\ndGVy\r\nMg==\n", "=0=" + base64.b64encode(bz2.compress(b"hunter2")).decode()]
)
def test_data_are_base64_in_lines_or_not_packed_or_not(said: str) -> None:
    assert external.decoded(said, "it") == b"hunter2"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("aHVudGVyMg", "is no base64"),
        ("hunter2!", "is no base64"),
        ("aHVu dGVy", "is no base64"),
        ("aHVüdGVy", "is no base64"),
        ("=1=aHVudGVyMg==", "of the unknown form =1="),
        ("=0=aHVudGVyMg==", "is damaged, or was not packed"),
        ("=0=" + base64.b64encode(bz2.compress(b"hunter2")[:-4]).decode(), "has no end"),
        ("=0=" + base64.b64encode(bz2.compress(b"hunter2") + b"x").decode(), "or more behind it"),
        ("", "is empty"),
        ("=0=", "has no end"),
    ],
)
def test_data_that_are_damaged_are_told_without_them(said: str, told: str) -> None:
    with pytest.raises(HostError, match=rf"^the data [^\n]*{told}[^\n]*$") as error:
        external.decoded(said, "the data")
    assert "hunter2" not in str(error.value)
    assert "aHV" not in str(error.value)


def test_data_unpack_to_so_much_and_no_more() -> None:
    bomb = "=0=" + base64.b64encode(bz2.compress(bytes(external.LIMIT + 1))).decode()
    with pytest.raises(HostError, match="has more than 128 MiB when it is unpacked"):
        external.decoded(bomb, "it")
    with pytest.raises(HostError, match="has more than 128 MiB when it is unpacked"):
        external.archived(text(lzma.compress(bytes(external.LIMIT + 1), preset=0)), "it")


def test_an_archive_of_tars_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "tpm2").mkdir()
    (tmp_path / "tpm2" / "tpm2-00.permall").write_bytes(b"state")
    (tmp_path / ".lock").write_bytes(b"")
    command = ["tar", "--create", "--xz", "--sort=name", f"--directory={tmp_path}", "."]
    said = subprocess.run(command, capture_output=True, check=True).stdout
    assert external.archived(text(said), "it") == {".lock": b"", "tpm2/tpm2-00.permall": b"state"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE], ids=["symbolic", "hard"])
@pytest.mark.parametrize("target", ["/etc/passwd", "../..", "file", "nowhere"])
def test_L224_a_link_is_refused_wherever_it_leads(kind: bytes, target: str) -> None:
    with pytest.raises(HostError, match="'a' is neither a regular file nor a folder; expected no links"):
        external.archived(archive(member("file"), member("a", kind, target=target)), "it")


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.GNUTYPE_SPARSE, b"Z"])
def test_what_is_no_regular_file_is_refused(kind: bytes) -> None:
    with pytest.raises(HostError, match="'a' is neither a regular file nor a folder"):
        external.archived(archive(member("a", kind)), "it")


def test_a_file_with_holes_is_refused_for_it_may_be_of_any_size() -> None:
    info, data = member("a", data=b"1\n0\n1\n" + bytes(506))
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 50)}
    with pytest.raises(HostError, match="'a' is neither a regular file nor a folder"):
        external.archived(archive((info, data)), "it")


def test_files_that_lie_over_each_other_are_no_way_around_the_limit() -> None:
    size, members = external.LIMIT // 4, []
    for number in range(5):
        info, data = member(str(number))
        info.pax_headers = {"GNU.sparse.realsize": str(size)}
        members.append((info, data))
    with pytest.raises(HostError, match="its files are larger than it is"):
        external.archived(text(lzma.compress(packed(*members, member("all", data=bytes(size))), preset=0)), "it")


@pytest.mark.parametrize("path", ["/etc/cron.d/a", "../a", "a/../../b", "a//b", "./../a", "a/./b", "a\\b", "a\nb"])
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE], ids=["file", "folder"])
def test_a_path_that_leads_elsewhere_is_refused(path: str, kind: bytes) -> None:
    with pytest.raises(HostError, match=r"leads elsewhere|has a backslash or a character that cannot be written"):
        external.archived(archive(member("good"), member(path, kind)), "it")


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ([member("a"), member("./a")], "'a' stands twice"),
        ([member("a"), member("a", tarfile.DIRTYPE)], "'a' stands twice"),
        ([member("a"), member("a/b")], "'a' is a file and a folder"),
        ([member("./", tarfile.DIRTYPE)], "has no files"),
        ([], "has no files"),
        ([member(str(number)) for number in range(external.FILES + 2)], "has more than 1000 files"),
    ],
)
def test_an_archive_that_is_none_of_a_tpm_is_refused(members: list[tuple[tarfile.TarInfo, bytes]], told: str) -> None:
    with pytest.raises(HostError, match=rf"^it[^\n]*{told}"):
        external.archived(archive(*members), "it")


@pytest.mark.parametrize(
    "damaged",
    [
        lambda tar: b"no archive" * 100,
        lambda tar: tar[:700],
        lambda tar: tar[:1024] + b"x" * 512 + tar[1536:],
        lambda tar: tar[:1024] + tar[1024:2048].replace(b"b", b"c", 1) + tar[2048:],
    ],
)
def test_an_archive_that_is_damaged_is_refused(damaged: object) -> None:
    tar = packed(member("a", data=b"x" * 500), member("b", data=b"y" * 500))
    assert callable(damaged)
    with pytest.raises(HostError, match="is no sound tar archive"):
        external.archived(text(lzma.compress(damaged(tar))), "it")


def test_an_archive_that_is_not_packed_by_xz_is_refused() -> None:
    for data in (packed(member("a")), bz2.compress(packed(member("a"))), lzma.compress(packed(member("a")))[:-5]):
        with pytest.raises(HostError, match="it is damaged"):
            external.archived(text(data), "it")
