"""Pipelines: stages that a dialect names, run one after another on a value.

A stage is a function, value in, value out, that is given the run as well.  Its name is looked up in the dialect's own
``stages.py``, then in that of the dialect it extends, then among the ones shipped here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from attrs import define, field, frozen

from xform.errors import DocumentError, TableError, XformError, did_you_mean
from xform.schema import Schema, find_schemas
from xform.table.folder import load_module
from xform.table.model import Origin, Tables
from xform.table.reader import TableFile

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.hypervisor import Hypervisor

Kind = Literal["entity", "document", "matching"]
Stage = Callable[[Any, "Run"], Any]
S = TypeVar("S", bound=Stage)


@define(kw_only=True)
class Run:
    """One run of a pipeline: what its stages share.

    `context` goes to the dialect's functions by keyword.  `entity` is what the document comes from, or is held against:
    the last that a stage gave, else what the run was given.  `source` names the document in
    messages.  `domain` is the UUID of the domain that this run started.
    """

    dialect: Dialect
    context: Mapping[str, Any]
    uri: str | None
    schemas: Path | None
    entity: Any
    source: str
    domain: str | None = field(default=None, init=False)
    _ends: ExitStack = field(factory=ExitStack, init=False)
    _hypervisor: Hypervisor | None = field(default=None, init=False)

    @property
    def id(self) -> str | None:
        """The VM's id: the field that the dialect tells documents apart by."""
        name = self.dialect.tables.id
        return getattr(self.entity, name, None) if name else None

    @property
    def log(self) -> Any:
        """A structlog logger that knows the VM's id."""
        import structlog

        return structlog.get_logger("xform").bind(vm=self.id)

    @property
    def hypervisor(self) -> Hypervisor:
        """The connection to libvirt, opened when it is first asked for; at the end of the run its domains end."""
        if self._hypervisor is None:
            from xform.hypervisor import Hypervisor

            self._hypervisor = self._ends.enter_context(Hypervisor(self.uri))
            self.uri = self._hypervisor.uri
        return self._hypervisor


@frozen
class Done:
    """A stage that has run: its name, what it gave, and how long it took."""

    stage: str
    value: Any = field(repr=False)
    seconds: float


@frozen
class RunResult:
    """What a run came to: the last stage's value, every stage in order, and the entity that the document comes from.

    `uri` is the connection's, None where none was opened and none was given.
    """

    value: Any
    stages: tuple[Done, ...]
    entity: Any
    uri: str | None


def stage(takes: Kind, gives: Kind | None = None) -> Callable[[S], S]:
    """Say what a stage takes, and what it gives if that is of another kind.

    A stage that says nothing takes what the one before it gives, and gives the same kind.
    """

    def mark(function: S) -> S:
        function.__dict__.update(takes=takes, gives=gives or takes)
        return function

    return mark


@stage("entity")
def plan(entity: Any, run: Run) -> Any:
    """The entity, completed by the dialect's plan."""
    return run.dialect.plan(entity, **run.context)


@stage("entity", gives="document")
def generate(entity: Any, run: Run) -> str:
    """The entity as a document."""
    run.source = "generated document"
    return run.dialect.generate(entity, **run.context)


@stage("document")
def check(xml: str, run: Run) -> str:
    """The same document. Raises DocumentError where it is not valid."""
    name = run.dialect.tables.schema
    if name is None:
        raise TableError(
            f"{run.dialect.tables.folder / 'dialect.toml'}: no schema to check against; name one as `schema`"
        )
    problems = Schema(find_schemas(run.schemas, name), name).problems(xml, run.source)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise DocumentError(f"{problems[0]}{more}; expected what {name} admits")
    return xml


@stage("document")
def start(xml: str, run: Run) -> str:
    """The same document, and a domain that runs from it until the end of the run."""
    run.domain = run.hypervisor.start(xml)
    return xml


@stage("document")
def dump(xml: str, run: Run) -> str:
    """The live document of the domain that this run started; else of the running one that has the document's id."""
    uuid = run.domain or run.id
    if uuid is None:
        raise DocumentError(f"{run.source}: which domain to dump is not known; start one, or give it an id")
    run.source = "live document"
    return run.hypervisor.dump(uuid)


@stage("document", gives="matching")
def match(xml: str, run: Run) -> Any:
    """How the document's devices pair with those of the entity."""
    return run.dialect.match(xml, run.entity, **run.context)


SHIPPED: dict[str, Stage] = {f.__name__: f for f in (plan, generate, check, start, dump, match)}


