"""Payloads' images are mounted by the kernel's own iso9660 and vfat, and have what they were made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from host_prep.effect import Work
from host_prep.effects.payload import PayloadImage
from host_prep.media import Content
from host_prep.system import Host
from tests.microvm.machine import Machine

MACHINE = Machine(
    modules=("loop", "isofs", "vfat", "nls_ascii", "nls_cp437", "nls_iso8859-1", "nls_utf8"),
    commands=("mcopy", "mkfs.msdos", "mmd"),
    # mtools have names in DOS's code page
    files=("/usr/lib/x86_64-linux-gnu/gconv/gconv-modules.cache", "/usr/lib/x86_64-linux-gnu/gconv/IBM850.so"),
)

LONG = "of_the_instance_with_a_name_of_more_than_sixty_four_characters_in_all.json"
FILES = {
    "openstack/latest/user_data": b"#cloud-config\nhostname: web\n",
    "openstack/latest/meta_data.json": bytes(range(256)) * 40,  # of more than one block
    "openstack/content/0000": b"",
    "openstack/content/0001": b"\r\n\x00\xff",
    f"openstack/{LONG}": b"{}",
}
UMLAUTS = {"Größe.txt": "größer\n".encode()}  # of a CD-ROM only: no two guests agree about them on a floppy


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images")


@pytest.fixture
def cdrom(work: Work, folder: Path) -> Path:
    return made(work, folder / "cdrom", Content("config-2", FILES | UMLAUTS), floppy=False)


@pytest.fixture
def floppy(work: Work, folder: Path) -> Path:
    return made(work, folder / "floppy", Content("CONFIG-2", FILES), floppy=True)


def made(work: Work, path: Path, content: Content, *, floppy: bool) -> Path:
    image = PayloadImage(path=path, floppy=floppy, digest=content.digest, content=content)
    image.apply(work, image.look(work))
    return path


@contextmanager
def mounted(host: Host, image: Path, kind: str, options: str = "") -> Iterator[Path]:
    place = image.with_suffix(".mounted")
    host.make_folder(place)
    host.run("mount", "-t", kind, "-o", f"loop,ro{options}", image, place)
    try:
        yield place
    finally:
        host.run("umount", place)


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def label(host: Host, image: Path) -> str:
    return host.run("blkid", "-o", "value", "-s", "LABEL", image).decode().strip()


def test_a_cdrom_has_its_files_whole_in_rock_ridge_for_their_owner_and_group(host: Host, cdrom: Path) -> None:
    with mounted(host, cdrom, "iso9660", ",nojoliet,iocharset=utf8") as place:
        assert content(place) == FILES | UMLAUTS
        assert {file.stat().st_mode & 0o777 for file in place.rglob("*") if file.is_file()} == {0o640}


def test_L230_a_cdrom_has_them_in_joliet_with_names_of_at_most_64_characters(host: Host, cdrom: Path) -> None:
    with mounted(host, cdrom, "iso9660", ",norock,iocharset=utf8") as place:
        assert content(place) == {path.replace(LONG, LONG[:64]): data for path, data in (FILES | UMLAUTS).items()}


def test_a_cdrom_has_them_for_who_knows_only_iso_9660(host: Host, cdrom: Path) -> None:
    with mounted(host, cdrom, "iso9660", ",norock,nojoliet") as place:
        found = content(place)
        assert sorted(found.values()) == sorted((FILES | UMLAUTS).values())
        assert found["openstac/latest/user_dat"] == FILES["openstack/latest/user_data"]


def test_a_cdrom_is_read_without_any_option(host: Host, cdrom: Path) -> None:
    with mounted(host, cdrom, "iso9660") as place:
        assert content(place) == FILES | UMLAUTS


def test_a_floppy_has_its_files(host: Host, floppy: Path) -> None:
    with mounted(host, floppy, "vfat") as place:
        assert content(place) == FILES


def test_media_are_found_by_their_labels(host: Host, cdrom: Path, floppy: Path) -> None:
    assert label(host, cdrom) == "config-2"
    assert label(host, floppy) == "CONFIG-2"


def test_the_answers_of_sysprep_are_on_a_floppy(work: Work, host: Host, folder: Path) -> None:
    files = {"Unattend.xml": b"<unattend/>\r\n"}
    with mounted(host, made(work, folder / "answers", Content(None, files), floppy=True), "vfat") as place:
        assert content(place) == files
