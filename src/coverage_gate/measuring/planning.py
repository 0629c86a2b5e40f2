"""All that decides the numbers of one tree, found out before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.base_config import BaseConfig, read_base_config
from coverage_gate.adapters.measure.config_text import BadConfigError
from coverage_gate.adapters.measure.interpreter import (
    Interpreter,
    InterpreterChoice,
    InterpreterError,
    find_interpreter,
    probe_interpreter,
)
from coverage_gate.adapters.measure.pytest_trust import TrustedPytest
from coverage_gate.adapters.measure.rc_file import choose_core
from coverage_gate.adapters.measure.scope import resolve_scope
from coverage_gate.adapters.sandbox.bare import BareSandbox
from coverage_gate.configuring import trusted_options
from coverage_gate.core.cage import Cage
from coverage_gate.core.measurement import FailureCode
from coverage_gate.core.reuse import Reuse
from coverage_gate.measuring.bench import Bench, Plan
from coverage_gate.measuring.contents import Contents, tracked_in
from coverage_gate.measuring.faults import unmeasurable
from coverage_gate.measuring.identity import identity_of
from coverage_gate.ports import TreeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans measurements on one bench.

    Attributes:
        bench: What runs the tests.
        view: The repository; None for a folder without a commit.
        cage: What holds them.
        probed: Interpreters that were asked already, by their path.
    """

    bench: Bench
    view: GitView | None
    cage: Cage
    probed: dict[Path, Interpreter]

    def plan(self, source: TreeSource) -> Plan:
        """Plan the measurement of a tree.

        Raises:
            UnmeasurableError: If configuration or interpreter cannot be used.
            RepositoryError: If git cannot read the tree.
        """
        contents = Contents(view=self.view, source=source)
        entries = contents.entries()
        config = self._config(contents)
        interpreter = self._interpreter(entries)
        trusted = self._trusted(source)
        command = self.bench.command
        plan = Plan(
            source=source,
            config=config,
            scope=resolve_scope(config, contents.layout()),
            interpreter=interpreter,
            core=choose_core(
                interpreter.minor, branch=config.branch, concurrency=config.concurrency
            ),
            command=replace(command, args=(*trusted.fence, *trusted.arguments, *command.args)),
            trusted=trusted,
            root_name=_root_name(entries, self.bench.repository),
        )
        identity = partial(identity_of, plan, env=self.bench.env, cage=self.cage)
        shared = contents.code(plan.scope.holders) if self.bench.reuse is Reuse.CODE else ""
        return replace(plan, identity=identity(), shared=identity(content=shared) if shared else "")

    def _config(self, contents: Contents) -> BaseConfig:
        config = _readable_config(contents)
        branch = self.bench.branch
        return config if branch is None else replace(config, branch=branch)

    def _trusted(self, source: TreeSource) -> TrustedPytest:
        command = self.bench.command
        if self.view is None or source.tree is None or not command.is_pytest:
            return TrustedPytest()
        # A tree by itself, as after its merge, has its own configuration for the base's: the same
        # measurement as when it was judged.
        return trusted_options(self.view, command, source.config_tree or source.tree, source.tree)

    def _interpreter(self, entries: Sequence[str]) -> Interpreter:
        choice = self._choice(entries)
        if choice.path not in self.probed:
            try:
                self.probed[choice.path] = probe_interpreter(
                    choice,
                    roots=self.bench.checkouts,
                    needs_pytest=self.bench.command.is_pytest,
                    # Nothing that is installed for it runs, so there is nothing to hold.
                    sandbox=BareSandbox(),
                    env=self.bench.env,
                )
            except InterpreterError as error:
                raise unmeasurable(error.code, error) from None
        return self.probed[choice.path]

    def _choice(self, entries: Sequence[str]) -> InterpreterChoice:
        """A tree that itself holds an environment is told so; others just do not use it."""
        bench = self.bench
        find = partial(
            find_interpreter,
            configured=bench.configured,
            tracked=tracked_in(entries),
            fallback=bench.fallback,
        )
        choice = find(candidates=bench.checkouts)
        if bench.tainted.isdisjoint(choice.path.parents):
            return choice
        return find(candidates=[place for place in bench.checkouts if place not in bench.tainted])


def _readable_config(contents: Contents) -> BaseConfig:
    """The base's. Only where that cannot be read, the tree's own: else nobody could mend it."""
    source = contents.source
    try:
        return read_base_config(contents.config_files(source.config_tree or source.tree))
    except BadConfigError as error:
        broken = unmeasurable(FailureCode.BAD_CONFIGURATION, error)
    try:
        return read_base_config(contents.config_files(source.tree))
    except BadConfigError:
        raise broken from None


def _root_name(entries: Sequence[str], repository: str) -> str:
    """Where the root is a package itself, tests import it by the name of the folder."""
    if "__init__.py" in entries and repository.isidentifier():
        return f"tree/{repository}"
    return "tree"
