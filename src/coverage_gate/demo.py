"""`make demo`: a small real package in a fresh repository, and real branches judged.

Nothing here is canned: each verdict comes out of the command line, run as a process of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from textwrap import dedent
from typing import Any

import click

from coverage_gate.core.rates import percent_text
from coverage_gate.testing.repositories import RepositoryBuilder

FOLDER = Path(".demo")

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
INVOICE = """\
    def invoice(cart, customer):
        lines = [f"Invoice for {customer}"]
        for name, (price, count) in cart.items.items():
            if count > 1:
                lines.append(f"{count} x {name}: {price * count}")
            else:
                lines.append(f"{name}: {price}")
        lines.append(f"Total: {cart.total()}")
        return lines
    """
BROKEN_TESTS = """\
    from shop.cart import Cart, Basket


    def test_basket():
        assert Basket is Cart
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One branch of the demo.

    Attributes:
        work_item: Its task.
        branch: Its name.
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
        branch="feature/invoice",
        title="an untested feature",
        change=lambda repo: write(repo, {"src/shop/invoice.py": INVOICE}),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one branch came to.

    Attributes:
        story: Which branch.
        verdict: The JSON object of `check`.
        after: What followed, as in "ratchet 88.4 → 91.2".
    """

    story: Story
    verdict: Mapping[str, Any]
    after: str


def gate(folder: Path, *arguments: str) -> str:
    """Run the command line on the demo's repository; its progress shows. Returns stdout."""
    places = ["--db", str(folder / "gate.db"), "--reports", str(folder / "reports")]
    if arguments[0] == "report":
        places = places[2:]
    command = [sys.executable, "-m", "coverage_gate", *arguments]
    command += ["--repo", str(folder / "shop"), *places]
    done = subprocess.run(  # noqa: S603 - our own command line
        command, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"demo: {' '.join(arguments)} ended with {done.returncode}")
    return done.stdout


def check(folder: Path, branch: str, work_item: str) -> dict[str, Any]:
    """The verdict on a branch."""
    options = ["--branch", branch, "--base", "main", "--work-item", work_item]
    answer = gate(folder, "check", *options, "--format", "json")
    verdict: dict[str, Any] = json.loads(answer.splitlines()[-1])
    return verdict


def land(folder: Path, repo: RepositoryBuilder, story: Story, commit: str) -> str:
    """Merge what was judged, by compare-and-set, and let the baseline rise."""
    main = repo.git("rev-parse", "refs/heads/main").strip()
    repo.git("update-ref", "refs/heads/main", commit, main)
    answer = gate(folder, "ratchet", "--work-item", story.work_item, "--sha", commit)
    return answer.strip().rpartition(", ")[2]


def found(folder: Path) -> Told:
    """Measure main and found its baseline."""
    verdict = check(folder, "main", "SHOP-0")
    story = Story(work_item="SHOP-0", branch="main", title="main as it is", change=lambda _: None)
    commit = str(verdict["commit"])
    gate(folder, "ratchet", "--work-item", "SHOP-0", "--sha", commit)
    return Told(story=story, verdict=verdict, after="baseline founded")


def tell(folder: Path, repo: RepositoryBuilder, story: Story) -> Told:
    """Make a branch, judge it, and land it when it may land."""
    click.echo(f"\n{story.work_item}: {story.title} ({story.branch})")
    repo.branch(story.branch)
    story.change(repo)
    repo.commit(story.title)
    verdict = check(folder, story.branch, story.work_item)
    repo.git("checkout", "-q", "--detach")
    after = "back to development"
    if verdict["merge_allowed"]:
        after = land(folder, repo, story, str(verdict["commit"]))
    click.echo(f"  {verdict['verdict']}: {verdict['reason']}\n  {after}")
    repo.switch("main")
    repo.git("reset", "-q", "--hard")
    return Told(story=story, verdict=verdict, after=after)


def table(told: list[Told]) -> str:
    """One row a branch, at 80 columns."""
    form = "{:<7} {:<23} {:<7} {:>8}  {}"
    rows = [form.format("item", "branch", "verdict", "coverage", "then")]
    for one in told:
        percent = one.verdict["percent"]
        shown = "-" if percent is None else percent_text(Fraction(str(percent)) / 100)
        verdict = one.verdict["verdict"]
        rows.append(
            form.format(one.story.work_item, one.story.title, verdict, shown, one.after).rstrip()
        )
    return "\n".join(rows)


def main() -> None:
    """Run the demo in `.demo`, which is made anew."""
    started = time.monotonic()
    folder = FOLDER.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    repo = RepositoryBuilder.create(folder / "shop")
    write(repo, PACKAGE)
    repo.commit("a shop with tests")
    click.echo(f"A fresh repository: {FOLDER / 'shop'}")
    told = [found(folder)]
    told += [tell(folder, repo, story) for story in STORIES]
    failed = next(one for one in told if one.story.work_item == "SHOP-2")
    click.echo("\n" + table(told))
    click.echo(f"\nThe report of {failed.story.work_item}:\n")
    click.echo(gate(folder, "report", "--work-item", failed.story.work_item))
    click.echo(f"{len(told)} branches judged in {time.monotonic() - started:.0f} s. Try next:")
    for command in (
        "check --repo .demo/shop --branch feature/invoice --base main",
        "measure --repo .demo/shop --branch main",
        "doctor --repo .demo/shop",
        "check --help",
    ):
        click.echo(f"  .venv/bin/coverage-gate {command}")


if __name__ == "__main__":
    main()
