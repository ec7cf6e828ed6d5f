"""Pipelines: stages that a dialect names, run one after another on a value (docs/pipelines.md).

A stage is a function, value in, value out, that is given the run as well.  Its name is looked up in the dialect's own
``stages.py``, then in that of the dialect it extends, then among the ones shipped here, then among those of installed
packages (entry points ``xform.stages``, each a module's function).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from inspect import isfunction, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from attrs import define, field, frozen

from xform.errors import DocumentError, EntityError, TableError, XformError, did_you_mean, instead, lasting, named
from xform.files import entity_from
from xform.schema import no_schema, schema_of, version_of
from xform.table.folder import defined, load_module, place
from xform.table.model import Origin, Tables
from xform.table.reader import declared
from xform.text import decoded

if TYPE_CHECKING:
    from xform.dialect import Dialect
    from xform.hypervisor import Hypervisor

__all__ = ["Done", "Run", "RunResult", "run", "stage", "value_from"]

Kind = Literal["entity", "document", "matching", "data"]
Stage = Callable[[Any, "Run"], Any]
S = TypeVar("S", bound=Stage)
T = TypeVar("T")

_KINDS: dict[Kind, str] = {
    "entity": "an entity",
    "document": "a document's text",
    "matching": "a matching",
    "data": "plain data",
}


@define(kw_only=True)
class Run:
    """One run of a pipeline: what its stages share.

    `context` goes to the dialect's functions by keyword.  `entity` is what the document comes from, or is held against:
    the last that a stage gave, else what the run was given.  `source` names the document in
    messages.  `config` is the file with the settings of a stage that has some.  `domain` is the UUID of the domain that
    this run started; `starter` starts it, where a stage made the host ready in its own way, and gives its UUID.
    """

    dialect: Dialect
    context: Mapping[str, Any]
    uri: str | None
    schemas: Path | None
    entity: Any
    source: str
    config: Path | None = None
    domain: str | None = field(default=None, init=False)
    starter: Callable[[str], str] | None = field(default=None, init=False)
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

    def enter(self, context: AbstractContextManager[T]) -> T:
        """What a context manager gives; at the end of the run it is left, whatever happens, the last one first."""
        return self._ends.enter_context(context)

    @property
    def hypervisor(self) -> Hypervisor:
        """The connection to libvirt, opened when it is first asked for; at the end of the run its domains end."""
        if self._hypervisor is None:
            from xform.hypervisor import Hypervisor

            self._hypervisor = self.enter(Hypervisor(self.uri))
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

    A stage that says nothing takes what the one before it gives.  ``data`` is anything that is no entity of a whole
    document, no text and no matching.  Raises ValueError for another kind.
    """
    if odd := next((kind for kind in (takes, gives or takes) if kind not in _KINDS), None):
        raise ValueError(f"{odd!r} is none of the kinds {', '.join(_KINDS)}{did_you_mean(str(odd), _KINDS)}")

    def mark(function: S) -> S:
        function.__dict__.update(takes=takes, gives=gives or takes)
        return function

    return mark


@stage("entity")
def plan(entity: Any, run: Run) -> Any:
    """The entity, completed by the dialect's plan. Raises EntityError, each line with the entity's source."""
    with named(run.source, EntityError):
        return run.dialect.plan(entity, **run.context)


@stage("entity", gives="document")
def generate(entity: Any, run: Run) -> str:
    """The entity as a document. Raises EntityError where the tables do not admit it."""
    version = version_of(run.dialect.tables, run.schemas)
    with named(run.source, EntityError):
        xml = run.dialect.generate(entity, version=version, **run.context)
    run.source = "generated document"
    return xml


@stage("document")
def log(xml: str, run: Run) -> str:
    """The same document, and a line of the log that has it: pretty, with ``***`` for what may be secret."""
    run.log.info("document", xml=run.dialect.masked(xml, **run.context))
    return xml


@stage("document")
def check(xml: str, run: Run) -> str:
    """The same document. Raises DocumentError where it is not valid."""
    schema = schema_of(run.dialect.tables, run.schemas)
    if schema is None:
        raise no_schema(run.dialect.tables)
    if schema.said(run.dialect.tree(xml, run.source)):
        from xform.faults import locate

        found = locate(run.dialect, schema, xml, run.source, **run.context)
        more = f" (and {len(found) - 1} more, which xform validate shows)" if len(found) > 1 else ""
        raise DocumentError(f"{found[0]}{more}")
    return xml


@stage("document")
def start(xml: str, run: Run) -> str:
    """The same document, and a domain that runs from it until the end of the run."""
    run.domain = (run.starter or run.hypervisor.start)(xml)
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


