"""Names from outside become one safe path component."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.core.names import safe_name

COMPONENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}")


@pytest.mark.parametrize("name", ["ET-7", "feature_x", "a" * 40])
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["../x", "a/b", "", ".", "..", "-x", "a" * 41, "é" * 200, "a\nb", "\x00", "\ud800", "CON."],
)
def test_any_other_name_becomes_one_safe_component(name: str) -> None:
    assert COMPONENT.fullmatch(safe_name(name))


@given(st.lists(st.text(alphabet="ab/-_.é0", max_size=6), unique=True, max_size=30))
def test_different_names_stay_different(names: list[str]) -> None:
    assert len({safe_name(name) for name in names}) == len(names)


def test_a_plain_name_that_looks_like_a_result_is_marked_too() -> None:
    assert safe_name(safe_name("a/b")) != safe_name("a/b")
