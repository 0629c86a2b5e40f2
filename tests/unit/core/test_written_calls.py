"""Which calls of the program are found in what people wrote."""

from __future__ import annotations

import pytest

from coverage_gate.core.written_calls import calls_in


@pytest.mark.parametrize(
    ("script", "calls"),
    [
        ("coverage-gate check --base main", [("check", "--base", "main")]),
        ("coverage-gate check \\\n  --base main", [("check", "--base", "main")]),
        ("cd x && coverage-gate diff --staged; echo", [("diff", "--staged")]),
        ("uv run coverage-gate doctor | tee log", [("doctor",)]),
        (".venv/bin/coverage-gate check # the gate", [("check",)]),
        ('x=$(coverage-gate check --base "$BASE")', [("check", "--base", "$BASE")]),
        ("coverage-gate check 'open", [("check", "'open")]),
        ("a\ncoverage-gate check\ncoverage-gate trend", [("check",), ("trend",)]),
        ("python -m pip install coverage-gate", []),
        ('pip install "coverage-gate[notify]"', []),
        ("name: coverage-gate", []),
        ("cat coverage-gate-out/verdict.json", []),
        ("coverage-gate", []),
    ],
)
def test_calls_are_told_from_mere_mentions(script: str, calls: list[tuple[str, ...]]) -> None:
    assert list(calls_in(script)) == calls


def test_many_brackets_take_no_quadratic_time() -> None:
    assert list(calls_in("(" * 60_000)) == []
