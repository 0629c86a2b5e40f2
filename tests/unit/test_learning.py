"""What is learned about main: nothing, where it cannot be measured."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from coverage_gate.core.measurement import FailureCode, MeasureFailure, Measurement
from coverage_gate.learning import Main
from coverage_gate.ports import TreeSource
from coverage_gate.testing.values import measurement

TOO_SLOW = MeasureFailure(code=FailureCode.TIMEOUT, message="too slow")


@pytest.mark.parametrize("answers", [[TOO_SLOW], [measurement(), TOO_SLOW]])
def test_a_main_that_cannot_be_measured_twice_teaches_nothing(
    answers: list[Measurement | MeasureFailure],
) -> None:
    told = iter(answers)
    measurer: Any = SimpleNamespace(measure=lambda _, **__: next(told))
    source = TreeSource(tree="a" * 40, config_tree=None)
    assert Main(repository="shop", measurer=measurer, source=source).learn_flaky() == TOO_SLOW
