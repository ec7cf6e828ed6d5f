"""A libvirtd of a test's own, in a folder of its own, that runs real QEMU."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.monitor.real_vm import kill, until
from xform.errors import HostError
from xform.hypervisor import import_libvirt, open_connection

_CONFIG = {
    "libvirtd.conf": """
unix_sock_dir = "{0}"
auth_unix_ro = "none"
auth_unix_rw = "none"
unix_sock_group = "root"
log_outputs = "4:file:{0}/log"
""",
    "qemu.conf": """
stdio_handler = "file"
security_driver = "none"
namespaces = []
user = "root"
group = "root"
dynamic_ownership = 0
""",
}
# In its own folders, and as the first of its own processes: when it goes, so does each QEMU that it started.  Its
# standard input ends with whoever started it, however that happens.  A libvirtd that is killed comes back.
# Where the host has no folder for settings, it gets one in a copy that only these processes see.
APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_DAEMON = """
for folder in /run /var/lib /var/cache /var/log; do mount -t tmpfs none $folder || exit 1; done
if [ ! -d /etc/libvirt ]; then
    mount -t tmpfs none /srv && cp -a /etc /srv && mkdir /srv/etc/libvirt && mount --bind /srv/etc /etc || exit 1
fi
mount --bind "$0" /etc/libvirt || exit 1
while sleep 0.1; do libvirtd -f "$0/libvirtd.conf" -p "$0/pid"; done &
cat
"""

NO_DAEMON = (
    "a libvirtd of one's own needs root"
    if os.geteuid()
    else "no libvirtd (Debian package libvirt-daemon)"
    if not shutil.which("libvirtd", path=f"{os.environ['PATH']}:/usr/sbin")
    else "no mounts and processes of one's own here"
    if not shutil.which("unshare") or subprocess.run([*APART, "true"], capture_output=True).returncode
    else ""
)


@contextmanager
def libvirtd() -> Iterator[str]:
    """A libvirtd of the test's own that runs real QEMU; the folder that its sockets are in."""
    with tempfile.TemporaryDirectory(prefix="x", dir="/tmp") as folder:  # in /tmp, because a socket's path is short
        for name, text in _CONFIG.items():
            (Path(folder) / name).write_text(text.format(folder))
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        daemon = subprocess.Popen([*APART, "sh", "-c", _DAEMON, folder], stdin=subprocess.PIPE, **silent)  # type: ignore[call-overload]
        try:
            until(lambda: _answers(folder))
            yield folder
        finally:
            daemon.communicate()


def kill_libvirtd(folder: str) -> None:
    """What it runs goes on; it comes back."""
    kill(f"{folder}/libvirtd.conf")
    until(lambda: _answers(folder))


def _answers(folder: str) -> bool:
    try:
        open_connection(import_libvirt(), uri_of(folder)).close()
    except HostError:
        return False
    return True


def uri_of(folder: str, socket: str = "libvirt-sock") -> str:
    return f"qemu+unix:///system?socket={folder}/{socket}"
