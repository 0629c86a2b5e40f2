"""Reading the claims of a hostile process."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coverage_gate.adapters.measure.outcomes import (
    BadClaimsError,
    Claims,
    Summary,
    read_claims,
    read_outcomes,
    read_summary,
    read_unfinished,
)
from coverage_gate.core.measurement import TestOutcome

GOOD_CLAIMS = {"exit": 1, "tracer": "CTracer", "foreign": {"shop": "/x/shop.py"}}


def written(folder: Path, data: bytes | str) -> Path:
    path = folder / "record"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def line(test: str, outcome: str = "passed") -> str:
    return json.dumps({"id": test, "outcome": outcome}) + "\n"


def test_outcomes_are_read_in_order(tmp_path: Path) -> None:
    path = written(tmp_path, "".join(line(str(end), str(end)) for end in TestOutcome))
    assert list((read_outcomes(path) or {}).items()) == [(str(end), end) for end in TestOutcome]


def test_a_line_that_was_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    assert read_outcomes(written(tmp_path, line("a") + line("b")[:9])) == {"a": "passed"}


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [("passed", "failed", "failed"), ("error", "passed", "error"), ("skipped", "passed", "passed")],
)
def test_of_a_test_that_is_told_twice_the_bad_outcome_stays(
    tmp_path: Path, first: str, second: str, kept: str
) -> None:
    assert read_outcomes(written(tmp_path, line("a", first) + line("a", second))) == {"a": kept}


def test_an_id_with_lone_surrogates_becomes_text_that_can_be_stored(tmp_path: Path) -> None:
    path = written(tmp_path, '{"id": "t\\udcff.py", "outcome": "passed"}\n')
    assert list(read_outcomes(path) or {}) == ["t\\udcff.py"]


@pytest.mark.parametrize("reader", [read_outcomes, read_claims])
def test_where_nothing_was_written_there_is_nothing(
    tmp_path: Path, reader: Callable[[Path], object]
) -> None:
    assert reader(tmp_path / "none") is None


def test_without_a_summary_nothing_is_deselected_or_foreign(tmp_path: Path) -> None:
    assert read_summary(tmp_path / "none") == Summary(deselected=0, foreign={})


def test_a_summary_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, '{"deselected": 3, "foreign": {"a": "/a.py"}}')
    assert read_summary(path) == Summary(deselected=3, foreign={"a": "/a.py"})


@pytest.mark.parametrize(
    ("tracer", "core"),
    [("CTracer", "ctrace"), ("SysMonitor", "sysmon"), ("PyTracer", "pytrace"), ("", None)],
)
def test_claims_are_read_in_the_words_of_the_core(
    tmp_path: Path, tracer: str, core: str | None
) -> None:
    path = written(tmp_path, json.dumps(GOOD_CLAIMS | {"tracer": tracer}))
    assert read_claims(path) == Claims(exit_status=1, core=core, foreign={"shop": "/x/shop.py"})


def test_tests_that_began_and_did_not_end_are_told(tmp_path: Path) -> None:
    started = tmp_path / "started"
    started.write_text(line("a") + line("b") + line("c") + line("b"))
    assert read_unfinished(started, written(tmp_path, line("a"))) == ("b", "c")


def test_where_no_test_began_none_is_unfinished(tmp_path: Path) -> None:
    assert read_unfinished(tmp_path / "none", tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{\n", "Expecting property name"),
        (b"[]\n", "no object"),
        (b"1\n", "no object"),
        (b"\xff\n", "codec can't decode"),
        (b'{"id": "a", "id": "b", "outcome": "passed"}\n', "a key is there twice"),
        (b'{"id": NaN, "outcome": "passed"}\n', "NaN is no JSON"),
        (b'{"id": 1, "outcome": "passed"}\n', "'id' is no text"),
        (b'{"outcome": "passed"}\n', "'id' is no text"),
        (b'{"id": "a"}\n', "'outcome' is no text"),
        (b'{"id": "a", "outcome": "fine"}\n', "'fine' is not a valid TestOutcome"),
        (b'{"id": "' + b"a" * 5000 + b'", "outcome": "passed"}\n', "'id' is no text"),
        (b'{"id": ' + b"9" * 5000 + b"}\n", "Exceeds the limit"),
        (b"[" * 100_000 + b"\n", "recursion"),
        (b"\n", "Expecting value"),
    ],
)
def test_what_the_recorder_does_not_write_is_refused(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    with pytest.raises(BadClaimsError, match=r"^record: ") as caught:
        read_outcomes(written(tmp_path, data))
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"exit": -1}, {"exit": 256}, {"exit": True}, {"exit": 1.0}, {"exit": None}, {"exit": "0"},
        {"tracer": "Forged"}, {"tracer": None}, {"foreign": []}, {"foreign": {"a": 1}},
        {"foreign": None},
    ],
)  # fmt: skip
def test_what_the_runner_does_not_write_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(BadClaimsError):
        read_claims(written(tmp_path, json.dumps(GOOD_CLAIMS | change)))


def test_more_bytes_than_allowed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadClaimsError, match="larger than 10 bytes"):
        read_outcomes(written(tmp_path, line("a")), max_bytes=10)


def test_more_tests_than_allowed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadClaimsError, match="more than 1 tests"):
        read_outcomes(written(tmp_path, line("a") + line("b")), max_tests=1)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "record").symlink_to(written(tmp_path / "..", line("a")))
    with pytest.raises(BadClaimsError, match="symbolic links"):
        read_outcomes(tmp_path / "record")


def test_a_fifo_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "record")
    with pytest.raises(BadClaimsError, match="no regular file"):
        read_claims(tmp_path / "record")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record").mkdir()
    with pytest.raises(BadClaimsError, match="no regular file"):
        read_summary(tmp_path / "record")


@settings(
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    data=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "exit"]), inner),
    ).map(lambda value: json.dumps(value).encode() + b"\n")
)
@pytest.mark.parametrize("reader", [read_outcomes, read_claims, read_summary])
def test_any_bytes_are_read_or_refused(
    tmp_path: Path, reader: Callable[[Path], object], data: bytes
) -> None:
    with suppress(BadClaimsError):
        reader(written(tmp_path, data))
