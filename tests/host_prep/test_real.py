"""In real QEMU: start, release, save and restore, kills, and adoption."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from tests.host_prep.conftest import VM
from tests.host_prep.real import Real
from xform.hypervisor import EMBED, default_uri

pytestmark = [
    pytest.mark.xdist_group("host-prep-real"),
    pytest.mark.skipif(default_uri()[0] != EMBED, reason=default_uri()[1]),
]


@frozen
class Loaded:
    """Whoever loads it makes a file."""

    file: Path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.file,)


@pytest.fixture(scope="module")
def host() -> Iterator[Real]:
    # in /tmp, because paths of sockets must be short; QEMU is asked once what it can do
    with tempfile.TemporaryDirectory(prefix="hp", dir="/tmp") as folder:
        real = Real(Path(folder)).arranged()
        yield real
        real.kill_guest()


@pytest.fixture
def real(host: Real) -> Iterator[Real]:
    """The host, on which nothing is before, and nothing may be left."""
    yield host
    host.kill_guest()
    host.settle()
    assert host.left() == []
    assert host.states() == {}


def test_a_vm_runs_on_when_host_prep_has_ended_and_is_adopted(real: Real) -> None:
    assert real.host_prep("start", real.document()).strip() == VM
    assert len(real.guests()) == 1
    assert real.host_prep("recover") == f"{VM} web: adopted\n"
    assert real.states() == {VM: "running"}
    assert real.dumped().findtext("metadata/{*}vm/{*}startTime")


def test_release_ends_what_runs_only_by_force(real: Real) -> None:
    real.host_prep("start", real.document())
    assert "is running; end it, or release it by force" in real.host_prep("release", VM, code=3)
    real.host_prep("release", VM, "--force")
    assert real.guests() == []
    assert real.states() == {}
    assert "nothing is known" in real.host_prep("release", VM, code=1)


def test_a_guest_that_dies_is_released(real: Real) -> None:
    real.host_prep("start", real.document())
    real.kill_guest()
    assert real.settle() == f"{VM} web: released\n"
    assert real.states() == {}


def test_a_vm_that_runs_is_not_started_twice(real: Real) -> None:
    real.host_prep("start", real.document())
    assert "is on this host already (adopted); release it first" in real.host_prep("start", real.document(), code=3)
    assert real.states() == {VM: "running"}


def test_a_saved_vm_goes_on_from_where_it_was(real: Real) -> None:
    real.host_prep("start", real.document())
    started = real.dumped().findtext("metadata/{*}vm/{*}startTime")
    saved = real.folder / "saved"
    real.save(saved)
    assert real.host_prep("recover") == f"{VM} web: released\n"
    real.host_prep("start", real.document(), "--restore", str(saved))
    assert real.states() == {VM: "running"}
    assert started
    saved.unlink()


def test_a_saved_vm_does_not_go_on_as_another_machine(real: Real) -> None:
    """What its guest sees is what it was saved with; libvirt compares it with the document that is given."""
    saved = real.folder / "saved"
    real.host_prep("start", real.document())
    real.save(saved)
    real.host_prep("recover")
    file = Path(real.document())
    file.write_text(file.read_text().replace("<vcpu>2</vcpu>", "<vcpu>1</vcpu>"))
    refused = real.host_prep("start", str(file), "--restore", str(saved), code=3).splitlines()[-1]
    assert refused.startswith("web: ")
    assert "does not match source" in refused
    saved.unlink()


def test_L270_a_saved_state_that_is_not_libvirts_is_refused_and_nothing_of_it_is_loaded(real: Real) -> None:
    saved, loaded = real.folder / "saved", real.folder / "loaded"
    saved.write_bytes(pickle.dumps(Loaded(loaded)))
    refused = real.host_prep("start", real.document(), "--restore", str(saved), code=3).splitlines()[-1]
    assert refused.startswith("web: ")
    assert not loaded.exists()
    pickle.loads(saved.read_bytes())
    assert loaded.exists(), "it would have been seen"
    loaded.unlink()
    saved.unlink()


@pytest.mark.parametrize(
    ("when", "step", "left"),
    [
        ("before", "libvirt start", {}),
        ("behind", "libvirt start", {VM: "running"}),
        ("before", "libvirt define", {}),
        ("behind", "libvirt define", {}),
        ("behind", "libvirt set metadata", {VM: "running"}),
    ],
)
def test_a_killed_start_leaves_a_running_vm_or_nothing(real: Real, when: str, step: str, left: dict[str, str]) -> None:
    real.killed(when, step, "start", real.document())
    real.host_prep("recover")
    assert real.states() == left
    if left:
        assert real.dumped().findtext("metadata/{*}vm/{*}startTime")


@pytest.mark.parametrize("when", ["before", "behind"])
def test_a_killed_release_is_brought_to_its_end(real: Real, when: str) -> None:
    real.host_prep("start", real.document())
    real.killed(when, "libvirt destroy", "release", VM, "--force")
    assert real.host_prep("recover") == f"{VM} web: released\n"
    assert real.states() == {}


@pytest.mark.parametrize(("when", "left"), [("before", {}), ("behind", {VM: "running"})])
def test_a_killed_restore_leaves_a_running_vm_or_nothing(real: Real, when: str, left: dict[str, str]) -> None:
    saved = real.folder / "saved"
    real.host_prep("start", real.document())
    real.save(saved)
    real.host_prep("recover")
    real.killed(when, "libvirt restore", "start", real.document(), "--restore", str(saved))
    real.host_prep("recover")
    assert real.states() == left
    saved.unlink()


def test_a_killed_save_leaves_a_running_vm_or_nothing(real: Real) -> None:
    saved = real.folder / "saved"
    real.host_prep("start", real.document())
    real.save(saved, killed=True)
    (said,) = real.host_prep("recover").splitlines()
    runs = real.states()
    assert (said, runs) in [(f"{VM} web: released", {}), (f"{VM} web: adopted", {VM: next(iter(runs.values()), "")})]
    saved.unlink(missing_ok=True)
