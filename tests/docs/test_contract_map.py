"""The map of the contract fits the project: tests are there, mutations have their place."""

from __future__ import annotations

import pytest
from tests.contract_map import ROOT, Sentence, functions_of, read_map

SENTENCES = read_map()
EACH = pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.text[:50])


def test_the_sections_of_the_leaf_and_of_the_command_line_are_mapped() -> None:
    assert {sentence.section for sentence in SENTENCES} >= {"1", "2", "4"}
    texts = [sentence.text for sentence in SENTENCES]
    assert len(set(texts)) == len(texts)


@EACH
def test_a_sentence_has_tests_that_exist(sentence: Sentence) -> None:
    assert sentence.tests
    for test in sentence.tests:
        file, _, name = test.partition("::")
        assert name in functions_of(file), test


@EACH
def test_a_sentence_has_mutations_that_change_one_place(sentence: Sentence) -> None:
    assert sentence.mutations
    for mutation in sentence.mutations:
        text = (ROOT / mutation.file).read_text()
        assert mutation.broken(text) != text
