from __future__ import annotations

from contextlib import suppress

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.property.report_strategies import hostile_text, verdicts

from coverage_gate.adapters.render.front_matter import (
    FrontMatterError,
    parse_front_matter,
    render_front_matter,
    scalar_text,
)
from coverage_gate.adapters.render.report import (
    fields_of,
    parse_coverage_status,
    read_measured_coverage,
    read_report,
    render_coverage_report,
)
from coverage_gate.core.rates import percent_number
from coverage_gate.core.verdict import State, Verdict

_keys = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
_values = st.one_of(
    hostile_text, st.none(), st.booleans(), st.integers(), st.floats(), st.decimals()
)
_yaml_like = hostile_text.map(lambda text: f"---\ncoverage_status: PASS\n{text}\n---\n")


@settings(deadline=None, max_examples=500)
@given(fields=st.dictionaries(_keys, _values, max_size=6), body=hostile_text)
def test_front_matter_reads_back_as_it_was_written_whatever_follows(
    fields: dict[str, object], body: str
) -> None:
    text = render_front_matter(fields) + body
    read = parse_front_matter(text)
    assert read == {key: scalar_text(value) for key, value in fields.items()}
    assert list(read) == list(fields)


@settings(deadline=None, max_examples=300)
@given(fields=st.dictionaries(_keys, hostile_text, max_size=6))
def test_another_reader_of_yaml_sees_the_same_texts(fields: dict[str, str]) -> None:
    inner = render_front_matter(fields).removeprefix("---\n").removesuffix("---\n")
    assert (yaml.safe_load(inner) or {}) == fields


@settings(deadline=None, max_examples=300)
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_as_the_decimal_that_it_prints_as(value: float) -> None:
    written = scalar_text(value)
    assert float(written) == value
    assert "e" not in written.lower()


@settings(deadline=None, max_examples=2000)
@given(text=st.one_of(hostile_text, _yaml_like))
@example("---\n%YAML 1.99999999999999999999\na: 1\n---\n")
def test_reading_any_text_raises_nothing_but_the_declared_error(text: str) -> None:
    with suppress(FrontMatterError):
        parse_front_matter(text)
    ok, told = parse_coverage_status(text)
    assert ("PASS" if ok else "FAIL") in told
    assert told.isprintable()


@settings(deadline=None, max_examples=2000)
@given(data=st.binary(max_size=80))
def test_reading_any_bytes_raises_nothing_but_the_declared_error(data: bytes) -> None:
    text = f"---\n{data.decode('utf-8', 'surrogateescape')}\n---\n"
    with suppress(FrontMatterError):
        read_report(text)
    percent = read_measured_coverage(text)
    assert percent is None or 0 <= percent <= 100


@settings(deadline=None, max_examples=300)
@given(verdict=verdicts(), work_item=hostile_text, repository=hostile_text)
def test_a_report_says_of_a_verdict_what_the_verdict_says(
    verdict: Verdict, work_item: str, repository: str
) -> None:
    fields = fields_of(verdict, work_item=work_item, repository=repository)
    text = render_coverage_report(work_item, fields)
    read = read_report(text)
    is_measured = verdict.state in (State.PASS, State.FAIL) and verdict.counts is not None
    rate = verdict.counts.rate if is_measured and verdict.counts else None
    assert (read.status == "PASS") is verdict.merge_allowed
    assert (read.work_item or "", read.verdict) == (work_item, verdict.state)
    assert read.measured == (None if rate is None else percent_number(rate))


@settings(deadline=None, max_examples=300)
@given(
    fields=st.dictionaries(
        st.sampled_from(["coverage_status", "reason", "rules", "total", "policy", "commit"]),
        st.one_of(_values, st.lists(_values, max_size=2), st.dictionaries(_keys, _values)),
    ),
    work_item=hostile_text,
)
def test_a_host_s_fields_of_any_kind_make_a_report_that_reads_back(
    fields: dict[str, object], work_item: str
) -> None:
    text = render_coverage_report(work_item, fields)
    assert parse_coverage_status(text)[0] is (fields.get("coverage_status") == "PASS")
    assert text.encode().decode() == text
