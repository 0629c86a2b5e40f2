"""Changes that only branches tell apart."""

from __future__ import annotations

from tests.integration.labelled.change import Change

A = "src/a.py"

CODE = """\
 def f(x):
     if x:
         first(x)
     second(x)
     for y in x:
         third(y)
     return x
"""

CHANGES = (
    Change(
        name="a tested condition is added of which one side is never taken",
        base={A: CODE},
        head={A: CODE.replace("     return x", ">    if x > 1:\n         x = 1\n     return x")},
        branch=True,
        passes=True,
        counted="2/2",
        buckets={"new_covered": 3, "new_uncovered": 1, "deleted_covered": 0, "lost": 0},
    ),
    Change(
        name="a line is inserted behind a condition",
        base={A: CODE},
        head={A: CODE.replace("     second(x)", "     inserted(x)\n     second(x)")},
        branch=True,
        passes=True,
        counted="1/1",
        buckets={"new_covered": 1, "deleted_covered": 0, "lost": 0, "gained": 0},
    ),
    Change(
        name="the block of a condition is edited",
        base={A: CODE},
        head={A: CODE.replace("first(x)", "other(x)")},
        branch=True,
        passes=True,
        counted="1/1",
        buckets={"new_covered": 1, "deleted_covered": 1, "lost": 0, "gained": 0},
    ),
    Change(
        name="what follows a loop is edited",
        base={A: CODE},
        head={A: CODE.replace("return x", "return [x]")},
        branch=True,
        passes=True,
        counted="1/1",
        buckets={"new_covered": 1, "deleted_covered": 1, "lost": 0, "gained": 0},
    ),
    Change(
        name="a side of a condition is tested no more",
        base={A: CODE},
        head={A: CODE.replace("     if x:", ">    if x:")},
        branch=True,
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=("src/a.py:2",),
        buckets={"lost": 1},
    ),
    Change(
        name="a side of a condition is tested no more but only lines are measured",
        base={A: CODE},
        head={A: CODE.replace("     if x:", ">    if x:")},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="a line and its branches are lost",
        base={A: CODE},
        head={A: "\n".join("!" + line[1:] for line in CODE.splitlines()) + "\n"},
        branch=True,
        rest=(90_000, 100_000),
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=tuple(f"src/a.py:{line}" for line in range(1, 8)),
        buckets={"lost": 11},
    ),
    Change(
        name="an else is added that is tested",
        base={A: CODE},
        head={A: CODE.replace("     second(x)", "     else:\n         zeroth(x)\n     second(x)")},
        branch=True,
        passes=True,
        counted="1/1",
        buckets={"new_covered": 1, "new_uncovered": 0, "lost": 0},
    ),
    Change(
        name="an else is added that is not tested",
        base={A: CODE.replace("     if x:", ">    if x:")},
        head={
            A: CODE.replace("     if x:", ">    if x:").replace(
                "     second(x)", "     else:\n!        zeroth(x)\n     second(x)"
            )
        },
        branch=True,
        passes=False,
        patch="FAIL",
        counted="0/1",
        buckets={"new_uncovered": 1, "lost": 0},
    ),
    Change(
        name="a function with branches moves",
        base={A: CODE},
        head={"src/b.py": " import os\n" + CODE, A: " import b\n"},
        branch=True,
        passes=True,
        counted="2/2",
        buckets={"new_covered": 2, "deleted_covered": 0, "moved": 11, "lost": 0},
    ),
    Change(
        name="a pragma hides a block and with it the choice",
        base={A: CODE},
        head={A: CODE.replace("         first(x)", "         first(x)  # pragma: no cover")},
        branch=True,
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=("src/a.py:2", "src/a.py:3"),
        hidden={"src/a.py:3": "excluded by a comment"},
        buckets={"newly_excluded_covered": 3, "deleted_covered": 0, "lost": 0},
    ),
)
