"""A row of a flaky line that somebody changed by hand."""

from types import SimpleNamespace
from typing import Any

import pytest

from coverage_gate.adapters.stores.sql_flaky import line_of
from coverage_gate.ports import StoreError


def test_a_path_that_is_no_json_is_told() -> None:
    row: Any = SimpleNamespace(repository="repo", path="{", line=1, target=0, tree="t", blob="b")
    with pytest.raises(StoreError, match="changed by hand"):
        line_of(row)
