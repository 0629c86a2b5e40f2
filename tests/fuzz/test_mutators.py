"""The mutators find faults that were put in on purpose, so that a quiet run says something."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.fuzz.mutator import JsonMutator, Mutator
from tests.fuzz.trial import FoundError, Trial

HONEST = [b"100644 blob " + b"1" * 40 + b"\tsrc/a.py\0" + b"100755 blob " + b"2" * 40 + b"\tb\0"]
DOCUMENT = {"exit": 1, "tracer": "CTracer", "foreign": {"app": "/x/app.py"}, "rows": [[1, 2], [3]]}


def trusts_fields(content: bytes) -> object:
    return [entry.split(b" ")[2] for entry in content.split(b"\0")[:-1]]


def trusts_encoding(content: bytes) -> object:
    return content.decode()


def trusts_a_header(content: bytes) -> object:
    return [int(line[:6], 8) for line in content.split(b"\0")[:-1]]


def forgets_to_end(content: bytes) -> object:
    if content.count(b"\0") > 60:
        raise RuntimeError("too deep")
    return content


@pytest.mark.parametrize(
    "faulty", [trusts_fields, trusts_encoding, trusts_a_header, forgets_to_end]
)
def test_a_fault_in_a_parser_of_bytes_is_found(faulty: Callable[[bytes], object]) -> None:
    trial = Trial(name="planted", inputs=5000)
    mutator = Mutator(corpus=HONEST, random=trial.random())
    faulty(HONEST[0])
    with pytest.raises(FoundError, match="planted, seed"):
        trial.run(mutator.next, faulty, refuses=(KeyError,))


def takes_true_for_a_number(found: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    value = found.get("exit") if isinstance(found, dict) else None
    return not isinstance(value, int) or type(value) is int


def takes_any_key(found: Any) -> bool:  # noqa: ANN401
    names = found.get("foreign") if isinstance(found, dict) else None
    return not isinstance(names, dict) or all(isinstance(text, str) for text in names.values())


def takes_large_numbers(found: Any) -> bool:  # noqa: ANN401
    return not isinstance(found, dict) or str(found.get("exit"))[:9] != "100000000"


def takes_half_a_row(found: Any) -> bool:  # noqa: ANN401
    rows = found.get("rows") if isinstance(found, dict) else None
    return not isinstance(rows, list) or all(isinstance(row, list) for row in rows)


@pytest.mark.parametrize(
    "holds", [takes_true_for_a_number, takes_any_key, takes_large_numbers, takes_half_a_row]
)
def test_a_fault_in_a_parser_of_json_is_found(holds: Callable[[object], bool]) -> None:
    trial = Trial(name="planted", inputs=5000)
    mutator = JsonMutator(corpus=[DOCUMENT], random=trial.random())
    assert holds(DOCUMENT)
    with pytest.raises(FoundError, match="answers"):
        trial.run(mutator.value, lambda value: value, holds=holds)


def test_keys_that_stand_there_twice_are_among_the_inputs() -> None:
    trial = Trial(name="doubles", inputs=5000)
    mutator = JsonMutator(corpus=[DOCUMENT], random=trial.random())
    doubles: list[bytes] = []

    def parse(content: bytes) -> object:
        def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
            doubles.extend([content] * (len(dict(found)) < len(found)))
            return dict(found)

        return json.loads(content, object_pairs_hook=pairs)

    trial.run(mutator.next, parse, refuses=(ValueError, RecursionError))
    assert doubles


def test_an_input_that_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.trial._SLOW_S", -1.0)
    with pytest.raises(FoundError, match="takes too long"):
        Trial(name="slow", inputs=1).run(bytes, bytes)


def test_the_same_seed_makes_the_same_inputs() -> None:
    made = [
        [Mutator(corpus=HONEST, random=Trial(name="same").random()).next() for _ in range(2)]
        for _ in range(2)
    ]
    assert made[0] == made[1]
