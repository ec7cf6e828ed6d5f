"""The administrator's programs run around the start and the end; before the start they may change the document."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from structlog.testing import capture_logs

from host_prep.config import Config
from host_prep.effect import Outcome, Work
from host_prep.effects import dump_effect, load_effect
from host_prep.effects.hooks import Hooks, HooksAfterStart, HooksBeforeStart
from host_prep.facts.hooks import look_at_hooks
from host_prep.journal import Journal
from host_prep.recover import recover
from host_prep.request import Flow
from host_prep.start import planned, prepared, release, start
from host_prep.system import Host
from tests.host_prep.conftest import BEGUN, OTHER, VM, domain
from tests.host_prep.fake import FakeLibvirt
from xform.errors import HostError

Hook = Callable[..., Path]


@pytest.fixture
def hook(config: Config) -> Hook:
    """Makes a hook at a point, of these lines of shell or of another language."""

    def made(point: str, name: str, *lines: str, shell: str = "/bin/sh", mode: int = 0o755) -> Path:
        file = config.hooks / point / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join([f"#!{shell}", *lines, ""]))
        file.chmod(mode)
        return file

    return made


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A file that hooks write to."""
    return tmp_path / "told"


@pytest.fixture
def before(host: Host, work: Callable[[str], Work]) -> Callable[..., Work]:
    """Runs the hooks of before_vm_start; what the effects share then."""

    def run(xml: str | None = None) -> Work:
        shared = work(xml or domain())
        assert effect(host).apply(shared, {}) is Outcome.DONE
        return shared

    return run


def effect(host: Host, kind: type[Hooks] = HooksBeforeStart, begin: str = "before_vm_start") -> Hooks:
    end = "after_vm_destroy" if kind is HooksBeforeStart else "before_vm_destroy"
    found = look_at_hooks(host)
    return kind(id=VM, begin=begin, beginning=found.get(begin, ()), end=end, ending=found.get(end, ()))


# Which hooks there are


def test_hooks_are_a_points_executables_by_name(host: Host, hook: Hook) -> None:
    hook("before_vm_start", "20_b")
    (hook("before_vm_start", "10_a").parent / "05_link").symlink_to("20_b")
    hook("before_vm_start", "README", mode=0o644)
    (host.config.hooks / "before_vm_start" / "folder").mkdir()
    (host.config.hooks / "before_vm_start" / "gone").symlink_to("nothing")
    hook("after_vm_start", "notes", mode=0o644)
    assert look_at_hooks(host) == {"before_vm_start": ("05_link", "10_a", "20_b")}


def test_without_hooks_nothing_is_planned(host: Host, ovirt: Any) -> None:
    host.config.hooks.mkdir(parents=True)
    assert not [one for one in planned(host, ovirt, domain()).effects if isinstance(one, Hooks)]


@pytest.mark.parametrize(
    ("flow", "way"), [("fresh", "start"), ("restore", "dehibernate"), ("incoming", "migrate_destination")]
)
def test_each_way_to_begin_has_its_points_and_all_end_alike(
    host: Host, ovirt: Any, hook: Hook, flow: Flow, way: str
) -> None:
    for point in (f"before_vm_{way}", f"after_vm_{way}", "before_vm_destroy", "after_vm_destroy"):
        hook(point, f"of_{point}")
    before, after = (one for one in planned(host, ovirt, domain(), BEGUN[flow]).effects if isinstance(one, Hooks))
    assert (type(before), before.says()) == (HooksBeforeStart, f"run the hooks of before_vm_{way}: of_before_vm_{way}")
    assert before.undoing() == "run the hooks of after_vm_destroy: of_after_vm_destroy"
    assert (type(after), after.says()) == (HooksAfterStart, f"run the hooks of after_vm_{way}: of_after_vm_{way}")
    assert after.undoing() == "run the hooks of before_vm_destroy: of_before_vm_destroy"


def test_the_journal_keeps_which_hooks_run(host: Host, hook: Hook) -> None:
    hook("before_vm_start", "a")
    hook("after_vm_destroy", "b")
    planned = effect(host)
    assert load_effect("HooksBeforeStart", dump_effect(planned)) == planned


