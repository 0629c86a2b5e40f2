from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from tests.property.report_strategies import hostile_text, verdicts

from coverage_gate.adapters.render.json_verdict import to_json_line, verdict_object
from coverage_gate.core.verdict import Verdict

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "verdict.schema.json"
VALIDATOR = Draft202012Validator(json.loads(SCHEMA.read_text()))


@settings(deadline=None, max_examples=300)
@given(verdict=verdicts(), report=st.one_of(st.none(), hostile_text.map(Path)))
def test_any_verdict_is_one_line_of_json_that_fits_the_published_schema(
    verdict: Verdict, report: Path | None
) -> None:
    line = to_json_line(verdict_object(verdict, report=report))
    assert line.isascii()
    assert line.isprintable()
    VALIDATOR.validate(json.loads(line))
