"""Media that the host makes of files for a guest's first boot.  Pure."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from attrs import field, frozen

from host_prep import tree
from xform.errors import HostError

FLOPPY = 1440  # KiB
_CLUSTERS = 2847  # of 512 bytes, for the files of such a floppy
_LABELS = {False: 32, True: 11}  # characters, by whether it is a floppy
_NOT_IN_LABEL = '"*+,./:;<=>?[\\]|'  # of FAT
# Names that every guest reads as they are meant: letters beyond ASCII go by the guest's code page, those of devices
# are no files, and ~ stands in the short names that FAT makes of long ones.
_NOT_IN_NAME = '"*:<>?|~'
_DEVICE = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9])(\..*)?", re.IGNORECASE)

_MOVED = "rr_moved"  # where Rock Ridge has folders that ISO 9660 has no depth for

# The same files are the same bytes: an image has the date of its format, not that of its making.
DATE = 1_577_836_800  # seconds since 1970
_DATE = bytes((120, 1, 1, 0, 0, 0, 0))  # the same: years since 1900, ..., quarters of an hour from GMT (ECMA-119 9.1.5)
_DATE_TEXT = b"2020010100000000\0"  # the same (8.4.26.1)


@frozen
class Content:
    """What a medium has: its label, and its files by path.  All of it is secret, but for the paths."""

    label: str | None = field(default=None, repr=False)
    files: dict[str, bytes] = field(factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of label and files, in any order.

        >>> Content(None, {"a": b"1", "b": b"2"}).digest == Content(None, {"b": b"2", "a": b"1"}).digest
        True
        """
        files = sorted((path, hashlib.sha256(data).hexdigest()) for path, data in self.files.items())
        return hashlib.sha256(json.dumps([self.label, files]).encode()).hexdigest()


def fault(content: Content, *, floppy: bool) -> str | None:
    """Why no such medium can have this; None if it can."""
    label, paths = content.label or "", list(content.files)
    if not (label.isascii() and label.isprintable() and len(label) <= _LABELS[floppy]):
        return f"its label cannot be written; expected at most {_LABELS[floppy]} printable ASCII characters"
    if wrong := tree.fault(paths):
        return f"its file {wrong}"
    if floppy:
        return _not_on_floppy(content)
    if any(path.split("/")[0] == _MOVED for path in paths):
        return f"its file cannot be in {_MOVED!r}, which is Rock Ridge's own; rename it"
    return None


