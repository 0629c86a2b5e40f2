"""What one run of a tree's tests executed, with where it comes from.

`FileCoverage` is counted by the gate itself (see `counting`); nothing here was computed by
the process that ran the tests except which lines, arcs and test outcomes it claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from coverage_gate.core.cage import Way
from coverage_gate.core.linebits import LineBits
from coverage_gate.core.rates import Counts

Arc = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A function or class in a file.

    Attributes:
        name: Qualified name, as in "Cart.discount".
        kind: "function" or "class".
        first: Line of its `def`, `class` or first decorator, 1-based.
        last: Its last line, inclusive.
        header: Line of its `def` or `class`, after the decorators; 0 where that is `first`. What
            comes after it runs when the function is called.
    """

    name: str
    kind: str
    first: int
    last: int
    header: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What the configuration and comments keep from being counted in one file.

    Attributes:
        statements: Executable statements that are excluded, each by its first line.
        branches: Branches that would count if nothing were excluded, sorted.
        harmless: Those of `statements` that a pattern excludes by their code, and that hold no
            logic.
        commented: Those of `statements` that are excluded by a comment.
        excused: Lines of which a comment says that their branches count as taken.
        assumed: Branches that did not run and count as taken because of that, sorted.
        packed: Statements that ran and hold the body of a function that was not seen to run, and
            the lines of theirs where such a function begins.
        ran: Those of `statements` that ran.
        taken: Those of `branches` that ran, sorted.
    """

    statements: LineBits = 0
    branches: tuple[Arc, ...] = ()
    harmless: LineBits = 0
    commented: LineBits = 0
    excused: LineBits = 0
    assumed: tuple[Arc, ...] = ()
    packed: LineBits = 0
    ran: LineBits = 0
    taken: tuple[Arc, ...] = ()


NOTHING_WITHHELD = Withheld()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCoverage:
    """The lines and branches of one source file and which of them ran.

    Attributes:
        path: Relative to the root of the tree, with forward slashes.
        blob: Git id of the file's bytes.
        statements: Executable statements, each by its first line; excluded ones are not in it.
        executed: The statements that ran; a subset of `statements`.
        excluded: First lines of what the configuration excludes (pragmas and patterns).
        branches: Possible branch arcs, sorted; empty where branches are not measured. The exit of
            a function is written as coverage.py writes it, a negative line.
        taken: The branch arcs that ran; a subset of `branches`, sorted.
        spans: Functions and classes, by first line.
        continued: Lines of a statement of several lines but its first. As a set of lines and not
            as pairs (first, last): a bit a line, whatever the source holds.
        trivial: Statements that say nothing about logic when they run: imports, and assignments
            of values that call nothing, at module or class level.
        withheld: What would count if nothing were excluded.
        idle: Statements that only type checkers read: no run passes them, and they hold no logic.
        idle_exits: Lines on which the whole of a function stands that only type checkers read.
    """

    path: str
    blob: str
    statements: LineBits
    executed: LineBits
    excluded: LineBits = 0
    branches: tuple[Arc, ...] = ()
    taken: tuple[Arc, ...] = ()
    spans: tuple[Span, ...] = ()
    continued: LineBits = 0
    trivial: LineBits = 0
    withheld: Withheld = NOTHING_WITHHELD
    idle: LineBits = 0
    idle_exits: LineBits = 0

    @property
    def counts(self) -> Counts:
        """Statements plus branches, as coverage.py adds them."""
        return Counts(
            covered=self.executed.bit_count() + len(self.taken),
            total=self.statements.bit_count() + len(self.branches),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What makes numbers comparable: the tracing core, the interpreter and the branch mode.

    See ADR 0006: the same tree has other numbers under another core or another minor version.
    """

    core: str
    python: str
    branch: bool

    def __str__(self) -> str:
        return f"{self.core}-{self.python}-{'branch' if self.branch else 'line'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a measurement comes from.

    Attributes:
        identity: Digest of everything that decides the numbers; empty for uncommitted trees.
        commit: The commit that was asked for; None for a merge result or an uncommitted tree.
        tree: Git tree id that was measured; None for an uncommitted tree.
        kind: See `Kind`.
        scope: Short digest of the configured scope: numbers of other scopes are not comparable.
        scope_text: The scope in words, as in "src (derived)".
        config_digest: Digest of the configuration that the run was made under.
        coverage_version: Version of coverage.py in the repository's interpreter.
        sandbox: Name of the level that held the run, as in "plain".
        closed: The ways out of it that were tried and found closed.
    """

    identity: str
    commit: str | None
    tree: str | None
    kind: Kind
    scope: str
    scope_text: str
    config_digest: str
    coverage_version: str
    sandbox: str
    closed: tuple[Way, ...] = ()


class TestOutcome(StrEnum):
    """How one test ended, in pytest's words."""

    __test__ = False  # pytest would take the class for tests by its name

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRun:
    """How the test command ended.

    Attributes:
        exit_status: Of the command; 0 when all is well.
        outcomes: Test id → outcome; None when the command does not tell (no pytest).
        passed: The ids of the tests that passed.
        failed: The ids of the tests that failed or broke.
    """

    __test__: ClassVar[bool] = False  # pytest would take the class for tests by its name

    exit_status: int
    outcomes: Mapping[str, TestOutcome] | None = None
    passed: frozenset[str] = field(init=False, repr=False, compare=False)
    failed: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once: judging asks for it often, and there may be some ten thousand tests.
        ends = (self.outcomes or {}).items()
        bad = (TestOutcome.FAILED, TestOutcome.ERROR)
        passed = frozenset(test for test, end in ends if end is TestOutcome.PASSED)
        object.__setattr__(self, "passed", passed)
        object.__setattr__(self, "failed", frozenset(test for test, end in ends if end in bad))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparsable:
    """A source file in scope that is no Python, so that its statements cannot be counted."""

    path: str
    blob: str
    line: int | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """A Python file that does not count, though it may be product code.

    Attributes:
        file: What it holds; nothing of it is known to have run.
        is_in_scope: Whether it only does not count because it never ran and lies in no package.
        imported_by: The first file that counts and imports it, also by way of others; empty if
            there is none.
    """

    file: FileCoverage
    is_in_scope: bool
    imported_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One measured tree.

    Attributes:
        provenance: Where it comes from.
        files: In scope, sorted by path, each once.
        unparsable: In scope, but no Python.
        unlisted: In scope and Python, but coverage.py does not report it: it never ran and its
            folder is no package. Sorted paths.
        aside: Those of `unlisted`, and what of the Python files outside of the scope may be product
            code, by path.
        aside_folders: Folders of all Python files that do not count, sorted; the root is empty.
        tests: How the test command ended.
        rewritten: Measured files that the tests changed or deleted while they ran: what ran
            there need not be what the tree has. Sorted paths.
        counts: The totals over all files: coverage.py's own for this tree.
    """

    provenance: Provenance
    files: tuple[FileCoverage, ...]
    unparsable: tuple[Unparsable, ...] = ()
    unlisted: tuple[str, ...] = ()
    aside: tuple[Aside, ...] = ()
    aside_folders: tuple[str, ...] = ()
    tests: TestRun = field(default_factory=lambda: TestRun(exit_status=0))
    rewritten: tuple[str, ...] = ()
    counts: Counts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once, and as plain numbers: judging asks for it often, and there may be 50,000 files.
        counts = Counts(
            covered=sum(file.executed.bit_count() + len(file.taken) for file in self.files),
            total=sum(file.statements.bit_count() + len(file.branches) for file in self.files),
        )
        object.__setattr__(self, "counts", counts)

    def file(self, path: str) -> FileCoverage | None:
        """The coverage of one path, or None where the measurement does not know it."""
        return next((file for file in self.files if file.path == path), None)


class FailureCode(StrEnum):
    """Why a tree could not be measured. Each has a heading in docs/errors.md."""

    NO_INTERPRETER = "no-interpreter"
    NO_COVERAGE = "no-coverage"
    NO_PYTEST = "no-pytest"
    BAD_CONFIGURATION = "bad-configuration"
    EXPORT_FAILED = "export-failed"
    SANDBOX_FAILED = "sandbox-failed"
    SANDBOX_TOO_WEAK = "sandbox-too-weak"
    ANALYSIS_FAILED = "analysis-failed"
    TESTS_CANNOT_START = "tests-cannot-start"
    NO_TESTS = "no-tests"
    TIMEOUT = "timeout"
    KILLED = "killed"
    NO_DATA = "no-data"
    BAD_DATA = "bad-data"
    FORGED = "forged"
    FOREIGN_MODULE = "foreign-module"
    BRANCH_CONFIGURATION = "branch-configuration"
    MAIN_BROKEN = "main-broken"
    TREE_CHANGED = "tree-changed"
    ERROR = "error"


#: Failures that come before any byte of the branch runs: no control run can tell more.
TOOL_FAILURES = frozenset(
    {
        FailureCode.NO_INTERPRETER,
        FailureCode.NO_COVERAGE,
        FailureCode.NO_PYTEST,
        FailureCode.BAD_CONFIGURATION,
        FailureCode.SANDBOX_FAILED,
        FailureCode.SANDBOX_TOO_WEAK,
        FailureCode.ERROR,
    }
)

#: Failures that no full disk, lack of memory or slow machine explains: the tests' own bytes do.
BYTES_ALONE = frozenset({FailureCode.TESTS_CANNOT_START, FailureCode.NO_TESTS})

#: Failures that are the branch's, whatever a control run would tell.
BRANCH_FAILURES = frozenset(
    {
        FailureCode.FOREIGN_MODULE,
        FailureCode.BRANCH_CONFIGURATION,
        FailureCode.MAIN_BROKEN,
        FailureCode.TREE_CHANGED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureFailure:
    """A tree that could not be measured.

    Attributes:
        code: What happened.
        message: For people: what happened and what to do next.
        output: The last lines that the test command printed, made printable.
    """

    code: FailureCode
    message: str
    output: str = ""
