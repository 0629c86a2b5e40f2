"""Tokens are counted from above."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.core.tokens import tokens_in, within


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("word", 1),
        ("sentence", 2),
        ("two words", 2),
        ("1234", 2),
        ("a.b", 2),
        ("a(b", 3),
        (").,", 2),
        ("\n", 1),
        ("\n    ", 2),
        ("→", 3),
        ("\udcff", 3),
        ("\x00", 1),
    ],
)
def test_letters_digits_marks_blanks_and_others_have_their_measure(text: str, tokens: int) -> None:
    assert tokens_in(text) == tokens


@given(st.text(max_size=300), st.integers(4, 40))
def test_a_text_that_is_cut_fits_and_says_so(text: str, tokens: int) -> None:
    cut = within(text, tokens)
    assert tokens_in(cut) <= tokens
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))
