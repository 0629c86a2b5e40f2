"""A tool that keeps failing closes the gate, and a person opens it again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.shop import NAME, Shop

import coverage_gate
from coverage_gate.cli.main import run
from coverage_gate.closing import MOST


@pytest.fixture
def broken(founded: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The interpreter of the repository is gone."""
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", str(tmp_path / "gone" / "python"))
    return founded


def mended(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", str(shop.python))


@pytest.mark.parametrize("closed", ["false", "true"])
def test_the_gate_closes_after_three_errors_until_a_person_looks(
    broken: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    closed: str,
) -> None:
    monkeypatch.setenv("ORCH_COVERAGE_TOOL_FAIL_CLOSED", closed)
    answers = [broken.check("feature/tested") for _ in range(MOST)]
    assert {ok for ok, _ in answers} == {closed == "false"}
    ok, reason = broken.check("feature/tested")
    assert not ok
    assert "closed after 3 tool errors in a row" in reason
    assert "reason: closed" in broken.report()

    mended(monkeypatch, broken)
    assert broken.check("feature/tested")[0]  # what can be measured is judged as ever
    assert run(["doctor", "--repo", str(broken.path)]) == 1
    assert "closed after 4 tool errors in a row" in capsys.readouterr().out

    assert run(["reopen", "--repo", NAME, "--actor", "ana", "--reason", "python is back"]) == 0
    assert capsys.readouterr().out == "shop: open again\n"
    monkeypatch.setenv("ORCH_COVERAGE_PYTHON", "/gone/python")
    assert broken.check("feature/tested")[0] is (closed == "false")
    assert run(["reopen", "--repo", NAME, "--actor", "ana", "--reason", "again"]) == 1
    assert capsys.readouterr().out == "shop: not closed\n"


def test_a_measurement_in_between_begins_the_count_again(
    broken: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(MOST - 1):
        assert broken.check("docs")[0]
    mended(monkeypatch, broken)
    assert broken.check("docs")[0]
    assert broken.store.tool_errors(NAME) == 0


def test_the_command_fails_too(broken: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    def check() -> tuple[int, str]:
        status = run(["check", "--repo", str(broken.path), "--branch", "docs", "--format", "json"])
        return status, json.loads(capsys.readouterr().out.splitlines()[-1])["reason_code"]

    assert [check() for _ in range(MOST + 1)] == [(0, "tool-error")] * MOST + [(1, "closed")]


def test_a_host_that_cannot_measure_is_counted_as_well(
    founded: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(repo: str, branch: str) -> float | None:
        del repo, branch
        return next(answers)

    answers = iter([None, None, 70.0, None, None, None, None])
    monkeypatch.setattr(coverage_gate.gate, "measure_coverage", measured)
    found = [founded.check("docs") for _ in range(7)]
    assert [ok for ok, _ in found] == [True] * 6 + [False]
    assert "closed after 3 tool errors in a row" in found[-1][1]


def test_a_repository_that_is_gone_is_counted(
    founded: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ORCH_REPOS_DIR", str(tmp_path / "nowhere"))
    found = [founded.check("docs")[0] for _ in range(MOST + 1)]
    assert found == [True] * MOST + [False]


def test_nobody_reopens_without_a_name(broken: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(MOST):
        broken.check("docs")
    assert run(["reopen", "--repo", NAME, "--actor", "", "--reason", "why"]) == 2
    assert "actor" in capsys.readouterr().err
