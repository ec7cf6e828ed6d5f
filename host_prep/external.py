"""What a manager keeps of a VM's firmware and TPM, as it is sent: text, and what is in it.  Pure.

All errors are HostErrors that name `what` was read, and none of its content.
"""

from __future__ import annotations

import base64
import bz2
import io
import lzma
import re
import tarfile

from host_prep import tree
from xform.errors import HostError

LIMIT = 128 << 20  # bytes; flash of the largest machine has 64 MiB
FILES = 1000
_MEMORY = 256 << 20  # bytes that unpacking may take


def decoded(text: str, what: str) -> bytes:
    """Base64, in lines or not; after ``=0=`` it is that of what bzip2 packed.

    >>> decoded("YWJj", "the data")
    b'abc'
    """
    form, packed = re.fullmatch("(?:=(.)=)?(.*)", re.sub(r"[\r\n]", "", text), re.DOTALL).groups()  # type: ignore[union-attr]
    if form not in (None, "0"):
        raise HostError(f"{what} is of the unknown form ={form}=; expected base64, or =0= and base64")
    try:
        content = base64.b64decode(packed, validate=True)
    except ValueError:
        raise HostError(f"{what} is no base64; expected it as the host gave it to the manager") from None
    if form == "0":
        content = _unpacked(bz2.BZ2Decompressor(), content, what)
    if not content:
        raise HostError(f"{what} is empty; leave it out where there is none")
    return content


def archived(text: str, what: str) -> dict[str, bytes]:
    """The files, by path, of a tar.xz as `decoded` reads it.  There is nothing in it but regular files and folders."""
    data = _unpacked(lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY), decoded(text, what), what)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            files, folders = _members(archive, what)
            rest = data[archive.offset :]
    except (tarfile.TarError, OSError, ValueError, OverflowError, RecursionError):
        raise HostError(f"{what} is no sound tar archive") from None
    if rest.strip(b"\0"):
        raise HostError(f"{what} is no sound tar archive: what follows its files is none")
    if wrong := tree.fault([path for path, _ in files], folders):
        raise HostError(f"{what}: its file {wrong}")
    if not files:
        raise HostError(f"{what} has no files; leave it out where there are none")
    return dict(files)


def _members(archive: tarfile.TarFile, what: str) -> tuple[list[tuple[str, bytes]], list[str]]:
    """Files with their content, and folders, as they are named."""
    files: list[tuple[str, bytes]] = []
    folders: list[str] = []
    size = 0
    for member in archive:
        path = member.name.removeprefix("./")
        if len(files) + len(folders) > FILES:
            raise HostError(f"{what} has more than {FILES} files; that is none of a TPM's states")
        if member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse():
            size += member.size
            if member.size < 0 or size > LIMIT:  # files of an archive may lie over each other
                raise HostError(f"{what} is no sound tar archive: its files are larger than it is")
            content = archive.extractfile(member)
            files.append((path, content.read() if content else b""))
        elif not member.isdir():
            raise HostError(f"{what}: {path!r} is neither a regular file nor a folder; expected no links and devices")
        elif path != ".":  # the folder that was packed
            folders.append(path)
    return files, folders


def _unpacked(unpacker: bz2.BZ2Decompressor | lzma.LZMADecompressor, packed: bytes, what: str) -> bytes:
    """Stops at the limit, whatever else there would be."""
    try:
        content = unpacker.decompress(packed, LIMIT + 1)
    except (OSError, ValueError, EOFError, lzma.LZMAError):
        raise HostError(f"{what} is damaged, or was not packed as it says") from None
    if len(content) > LIMIT:
        raise HostError(f"{what} has more than {LIMIT >> 20} MiB when it is unpacked")
    if not unpacker.eof or unpacker.unused_data:
        raise HostError(f"{what} is damaged: it has no end, or more behind it")
    return content
