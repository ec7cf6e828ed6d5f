"""The administrator's hooks: programs that are run at points of a VM's way, and may change its document.

The executables in the folder of a point, below `hooks` of the configuration, are run one after another, sorted by name:

- ``before_vm_start``, of a VM that goes on from a saved state ``before_vm_dehibernate``, of one that comes from another
  host ``before_vm_migrate_destination``: all is prepared, and the domain not yet defined.
- ``after_vm_start``, ``after_vm_dehibernate``, ``after_vm_migrate_destination``: the guest runs.
- ``before_vm_destroy``: the VM is released, before all else of it is undone; its guest may have ended by itself.
- ``after_vm_destroy``: the domain is no longer defined; what was prepared for it is still there.

A hook is run as who runs host-prep, with no input and no arguments, for the time that a command may take.  Its
environment is these, and nothing else:

- ``_hook_domxml``: a file with the document, in UTF-8.  What a hook leaves there goes to the next one, and from before
  the start to libvirt, but where it has the document from another host; it has to be a domain with the same uuid.
  Once the guest runs it is the running domain's document, at the end that which libvirt got.
- ``vmId``: the VM's UUID.
- the VM's custom properties by their names, each a text; but those whose names do not begin with a small letter: who
  writes a VM's properties is not to say how programs are run (``LD_PRELOAD``, ``BASH_ENV``).
- ``PATH``.

It exits with 0 if all is well; with 1 on an error after which the other hooks are run; with 2 on one after which they
are not.  Any other code is as 1, and so is a hook that takes too long or cannot be run.

Before the start an error ends the start, and is told with what the hook itself wrote to its standard error.  At all
other points the guest is there, or has been: errors are logged only.  A hook at the end runs also where the start
failed before, or within, those of the beginning; after a crash hooks may be run again.
"""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from host_prep.effect import Effect, Note, Outcome, Work
from host_prep.system import CommandError
from xform.errors import HostError, XformError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

STOP = 2
"""The code of an error after which no other hook is run."""


@frozen(kw_only=True)
class Hooks(Effect):
    """The hooks of two points: of one at the beginning, of one at the end."""

    id: str
    begin: str
    beginning: tuple[str, ...]  # names of its executables
    end: str
    ending: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"hooks:{self.id}:{self.begin}"

    def says(self) -> str:
        return _says(self.begin, self.beginning) or f"nothing; at the end, {self.undoing()}"

    def undoing(self) -> str:
        return _says(self.end, self.ending)

    def undo(self, work: Work, note: Note) -> Outcome:
        """Never fails: what stands before and after it is to be undone all the same."""
        _run_and_log(work, self.end, self.ending)
        return Outcome.DONE if self.ending else Outcome.ALREADY


@frozen(kw_only=True)
class HooksBeforeStart(Hooks):
    """They may change the document, and fail the start; those of the end run when the domain is gone."""

    def apply(self, work: Work, note: Note) -> Outcome:
        document, errors = _run(work, self.begin, self.beginning, work.document)
        if errors:
            raise HostError(f"hooks of {self.begin}: {'; '.join(errors)}")
        work.document = document
        return Outcome.DONE if self.beginning else Outcome.ALREADY


@frozen(kw_only=True)
class HooksAfterStart(Hooks):
    """The guest runs, so none of them fails it; those of the end run before all else is undone."""

    def apply(self, work: Work, note: Note) -> Outcome:
        _run_and_log(work, self.begin, self.beginning, live=True)
        return Outcome.DONE if self.beginning else Outcome.ALREADY


def _says(point: str, names: tuple[str, ...]) -> str:
    return f"run the hooks of {point}: {', '.join(names)}" if names else ""


def _run_and_log(work: Work, point: str, names: tuple[str, ...], *, live: bool = False) -> None:
    try:
        document = work.host.libvirt.document(work.vm) if live else work.document
        _, errors = _run(work, point, names, document)
    except XformError as error:
        errors = [str(error)]
    for message in errors:
        work.host.log.warning("hook failed", vm=work.vm, point=point, error=message)


def _run(work: Work, point: str, names: tuple[str, ...], document: str) -> tuple[str, list[str]]:
    """What they left of the document, and what failed and why, the cause first."""
    host, file = work.host, work.host.config.run / "hooks" / work.vm / "domain.xml"
    own = {"_hook_domxml": str(file), "vmId": work.vm, "PATH": PATH}
    properties = work.dialect.parse(document).custom_properties
    environment = {name: value for name, value in properties.items() if name[:1].islower()} | own
    if left_out := sorted(properties.keys() - environment.keys()):
        host.log.warning("custom properties that no hook gets", vm=work.vm, names=left_out)
    errors: list[str] = []
    try:
        for name in names:
            host.make_folder(file.parent, mode=0o700)
            host.write(file, document.encode(), mode=0o600)
            try:
                host.run(host.config.hooks / point / name, environment=environment)
            except CommandError as error:
                errors.append(str(error))
                if error.code == STOP:
                    break
            try:
                document = _left(work, file)
            except XformError as error:
                errors.append(f"{name} left no document of this VM: {error}")
                break
    except HostError as error:  # they can have no file
        errors.append(str(error))
    try:
        host.remove_tree(file.parent)
    except HostError as error:
        errors.append(str(error))
    return document, errors


def _left(work: Work, file: Path) -> str:
    """The document as a hook left it. Raises HostError, DocumentError."""
    try:
        document = (work.host.read(file) or b"").decode()
    except UnicodeDecodeError:
        raise HostError("it is not in UTF-8") from None
    id = work.dialect.parse(document).id
    if id != work.vm:
        raise HostError(f"its uuid is {id}; expected {work.vm}")
    return document