SHIPPED: dict[str, Stage] = {f.__name__: f for f in (plan, generate, log, check, start, dump, match)}


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
        return self.stages[0][2]

    def part(self, start_from: str | None = None, until: str | None = None) -> Stages:
        """From one stage to another, both included. Raises XformError for one that the pipeline has not."""
        first = self._index(start_from, 0) if start_from else 0
        last = self._index(until, first) if until else len(self.stages) - 1
        return Stages(self.stages[first : last + 1])

    def _index(self, name: str, first: int) -> int:
        names = self.names[first:]
        if name not in names:
            if name in self.names:
                raise XformError(f"stage {name!r} comes before {names[0]!r}; expected one of {', '.join(names)}")
            raise XformError(f"no stage {name!r} in the pipeline{instead(name, names)}")
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
    if not tables.pipelines[pipeline]:
        raise TableError(
            f"{declared(tables, 'pipeline', pipeline)}: pipeline {pipeline!r} is empty; expected names of stages"
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
            known[name] = _brought(name, known, declared(tables, "pipeline", pipeline))
        takes = getattr(known[name], "takes", kind)
        kind = getattr(known[name], "gives", takes)
        found.append((name, known[name], takes, kind))
    return Stages(tuple(found))


def _brought(name: str, known: Iterable[str], origin: Origin) -> Stage:
    """The stage of this name that an installed package brings. Raises TableError where none does."""
    from importlib.metadata import entry_points  # which takes as long to import as a plan to make

    points = {point.name: point for point in entry_points(group="xform.stages")}
    if name not in points:
        raise TableError(f"{origin}: unknown stage {name!r}{instead(name, [*known, *points])}")
    try:
        stage: Stage = lasting(points[name].load)()
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise TableError(f"{origin}: stage {name!r} of {points[name].value} does not load: {said}") from error
    return stage


def value_from(
    dialect: Dialect, data: bytes, source: str, *, pipeline: str = "run", start_from: str | None = None
) -> Any:
    """What `run` starts with, from the content of a file: an entity, or a document's text, as its first stage takes.

    Raises EntityError, DocumentError, XformError for a stage that takes neither.
    """
    stages = stages_of(dialect.tables, pipeline).part(start_from)
    if stages.takes == "entity":
        return entity_from(dialect, data, source)
    if stages.takes != "document":
        raise XformError(
            f"stage {stages.names[0]!r} takes {_KINDS[stages.takes]}, which no file holds; start with an earlier one"
        )
    dialect.tree(data, source)
    return decoded(data, source)


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
    config: Path | None = None,
) -> RunResult:
    """Run a pipeline, or its part from one stage to another, on an entity or a document as the first one takes.

    Each stage is timed and logged with the VM's id.  Domains that were started are ended, whatever happens.  A run
    that starts with a document holds it against the entity `known`, or against its own content; `source` names it in
    messages.  `uri` is libvirt's (see `xform.hypervisor.default_uri`), `schemas` a folder of RELAX NG files, `config` a
    file of settings for stages that have some.

    Raises TableError, XformError for a stage that is not there or does not keep its word, and what the stages raise.
    """
    stages = stages_of(dialect.tables, pipeline).part(start_from, until)
    entity = value if stages.takes == "entity" else known
    if entity is None and stages.takes == "document":
        entity = dialect.parse(value, source=source, **(context or {}))
    state = Run(
        dialect=dialect,
        context=context or {},
        uri=uri,
        schemas=schemas,
        entity=entity,
        source=source,
        config=config,
    )
    done: list[Done] = []
    with state._ends:
        for name, function, *_ in stages.stages:
            began = time.perf_counter()
            try:
                value = perform(name, function, value, state, done[-1].stage if done else None)
            except BaseException as error:
                cause = error.__cause__ or error
                state.log.warning("stage failed", stage=name, seconds=_since(began), error=type(cause).__name__)
                raise
            if _kind(dialect, value) == "entity":
                state.entity = value
            done.append(Done(name, value, _since(began)))
            state.log.info("stage", stage=name, seconds=done[-1].seconds)
    return RunResult(value, tuple(done), state.entity, state.uri)


def perform(name: str, stage: Stage, value: Any, run: Run, before: str | None = None) -> Any:
    """What a stage gives; `before` is the stage that gave its value.

    Raises what the stage raises, as XformError with its place where it is none, and XformError where a value is not
    what a stage says that it takes or gives.
    """
    takes, gives = getattr(stage, "takes", None), getattr(stage, "gives", None)
    if takes and _kind(run.dialect, value) != takes:
        giver = f"stage {before!r} gave" if before else "the run starts with"
        raise XformError(f"{giver} {_said(run.dialect, value)}; stage {name!r} takes {_KINDS[takes]}")
    try:
        given = lasting(stage)(value, run)
    except (XformError, MemoryError):
        raise
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
        where = place(error, _folders(run)) or _defined(stage, run)
        raise XformError(f"{where}stage {name!r} raised {said}{_signature(stage, value, run)}") from error
    if gives and _kind(run.dialect, given) != gives:
        said = f"stage {name!r} gave {_said(run.dialect, given)}; it says that it gives {_KINDS[gives]}"
        raise XformError(f"{_defined(stage, run)}{said}")
    return given


def _folders(run: Run) -> list[Path]:
    """Where the dialect's own Python is."""
    return [one.folder.resolve() for one in run.dialect.tables.lineage]


def _function(stage: Stage, run: Run) -> Callable[..., Any]:
    """What does the work of a stage: of the plan the dialect's own function."""
    from xform.dialect import planner

    return (planner(run.dialect.tables, "plan") if stage is plan else None) or stage


def _defined(stage: Stage, run: Run) -> str:
    """``file:line: `` of the dialect's Python that a stage is; empty for another's."""
    return defined(_function(stage, run), _folders(run))


def _signature(stage: Stage, value: Any, run: Run) -> str:
    """What ends a message about a plan that does not take what every plan is given."""
    function = _function(stage, run)
    try:
        if stage is plan and isfunction(function):
            signature(function).bind_partial(value, dialect=run.dialect, **run.context)
    except TypeError:
        return "; expected plan(entity, *, dialect, **context)"
    return ""


def _kind(dialect: Dialect, value: Any) -> Kind:
    if type(value) is dialect.classes[dialect.tables.root]:
        return "entity"
    if isinstance(value, str):
        return "document"
    matching = sys.modules.get("xform.match")  # who has a matching has loaded this, which takes its time
    return "matching" if matching and isinstance(value, matching.Matching) else "data"


def _said(dialect: Dialect, value: Any) -> str:
    kind = _kind(dialect, value)
    if kind != "data":
        return _KINDS[kind]
    return "nothing" if value is None else f"a value of type {type(value).__name__}"


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 4)
