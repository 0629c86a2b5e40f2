"""The formats of `check`, and orders that are followed by whoever knows nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.shop import PRICE_TESTS, Shop, Told

from coverage_gate.cli.faces import FACES
from coverage_gate.cli.options import FORMATS
from coverage_gate.core.tokens import tokens_in
from stage_engine import demo_developer

Tell = Callable[..., Told]


def check(shop: Shop, tell: Tell, branch: str, *options: str) -> Told:
    return tell("check", "--repo", str(shop.path), "--branch", branch, *options)


def test_an_agent_gets_the_order_alone(founded: Shop, tell: Tell) -> None:
    told = check(founded, tell, "feature/untested", "--format", "agent")
    assert told.status == 1
    assert told.out.startswith("# Work order: `feature/untested` may not land in `main` yet\n")
    assert "### `src/shop/invoice.py`: test in `tests/test_invoice.py` (new)" in told.out
    assert "  - 3 when `for item in items` has an item: `yield f'{item}'`" in told.out
    assert "coverage-gate check --branch feature/untested --base main" in told.out
    assert tokens_in(told.out) <= 800


def test_the_order_is_the_last_section_of_the_report(founded: Shop, tell: Tell) -> None:
    told = check(founded, tell, "feature/untested", "--format", "agent")
    (report,) = founded.reports.rglob("18-coverage-report.md")
    assert report.read_text().endswith(f"## Work order\n\n```text\n{told.out}```\n")


def test_several_formats_at_once(founded: Shop, tell: Tell, tmp_path: Path) -> None:
    formats = tuple(FACES)
    wanted = [f"--output={name}={tmp_path / name}" for name in formats]
    told = check(founded, tell, "feature/untested", "--format", "github", *wanted)
    texts = {name: (tmp_path / name).read_text() for name in formats}
    assert told.out == texts["github"]
    assert "::error file=src/shop/invoice.py,line=1,endLine=4,title=" in told.out
    assert json.loads(texts["json"])["verdict"] == "FAIL"
    assert max(map(len, texts["text"].splitlines()[:-1])) <= 80
    assert texts["markdown"].startswith("<!-- coverage-gate -->\n")
    assert json.loads(texts["gitlab"])[0]["location"]["path"] == "src/shop/invoice.py"
    assert texts["lcov"].startswith("TN:\nSF:src/shop/")
    assert 'filename="src/shop/invoice.py"' in texts["cobertura"]
    assert texts["html"].startswith("<!doctype html>\n")
    assert "<b>1</b><i>✗</i><span>def invoice(items):</span>" in texts["html"]


def test_each_format_that_is_offered_has_its_face() -> None:
    assert tuple(FACES) == FORMATS


def test_a_log_of_gitlab_ends_with_the_line_that_it_reads(founded: Shop, tell: Tell) -> None:
    told = check(founded, tell, "feature/untested", "--format", "gitlab")
    assert told.out.startswith("FAIL ")
    assert re.fullmatch(r"TOTAL coverage: \d+(\.\d+)?%", told.out.splitlines()[-1])


def test_a_workflow_gets_its_step_summary(
    founded: Shop, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    check(founded, tell, "docs", "--format", "github")
    assert "# Coverage gate: PASS" in (tmp_path / "summary.md").read_text()


@pytest.mark.parametrize("bad", ["text", "text=", "htm=a", "=a"])
def test_an_output_that_names_no_format_or_no_file_is_a_usage_error(
    founded: Shop, tell: Tell, bad: str
) -> None:
    told = check(founded, tell, "docs", "--output", bad)
    assert told.status == 2
    assert "is no FORMAT=PATH; formats are text, json, agent, markdown, github, gitlab" in told.err


def test_an_output_that_cannot_be_written_opens_nothing(
    founded: Shop, tell: Tell, tmp_path: Path
) -> None:
    failed = check(founded, tell, "feature/untested", "--output", f"text={tmp_path}")
    passed = check(founded, tell, "docs", "--output", f"text={tmp_path}")
    assert (failed.status, passed.status) == (1, 4)


HALF = (
    "def fee(weight, express):\n"
    "    if weight <= 0:\n"
    '        raise ValueError("weight")\n'
    "    if weight > 20:\n"
    "        price = 300\n"
    "    elif weight > 5:\n"
    "        price = 200\n"
    "    else:\n"
    "        price = 100\n"
    "    if express == 1:\n"
    "        return price * 2\n"
    "    return price\n"
)
HALF_TESTS = "from shop.fee import fee\n\n\ndef test_light():\n    assert fee(1, 0) == 100\n"
BRANCHES: dict[str, dict[str, str | None]] = {
    "untested": {"src/shop/fee.py": HALF},
    "half": {"src/shop/fee.py": HALF, "tests/test_fee.py": HALF_TESTS},
    "deleted": {"tests/test_price.py": None, "tests/test_one.py": "def test_one():\n    pass\n"},
    "emptied": {"tests/test_price.py": PRICE_TESTS.replace("assert shipping(5000) == 0", "pass")},
}


@pytest.mark.parametrize("name", BRANCHES)
def test_who_follows_the_order_to_the_letter_turns_the_verdict(
    founded: Shop, tell: Tell, tmp_path: Path, name: str
) -> None:
    founded.new_branch(name, BRANCHES[name])
    first = check(founded, tell, name, "--format", "agent")
    assert first.status == 1
    founded.git.switch(name)
    order = tmp_path / "order.md"
    order.write_text(first.out)
    done = subprocess.run(
        [sys.executable, demo_developer.__file__],
        cwd=founded.path,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "ORCH_WORK_ORDER": str(order)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    second = check(founded, tell, name)
    assert second.out.startswith("PASS "), first.out + second.out


def explain(shop: Shop, tell: Tell, place: str, branch: str) -> Told:
    return tell(*explain_in(shop), place, "--branch", branch)


def explain_in(shop: Shop) -> tuple[str, ...]:
    return "explain", "--repo", str(shop.path)


def test_a_line_is_explained_from_what_was_measured(founded: Shop, tell: Tell) -> None:
    told = explain(founded, tell, "./src/shop/invoice.py:3", "feature/untested")
    assert told.status == 0
    assert told.out.startswith("src/shop/invoice.py:3: uncovered\n")
    assert "  reached when `for item in items` has an item\n" in told.out
    assert "measured before, reused" in told.err
    assert not founded.reports.exists()
    place = ("src/shop/invoice.py:3", "--format", "json", "--branch", "feature/untested")
    again = tell("explain", *place, "--repo", str(founded.path))
    found = json.loads(again.out.splitlines()[-1])
    assert (found["standing"], found["symbol"]) == ("uncovered", "invoice")


def test_a_file_is_explained_as_a_whole(founded: Shop, tell: Tell) -> None:
    told = explain(founded, tell, "src/shop/price.py", "feature/untested")
    assert told.out.startswith("src/shop/price.py: partly covered\n")


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_place_that_is_not_there_is_a_mistake_in_the_call(
    founded: Shop, tell: Tell, output: str
) -> None:
    for place, branch, told in (
        ("a:b", "docs", "a:b is no file of what is judged, which is committed"),
        ("src/shop", "docs", "src/shop is no file of what is judged, which is committed"),
        ("src/shop/prise.py", "docs", "; did you mean src/shop/price.py?"),
        ("src/shop/price.py:11", "docs", "price.py has no line 11 where it is judged, but 10"),
        ("src/shop/price.py", "dosc", "unknown branch, tag or commit 'dosc'. Similar: 'docs'."),
    ):
        answer = tell(*explain_in(founded), place, "--branch", branch, "--format", output)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err.startswith("coverage-gate: ")
        assert told in answer.err
        assert answer.err.count("\n") == 1  # nothing was measured for it


def test_what_does_not_merge_is_told_whatever_the_place(founded: Shop, tell: Tell) -> None:
    base = ("--base", "same-line-1")
    told = tell(*explain_in(founded), "gone.py", "--branch", "same-line-2", *base)
    assert (told.status, "does not merge" in told.err) == (1, True)


def test_a_folder_without_a_commit_explains_nothing(tell: Tell, tmp_path: Path) -> None:
    told = tell("explain", "a.py", "--repo", str(tmp_path))
    assert (told.status, "is no git repository" in told.err) == (2, True)


def test_what_cannot_be_measured_is_told_instead(founded: Shop, tell: Tell) -> None:
    told = explain(founded, tell, "src/shop/price.py:1", "cannot-start")
    assert (told.status, told.out) == (1, "")
    assert "# Work order: `cannot-start`" in told.err


def test_a_gate_that_is_switched_off_explains_nothing(
    founded: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_GATE_ENABLED", "false")
    assert explain(founded, tell, "src/shop/price.py:1", "docs").status == 1
