"""The tour: plan what examples/desktop.yaml needs of this host, prepare it, run it in real QEMU, match, release.

Everything that is made lies in one temporary folder, which is removed at the end, also after a failure or a signal.
What is left in it before that is told: nothing but what was there before.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

from ruamel.yaml import YAML

from xform.hypervisor import EMBED, default_uri

EXAMPLES = Path(__file__).resolve().parent
VM = EXAMPLES / "desktop.yaml"
HOST = EXAMPLES / "host.yaml"
TEMPLATE = "4e1f0a9b-8c7d-4b6a-9e5f-3d2c1b0a9f08"  # a volume that another one stands on
SIZE = 16 * 1024 * 1024  # bytes; nothing is installed on it


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    # In /tmp, because paths of sockets must be short.
    with tempfile.TemporaryDirectory(prefix="xform-demo-", dir="/tmp") as name:
        folder = Path(name)
        host = make_host(folder)
        settings = make_settings(folder)
        make_images(folder / "images")
        before = files(folder)
        vm, document = str(VM.relative_to(EXAMPLES.parent)), str(folder / "vm.xml")
        uri, why = default_uri()
        code = run("xform", "generate", vm, "--host", str(host), "-o", document)
        if uri == EMBED:  # libvirt's mock needs nothing of the host
            code = code or run("host-prep", "plan", document, "--config", str(settings))
        print("#", why)
        code = code or run("xform", "run", vm, "--host", str(host), "--config", str(settings))
        left = files(folder) - before - {Path(document)}
        print(f"# left on the host: {', '.join(map(str, sorted(left))) or 'nothing'}")
        return code or bool(left)


def make_host(folder: Path) -> Path:
    """The host file of the examples, with its folders in ours."""
    host = YAML(typ="safe").load(HOST)
    for name in ("images", "channels", "consoles"):
        (folder / name).mkdir()
        host[name] = str(folder / name)
    file = folder / "host.yaml"
    YAML(typ="safe").dump(host, file)
    return file


def make_settings(folder: Path) -> Path:
    """Those of host-prep, with its folders in ours."""
    folders = {"root": folder / "host", "repository": folder / "images"}
    folders |= {name: folder / name for name in ("channels", "consoles")}
    folders |= {name: Path("/") / name for name in ("dev", "sys", "proc", "etc")}
    file = folder / "settings.yaml"
    YAML(typ="safe").dump({name: str(path) for name, path in folders.items()} | {"connect": default_uri()[0]}, file)
    return file


def files(folder: Path) -> set[Path]:
    """What is there, but for folders and the journal, which stays."""
    return {path for path in folder.rglob("*") if (path.is_file() or path.is_symlink()) and path.name != "journal.db"}


def make_images(folder: Path) -> None:
    """A volume for every disk, where its ids say; a qcow2 one stands on a template in the same folder."""
    for disk in YAML(typ="safe").load(VM)["disks"]:
        volume = folder / disk["pool_id"] / disk["domain_id"] / "images" / disk["image_id"] / disk["volume_id"]
        volume.parent.mkdir(parents=True)
        if disk.get("format") == "qcow2" and shutil.which("qemu-img"):
            template = volume.with_name(TEMPLATE)
            qemu_img("-f", "qcow2", template, str(SIZE))
            qemu_img("-f", "qcow2", "-F", "qcow2", "-b", template, volume)
        else:
            # A raw image of any content: a blank disk, or a CD-ROM that no guest is there to read.
            with volume.open("wb") as file:
                file.truncate(SIZE)


def qemu_img(*arguments: str | Path) -> None:
    subprocess.run(["qemu-img", "create", "-q", *arguments], check=True)


def run(name: str, *arguments: str) -> int:
    """The command's exit code; it has ended, and cleaned up, before this does."""
    print("$", name, *arguments, flush=True)
    process = subprocess.Popen([Path(sys.executable).with_name(name), *arguments], cwd=EXAMPLES.parent)
    try:
        return process.wait()
    except BaseException as reason:
        if not isinstance(reason, KeyboardInterrupt):  # which the terminal sends to both of us
            process.terminate()
        process.wait()
        raise


def leave(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # said once is enough; the cleaning up goes on
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
