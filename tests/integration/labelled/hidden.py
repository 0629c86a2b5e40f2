"""Changes that hide code, each attack beside the honest change that looks like it."""

from __future__ import annotations

from tests.integration.labelled.change import Change

A, B = "src/a.py", "src/b.py"

OLD = """\
 import typing
 def used(x):
     return x + 1
"""

HIDDEN = """\
 def debug(x):  # pragma: no cover
     print(x)
     return x
"""

DARK = """\
     charge(x)
     refund(x)
     return x
"""

CHECKING = """\
 if typing.TYPE_CHECKING:
     from b import Cart
     T = typing.TypeVar("T")
"""

STUBS = """\
 class Store(typing.Protocol):
     name: str
     @typing.overload
     def get(self, x: int) -> int: ...
     @typing.overload
     def get(self, x: str) -> str:
         ...
     def put(self, x: int) -> None:
         '''Put it.'''
         raise NotImplementedError
"""

CHOICE = """\
>def pick(x):
>    if x:
         x = 1
     return x
"""

BIG = (9000, 10000)


def _dark(header: str, *, word: str = "# pragma: no cover") -> str:
    return f" {header}  {word}\n{DARK}"


CHANGES = (
    Change(
        name="a new function is hidden by a comment",
        base={A: OLD},
        head={A: OLD + _dark("def pay(x):")},
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/4",
        hidden={"src/a.py:4-7": "excluded by a comment"},
        buckets={"new_covered": 0, "new_uncovered": 0},
    ),
    Change(
        name="a new function is hidden by the same comment in other spelling",
        base={A: OLD},
        head={A: OLD + _dark("def pay(x):", word="#PRAGMA:NO COVER")},
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/4",
        hidden={"src/a.py:4-7": "excluded by a comment"},
    ),
    Change(
        name="a comment in a text hides a block",
        base={A: OLD},
        head={A: OLD + " if used('# pragma: no cover'):\n" + DARK.replace("return x", "sell(x)")},
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/4",
        hidden={"src/a.py:4-7": "excluded by a comment"},
    ),
    Change(
        name="code is added to a function that was hidden",
        base={A: OLD + HIDDEN},
        head={A: OLD + HIDDEN.replace("     return x", DARK.rstrip("\n"))},
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/2",
        hidden={"src/a.py:6-7": "excluded by a comment"},
    ),
    Change(
        name="a method is added to a class that was hidden",
        base={A: OLD + " class Tools:  # pragma: no cover\n     x = 1\n"},
        head={
            A: OLD
            + " class Tools:  # pragma: no cover\n     x = 1\n"
            + "     def pay(self):\n         charge(self)\n"
        },
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/2",
        hidden={"src/a.py:6-7": "excluded by a comment"},
    ),
    Change(
        name="code that never ran is hidden and stays what it was",
        base={A: OLD + " def lazy(x):\n!    return x\n"},
        head={A: OLD + " def lazy(x):\n!    return x  # pragma: no cover\n"},
        passes=True,
        patch="SKIP",
        hidden={"src/a.py:5": "excluded by a comment"},
        buckets={"newly_excluded_uncovered": 1},
    ),
    Change(
        name="a hidden function moves to another file",
        base={A: OLD + HIDDEN, B: " other = 1\n"},
        head={A: OLD, B: " other = 1\n" + HIDDEN},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="a file with a hidden function is renamed",
        base={A: OLD + HIDDEN},
        head={B: OLD + HIDDEN},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="a hidden function is indented and formatted",
        base={A: OLD + " def debug(x):  # pragma: no cover\n     print(x, 'a long text', x)\n"},
        head={
            A: OLD
            + " def debug(x):  # pragma: no cover\n     print(\n         x,\n"
            + '         "a long text",\n         x,\n     )\n'
        },
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="lines of a hidden function are deleted",
        base={A: OLD + HIDDEN},
        head={A: OLD + HIDDEN.replace("     print(x)\n", "")},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="imports for type checkers are added",
        base={A: OLD},
        head={A: OLD + CHECKING},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="an import moves to those for type checkers",
        base={A: OLD + " from b import Cart\n"},
        head={A: OLD + " if typing.TYPE_CHECKING:\n     from b import Cart\n"},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="logic is put among the imports for type checkers",
        base={A: OLD},
        head={A: OLD + CHECKING + DARK.replace("return x", "sell(x)")},
        rest=BIG,
        passes=False,
        patch="FAIL",
        hidden={"src/a.py:7-9": "new logic that a configured pattern excludes"},
    ),
    Change(
        name="a name that is not of typing passes for it",
        base={A: OLD},
        head={
            A: OLD
            + " TYPE_CHECKING = 1\n if TYPE_CHECKING:\n"
            + DARK.replace("return x", "sell(x)")
        },
        rest=BIG,
        passes=False,
        patch="FAIL",
        hidden={"src/a.py:5-8": "new logic that a configured pattern excludes"},
    ),
    Change(
        name="stubs for type checkers are added",
        base={A: OLD},
        head={A: OLD + STUBS},
        passes=True,
        patch="PASS",
    ),
    Change(
        name="a main guard with one call is added",
        base={A: OLD},
        head={A: OLD + ' if __name__ == "__main__":\n     used(used(1))\n'},
        exclude=("if __name__ == .__main__.:",),
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="logic is added below a main guard",
        base={A: OLD},
        head={A: OLD + ' if __name__ == "__main__":\n' + DARK.replace("return x", "sell(x)")},
        exclude=("if __name__ == .__main__.:",),
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/4",
        hidden={"src/a.py:4-7": "new logic that a configured pattern excludes"},
    ),
    Change(
        name="what is not implemented raises, as the base configures",
        base={A: OLD},
        head={A: OLD + " def pay(x):\n!    raise NotImplementedError(x)\n"},
        exclude=("raise NotImplementedError",),
        passes=True,
        counted="1/1",
    ),
    Change(
        name="new logic has a name that the base excludes",
        base={A: OLD},
        head={A: OLD + " def debug_pay(x):\n" + DARK},
        exclude=("def debug_",),
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/4",
        hidden={"src/a.py:4-7": "new logic that a configured pattern excludes"},
    ),
    Change(
        name="a representation of one line is added, as the base excludes it",
        base={A: OLD},
        head={
            A: OLD
            + " class Cart:\n     def __repr__(self):\n         return f'<Cart {self.name}>'\n"
        },
        exclude=("def __repr__",),
        passes=True,
    ),
    Change(
        name="several statements share a line that the base excludes",
        base={A: OLD},
        head={A: OLD + " charge(1); refund(2); log(3)\n"},
        exclude=("log",),
        rest=BIG,
        passes=False,
        patch="FAIL",
        hidden={"src/a.py:4": "new logic that a configured pattern excludes"},
    ),
    Change(
        name="a comment excuses a choice of which one side ran",
        base={A: OLD + CHOICE},
        head={A: OLD + CHOICE.replace("if x:", "if x:  # pragma: no branch")},
        branch=True,
        passes=True,
        patch="SKIP",
        hidden={"src/a.py:5": "branches that a comment excuses"},
        buckets={"gained": 1},
    ),
    Change(
        name="an excused choice moves",
        base={A: OLD + CHOICE.replace("if x:", "if x:  # pragma: no branch")},
        head={B: CHOICE.replace("if x:", "if x:  # pragma: no branch"), A: OLD},
        branch=True,
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="a body is packed on the line of its header",
        base={A: OLD},
        head={A: OLD + " def pay(x): charge(x); refund(x); return x\n"},
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/1",
        hidden={"src/a.py:4": "a function on the line of its header, which runs without it"},
    ),
    Change(
        name="a packed function moves",
        base={A: OLD + " def pay(x): charge(x); refund(x); return x\n"},
        head={A: OLD, B: " def pay(x): charge(x); refund(x); return x\n"},
        passes=True,
        patch="SKIP",
    ),
)
