"""pytest's plugin: the linter on each file of a dialect and the laws on each document of a corpus, as tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from xform.check.finding import Finding
from xform.check.relaxng import read_schema
from xform.errors import HostError, XformError
from xform.inputs import documents_in, read_bytes
from xform.laws.corpus import LAWS, Trial, outcome, prepared, untried
from xform.lint import lint
from xform.loader import load
from xform.schema import homes_of, no_schema
from xform.table.folder import display

HEAD = "dialect.toml"


class Plugin:
    """What a run with ``--xform`` collects, and what its tests share.

    The dialect's folder and the corpora are collected beside what is named on the command line; alone where nothing is.
    """

    def __init__(self, config: pytest.Config) -> None:
        try:
            self.dialect = load(config.getoption("--xform"))
        except XformError as error:
            raise pytest.UsageError(str(error)) from None
        self.folder = self.dialect.tables.folder.resolve()
        self.corpora = [Path(os.path.abspath(folder)) for folder in config.getoption("--xform-corpus")]
        self.schemas = [Path(folder).resolve() for folder in config.getoption("--xform-schemas")]
        self.schema = self.schemas[0] if self.schemas else None
        if self.schemas and not self.dialect.tables.schema:
            raise pytest.UsageError(f"--xform-schemas: {no_schema(self.dialect.tables)}")
        for option, folders in (("--xform-corpus", self.corpora), ("--xform-schemas", self.schemas)):
            for folder in folders:
                if not folder.is_dir():
                    raise pytest.UsageError(f"{option}: {folder}: {'not a' if folder.exists() else 'no such'} folder")
        # by real path, so that none is tried twice where links lead to it
        self.documents: dict[Path, Path] = {}
        for folder in self.corpora:
            found = [folder / name for name in documents_in(folder)]
            if not found:
                raise pytest.UsageError(f"--xform-corpus: no document in {folder}; expected some")
            self.documents |= {file.resolve(): file for file in found}
        named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
        homes = [str(home) for home in (self.folder, *self.corpora)]
        config.args[:] = [*named, *(home for home in homes if home not in named)]

    @cached_property
    def untried(self) -> dict[str, str]:
        return untried(self.dialect, list(LAWS), self.schema)

    @cached_property
    def trial(self) -> Trial:
        return prepared(self.dialect, [law for law in LAWS if law not in self.untried], self.schema)

    @cached_property
    def faults(self) -> dict[Path, list[Finding]]:
        """What the linter finds, by file of the dialect; what is wrong elsewhere counts for its head."""
        found: dict[Path, list[Finding]] = {}
        for fault in lint(self.dialect.tables, [read_schema(file) for file in self._schemas()]):
            if not fault.note:
                file = Path(fault.origin.file).resolve()
                found.setdefault(file if file.parent == self.folder else self.folder / HEAD, []).append(fault)
        return found

    def _schemas(self) -> list[Path]:
        try:
            return [home / str(self.dialect.tables.schema) for home in homes_of(self.dialect.tables, self.schemas)]
        except HostError:
            return []

    def pytest_report_header(self) -> list[str]:
        reasons = [f"  {why}; the law {law} is not tried" for law, why in self.untried.items()] if self.corpora else []
        return [f"xform: the dialect {self.dialect.tables.name}", *reasons]

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        file = file_path.resolve()
        if file.suffix == ".toml" and file.parent == self.folder:
            return _File.of(parent, file_path, _Lint, self)
        if file in self.documents and file_path in (file, self.documents[file]):
            return _File.of(parent, file_path, _Laws, self)
        return None


class _File(pytest.File):
    """A file with one test."""

    kind: type[_Test]
    plugin: Plugin

    @classmethod
    def of(cls, parent: pytest.Collector, path: Path, kind: type[_Test], plugin: Plugin) -> _File:
        file: _File = cls.from_parent(parent, path=path)
        file.kind, file.plugin = kind, plugin
        return file

    def collect(self) -> Iterator[pytest.Item]:
        yield self.kind.from_parent(self, name=self.kind.says)


class _Broken(Exception):
    """What does not hold, a line each."""


class _Test(pytest.Item):
    says = ""

    @property
    def plugin(self) -> Plugin:
        assert isinstance(self.parent, _File)
        return self.parent.plugin

    def runtest(self) -> None:
        if found := list(self.found()):
            raise _Broken("\n".join(found))

    def found(self) -> Iterator[str]:
        raise NotImplementedError

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, _Broken) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"{display(self.path.parent) / self.path.name}: {self.says}"


class _Lint(_Test):
    says = "lint"

    def found(self) -> Iterator[str]:
        for fault in self.plugin.faults.get(self.path.resolve(), []):
            yield f"{fault.origin}: {fault.message} ({fault.rule})"


class _Laws(_Test):
    says = "laws"

    def found(self) -> Iterator[str]:
        name = str(display(self.path.parent) / self.path.name)
        came = outcome(self.plugin.trial, read_bytes(self.path), list(LAWS), name)
        if came.other:
            pytest.skip("no document of this dialect")
        if came.unread:
            yield came.unread
        for one in (finding for findings in came.laws.values() for finding in findings or ()):
            yield f"{name}:{one.line or 1}: {one.path}: {one.law}: {one.what}"
