"""Changes that take code away, and what the baseline says to them."""

from __future__ import annotations

from tests.integration.labelled.change import Change

A, B = "src/a.py", "src/b.py"


def _lines(count: int, *, ran: bool, name: str = "step") -> str:
    sign = " " if ran else "!"
    return "".join(f"{sign}{name}_{number}()\n" for number in range(count))


TESTED = _lines(40, ran=True, name="tested")
DARK = _lines(40, ran=False, name="dark")
KEPT = " keep()\n"

CHANGES = (
    Change(
        name="tested code is deleted and the rate falls",
        base={A: KEPT + TESTED},
        head={A: KEPT},
        rest=(50, 100),
        passes=True,
        patch="SKIP",
        says="only because covered code went away",
        buckets={"deleted_covered": 40, "deleted_uncovered": 0, "lost": 0},
    ),
    Change(
        name="a whole tested file is deleted",
        base={A: KEPT, B: TESTED},
        head={A: KEPT},
        rest=(50, 100),
        passes=True,
        patch="SKIP",
        says="only because covered code went away",
    ),
    Change(
        name="tested code is deleted and a line is lost",
        base={A: KEPT + TESTED},
        head={A: "!keep()\n"},
        rest=(50, 100),
        passes=False,
        patch="SKIP",
        lost="FAIL",
        baseline="FAIL",
        lines=("src/a.py:1",),
    ),
    Change(
        name="tested code is deleted and untested code is added",
        base={A: KEPT + TESTED},
        head={A: KEPT, B: _lines(10, ran=False, name="fresh")},
        rest=(50, 100),
        passes=False,
        patch="FAIL",
        baseline="FAIL",
    ),
    Change(
        name="tested code is deleted and the new code is as good as what is left",
        base={A: KEPT + TESTED},
        head={A: KEPT, B: _lines(5, ran=True, name="a") + _lines(5, ran=False, name="b")},
        rest=(49, 99),
        rules="lost",
        passes=True,
        patch="none",
        says="only because covered code went away",
    ),
    Change(
        name="tested code is deleted and the new code is just worse than what is left",
        base={A: KEPT + TESTED},
        head={A: KEPT, B: _lines(5, ran=True, name="a") + _lines(6, ran=False, name="b")},
        rest=(49, 99),
        rules="lost",
        passes=False,
        patch="none",
        baseline="FAIL",
    ),
    Change(
        name="untested code is deleted",
        base={A: KEPT + DARK},
        head={A: KEPT},
        rest=(50, 100),
        passes=True,
        patch="SKIP",
        buckets={"deleted_uncovered": 40},
    ),
    Change(
        name="untested code is deleted to pay for untested code",
        base={A: KEPT + DARK},
        head={A: KEPT, B: _lines(30, ran=False, name="fresh")},
        rest=(50, 100),
        passes=False,
        patch="FAIL",
    ),
    Change(
        name="untested code is deleted to pay for untested code under a higher baseline",
        base={A: KEPT + DARK},
        head={A: KEPT, B: _lines(30, ran=False, name="fresh")},
        rest=(50, 100),
        stored="60",
        rules="lost",
        passes=False,
        patch="none",
        baseline="FAIL",
    ),
    Change(
        name="main is below its baseline and documents change",
        base={A: KEPT, "README.md": " a\n"},
        head={A: KEPT, "README.md": " b\n"},
        rest=(50, 100),
        stored="60",
        passes=False,
        patch="SKIP",
        baseline="FAIL",
    ),
    Change(
        name="main is below its baseline and the change is better than main",
        base={A: KEPT},
        head={A: KEPT, B: _lines(10, ran=True)},
        rest=(50, 100),
        stored="90",
        passes=False,
        baseline="FAIL",
    ),
    Change(
        name="main is below its baseline and the change makes it worse",
        base={A: KEPT},
        head={A: KEPT, B: _lines(9, ran=True) + "!last()\n" + _lines(1, ran=False)},
        rest=(95, 100),
        stored="99",
        rules="lost",
        passes=False,
        patch="none",
        baseline="FAIL",
    ),
    Change(
        name="the three policies alone know no excuse",
        base={A: KEPT + TESTED},
        head={A: KEPT},
        rest=(50, 100),
        rules="",
        passes=False,
        patch="none",
        lost="none",
        baseline="FAIL",
    ),
    Change(
        name="tested code is hidden and not deleted",
        base={A: KEPT + " def f():\n" + "".join(f"     step_{n}()\n" for n in range(40))},
        head={
            A: KEPT
            + " def f():  # pragma: no cover\n"
            + "".join(f"!    step_{n}()\n" for n in range(40))
        },
        rest=(50, 100),
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=tuple(f"src/a.py:{line}" for line in range(2, 43)),
        baseline="FAIL",
        hidden={"src/a.py:2-42": "excluded by a comment"},
        buckets={"newly_excluded_covered": 41, "deleted_covered": 0},
    ),
    Change(
        name="a pragma goes and its code is tested",
        base={A: KEPT + " def f():  # pragma: no cover\n!    return 1\n"},
        head={A: KEPT + " def f():\n     return 1\n"},
        passes=True,
        patch="SKIP",
        buckets={"newly_included_covered": 2, "new_covered": 0},
    ),
    Change(
        name="a file leaves what is measured",
        base={A: KEPT, B: TESTED},
        head={A: KEPT, "scripts/b.py": TESTED},
        rest=(50, 100),
        passes=False,
        patch="SKIP",
        baseline="FAIL",
        buckets={"newly_excluded_covered": 40, "deleted_covered": 0},
    ),
    Change(
        name="exactly epsilon below the baseline",
        base={A: KEPT},
        head={A: KEPT + _lines(9, ran=True) + "!last()\n"},
        rest=(189, 189),
        stored="100",
        passes=True,
        counted="9/10",
    ),
)
