"""Text on its way into a store."""

from collections.abc import Mapping

import pytest

from coverage_gate.adapters.stores.texts import json_text, name_text, needed, prose_text
from coverage_gate.ports import StoreError


@pytest.mark.parametrize("name", ["repo", "ünï", "a\nb", "a\0b", ""])
def test_a_name_is_kept_as_it_is(name: str) -> None:
    assert name_text(name) == name


def test_a_name_with_a_lone_surrogate_is_refused_and_shown_escaped() -> None:
    with pytest.raises(StoreError, match=r"'re\\udc80po' cannot be stored"):
        name_text("re\udc80po")


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
def test_a_needed_value_is_not_blank(blank: str) -> None:
    with pytest.raises(ValueError, match="holder is empty: it must be given"):
        needed(blank, name="holder")


def test_prose_is_made_storable() -> None:
    assert prose_text("a\0b\ud800c\n") == "a\\u0000b\\ud800c\n"


def test_json_has_one_form_whatever_the_order() -> None:
    assert json_text({"b": 1, "a": "\udc80"}, name="x") == json_text(
        {"a": "\udc80", "b": 1}, name="x"
    )


def nested(depth: int) -> Mapping[str, object]:
    value: dict[str, object] = {}
    for _ in range(depth):
        value = {"x": value}
    return value


@pytest.mark.parametrize("payload", [{"x": float("inf")}, {"x": {1, 2}}, nested(100_000)])
def test_what_is_no_json_is_refused(payload: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match="payload is no JSON object"):
        json_text(payload, name="payload")
