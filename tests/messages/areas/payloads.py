"""Media, firmware and TPMs that a host makes."""

from __future__ import annotations

import base64
import bz2
import io
import lzma
import tarfile

from tests.messages.case import Area
from tests.messages.hosts import CDROM, FILE, OTHER, SETTINGS, payload, refused
from tests.messages.spoilt import without

FLOPPY = CDROM.replace("cdrom", "floppy").replace("sata", "fdc").replace("sdc", "fda")
TPM = "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>"


def packed(data: bytes) -> str:
    return base64.b64encode(data).decode()


def archive(name: str, kind: bytes = tarfile.REGTYPE, times: int = 1) -> str:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for number in range(times):
            info = tarfile.TarInfo(name.format(number))
            info.type = kind
            made.addfile(info, io.BytesIO(b""))
    return packed(lzma.compress(out.getvalue()))


def lying() -> str:
    """An archive with the head of a file that it does not hold."""
    head = tarfile.TarInfo("a")
    head.size = 200 << 20
    return packed(lzma.compress(head.tobuf() + bytes(1024)))


AREA = Area(
    "Hosts: media, firmware, TPMs",
    [
        refused("a payload without files", CDROM),
        refused("a payload with a file that leads elsewhere", CDROM, payload(FILE.format("../a"))),
        refused(
            "a payload with a file that cannot be read", CDROM, payload("<ovirt-vm:file path='a'>%%</ovirt-vm:file>")
        ),
        refused("a payload whose label is too long", CDROM, payload(FILE.format("a"), "x" * 40)),
        refused("a payload in a folder of ISO 9660's own", CDROM, payload(FILE.format("rr_moved/a"))),
        refused("a floppy with a name that it cannot hold", FLOPPY, payload(FILE.format("a?"), target="fda")),
        refused("a floppy with a label that it cannot have", FLOPPY, payload(FILE.format("a"), "a*b", target="fda")),
        refused(
            "a floppy with two names that are one", FLOPPY, payload(FILE.format("a") + FILE.format("A"), target="fda")
        ),
        refused(
            "a floppy that is too small",
            FLOPPY,
            payload(f"<ovirt-vm:file path='a'>{packed(bytes(1_500_000))}</ovirt-vm:file>", target="fda"),
        ),
        refused(
            "a payload that is another than the guest has",
            CDROM,
            payload(FILE.format("a")).replace(
                "</ovirt-vm:device>", "<ovirt-vm:payloadDigest>00</ovirt-vm:payloadDigest></ovirt-vm:device>"
            ),
            options=" --incoming",
        ),
        refused(
            "two payloads with one image",
            "".join(one.replace("<readonly/>", f"<readonly/><alias name='ua-{OTHER}'/>") for one in (CDROM, FLOPPY)),
            payload(FILE.format("a")) + payload(FILE.format("a"), target="fda"),
        ),
        refused("no pycdlib", CDROM, payload(FILE.format("a")), command="start", spoilt=without("pycdlib")),
        refused("an nvram for which there is no place", request="nvram: YQ=="),
        refused(
            "an nvram where the document has no file",
            os="<nvram type='network'><source protocol='nbd' name='a'><host name='b'/></source></nvram>",
            request="nvram: YQ==",
        ),
        refused("an nvram elsewhere", os="<nvram>/etc/passwd</nvram>", request="nvram: YQ=="),
        refused("an nvram that is no base64", os="<nvram/>", request="nvram: '%'"),
        refused("an nvram of an unknown form", os="<nvram/>", request="nvram: '=1=YQ=='"),
        refused("an nvram that is empty", os="<nvram/>", request="nvram: ''"),
        refused("an nvram that is damaged", os="<nvram/>", request="nvram: '=0=YQ=='"),
        refused("an nvram that is cut off", os="<nvram/>", request=f"nvram: '=0={packed(bz2.compress(b'a')[:-4])}'"),
        refused(
            "an nvram that is too large",
            os="<nvram/>",
            request=f"nvram: '=0={packed(bz2.compress(bytes((128 << 20) + 1)))}'",
        ),
        refused("a tpm where the document has none", request="tpm: YQ=="),
        refused(
            "a tpm that the document keeps",
            TPM.replace("</backend>", "").replace(
                "version='2.0'/>", "version='2.0'><source type='dir' path='/a'/></backend>"
            ),
            request="tpm: YQ==",
        ),
        refused("a tpm that is no archive", TPM, request=f"tpm: {packed(lzma.compress(b'a' * 600))}"),
        refused("a tpm without files", TPM, request=f"tpm: {packed(lzma.compress(bytes(10240)))}"),
        refused("a tpm with a link", TPM, request=f"tpm: {archive('a', tarfile.SYMTYPE)}"),
        refused("a tpm with a file that leads elsewhere", TPM, request=f"tpm: {archive('../a')}"),
        refused("a tpm with too many files", TPM, request=f"tpm: {archive('{}', times=1002)}"),
        refused("a tpm with a file that is larger than all of it", TPM, request=f"tpm: {lying()}"),
        refused("a tpm with more behind it", TPM, request=f"tpm: {packed(lzma.compress(bytes(10240) + b'x'))}"),
    ],
    SETTINGS,
)
