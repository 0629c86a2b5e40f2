"""`make demo`: the whole pipeline on a small real package, from a bare origin to merged tasks.

Nothing here is canned: real git, real test runs, one worker, and a scripted developer that knows no
more than its work order.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from urllib.request import urlopen

import click

from coverage_gate import gate
from coverage_gate.adapters.render.report_reader import ReportFields, read_report
from coverage_gate.adapters.report_files import read_report_file
from coverage_gate.core.ratchet import RANK_ONE
from coverage_gate.core.rates import exact_percent, percent_text
from coverage_gate.testing.repositories import RepositoryBuilder
from coverage_gate.web.serving import served
from stage_engine import demo_developer, tasks
from stage_engine.demo_receivers import Receivers, receiving
from stage_engine.engine import Engine, open_engine, submit_task
from stage_engine.machine import own_host
from stage_engine.overview import queue_block
from stage_engine.signals import Signals
from stage_engine.store import Rows
from stage_engine.values import Task
from stage_engine.worker import Worker, WorkerOptions

FOLDER = Path(".demo")
REPO = "shop"

PACKAGE = {
    "pyproject.toml": """\
        [project]
        name = "shop"
        version = "1.0"

        [tool.coverage.run]
        branch = true
        source = ["src"]

        [tool.pytest.ini_options]
        testpaths = ["tests"]
        """,
    "src/shop/__init__.py": '"""A shop."""\n',
    "src/shop/cart.py": """\
        class Cart:
            def __init__(self):
                self.items = {}

            def add(self, name, price, count=1):
                if count < 1:
                    raise ValueError("count")
                self.items[name] = (price, self.items.get(name, (price, 0))[1] + count)

            def total(self):
                return sum(price * count for price, count in self.items.values())
        """,
    "src/shop/price.py": """\
        def discounted(price, percent):
            if not 0 <= percent <= 100:
                raise ValueError("percent")
            return price * (100 - percent) // 100


        def shipping(total):
            if total >= 5000:
                return 0
            if total >= 2000:
                return 290
            return 490
        """,
    "tests/test_cart.py": """\
        import pytest

        from shop.cart import Cart


        def test_total():
            cart = Cart()
            cart.add("tea", 450, 2)
            cart.add("cup", 900)
            assert cart.total() == 1800


        def test_count_must_be_positive():
            with pytest.raises(ValueError):
                Cart().add("tea", 450, 0)
        """,
    "tests/test_price.py": """\
        import pytest

        from shop.price import discounted, shipping


        @pytest.mark.parametrize(("total", "cost"), [(5000, 0), (100, 490)])
        def test_shipping(total, cost):
            assert shipping(total) == cost


        def test_discount():
            assert discounted(1000, 10) == 900
        """,
}

COUPON = """\
    COUPONS = {"SPRING": 10, "STAFF": 30}


    def redeem(price, code, *, used):
        if code not in COUPONS:
            raise KeyError(code)
        if code in used:
            return price
        used.add(code)
        return price * (100 - COUPONS[code]) // 100
    """
COUPON_TESTS = """\
    import pytest

    from shop.coupon import redeem


    def test_a_coupon_counts_once():
        used = set()
        assert redeem(1000, "SPRING", used=used) == 900
        assert redeem(1000, "SPRING", used=used) == 1000


    def test_an_unknown_coupon_is_refused():
        with pytest.raises(KeyError):
            redeem(1000, "NOPE", used=set())
    """
POSTAGE = """\
    def postage(weight, express):
        if weight <= 0:
            raise ValueError("weight")
        if weight <= 20:
            price = 85
        elif weight <= 500:
            price = 160
        else:
            price = 275
        if express > 0:
            price += 350
        return price
    """
BROKEN_TESTS = """\
    from shop.cart import Cart, Basket


    def test_basket():
        assert Basket is Cart
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One task of the demo.

    Attributes:
        work_item: Its name in a tracker.
        branch: Where its commits are.
        title: What it does, for the table.
        change: Writes and deletes files.
    """

    work_item: str
    branch: str
    title: str
    change: Callable[[RepositoryBuilder], None]


STORIES = (
    Story(
        work_item="SHOP-1",
        branch="feature/coupons",
        title="a tested feature",
        change=lambda repo: write(
            repo, {"src/shop/coupon.py": COUPON, "tests/test_coupon.py": COUPON_TESTS}
        ),
    ),
    Story(
        work_item="SHOP-2",
        branch="feature/postage",
        title="an untested feature",
        change=lambda repo: write(repo, {"src/shop/postage.py": POSTAGE}),
    ),
    Story(
        work_item="SHOP-3",
        branch="chore/faster-suite",
        title="a deleted test",
        change=lambda repo: repo.delete("tests/test_price.py"),
    ),
    Story(
        work_item="SHOP-4",
        branch="docs/readme",
        title="docs only",
        change=lambda repo: write(repo, {"README.md": "# Shop\n\nTea and cups.\n"}),
    ),
    Story(
        work_item="SHOP-5",
        branch="refactor/basket",
        title="tests that cannot start",
        change=lambda repo: write(repo, {"tests/test_basket.py": BROKEN_TESTS}),
    ),
)


def write(repo: RepositoryBuilder, files: Mapping[str, str]) -> None:
    """Write files whose text is indented as it stands in this module."""
    repo.write({path: dedent(text) for path, text in files.items()})


_TOLD = ("lease", "catch-up", "check_coverage_gate", "merge", "merge-verify", "development")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aloud:
    """Progress of the engine: the steps that a reader of the demo asks for."""

    def step(self, text: str) -> None:
        """A new step."""
        if text.endswith(_TOLD):
            click.echo(f"    {text}")

    def detail(self, text: str) -> None:
        """Nothing: a line for each test would be too many."""


def variables(folder: Path) -> dict[str, str]:
    """The settings that the demo runs under."""
    return {
        "ORCH_DB_PATH": str(folder / "pipeline.db"),
        "ORCH_REPOS_DIR": str(folder / "repos"),
        "ORCH_WORKTREES_DIR": str(folder / "worktrees"),
        "ORCH_REPORTS_DIR": str(folder / "reports"),
        "ORCH_COVERAGE_GATE_REPOS": REPO,
        "ORCH_DEVELOPER_COMMAND": f"{sys.executable} {demo_developer.__file__}",
        "ORCH_DEVELOPER_RETRY_LIMIT": "1",
    }


def origin(folder: Path, package: Mapping[str, str], stories: tuple[Story, ...]) -> None:
    """A bare repository with main and a branch for each story."""
    repo = RepositoryBuilder.create(folder / "source")
    write(repo, package)
    repo.commit("a shop with tests")
    for story in stories:
        repo.branch(story.branch)
        story.change(repo)
        repo.commit(story.title)
        repo.switch("main")
    repo.clone(folder / "repos" / f"{REPO}.git", "--bare")


def found_baseline() -> None:
    """Measure main and found its baseline, as the first merge of a pipeline would."""
    ok, reason = gate.check_coverage_gate(REPO, "SHOP-0", "main")
    click.echo(f"main: {'PASS' if ok else 'FAIL'}: {reason}")
    report = read_report(read_report_file(gate.report_path(REPO, "SHOP-0")))
    founded = gate.ratchet_baseline_on_merge(REPO, "SHOP-0", "main", report.commit or "")
    click.echo(f"main: baseline {'founded' if founded else 'NOT founded'}")


def run_pipeline(stories: tuple[Story, ...]) -> Engine:
    """Submit a task for each story, and work until nothing is left to do."""
    engine = replace(open_engine(), progress=Aloud())
    for story in stories:
        submit_task(
            engine,
            repo=REPO,
            work_item=story.work_item,
            branch=story.branch,
            title=story.title,
            source="demo",
            host="",
        )
    options = WorkerOptions(host=own_host(), poll_s=0.2, is_draining=True, tidy_s=None)
    Worker(engine=engine, options=options, signals=Signals(), tell=click.echo).work()
    return engine


def tell_receivers(receivers: Receivers) -> None:
    """Print what people, tracker and forge got."""
    click.echo("\nWho was told (local servers that speak the documented protocols):\n")
    click.echo("\n".join(receivers.got()))


def shown_percent(percent: float | None) -> str:
    """A percent of a report for people."""
    return "-" if percent is None else percent_text(exact_percent(percent))


def row_of(task: Task, report: ReportFields, steps: int) -> str:
    """One row of the table of runs, at 80 columns."""
    end = "done" if task.stage == "done" else f"{task.status} in {task.stage}"
    return _ROW.format(
        task.work_item, task.title, task.developer_retries, report.status,
        shown_percent(report.measured), steps, end,
    ).rstrip()  # fmt: skip


_ROW = "{:<7} {:<24} {:>5} {:<7} {:>8} {:>5}  {}"


def table(engine: Engine) -> str:
    """What became of each task."""
    with engine.store.reading() as rows:
        found = [(task, _steps(rows, task)) for task in tasks.listed(rows, repo=REPO)]
    lines = [_ROW.format("item", "task", "back", "gate", "coverage", "steps", "end")]
    for task, steps in sorted(found, key=lambda pair: pair[0].id):
        text = read_report_file(gate.report_path(REPO, task.work_item))
        lines.append(row_of(task, read_report(text), steps))
    return "\n".join(lines)


def rises(engine: Engine) -> str:
    """How the baseline rose, merge by merge; an equal value only stamps it anew."""
    steps = reversed(engine.store.shared.ratchet_log(REPO, limit=100))
    shown = [
        f"{'none' if step.old_rank is None else percent_text(Fraction(step.old_rank, RANK_ONE))}"
        f" → {percent_text(Fraction(step.new_rank, RANK_ONE))}"
        for step in steps
    ]
    return "ratchet " + ", ".join(shown)


def _steps(rows: Rows, task: Task) -> int:
    return sum(len(tasks.executions(rows, run.run_id)) for run in tasks.runs(rows, task_id=task.id))


def run(folder: Path, package: Mapping[str, str], stories: tuple[Story, ...]) -> Engine:
    """The whole demo in a folder that is made anew; its variables must be set."""
    origin(folder, package, stories)
    click.echo(f"A bare origin: {folder / 'repos' / (REPO + '.git')}")
    found_baseline()
    engine = run_pipeline(stories)
    click.echo("\n" + table(engine) + "\n\n" + rises(engine))
    return engine


def tell_queue(engine: Engine) -> None:
    """Ask a running server, as a dashboard does."""
    with served(queue=lambda: queue_block(engine)) as address:
        click.echo(f"GET {address}/queue:\n")
        with urlopen(f"{address}/queue") as answer:  # noqa: S310 - the server of the line above
            click.echo(json.dumps(json.loads(answer.read()), indent=2))


def play(folder: Path, package: Mapping[str, str], stories: tuple[Story, ...]) -> Engine:
    """The demo from an empty folder to the next commands to try.

    It plays the operator: what it sets in the environment is what a person would export.
    """
    started = time.monotonic()
    with receiving({story.work_item: story.branch for story in stories}) as receivers:
        os.environ.update(variables(folder) | receivers.variables())  # noqa: TID251 - see above
        engine = run(folder, package, stories)
        tell_receivers(receivers)
    shown = stories[1].work_item
    click.echo(f"\nThe report of {shown}:\n")
    click.echo(read_report_file(gate.report_path(REPO, shown)))
    tell_queue(engine)
    click.echo(f"\n{len(stories)} tasks in {time.monotonic() - started:.0f} s. Try next:")
    for command in _NEXT:
        click.echo(f"  .venv/bin/{command}")
    return engine


_NEXT = (
    "coverage-gate check --repo .demo/source --branch feature/postage --base main",
    "coverage-gate doctor --repo .demo/source",
    "stage-engine --help",
)


def begin() -> None:
    """Play the demo in `.demo` of the current folder, which is made anew."""
    folder = FOLDER.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    play(folder, PACKAGE, STORIES)
