"""A small real project in a real repository, for tests that judge it as a host or a person does.

`prepare` builds it once and runs its tests for real; each test gets a copy, whose store knows the
measurements already, since the same tree in the same environment is the same measurement.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.measure_run.bench import make_environment

import coverage_gate
from coverage_gate import procedure
from coverage_gate.adapters.stores.store import SqlStore, open_store
from coverage_gate.clock import SystemClock
from coverage_gate.core.baseline import key_of
from coverage_gate.core.measurement import Measurement
from coverage_gate.core.ratchet import Rise
from coverage_gate.settings import load_settings
from coverage_gate.testing.repositories import RepositoryBuilder

NAME = "shop"
#: The store before the first merge.
UNFOUNDED = "unfounded.db"

PYPROJECT = """\
[tool.coverage.run]
branch = true
source = ["src"]

[tool.pytest.ini_options]
testpaths = ["tests"]
"""
PRICE = """\
def shipping(total):
    if total >= 5000:
        return 0
    return 490


def discounted(price, percent):
    if not 0 <= percent <= 100:
        raise ValueError("percent")
    return price * (100 - percent) // 100
"""
PRICE_TESTS = """\
from shop.price import discounted, shipping


def test_shipping():
    assert shipping(5000) == 0


def test_discount():
    assert discounted(1000, 10) == 900
"""
#: 6 statements of 8 and 2 branches of 4, by the tests above.
MAIN = {
    "pyproject.toml": PYPROJECT,
    "src/shop/__init__.py": "",
    "src/shop/price.py": PRICE,
    "tests/test_price.py": PRICE_TESTS,
}
COUPON = "def redeem(code):\n    if code:\n        return 10\n    return 0\n"
COUPON_TESTS = (
    "from shop.coupon import redeem\n\n\n"
    "def test_redeem():\n    assert (redeem('a'), redeem('')) == (10, 0)\n"
)
INVOICE = (
    "def invoice(items):\n    for item in items:\n        yield f'{item}'\n    yield 'total'\n"
)
CANNOT_START = "from shop.price import nothing_of_this_name\n\n\ndef test_it():\n    pass\n"
TABLE = "\n[tool.coverage-gate]\nmin_percent = 99.5\n"

#: Branch → what it changes on main; None deletes.
BRANCHES: Mapping[str, Mapping[str, str | None]] = {
    "feature/tested": {"src/shop/coupon.py": COUPON, "tests/test_coupon.py": COUPON_TESTS},
    "feature/untested": {"src/shop/invoice.py": INVOICE},
    "docs": {"README.md": "A shop.\n"},
    "strict": {"pyproject.toml": PYPROJECT + TABLE},
    "no-python": {"src/shop/legacy.py": "print 'hello'\n"},
    "cannot-start": {"tests/test_price.py": CANNOT_START},
    "failing": {"tests/test_price.py": PRICE_TESTS.replace("== 900", "== 901")},
    "no-tests": {"tests/test_price.py": None},
    "same-line-1": {"src/shop/price.py": PRICE.replace("490", "491")},
    "same-line-2": {"src/shop/price.py": PRICE.replace("490", "492")},
}
MEASURED = ("main", "feature/tested", "feature/untested", "docs", "strict", "no-python")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A copy of the repository, with folders for all that a gate needs.

    Attributes:
        top: Holds everything.
        python: Runs the project's tests.
    """

    top: Path
    python: Path

    @property
    def repos(self) -> Path:
        return self.top / "repos"

    @property
    def path(self) -> Path:
        return self.repos / NAME

    @property
    def db(self) -> Path:
        return self.top / "store.db"

    @property
    def reports(self) -> Path:
        return self.top / "reports"

    @property
    def worktrees(self) -> Path:
        return self.top / "worktrees"

    @property
    def git(self) -> RepositoryBuilder:
        return RepositoryBuilder(path=self.path, git_dir=self.path / ".git", files=self.path)

    @property
    def store(self) -> SqlStore:
        return open_store(self.db, clock=SystemClock())

    def variables(self) -> dict[str, str]:
        """The environment of a host whose own repository this is."""
        return {
            "ORCH_SELF_REPO": NAME,
            "ORCH_REPOS_DIR": str(self.repos),
            "ORCH_WORKTREES_DIR": str(self.worktrees),
            "ORCH_REPORTS_DIR": str(self.reports),
            "ORCH_DB_PATH": str(self.db),
            "ORCH_COVERAGE_PYTHON": str(self.python),
        }

    def check(self, branch: str, item: str = "ET-1") -> tuple[bool, str]:
        """What a host's QG_CHECKS call answers."""
        return coverage_gate.check_coverage_gate(NAME, item, branch)

    def merge(self, branch: str, item: str = "ET-1") -> bool:
        """Land a branch on main as it stands, and ratchet."""
        sha = self.sha(branch)
        self.git.git("update-ref", "refs/heads/main", sha)
        return coverage_gate.ratchet_baseline_on_merge(NAME, item, branch, sha)

    def sha(self, branch: str) -> str:
        return self.git.git("rev-parse", f"refs/heads/{branch}")

    def report(self, item: str = "ET-1") -> str:
        """The text of a report that was written."""
        return coverage_gate.report_path(NAME, item).read_text()

    def new_branch(self, name: str, files: Mapping[str, str | None], start: str = "main") -> str:
        """Commit a branch; the checkout goes back to main. Returns the commit."""
        self.git.git("update-index", "-q", "--refresh")  # a copy's files have other inodes
        self.git.branch(name, start)
        self.git.write({path: text for path, text in files.items() if text is not None})
        self.git.delete(*(path for path, text in files.items() if text is None))
        sha = self.git.commit(name)
        self.git.switch("main")
        return sha


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a command line answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the object holds
        """The object on the last line of stdout."""
        return json.loads(self.out.splitlines()[-1])


def prepare(top: Path) -> Shop:
    """Build the repository with its branches, and measure most of them."""
    shop = Shop(top=top, python=make_environment(top / "environment"))
    builder = RepositoryBuilder.create(shop.path)
    builder.commit(files=MAIN)
    for name, files in BRANCHES.items():
        shop.new_branch(name, files)
    return shop


def measure_all(shop: Shop) -> None:
    """Run the tests of the branches that most tests judge; in the environment of the shop."""
    kept = {
        branch: procedure.measure(
            lambda base: load_settings(base_pyproject=base), NAME, shop.path, head=branch
        )
        for branch in MEASURED
    }
    _copy_database(shop.db, shop.top / UNFOUNDED)
    main = kept["main"]
    assert isinstance(main, Measurement)
    assert main.counts.rate is not None
    shop.store.ratchet(
        Rise(
            key=key_of(NAME, main),
            rate=main.counts.rate,
            counts=main.counts,
            sha=shop.sha("main"),
            tree=main.provenance.tree,
            at="2026-01-01T00:00:00Z",
        )
    )


def copy_of(prepared: Shop, top: Path, *, founded: bool) -> Shop:
    """The prepared shop once more, at another place; its interpreter is shared.

    Args:
        prepared: The shop.
        top: The place.
        founded: Whether main has merged before and so has a baseline, 8 of 12.
    """
    shutil.copytree(prepared.repos, top / "repos", symlinks=True)
    own = Shop(top=top, python=prepared.python)
    _copy_database(prepared.db if founded else prepared.top / UNFOUNDED, own.db)
    return own


def _copy_database(source: Path, target: Path) -> None:
    # A file alone may lack what is still in its log.
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
