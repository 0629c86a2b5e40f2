"""Changes that take code to another place."""

from __future__ import annotations

from tests.integration.labelled.change import Change

A, B = "src/a.py", "src/b.py"

HEAD = """\
 def used(x):
     return x + 1


"""

TOOL = """\
 def render(rows, width):
!    lines = []
!    for row in rows:
!        cells = [str(cell).ljust(width) for cell in row]
!        lines.append(" | ".join(cells))
!    return "\\n".join(lines)
"""

METHOD = """\
 class Table:
     def render(rows, width):
!        lines = []
!        for row in rows:
!            cells = [str(cell).ljust(width) for cell in row]
!            lines.append(" | ".join(cells))
!        return "\\n".join(lines)
"""

OTHER = """\
 def draw(canvas, shapes):
     for shape in shapes:
         outline = shape.outline(canvas.scale)
         canvas.stroke(outline, shape.colour)
     canvas.flush()
 X = 1
"""

TESTED = TOOL.replace("!", " ")

CHANGES = (
    Change(
        name="an untested function moves to a new file",
        base={A: HEAD + TOOL},
        head={A: HEAD, B: TOOL},
        passes=True,
        patch="SKIP",
        buckets={"new_uncovered": 0, "deleted_uncovered": 0, "moved": 6},
    ),
    Change(
        name="an untested function moves to another file and is imported",
        base={A: HEAD + TOOL, B: " X = 1\n"},
        head={A: " from b import render\n" + HEAD, B: " X = 1\n \n \n" + TOOL},
        passes=True,
        counted="1/1",
        buckets={"new_covered": 1, "new_uncovered": 0, "deleted_covered": 0},
    ),
    Change(
        name="an untested function becomes a method",
        base={A: HEAD + TOOL},
        head={A: HEAD + METHOD},
        passes=True,
        counted="1/1",
    ),
    Change(
        name="an untested file is renamed",
        base={A: HEAD + TOOL},
        head={B: HEAD + TOOL},
        passes=True,
        patch="SKIP",
        buckets={"new_uncovered": 0, "deleted_uncovered": 0, "lost": 0},
    ),
    Change(
        name="a file is renamed and an untested line is edited",
        base={A: HEAD + TOOL},
        head={B: HEAD + TOOL.replace("ljust", "rjust")},
        passes=False,
        patch="FAIL",
        counted="0/1",
        buckets={"new_uncovered": 1, "deleted_uncovered": 1},
    ),
    Change(
        name="a file is renamed and a tested line is edited",
        base={A: HEAD + TOOL},
        head={B: HEAD.replace("x + 1", "1 + x") + TOOL},
        passes=True,
        counted="1/1",
    ),
    Change(
        name="a function moves and one of its untested lines is edited",
        base={A: HEAD + TOOL},
        head={A: HEAD, B: TOOL.replace("ljust", "rjust")},
        passes=False,
        patch="FAIL",
        counted="0/1",
        buckets={"new_uncovered": 1, "deleted_uncovered": 1},
    ),
    Change(
        name="a function moves and one of its tested lines is edited",
        base={A: HEAD + TESTED},
        head={A: HEAD, B: TESTED.replace("ljust", "rjust")},
        passes=True,
        counted="1/1",
    ),
    Change(
        name="a file is split in two",
        base={A: HEAD + TOOL + " \n \n" + TESTED.replace("render", "draw")},
        head={A: HEAD + TOOL, B: TESTED.replace("render", "draw")},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="an untested function is copied",
        base={A: HEAD + TOOL},
        head={A: HEAD + TOOL, B: TOOL},
        passes=False,
        patch="FAIL",
        counted="1/6",
    ),
    Change(
        name="a function moves and its test is gone",
        base={A: HEAD + TESTED},
        head={A: HEAD, B: TOOL},
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=tuple(f"src/b.py:{line}" for line in range(2, 7)),
    ),
    Change(
        name="untested code comes from outside of what is measured",
        base={A: HEAD, "scripts/tool.py": TOOL},
        head={A: HEAD, "src/tool.py": TOOL},
        passes=False,
        patch="FAIL",
        counted="1/6",
        buckets={"newly_included_uncovered": 5, "new_uncovered": 0},
    ),
    Change(
        name="tested code comes from outside of what is measured",
        base={A: HEAD, "scripts/tool.py": TOOL},
        head={A: HEAD, "src/tool.py": TESTED},
        passes=True,
        counted="6/6",
        buckets={"newly_included_covered": 6},
    ),
    Change(
        name="two files swap their names",
        base={A: HEAD + TOOL, B: OTHER},
        head={B: HEAD + TOOL, A: OTHER},
        passes=True,
        patch="SKIP",
        buckets={"new_uncovered": 0, "lost": 0},
    ),
    Change(
        name="an untested block moves within its function",
        base={
            A: """\
 def f(x):
     before(x)
!    if x.is_strange:
!        report_strange_thing(x.name, x.place)
!        raise StrangeThingError(x.name)
     after(x)
"""
        },
        head={
            A: """\
 def f(x):
!    if x.is_strange:
!        report_strange_thing(x.name, x.place)
!        raise StrangeThingError(x.name)
     before(x)
     after(x)
"""
        },
        passes=True,
        counted="1/1",
        buckets={"new_uncovered": 0, "deleted_uncovered": 0},
    ),
)
