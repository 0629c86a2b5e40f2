"""What runs the tests of a repository, and what is planned for one tree of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.adapters.measure.base_config import BaseConfig
from coverage_gate.adapters.measure.command import TestCommand
from coverage_gate.adapters.measure.interpreter import Interpreter
from coverage_gate.adapters.measure.pytest_trust import TrustedPytest
from coverage_gate.adapters.measure.rig import Rig
from coverage_gate.adapters.measure.scope import Scope
from coverage_gate.core.reuse import Reuse
from coverage_gate.ports import Progress, RunLimits, Sandbox, TreeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What runs the tests of one repository.

    Attributes:
        repository: Its name, for the store.
        checkouts: The branch's worktree and the main work tree: where `.venv` is looked for, and
            what an editable install may lead back to.
        configured: The interpreter that the operator named.
        fallback: The gate's own interpreter.
        command: What runs the tests.
        branch: Whether branches are measured; None: as the base's configuration says.
        limits: Bounds of a run.
        env: All that the run may inherit, by name.
        scratch: Where private folders are made.
        tainted: Those checkouts whose own commit holds the environment that lies there. It is the
            branch's, also while another tree is measured.
        self_check_percent: How much of what is known of source files is analysed again.
        reuse: Whose measurement a tree may take over.
    """

    repository: str
    checkouts: tuple[Path, ...]
    configured: Path | None
    fallback: Path
    command: TestCommand
    branch: bool | None
    limits: RunLimits
    env: Mapping[str, str]
    scratch: Path
    tainted: frozenset[Path] = frozenset()
    self_check_percent: int = 0
    reuse: Reuse = Reuse.TREE


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that decides the numbers of one tree, known before anything runs.

    Attributes:
        source: The tree.
        config: What the base configures.
        scope: Which files count.
        interpreter: What runs the tests, as probed.
        core: What traces them.
        command: The command, with the options that replace a branch's own configuration.
        trusted: What of pytest's configuration is the base's.
        root_name: Where it is exported to, relative to the private folder.
        identity: See `identity.identity_of`; empty where the measurement is not kept.
        shared: The same for all trees whose measurement may be taken over; empty for none.
    """

    source: TreeSource
    config: BaseConfig
    scope: Scope
    interpreter: Interpreter
    core: str
    command: TestCommand
    trusted: TrustedPytest
    root_name: str
    identity: str = ""
    shared: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A tree that is ready to be run in another way than to be measured.

    Attributes:
        bench: What runs its tests.
        sandbox: Holds them.
        progress: Hears what is done.
        interpreter: As probed.
        command: What runs the tests, with what the base's configuration says.
        folder: Private, gone at the end.
        export: Lays a fresh copy of the tree out below a folder and says where.
    """

    bench: Bench
    sandbox: Sandbox
    progress: Progress
    interpreter: Interpreter
    command: TestCommand
    folder: Path
    export: Callable[[Path], Path]

    def rig_in(self, folder: Path) -> Rig:
        """What runs the tests of a fresh copy of the tree, in a private folder."""
        return Rig(
            interpreter=self.interpreter,
            command=self.command,
            export=self.export(folder),
            work=folder / "w",
            roots=self.bench.checkouts,
            sandbox=self.sandbox,
            limits=self.bench.limits,
            allowed=self.bench.env,
        )
