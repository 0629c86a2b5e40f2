"""A tiered plan and an analysis, as they are told."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt

from coverage_gate.adapters.render.analysis import (
    analysis_markdown,
    analysis_object,
    analysis_text,
)
from coverage_gate.adapters.render.tiers import tiers_markdown, tiers_object
from coverage_gate.core.opportunities import analysed
from coverage_gate.core.targets import Target
from coverage_gate.core.tiers import tiers_of
from coverage_gate.testing.values import covered, measurement

SCHEMAS = Path(__file__).parents[4] / "docs/schema"
LONG = f"src/{'deep/' * 12}a.py"
HEAD = measurement(
    covered(1, 10, path=LONG),
    covered(0, 10, path="src/a|b.py"),
    covered(10, 10, path="src/full.py"),
    unlisted=("src/idle.py",),
)
EMPTY = measurement(covered(0, 0))


def fits(name: str, made: dict[str, object]) -> None:
    schema = json.loads((SCHEMAS / name).read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(made)))
    assert set(schema["required"]) == set(made)


def test_tiers_are_told() -> None:
    text = tiers_markdown(tiers_of(HEAD, {"src/a|b.py": "def f(a):\n    return a\n"}))
    for part in (
        "Now 11/30 (36.66%); when all is done 26/30 (86.66%):\n15 more.",
        "1 files need nothing.",
        "## Phase 1: band 0 %",
        r"| src/a\|b.py | 0/10 (0%) | 10 | 80% | 8 | 33.33% | 0 | 1 | f 1 |",
        "## Phase 3: verification",
        "- [ ] `coverage-gate measure`",
    ):
        assert part in text, part
    tables = MarkdownIt().enable("table").parse(text)
    assert sum(token.type == "table_open" for token in tables) == 3
    assert "need nothing" not in tiers_markdown(tiers_of(measurement(covered(1, 10)), {}))


@pytest.mark.parametrize("head", [HEAD, EMPTY])
def test_objects_fit_their_schemas(head: object) -> None:
    measured = HEAD if head is HEAD else EMPTY
    text = {"src/a|b.py": "def f(a):\n    return a\n"}
    fits("tiers.schema.json", tiers_object(tiers_of(measured, text)))
    fits("analysis.schema.json", analysis_object(analysed(measured, (), (), ())))


def test_an_analysis_is_told_for_people() -> None:
    text = analysis_text(analysed(HEAD, (), (), ()))
    assert text.split("\n")[0].split() == ["file", "covered", "impact", "need", "kind"]
    assert "src/a|b.py" in text
    assert "…" in text
    assert "core: Call its functions with plain values; assert what they answer." in text
    assert "2 below their target (core 2); 15 more statements or branches" in text
    assert text.endswith("not measured: src/idle.py")
    nothing = analysis_text(analysed(EMPTY, (), (), ()))
    assert nothing.split("\n")[0] == "total 0/0 (n/a) in 1 files"


def test_an_analysis_is_told_in_markdown() -> None:
    every = Target(pattern="**", least=Fraction(1))
    text = analysis_markdown(analysed(HEAD, (every,), ("src/a*",), ()))
    assert r"| src/a\|b.py | 0/10 (0%) | 100% of statements | 10 | 10 | core |" in text
    assert "- 1 more files below their target match no priority" in text
    assert "| file |" not in analysis_markdown(analysed(EMPTY, (), (), ()))
