from __future__ import annotations

import pytest

from coverage_gate.adapters.render.printable import (
    LEFT_OUT,
    block,
    markdown_code,
    markdown_fence,
    markdown_paragraphs,
    markdown_text,
    one_line,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ✓ text", "plain ✓ text"),
        # what moves a cursor or starts another line
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u2028b\x85", "a\\u2028b\\x85"),
        # what reorders or hides text
        ("abc\u202ecba", "abc\\u202ecba"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("tag\U000e0041", "tag\\U000e0041"),
        # what no encoder takes
        ("\ud800", "\\ud800"),
    ],
)
def test_what_cannot_be_printed_becomes_a_visible_escape(text: str, shown: str) -> None:
    assert one_line(text) == shown


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("12345", 5, "12345"),
        ("123456", 5, "1234…"),
        ("a\x1bb", 6, "a\\x1bb"),
        ("a\x1bbc", 6, "a\\x1b…"),
        ("a\x1bbc", 5, "a…"),
        ("\x1b\x1b", 1, "…"),
    ],
)
def test_a_long_line_is_cut_between_two_characters(text: str, limit: int, shown: str) -> None:
    assert one_line(text, limit=limit) == shown


def test_a_block_keeps_its_lines_and_shows_everything_else() -> None:
    assert block("a\r\n\tb\rc\x1b\n\n") == "a\n    b\\rc\\x1b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [("123\n45", "123\n45"), ("x123\n45", f"{LEFT_OUT}\n23\n45"), ("123\n45\n\n", "123\n45")],
)
def test_a_long_block_loses_its_beginning_and_says_so(text: str, shown: str) -> None:
    assert block(text, limit=6) == shown


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("a.py", "`a.py`"),
        ("a`b", "``a`b``"),
        ("a``b`c", "```a``b`c```"),
        ("`a", "`` `a ``"),
        (" a ", "`  a  `"),
        ("  ", "`  `"),
        ("", "` `"),
        ("a\n\n# b", "`a\\n\\n# b`"),
    ],
)
def test_a_code_span_has_a_fence_that_its_text_does_not_hold(text: str, span: str) -> None:
    assert markdown_code(text) == span


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("82% ≥ 80% - 0.5 (src/a_b.py)", "82% ≥ 80% - 0.5 (src/a_b.py)"),
        # blocks
        ("# x", "\\# x"),
        ("- x", "\\- x"),
        ("-", "\\-"),
        ("-3.5", "-3.5"),
        ("---", "\\---"),
        ("- - -", "\\- - -"),
        ("===", "\\==="),
        (":--", "\\:--"),
        ("1. x", "1\\. x"),
        ("1.5 x", "1.5 x"),
        ("2)", "2\\)"),
        ("    code", "code"),
        ("> x", "\\> x"),
        ("a | b", "a \\| b"),
        # in the line
        ("*a* _b_ ~c~", "\\*a\\* \\_b\\_ \\~c\\~"),
        ("__init__.py", "\\_\\_init\\_\\_.py"),
        ("[x](y)", "\\[x\\](y)"),
        ("<b>", "\\<b\\>"),
        ("&#x202e;", "\\&\\#x202e;"),
        ("$x$", "\\$x\\$"),
        ("a\\", "a\\\\"),
        ("`x`", "\\`x\\`"),
        ("https://x", "https\\://x"),
        ("WWW.x.y", "WWW\\.x.y"),
        ("://x", "\\://x"),
        ("a@b.c", "a\\@b.c"),
    ],
)
def test_markup_in_plain_text_is_escaped_once(text: str, escaped: str) -> None:
    assert markdown_text(text) == escaped


def test_lines_become_paragraphs_and_blank_ones_vanish() -> None:
    assert markdown_paragraphs("a\n \n---\n") == "a\n\n\\---"


@pytest.mark.parametrize(
    ("text", "fenced"),
    [("a", "```text\na\n```"), ("```\n````\n", "`````text\n```\n````\n`````")],
)
def test_a_fence_is_longer_than_any_in_its_text(text: str, fenced: str) -> None:
    assert markdown_fence(text) == fenced