# What a hook gets


def test_L262_the_environment_has_the_vms_properties_as_texts_and_little_else(
    host: Host, hook: Hook, before: Callable[..., Work], told: Path
) -> None:
    """Also those that a manager wrote as numbers and truths."""
    hook("before_vm_start", "env", f"env -0 > {told}")
    custom = (
        '<ovirt-vm:custom><ovirt-vm:hugepages type="int">2048</ovirt-vm:hugepages>'
        '<ovirt-vm:fast type="bool">True</ovirt-vm:fast><ovirt-vm:empty/>'
        "<ovirt-vm:PATH>/evil</ovirt-vm:PATH><ovirt-vm:lines>a\nb</ovirt-vm:lines></ovirt-vm:custom>"
    )
    before(domain(metadata=custom))
    environment = dict(entry.split("=", 1) for entry in told.read_text().split("\0")[:-1])
    path = environment.pop("PATH")
    assert "/usr/bin" in path.split(":")
    assert "/evil" not in path
    assert environment.pop("_hook_domxml").startswith(str(host.config.run))
    assert {name: value for name, value in environment.items() if name not in ("PWD", "SHLVL", "_")} == {
        "hugepages": "2048",
        "fast": "True",
        "empty": "",
        "lines": "a\nb",
        "vmId": VM,
    }


def test_the_document_is_for_the_hook_alone_to_read(hook: Hook, before: Callable[..., Work], told: Path) -> None:
    hook("before_vm_start", "mode", f'stat -c %a "$_hook_domxml" "$(dirname "$_hook_domxml")" > {told}')
    before()
    assert told.read_text().split() == ["600", "700"]


def test_hooks_change_the_document_one_after_another(hook: Hook, before: Callable[..., Work]) -> None:
    hook("before_vm_start", "20_shell", "sed -i 's/first/second/' $_hook_domxml")
    hook(
        "before_vm_start",
        "10_python",
        "import os, xml.dom.minidom as dom",
        "path = os.environ['_hook_domxml']",
        "document = dom.parse(path)",
        "title = document.createElement('title')",
        "title.appendChild(document.createTextNode('first'))",
        "document.documentElement.appendChild(title)",
        "open(path, 'wb').write(document.toxml(encoding='utf-8'))",
        shell="/usr/bin/env python3",
    )
    assert "<title>second</title>" in before().document


def test_what_hooks_leave_is_what_libvirt_gets_and_the_journal_keeps(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, hook: Hook
) -> None:
    hook("before_vm_start", "title", "sed -i 's|<memory|<title>hooked</title><memory|' $_hook_domxml")
    start(host, journal, ovirt, domain())
    assert ovirt.parse(libvirt.document(VM)).title == "hooked"
    kept = journal.vm(VM)
    assert kept
    assert "<title>hooked</title>" in kept.document


@pytest.mark.parametrize("code", [0, 1, 2])
def test_L263_hooks_leave_no_file_and_no_folder(host: Host, hook: Hook, before: Callable[..., Work], code: int) -> None:
    hook("before_vm_start", "a", "touch $_hook_domxml.backup", f"exit {code}")
    if code:
        with pytest.raises(HostError):
            before()
    else:
        before()
    assert host.names(host.config.run / "hooks") == []


# What becomes of errors


@pytest.mark.parametrize(
    ("code", "run"), [(0, ["a", "b", "c"]), (1, ["a", "b", "c"]), (2, ["a", "b"]), (3, ["a", "b", "c"])]
)
def test_an_error_may_stop_the_hooks_after_it(
    hook: Hook, before: Callable[..., Work], told: Path, code: int, run: list[str]
) -> None:
    for name in ("a", "b", "c"):
        hook("before_vm_start", name, f"echo {name} >> {told}", f"exit {code if name == 'b' else 0}")
    if code:
        with pytest.raises(HostError, match=f"hooks of before_vm_start: b failed with {code}: it says nothing"):
            before()
    else:
        before()
    assert told.read_text().split() == run


