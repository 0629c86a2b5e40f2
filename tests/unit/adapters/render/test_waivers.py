from dataclasses import replace

from tests.golden.cases import broken_rules

from coverage_gate.adapters.render.text_verdict import verdict_text
from coverage_gate.adapters.render.waivers import use_text, waiver_object, waiver_text
from coverage_gate.core.waiving import WaiverState, WaiverUse
from coverage_gate.testing.values import waiver


def test_a_waiver_is_told_on_one_line() -> None:
    assert waiver_text(waiver(seq=3, lines=(10, 14))) == (
        "#3 src/a.py:10-14: platform, runs on Windows only (ana, until 2026-02-01T00:00:00Z)"
    )
    used = waiver(path="", tests=("t::a", "t::b", "t::c", "t::d"), used_at="2026-01-02T00:00:00Z")
    assert waiver_text(used) == (
        "#1 t::a, t::b, t::c and 1 more: platform, runs on Windows only "
        "(ana, until 2026-02-01T00:00:00Z, used by 6d6572676564)"
    )
    assert "t::a: platform" in waiver_text(waiver(path="", tests=("t::a",)))


def test_its_lines_are_told_where_they_are_now() -> None:
    use = WaiverUse(waiver=waiver(lines=(10, 14)), state=WaiverState.USED, lines=(12, 16))
    assert use_text(use).startswith("used here: #1 src/a.py:12-16: ")


def test_what_is_not_there_is_null() -> None:
    value = waiver_object(waiver(path="", tests=("t::a\ud800",)))
    assert (value["path"], value["lines"], value["used_at"], value["used_by"]) == (None,) * 4
    assert value["tests"] == ["t::a\\ud800"]
    assert waiver_object(waiver())["lines"] == [1, 1]


def test_of_many_waivers_the_first_are_told_at_a_terminal() -> None:
    use = WaiverUse(waiver=waiver(), state=WaiverState.OPEN)
    text = verdict_text(replace(broken_rules(), waivers=(use,) * 12), color=False)
    assert "Waivers, not repaid (12)" in text
    assert text.count("not needed here") == 10
    assert "… and 2 more\n" in text
