"""Changes that are judged by more than their own runs: targets by path, and flaky lines of main."""

from __future__ import annotations

from tests.integration.labelled.change import Change

A, B = "src/a.py", "src/worker.py"

RUNS = " one()\n two()\n three()\n four()\n five()\n"
MISSED = RUNS.replace(" three()", "!three()")
SHIFTED = " zero()\n" + MISSED
HALF = " if a:\n     b()\n c()\n".replace(" if", ">if")

CHANGES = (
    Change(
        name="a worker stays above its target",
        base={B: RUNS},
        head={B: MISSED + " six()\n"},
        rules="targets",
        targets="src/worker.py=80",
        passes=True,
        patch="none",
        lost="none",
        target="PASS",
    ),
    Change(
        name="a worker falls below its target",
        base={B: RUNS},
        head={B: MISSED.replace(" four", "!four")},
        rules="targets",
        targets="src/worker.py=80",
        passes=False,
        patch="none",
        lost="none",
        target="FAIL",
        says="src/worker.py 3/5, 80% of statements are required",
    ),
    Change(
        name="a file with a target is moved away",
        base={B: RUNS},
        head={A: RUNS},
        rules="targets",
        targets="src/worker.py=80",
        passes=True,
        patch="none",
        lost="none",
        target="WARN",
        says="src/worker.py matches no file",
    ),
    Change(
        name="a branch of a file with a target for branches is not taken",
        base={A: HALF},
        head={A: HALF},
        rules="targets",
        targets="src/*.py=100:branch",
        branch=True,
        passes=False,
        patch="none",
        lost="none",
        target="FAIL",
        says="100% of statements and branches are required",
    ),
    Change(
        name="a flaky line does not run in a file that nobody touched",
        base={A: RUNS},
        head={A: MISSED},
        flaky=("src/a.py:3",),
        passes=True,
        patch="SKIP",
        buckets={"lost": 1},
    ),
    Change(
        name="a flaky line does not run and stands a line further down",
        base={A: RUNS},
        head={A: SHIFTED},
        flaky=("src/a.py:3",),
        passes=True,
        counted="1/1",
        buckets={"lost": 1, "new_covered": 1},
    ),
    Change(
        name="a line is lost beside a flaky one",
        base={A: RUNS},
        head={A: MISSED.replace(" four", "!four")},
        flaky=("src/a.py:3",),
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=("src/a.py:4",),
        buckets={"lost": 2},
    ),
    Change(
        name="a flaky line is edited and is not tested",
        base={A: RUNS},
        head={A: MISSED.replace("three()", "third()")},
        flaky=("src/a.py:3",),
        passes=False,
        patch="FAIL",
        counted="0/1",
    ),
)
