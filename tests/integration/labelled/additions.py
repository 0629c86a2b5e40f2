"""Changes that add or edit code."""

from __future__ import annotations

from tests.integration.labelled.change import Change

A, B = "src/a.py", "src/b.py"

OLD = """\
 def used(x):
     return x + 1
"""

UNUSED = """\
 def unused(x):
!    y = x * 2
!    return y
"""

CONSTANTS = "".join(f" CODE_{number} = {number}\n" for number in range(200))


def _function(ran: int, dark: int) -> str:
    """A function of so many statements besides its header, of which the first ones ran."""
    lines = [" def steps(x):"]
    lines += [f"     x.step_{number}()" for number in range(ran)]
    lines += [f"!    x.step_{number}()" for number in range(ran, ran + dark)]
    return "\n".join(lines) + "\n"


def _added(text: str) -> dict[str, str]:
    return {A: OLD + " \n \n" + text}


CHANGES = (
    Change(
        name="a tested function is added",
        base={A: OLD},
        head=_added(_function(5, 0)),
        passes=True,
        counted="6/6",
        buckets={"new_covered": 6, "new_uncovered": 0, "deleted_covered": 0, "moved": 0},
    ),
    Change(
        name="a small function that nobody calls is added",
        base={A: OLD},
        head=_added(UNUSED),
        passes=False,
        patch="FAIL",
        counted="1/3",
        buckets={"new_covered": 1, "new_uncovered": 2},
    ),
    Change(
        name="exactly nine of ten new statements are tested",
        base={A: OLD},
        head=_added(_function(8, 1)),
        passes=True,
        counted="9/10",
    ),
    Change(
        name="eight of nine new statements are tested",
        base={A: OLD},
        head=_added(_function(7, 1)),
        passes=False,
        patch="FAIL",
        counted="8/9",
    ),
    Change(
        name="three of four new statements are tested",
        base={A: OLD},
        head=_added(_function(2, 1)),
        passes=True,
        patch="WARN",
        counted="3/4",
        says="3/4",
    ),
    Change(
        name="four of five new statements are tested",
        base={A: OLD},
        head=_added(_function(3, 1)),
        passes=False,
        patch="FAIL",
        counted="4/5",
    ),
    Change(
        name="a file that nobody imports is added",
        base={A: OLD},
        head={A: OLD, B: "!import os\n!\n!\n!def f():\n!    return os.name\n"},
        passes=False,
        patch="FAIL",
        counted="0/2",
    ),
    Change(
        name="a tested file is added",
        base={A: OLD},
        head={A: OLD, B: " import os\n \n \n def f():\n     return os.name\n"},
        passes=True,
        counted="2/2",
    ),
    Change(
        name="constants are to pay for logic",
        base={A: OLD},
        head=_added(CONSTANTS + _function(1, 5)),
        passes=False,
        patch="FAIL",
        counted="2/7",
    ),
    Change(
        name="imports and class constants are to pay for logic",
        base={A: OLD},
        head=_added(
            " import a, b\n from c import d\n class C:\n"
            + "".join(f"     field_{number}: int = 0\n" for number in range(60))
            + _function(1, 5)
        ),
        passes=False,
        patch="FAIL",
        counted="3/8",
    ),
    Change(
        name="generated constants are added",
        base={A: OLD},
        head={A: OLD, B: CONSTANTS},
        passes=True,
        counted="200/200",
    ),
    Change(
        name="generated constants are added that nobody imports",
        base={A: OLD},
        head={A: OLD, B: CONSTANTS.replace(" CODE", "!CODE")},
        rest=(90_000, 100_000),
        passes=False,
        patch="FAIL",
        counted="0/200",
    ),
    Change(
        name="a constant that nobody imports comes with tested logic",
        base={A: OLD},
        head={A: OLD + " \n \n" + _function(5, 0), B: "!LIMIT = 1\n"},
        passes=True,
        counted="6/6",
    ),
    Change(
        name="one line of a tested function is edited",
        base={A: OLD},
        head={A: OLD.replace("x + 1", "x + 2")},
        passes=True,
        counted="1/1",
    ),
    Change(
        name="one line of an untested function is edited",
        base={A: OLD + UNUSED},
        head={A: OLD + UNUSED.replace("x * 2", "x * 3")},
        passes=False,
        patch="FAIL",
        counted="0/1",
    ),
    Change(
        name="a tested and an untested line are edited",
        base={A: OLD + UNUSED},
        head={A: OLD.replace("x + 1", "x + 2") + UNUSED.replace("x * 2", "x * 3")},
        passes=True,
        patch="WARN",
        counted="1/2",
    ),
    Change(
        name="one line of an untested statement of several lines is edited",
        base={A: OLD + " def g():\n!    return call(\n!        1,\n!        2,\n!    )\n"},
        head={A: OLD + " def g():\n!    return call(\n!        1,\n!        3,\n!    )\n"},
        passes=False,
        patch="FAIL",
        counted="0/1",
    ),
    Change(
        name="only imports are added",
        base={A: OLD},
        head={A: " import os\n import sys\n" + OLD},
        passes=True,
        counted="2/2",
    ),
    Change(
        name="a part that only runs as a script is added",
        base={A: OLD},
        head=_added(' if __name__ == "__main__":\n!    used(1)\n'),
        passes=True,
        patch="WARN",
        counted="1/2",
    ),
    Change(
        name="an exception class is added",
        base={A: OLD},
        head=_added(' class OddError(Exception):\n     """Odd."""\n'),
        passes=True,
        counted="1/1",
    ),
    Change(
        name="lines are added in the middle of untested ones",
        base={A: OLD + _function(1, 4)},
        head={
            A: OLD
            + _function(1, 4).replace("!    x.step_3()\n", "!    x.other()\n!    x.step_3()\n")
        },
        passes=False,
        patch="FAIL",
        counted="0/1",
        buckets={"new_uncovered": 1, "deleted_uncovered": 0},
    ),
    Change(
        name="a nested function is added and never called",
        base={A: OLD},
        head=_added(" def outer():\n     def inner():\n!        return 1\n     return inner\n"),
        passes=True,
        patch="WARN",
        counted="3/4",
    ),
    Change(
        name="a hidden line end smuggles untested code in",
        base={A: OLD + UNUSED},
        head={A: OLD + UNUSED.replace("x * 2", "x * 2  #\r!    x.smuggled_in()")},
        passes=False,
        patch="FAIL",
        counted="0/1",
    ),
    Change(
        name="a file that was no Python before is compared as far as it can be",
        base={A: OLD, B: " x = (\n"},
        head={A: OLD, B: " x = 1\n"},
        passes=True,
        counted="1/1",
    ),
)
