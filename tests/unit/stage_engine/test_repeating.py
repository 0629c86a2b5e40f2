"""What is done again and again beside a block."""

import threading

from coverage_gate.ports import StoreError
from stage_engine.repeating import repeated


def test_a_database_that_fails_now_and_then_is_no_last_step() -> None:
    failures = iter([StoreError("busy"), StoreError("full")])
    is_well = threading.Event()

    def step() -> bool:
        for failure in failures:
            raise failure
        is_well.set()
        return True

    with repeated(step, every_s=0.001, name="steps"):
        assert is_well.wait(60)


def test_after_its_last_step_none_is_taken() -> None:
    taken: list[threading.Thread] = []

    def step() -> bool:
        taken.append(threading.current_thread())
        is_over.set()
        return False

    is_over = threading.Event()
    with repeated(step, every_s=0.001, name="steps"):
        assert is_over.wait(60)
        taken[0].join(60)
    assert len(taken) == 1


def test_nothing_runs_after_the_block() -> None:
    with repeated(lambda: True, every_s=0.001, name="steps"):
        pass
    assert "steps" not in {thread.name for thread in threading.enumerate()}