def test_L261_the_hook_that_failed_is_named_with_its_own_words(hook: Hook, before: Callable[..., Work]) -> None:
    hook("before_vm_start", "10_licence", "echo no licence >&2", "exit 1")
    hook("before_vm_start", "20_fine", "echo all is well >&2")
    hook("before_vm_start", "30_quota", "echo no quota >&2", "exit 4")
    with pytest.raises(HostError) as raised:
        before()
    assert str(raised.value) == (
        "hooks of before_vm_start: 10_licence failed with 1: no licence; 30_quota failed with 4: no quota"
    )


def test_a_hook_that_takes_too_long_is_ended(
    host: Host, libvirt: FakeLibvirt, hook: Hook, ovirt: Any, journal: Journal
) -> None:
    hook("before_vm_start", "10_slow", "sleep 1000")
    impatient = Host(evolve(host.config, seconds=0.2), libvirt)
    with pytest.raises(HostError, match=r"10_slow took longer than 0\.2 s and was ended"):
        effect(host).apply(Work(impatient, ovirt, VM, "web", domain(), journal), {})


def test_a_hook_that_cannot_be_run_is_an_error(hook: Hook, before: Callable[..., Work]) -> None:
    file = hook("before_vm_start", "10_lost", shell="/no/such/shell")
    with pytest.raises(HostError, match=re.escape(str(file))):
        before()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("echo '<domain' > $_hook_domxml", "expected well-formed XML"),
        ("echo '<network/>' > $_hook_domxml", "the root element is <network>; expected <domain>"),
        (": > $_hook_domxml", "the document is empty"),
        ("rm $_hook_domxml", "the document is empty"),
        (f"sed -i s/{VM}/{OTHER}/ $_hook_domxml", f"its uuid is {OTHER}; expected {VM}"),
        ("printf '<domain>\\344' > $_hook_domxml", "it is not in UTF-8"),
    ],
)
def test_L264_what_a_hook_leaves_is_a_document_of_the_vm_or_the_hook_is_told_of(
    hook: Hook, before: Callable[..., Work], told: Path, line: str, why: str
) -> None:
    hook("before_vm_start", "10_fine", "echo ' ' >> $_hook_domxml")
    hook("before_vm_start", "20_breaks", line)
    hook("before_vm_start", "30_later", f"touch {told}")
    with pytest.raises(HostError, match=f"20_breaks left no document of this VM: .*{re.escape(why)}"):
        before()
    assert not told.exists()


