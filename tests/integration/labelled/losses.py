"""Changes after which code that they do not touch runs no more."""

from __future__ import annotations

from tests.integration.labelled.change import Change

A, B = "src/a.py", "src/b.py"
TEST = "tests/test_a.py"

CODE = """\
 def price(item, member):
     result = item.price
     if member:
         result -= item.discount
         result = max(result, 0)
     return result


 def label(item):
     text = item.name.strip()
     return text.title()
"""

NO_MEMBER = CODE.replace("         result", "!        result")
NO_LABEL = CODE.replace("     text", "!    text").replace("     return text", "!    return text")

CHANGES = (
    Change(
        name="a test is deleted",
        base={A: CODE, TEST: " def test():\n     label(1)\n"},
        head={A: NO_LABEL},
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=("src/a.py:10", "src/a.py:11"),
        buckets={"lost": 2, "gained": 0},
    ),
    Change(
        name="a test is deleted and another one is added",
        base={A: NO_MEMBER},
        head={A: NO_LABEL},
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=("src/a.py:10", "src/a.py:11"),
        buckets={"lost": 2, "gained": 2},
    ),
    Change(
        name="a test is added",
        base={A: NO_LABEL},
        head={A: CODE},
        passes=True,
        patch="SKIP",
        buckets={"lost": 0, "gained": 2, "new_covered": 0},
    ),
    Change(
        name="an early return darkens what follows",
        base={A: CODE},
        head={
            A: NO_LABEL.replace(
                "!    text", "     if item.label:\n         return item.label\n!    text"
            )
        },
        passes=False,
        counted="2/2",
        lost="FAIL",
        lines=("src/a.py:12", "src/a.py:13"),
    ),
    Change(
        name="a changed condition darkens its block",
        base={A: CODE},
        head={A: NO_MEMBER.replace("if member:", "if member == 'gold':")},
        passes=False,
        counted="1/1",
        lost="FAIL",
        lines=("src/a.py:4", "src/a.py:5"),
    ),
    Change(
        name="a change here darkens code in another file",
        base={A: CODE, B: " def caller(x):\n     return price(x, True)\n"},
        head={A: NO_MEMBER, B: " def caller(x):\n     return price(x, False)\n"},
        passes=False,
        counted="1/1",
        lost="FAIL",
        lines=("src/a.py:4", "src/a.py:5"),
    ),
    Change(
        name="more new code runs than old code is lost",
        base={A: CODE},
        head={A: NO_LABEL + "".join(f" x_{number} = f({number})\n" for number in range(50))},
        passes=False,
        counted="50/50",
        lost="FAIL",
        lines=("src/a.py:10", "src/a.py:11"),
    ),
    Change(
        name="a renamed file loses a line",
        base={A: CODE},
        head={B: NO_LABEL},
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=("src/b.py:10", "src/b.py:11"),
    ),
    Change(
        name="lines shift and one of them is lost",
        base={A: CODE},
        head={A: " import os\n" + CODE.replace("     return text", "!    return text")},
        passes=False,
        counted="1/1",
        lost="FAIL",
        lines=("src/a.py:12",),
    ),
    Change(
        name="a statement of several lines is lost at its first line",
        base={A: " def f():\n     return call(\n         1,\n     )\n"},
        head={A: " def f():\n!    return call(\n!        1,\n!    )\n"},
        passes=False,
        patch="SKIP",
        lost="FAIL",
        lines=("src/a.py:2",),
    ),
    Change(
        name="an edited line that runs no more is the patch's and not lost",
        base={A: CODE},
        head={A: CODE.replace("     return text.title()", "!    return text.upper()")},
        passes=False,
        patch="FAIL",
        counted="0/1",
        lost="PASS",
    ),
    Change(
        name="lines are lost and nobody asks for them",
        base={A: CODE},
        head={A: NO_LABEL},
        rules="patch",
        passes=True,
        patch="SKIP",
        lost="none",
        buckets={"lost": 2},
    ),
)
