"""What a process may use up is lowered, and never raised."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from coverage_gate.adapters.measure.isolated.bounds import limit


@pytest.fixture(autouse=True)
def _limits() -> Iterator[None]:
    """Those of this process are as they were, afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_no_limit_is_set_beyond_what_the_process_may() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    limit(resource.RLIMIT_NOFILE, hard + 1)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)


def test_nothing_asked_for_leaves_a_limit() -> None:
    before = resource.getrlimit(resource.RLIMIT_CPU)
    limit(resource.RLIMIT_CPU, 0)
    assert resource.getrlimit(resource.RLIMIT_CPU) == before


@pytest.mark.parametrize(("hard", "lowered"), [(resource.RLIM_INFINITY, 5), (3, 3), (9, 5)])
def test_a_hard_limit_stays(monkeypatch: pytest.MonkeyPatch, hard: int, lowered: int) -> None:
    found = []
    with monkeypatch.context() as patch:
        patch.setattr(resource, "getrlimit", lambda _: (hard, hard))
        patch.setattr(resource, "setrlimit", lambda which, pair: found.append((which, pair)))
        limit(resource.RLIMIT_CPU, 5)
    assert found == [(resource.RLIMIT_CPU, (lowered, hard))]