@frozen
class Stages:
    """The stages of a pipeline: name, function, what it takes and what it gives."""

    stages: tuple[tuple[str, Stage, Kind, Kind], ...]

    @property
    def names(self) -> list[str]:
        return [name for name, *_ in self.stages]

    @property
    def takes(self) -> Kind:
        """What the first stage takes."""
        return self.stages[0][2] if self.stages else "entity"

    def part(self, start_from: str | None = None, until: str | None = None) -> Stages:
        """From one stage to another, both included. Raises XformError for one that the pipeline has not."""
        first = self._index(start_from, 0) if start_from else 0
        last = self._index(until, first) if until else len(self.stages) - 1
        return Stages(self.stages[first : last + 1])

    def _index(self, name: str, first: int) -> int:
        names = self.names[first:]
        if name not in names:
            expected = f"expected one of {', '.join(names)}"
            if name in self.names:
                raise XformError(f"stage {name!r} comes before {names[0]!r}; {expected}")
            raise XformError(f"no stage {name!r} in the pipeline{did_you_mean(name, names)}; {expected}")
        return first + names.index(name)


def stages_of(tables: Tables, pipeline: str = "run") -> Stages:
    """The stages of a dialect's pipeline, or of the nearest one it extends that declares it.

    Raises TableError for a pipeline or a stage that nobody has.
    """
    if pipeline not in tables.pipelines:
        hint = did_you_mean(pipeline, tables.pipelines)
        raise TableError(
            f"{tables.folder / 'dialect.toml'}: no pipeline {pipeline!r}{hint}; declare it under [pipeline]"
        )
    known = dict(SHIPPED)
    for ancestor in reversed(list(tables.lineage)):
        if module := load_module(ancestor.folder, "stages"):
            # what the module imports is no stage
            known |= {n: f for n, f in vars(module).items() if getattr(f, "__module__", None) == module.__name__}
    found: list[tuple[str, Stage, Kind, Kind]] = []
    kind: Kind = "entity"
    for name in tables.pipelines[pipeline]:
        if name not in known:
            origin = _declared(tables, pipeline)
            hint = did_you_mean(name, known) or f"; expected one of {', '.join(known)}"
            raise TableError(f"{origin}: unknown stage {name!r}{hint}")
        takes = getattr(known[name], "takes", kind)
        kind = getattr(known[name], "gives", takes)
        found.append((name, known[name], takes, kind))
    return Stages(tuple(found))


def _declared(tables: Tables, pipeline: str) -> Origin:
    files = (TableFile(ancestor.folder / "dialect.toml") for ancestor in tables.lineage)
    return next(file.origin("pipeline", pipeline) for file in files if ("pipeline", pipeline) in file.origins)


def read_value(dialect: Dialect, file: Path, *, pipeline: str = "run", start_from: str | None = None) -> Any:
    """What `run` starts with, from a file: an entity, or the text of a document, as its first stage takes.

    Raises EntityError, DocumentError.
    """
    if stages_of(dialect.tables, pipeline).part(start_from).takes == "entity":
        return dialect.read(file)
    try:
        return file.read_bytes().decode()
    except OSError as error:
        raise DocumentError(f"{file}: {error.strerror}; expected a document") from None
    except UnicodeDecodeError as error:
        raise DocumentError(f"{file}: not UTF-8 at byte {error.start}; expected a document in UTF-8") from None


def run(
    dialect: Dialect,
    value: Any,
    *,
    pipeline: str = "run",
    start_from: str | None = None,
    until: str | None = None,
    known: Any = None,
    context: Mapping[str, Any] | None = None,
    uri: str | None = None,
    schemas: Path | None = None,
    source: str = "document",
) -> RunResult:
    """Run a pipeline, or its part from one stage to another, on an entity or a document as the first one takes.

    Each stage is timed and logged with the VM's id.  Domains that were started are ended, whatever happens.  A run
    that starts with a document holds it against the entity `known`, or against its own content; `source` names it in
    messages.  `uri` is libvirt's (see `xform.hypervisor.default_uri`), `schemas` a folder of RELAX NG files.

    Raises TableError, XformError for a stage that is not there, and what the stages raise.
    """
    stages = stages_of(dialect.tables, pipeline).part(start_from, until)
    if stages.takes == "entity":
        entity = value
    else:
        entity = dialect.parse(value, source=source, **(context or {})) if known is None else known
    state = Run(dialect=dialect, context=context or {}, uri=uri, schemas=schemas, entity=entity, source=source)
    done = []
    with state._ends:
        for name, function, _, gives in stages.stages:
            began = time.perf_counter()
            try:
                value = function(value, state)
            except BaseException as error:
                state.log.warning("stage failed", stage=name, seconds=_since(began), error=type(error).__name__)
                raise
            if gives == "entity":
                state.entity = value
            done.append(Done(name, value, _since(began)))
            state.log.info("stage", stage=name, seconds=done[-1].seconds)
    return RunResult(value, tuple(done), state.entity, state.uri)


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 4)