def test_L281_a_hook_that_failed_is_told_first_though_its_file_stays(
    host: Host, hook: Hook, before: Callable[..., Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    hook("before_vm_start", "a", "echo not today >&2", "exit 1")

    def refuse(path: Path) -> bool:
        raise HostError(f"cannot remove tree {path}: Permission denied")

    monkeypatch.setattr(host, "remove_tree", refuse)
    with pytest.raises(HostError, match=r"^hooks of before_vm_start: a failed with 1: not today; cannot remove tree"):
        before()


def test_a_failing_hook_ends_the_start_and_all_is_undone(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, hook: Hook, told: Path
) -> None:
    hook("before_vm_start", "a", "echo not today >&2", "exit 1")
    hook("after_vm_destroy", "b", f"touch {told}")
    with pytest.raises(HostError, match=r"^web: hooks of before_vm_start: a failed with 1: not today$"):
        start(host, journal, ovirt, domain())
    assert libvirt.domains() == []
    assert journal.vms() == []
    assert told.exists()


def test_once_the_guest_runs_no_hook_fails_it(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, hook: Hook
) -> None:
    for point in ("after_vm_start", "before_vm_destroy", "after_vm_destroy"):
        hook(point, "a", f"echo {point} is unhappy >&2", "exit 2")
    with capture_logs() as logs:
        start(host, journal, ovirt, domain())
        assert libvirt.domain(VM).active
        assert release(host, journal, ovirt, VM, force=True)
    assert libvirt.domains() == []
    assert [(line["point"], line["error"]) for line in logs if line["event"] == "hook failed"] == [
        (point, f"a failed with 2: {point} is unhappy")
        for point in ("after_vm_start", "before_vm_destroy", "after_vm_destroy")
    ]


# When they run


def test_the_order_of_a_life(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, hook: Hook, told: Path
) -> None:
    """Each with what libvirt has of the domain by then; the document of one that runs has the time of its start."""
    state = f"""$(grep -o '"state": "[a-z]*"' {libvirt.file} 2>&1 | tr -d ' "')"""
    for point in ("before_vm_start", "after_vm_start", "before_vm_destroy", "after_vm_destroy"):
        hook(point, "a", f"echo {point} {state} started:$(grep -c startTime $_hook_domxml) >> {told}")
    libvirt.add_device("none", "<device/>")
    start(host, journal, ovirt, domain())
    libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    assert told.read_text().splitlines() == [
        "before_vm_start started:0",
        "after_vm_start state:running started:1",
        "before_vm_destroy state:off started:0",
        "after_vm_destroy started:0",
    ]


def test_hooks_of_a_restored_vm_change_what_it_is_restored_with(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, hook: Hook
) -> None:
    hook("before_vm_start", "a", "exit 1")
    hook("before_vm_dehibernate", "a", "sed -i 's|<memory|<title>back</title><memory|' $_hook_domxml")
    start(host, journal, ovirt, domain(), BEGUN["restore"])
    assert ovirt.parse(libvirt.document(VM)).title == "back"


def test_hooks_of_a_vm_that_comes_from_another_host_see_what_arrived(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, hook: Hook, told: Path
) -> None:
    """libvirt has the document from there, whatever hooks made of it here."""
    hook("before_vm_migrate_destination", "a", "sed -i 's|<memory|<title>here</title><memory|' $_hook_domxml")
    hook("after_vm_migrate_destination", "a", f"cat $_hook_domxml > {told}")
    with prepared(host, journal, ovirt, domain(), BEGUN["incoming"]) as done:
        libvirt.add_domain(domain(more="<title>there</title>"))
        done.await_arrival()
    assert ovirt.parse(told.read_text()).title == "there"
    assert ovirt.parse(libvirt.document(VM, inactive=True)).title == "there"


def test_a_hook_of_the_end_alone_is_run_at_the_end(
    host: Host, journal: Journal, ovirt: Any, libvirt: FakeLibvirt, hook: Hook, told: Path
) -> None:
    hook("after_vm_destroy", "a", f"echo $vmId >> {told}")
    start(host, journal, ovirt, domain())
    assert not told.exists()
    libvirt.destroy(VM)
    release(host, journal, ovirt, VM)
    assert told.read_text() == f"{VM}\n"


@pytest.mark.parametrize("kind", [HooksBeforeStart, HooksAfterStart])
def test_undone_twice_or_never_done_is_as_once(
    host: Host, work: Callable[[str], Work], hook: Hook, kind: type[Hooks]
) -> None:
    """What a hook of the end is to be able to bear."""
    planned, shared = effect(host, kind), work(domain())
    assert planned.undo(shared, {}) is Outcome.ALREADY
    hook("before_vm_destroy", "a", "exit 0")
    hook("after_vm_destroy", "a", "exit 0")
    planned = effect(host, kind)
    assert [planned.undo(shared, {}) for _ in range(2)] == [Outcome.DONE, Outcome.DONE]


def test_what_a_broken_off_hook_left_goes_with_the_undo(host: Host, work: Callable[[str], Work]) -> None:
    folder = host.config.run / "hooks" / VM
    folder.mkdir(parents=True)
    (folder / "domain.xml").write_text("secret")
    effect(host).undo(work(domain()), {})
    assert not folder.exists()


def test_a_vm_that_runs_when_its_hooks_were_broken_off_has_them_run_again(
    host: Host, journal: Journal, ovirt: Any, hook: Hook, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook("after_vm_start", "a", f"echo again >> {told}")
    apply = HooksAfterStart.apply

    class Killed(BaseException):
        pass

    def killed(*arguments: Any) -> Outcome:
        apply(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(HooksAfterStart, "apply", killed)
        patch.setattr("host_prep.preparation.Preparation.undo", lambda self: [])
        with pytest.raises(Killed):
            start(host, journal, ovirt, domain())
    assert [(taken.what, taken.faults) for taken in recover(host, journal, ovirt)] == [("adopted", [])]
    assert told.read_text() == "again\nagain\n"
