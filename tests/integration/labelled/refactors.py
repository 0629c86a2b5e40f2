"""Changes that add no logic, or next to none."""

from __future__ import annotations

from tests.integration.labelled.change import Change

A = "src/a.py"

LEGACY = """\
 import os


 def used(x):
     y = x + 1
     return y


 def legacy(path, mode):
!    handle = os.open(path, os.O_RDONLY if mode == "read" else os.O_WRONLY)
!    if handle < 0:
!        raise ValueError("could not open the file " + path)
!    size = os.fstat(handle).st_size
!    os.close(handle)
!    return size
"""

CLASS = """\
 class Cart:
     def __init__(self):
         self.lines = []

     def add(self, line):
         self.lines.append(line)
         return len(self.lines)

     def discount(self, percent):
!        if percent > 100:
!            raise ValueError("more than everything")
!        return self.total() * percent // 100
"""

NOTHING_NEW = {"new_covered": 0, "new_uncovered": 0, "deleted_covered": 0, "deleted_uncovered": 0}


def _crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def _tabs(text: str) -> str:
    return text.replace("    ", "\t")


CHANGES = (
    Change(
        name="a variable is renamed in tested code",
        base={A: LEGACY},
        head={A: LEGACY.replace("y = x + 1", "z = x + 1").replace("return y", "return z")},
        passes=True,
        counted="2/2",
        buckets={"new_covered": 2, "deleted_covered": 2},
    ),
    Change(
        name="a variable is renamed in untested code",
        base={A: LEGACY},
        head={A: LEGACY.replace("size", "length")},
        passes=False,
        patch="FAIL",
        counted="0/2",
    ),
    Change(
        name="an untested call is broken into several lines",
        base={A: LEGACY},
        head={
            A: LEGACY.replace(
                '!    handle = os.open(path, os.O_RDONLY if mode == "read" else os.O_WRONLY)\n',
                "!    handle = os.open(\n         path,\n"
                '         os.O_RDONLY if mode == "read" else os.O_WRONLY,\n     )\n',
            )
        },
        passes=True,
        patch="SKIP",
        buckets=NOTHING_NEW,
    ),
    Change(
        name="an untested statement gets other quotes and parentheses",
        base={A: LEGACY},
        head={
            A: LEGACY.replace(
                '!        raise ValueError("could not open the file " + path)\n',
                "!        raise (\n             ValueError('could not open the file ' + path)\n"
                "         )\n",
            )
        },
        passes=True,
        patch="SKIP",
        buckets=NOTHING_NEW,
    ),
    Change(
        name="an untested statement gets a comment",
        base={A: LEGACY},
        head={A: LEGACY.replace("os.close(handle)", "os.close(handle)  # noqa: X1")},
        passes=True,
        patch="SKIP",
        buckets=NOTHING_NEW,
    ),
    Change(
        name="a docstring, comments and blank lines are added",
        base={A: LEGACY},
        head={
            A: LEGACY.replace(
                " def legacy(path, mode):\n",
                ' def legacy(path, mode):\n     """Its size.\n \n     In bytes.\n     """\n'
                "     # x\n \n",
            )
        },
        passes=True,
        patch="SKIP",
        buckets=NOTHING_NEW,
    ),
    Change(
        name="line ends become those of another system",
        base={A: LEGACY},
        head={A: LEGACY},
        head_text=_crlf,
        passes=True,
        patch="SKIP",
        buckets=NOTHING_NEW,
    ),
    Change(
        name="line ends change and one tested line does",
        base={A: LEGACY},
        head={A: LEGACY.replace("x + 1", "1 + x")},
        head_text=_crlf,
        passes=True,
        counted="1/1",
    ),
    Change(
        name="line ends change and one untested line does",
        base={A: LEGACY},
        head={A: LEGACY.replace("st_size", "st_mode")},
        head_text=_crlf,
        passes=False,
        patch="FAIL",
        counted="0/1",
    ),
    Change(
        name="spaces become tabs",
        base={A: LEGACY},
        head={A: LEGACY},
        head_text=_tabs,
        passes=True,
        patch="SKIP",
        buckets=NOTHING_NEW | {"moved": 8},
    ),
    Change(
        name="the line end at the end of the file is dropped",
        base={A: LEGACY},
        head={A: LEGACY.removesuffix("\n")},
        passes=True,
        patch="SKIP",
        buckets=NOTHING_NEW,
    ),
    Change(
        name="tested code is wrapped in a tested block",
        base={A: LEGACY},
        head={
            A: LEGACY.replace(
                "     y = x + 1\n     return y\n",
                "     if x:\n         y = x + 1\n         return y\n",
            )
        },
        passes=True,
        counted="1/1",
        buckets={"new_covered": 1, "deleted_covered": 0, "moved": 2},
    ),
    Change(
        name="tested code is wrapped in a block that never holds",
        base={A: LEGACY},
        head={
            A: LEGACY.replace(
                "     y = x + 1\n     return y\n",
                "     if x == 77:\n!        y = x + 1\n!        return y\n",
            )
        },
        passes=False,
        counted="1/1",
        lost="FAIL",
        lines=("src/a.py:6", "src/a.py:7"),
    ),
    Change(
        name="untested code is wrapped in an untested block",
        base={A: LEGACY},
        head={
            A: LEGACY.replace(
                "!    size = os.fstat(handle).st_size\n!    os.close(handle)\n",
                "!    with lock:\n!        size = os.fstat(handle).st_size\n"
                "!        os.close(handle)\n",
            )
        },
        passes=False,
        patch="FAIL",
        counted="0/1",
    ),
    Change(
        name="a decorator is added to a function that is not tested",
        base={A: LEGACY},
        head={A: LEGACY.replace(" def legacy", " @staticmethod\n def legacy")},
        passes=True,
        counted="1/1",
        buckets={"new_covered": 1, "new_uncovered": 0, "deleted_covered": 0},
    ),
    Change(
        name="a decorator is added and branches are measured",
        base={A: CLASS},
        head={A: CLASS.replace("     def discount", "     @property\n     def discount")},
        passes=True,
        branch=True,
        buckets={"new_covered": 1, "new_uncovered": 0, "deleted_uncovered": 0},
    ),
    Change(
        name="a signature is annotated",
        base={A: LEGACY},
        head={A: LEGACY.replace("legacy(path, mode)", "legacy(path: str, mode: str) -> int")},
        passes=True,
        counted="1/1",
    ),
    Change(
        name="methods change their places",
        base={A: CLASS},
        head={
            A: """\
 class Cart:
     def __init__(self):
         self.lines = []

     def discount(self, percent):
!        if percent > 100:
!            raise ValueError("more than everything")
!        return self.total() * percent // 100

     def add(self, line):
         self.lines.append(line)
         return len(self.lines)
"""
        },
        passes=True,
        patch="SKIP",
        buckets=NOTHING_NEW,
    ),
    Change(
        name="imports are sorted",
        base={A: " import sys\n import os\n from x import (\n     c,\n     b,\n )\n" + LEGACY},
        head={A: " import os\n import sys\n from x import (\n     b,\n     c,\n )\n" + LEGACY},
        passes=True,
    ),
    Change(
        name="tested lines become a helper of their own",
        base={
            A: """\
 def total(lines):
     result = 0
     for line in lines:
         price = line.price * line.count
         result += price - line.discount
     return result
"""
        },
        head={
            A: """\
 def price_of(line):
     price = line.price * line.count
     return price - line.discount


 def total(lines):
     result = 0
     for line in lines:
         result += price_of(line)
     return result
"""
        },
        passes=True,
        counted="3/3",
    ),
    Change(
        name="only documents change",
        base={A: LEGACY, "README.md": " a\n"},
        head={A: LEGACY, "README.md": " b\n"},
        passes=True,
        patch="SKIP",
        says="nothing to measure",
    ),
    Change(
        name="only tests change",
        base={A: LEGACY, "tests/test_a.py": " def test():\n!    assert 1\n"},
        head={A: LEGACY, "tests/test_a.py": " def test():\n!    assert 2\n"},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="nothing changes",
        base={A: LEGACY},
        head={A: LEGACY},
        passes=True,
        patch="SKIP",
        says="nothing to measure",
    ),
    Change(
        name="a file of comments only is added",
        base={A: LEGACY},
        head={A: LEGACY, "src/b.py": " # nothing\n # at all\n"},
        passes=True,
        patch="SKIP",
    ),
)
