"""A verdict that somebody else wrote, as a comment."""

from __future__ import annotations

import json

from coverage_gate.adapters.render.posted import read_posted


def comment(**told: object) -> str:
    return read_posted(json.dumps({"verdict": "FAIL", **told}).encode()).comment


def test_all_text_is_escaped() -> None:
    rules = [{"rule": "patch", "outcome": "FAIL", "actual": "1/2", "detail": "![x](http://x) |"}]
    gap = {"path": "a`b.py", "symbol": "f", "lines": [[1, 2], [4, 4], "x", [1]]}
    text = comment(reason="<script> @all", rules=[*rules, 3], repair={"gaps": [gap, {"path": "b"}]})
    assert text.splitlines() == [
        "<!-- coverage-gate -->",
        "# Coverage gate: FAIL",
        "",
        r"\<script\> \@all",
        "",
        "| rule | outcome | counted | found |",
        "|---|---|---|---|",
        r"| patch | FAIL | 1/2 | !\[x\](http\://x) \| |",
        "",
        "What no test runs:",
        "",
        "- ``a`b.py`` `f`: lines 1-2, 4",
        "- `b`",
    ]


def test_much_is_cut_and_counted() -> None:
    text = comment(repair={"gaps": [{"path": f"{number}.py"} for number in range(25)]})
    assert text.splitlines()[-1] == "- and 5 more: see the report of the run"


def test_what_is_not_of_its_kind_is_left_out() -> None:
    assert "| ? |" in comment(rules=[{"outcome": "|x"}])
    assert len(comment(reason=3, rules=4, repair=[]).splitlines()) == 3
    assert not read_posted(b'{"verdict": "FAIL", "merge_allowed": true}').passed