def _not_on_floppy(content: Content) -> str | None:
    if not set(content.label or "").isdisjoint(_NOT_IN_LABEL):
        return f"its label cannot be written; expected none of {_NOT_IN_LABEL}"
    for path in content.files:
        if not all(map(_is_fat, path.split("/"))):
            return f"its file {path!r} has no name that every guest finds on a floppy; rename it, or use a CD-ROM"
    if wrong := tree.fault([path.casefold() for path in content.files]):
        return f"its file {wrong}, for FAT knows no upper and lower case"
    taken = sum(-(-len(data) // 512) for data in content.files.values()) + len(tree.folders_of(content.files))
    if taken > _CLUSTERS:
        return f"its files take {-(-taken // 2)} KiB; expected at most {_CLUSTERS // 2} KiB, or a CD-ROM"
    return None


def _is_fat(name: str) -> bool:
    refused = not name.isascii() or name[-1] in " ." or _DEVICE.fullmatch(name)
    return not refused and set(name).isdisjoint(_NOT_IN_NAME)


def cdrom(content: Content) -> bytes:
    """An image: ISO 9660 with Joliet, and with Rock Ridge, where files have mode 0640.  The same content, same bytes.

    Names are whole in Rock Ridge, of up to 64 characters in Joliet, and of 8 + 3 for who knows neither.  Raises
    HostError where pycdlib is not installed.
    """
    try:
        import pycdlib
    except ImportError:
        raise HostError(
            "a payload's CD-ROM needs pycdlib; install it with: pip install 'libvirt-xform[host]'"
        ) from None

    label = content.label or ""
    image: Any = pycdlib.PyCdlib()
    image.new(interchange_level=1, vol_ident=label[:16], joliet=3, rock_ridge="1.09")
    image.pvd.volume_identifier = label.ljust(32).encode()  # Joliet has room for half of it
    # by path: what it is called in ISO 9660 and in Joliet; by folder: what is taken there
    short, joliet = {"": ""}, {"": ""}
    taken: dict[str, tuple[set[str], set[str]]] = {"": ({_MOVED.upper()}, set())}
    folders = tree.folders_of(content.files)
    for path in [*folders, *sorted(content.files)]:
        above, _, name = path.rpartition("/")
        in_short, in_joliet = taken.setdefault(above, (set(), set()))
        is_file = path in content.files
        short[path] = f"{short[above]}/{_short(name, in_short, is_file)}"
        joliet[path] = f"{joliet[above]}/{_joliet(name, in_joliet)}"
        names: Any = {"iso_path": short[path], "rr_name": name, "joliet_path": joliet[path]}
        if is_file:
            data = content.files[path]
            image.add_fp(io.BytesIO(data), len(data), file_mode=0o100640, **names)
        else:
            image.add_directory(file_mode=0o040755, **names)
    date = pycdlib.dates.DirectoryRecordDate()
    date.parse(_DATE)
    for descriptor in (image.pvd, image.joliet_vd):
        for record in _records(descriptor.root_directory_record()):
            _date(record, date)
    written = io.BytesIO()
    image.write_fp(written)
    image.close()
    return _dated(bytearray(written.getbuffer()))


def _short(name: str, taken: set[str], is_file: bool) -> str:
    """A name of ISO 9660, like the one that is meant."""
    plain = re.sub("[^A-Z0-9_.]", "_", name.upper())
    stem, _, suffix = plain.rpartition(".")
    if not is_file or not stem:  # no suffix
        return _free(plain.replace(".", "_"), 8, ".;1" if is_file else "", taken)
    return _free(stem.replace(".", "_"), 8, f".{suffix[:3]};1", taken)


def _joliet(name: str, taken: set[str]) -> str:
    """A name of Joliet, which has fewer characters, and of some kinds."""
    said = "".join("_" if c in "*:;?" else c for c in name)
    return _free(said, 64, "", taken)


def _free(stem: str, longest: int, end: str, taken: set[str]) -> str:
    """The name that is not taken, cut and numbered as it needs."""
    number = 0
    while True:
        mark = str(number) if number else ""
        name = _cut(stem, longest - len(mark)) + mark + end
        if name not in taken:
            taken.add(name)
            return name
        number += 1


def _cut(text: str, longest: int) -> str:
    """So many bytes of UTF-8, which are at least as many as there are characters of UTF-16."""
    return text.encode()[:longest].decode(errors="ignore")


def _records(folder: Any) -> Iterator[Any]:
    """Of a folder and of all that is below it."""
    yield folder
    for record in folder.children:
        if record.isdir and not record.is_dot() and not record.is_dotdot():
            yield from _records(record)
        else:
            yield record


def _date(record: Any, date: Any) -> None:
    record.date = date
    if record.rock_ridge is not None:
        for entries in (record.rock_ridge.dr_entries, record.rock_ridge.ce_entries):
            if entries is not None and entries.tf_record is not None:
                for name in ("access_time", "modification_time", "attribute_change_time"):
                    setattr(entries.tf_record, name, date)


def _dated(image: bytearray) -> bytes:
    """With the dates of its volume descriptors, which pycdlib takes from the clock (ECMA-119 8.4.26 to 8.4.29)."""
    sector = 16 * 2048
    while image[sector] != 255:  # the last descriptor
        if image[sector] in (1, 2):
            for place in (813, 830, 864):  # made, changed, in effect
                image[sector + place : sector + place + 17] = _DATE_TEXT
        sector += 2048
    return bytes(image)
