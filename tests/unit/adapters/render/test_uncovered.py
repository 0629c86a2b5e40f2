"""What a run left out, at a terminal."""

from __future__ import annotations

from coverage_gate.adapters.render.canvas import Canvas
from coverage_gate.adapters.render.uncovered import MOST_LINES, uncovered_text
from coverage_gate.core.rates import Counts
from coverage_gate.core.report_object import UncoveredFile

PLAIN = Canvas(columns=40, is_colored=False, is_ascii=False)
SOURCE = "a = 1\nif a:\n    b = 'x' * 100 + 'yyyyyyyyyyyyyyyyyyyyyyyyyyyyy'\n\tc\x1b[2J\n"


def file(path: str, lines: tuple[int, ...] = (), **more: object) -> UncoveredFile:
    branches = more.get("branches", ())
    assert isinstance(branches, tuple)
    counts = Counts(covered=5, total=5 + len(lines) + len(branches))
    return UncoveredFile(path=path, counts=counts, lines=lines, branches=branches)


def test_lines_and_branches_are_shown_with_their_source() -> None:
    shown = uncovered_text(
        [file("src/a.py", (3, 4, 9), branches=((2, 3), (2, 7), (7, -1)))],
        lambda _: SOURCE,
        PLAIN,
    )
    assert shown.splitlines() == [
        "src/a.py  45.45%  5/11",
        "     3 !     b = 'x' * 100 + 'yyyyyyyyyy…",
        "     4 !     c\\x1b[2J",
        "     9 !",
        "       branch 2→7 is not taken",
        "       branch 7→exit is not taken",
        "TOTAL  45.45%  5/11",
    ]


def test_files_in_full_are_counted_beside_others_and_named_alone() -> None:
    full, part = file("full.py"), file("part.py", branches=((1, 2),))
    both = uncovered_text([full, part], lambda _: "", PLAIN)
    assert both.splitlines()[-2:] == ["1 files in full", "TOTAL  90.9%  10/11"]
    assert "full.py" not in both
    assert uncovered_text([full], lambda _: "", PLAIN).startswith("full.py  100%  5/5\n")


def test_a_plain_terminal_gets_plain_marks() -> None:
    canvas = Canvas(columns=80, is_colored=True, is_ascii=True)
    shown = uncovered_text([file("a.py", branches=((1, 2),))], lambda _: "", canvas)
    assert "branch 1->2 is not taken" in shown
    assert shown.isascii()


def test_a_screenful_is_enough() -> None:
    lines = tuple(range(1, MOST_LINES + 20))
    shown = uncovered_text([file("a.py", lines)], lambda _: "x\n" * 200, PLAIN).splitlines()
    assert shown[-2] == "20 more lines; --html shows all"
    assert len(shown) == MOST_LINES + 2
