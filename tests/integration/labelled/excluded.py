"""Changes of code that main excludes already, and of code that only type checkers read.

Each attack stands beside the honest change that looks like it. The labels come from commits of real
projects that were stopped for nothing.
"""

from __future__ import annotations

from tests.integration.labelled.change import Change

A = "src/a.py"

OLD = """\
 import typing as t
 def used(x):
     return x + 1
"""

HIDDEN = """\
 def debug(x):  # pragma: no cover
     lines = [f"{x.name}:"]
     print("\\n".join(lines), x.total)
     return x
"""

REPR = """\
 class Cart:
     def __repr__(self):
         return f"<Cart {self.name}>"
"""

STUBS = """\
>@t.overload
>def get(x: int) -> int: ...
 @t.overload
>def get(
>    x: str,
 ) -> str:
!    ...
 def get(x):
     return x
"""

TYPES = """\
>if t.TYPE_CHECKING:
!    import collections.abc as c
!    if sys.version_info >= (3, 11):
!        from typing import Self
!    else:
!        from typing_extensions import Self
!    F = t.TypeVar("F")
!    class Wrapper(t.Protocol):
!        def __call__(self, f: F) -> F: ...
"""

LOGIC = """\
!    charge(1)
!    refund(2) if used(1) else log(3)
!    sell(4)
!    log(5)
!    pay(6)
"""

BIG = (9000, 10000)

CHANGES = (
    Change(
        name="a statement of a function that a comment hides is edited and does not run",
        base={A: OLD + HIDDEN},
        head={A: OLD + HIDDEN.replace("x.total", "x.total, x.count")},
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="a statement of a function that a pattern hides is edited and does not run",
        base={A: OLD + REPR},
        head={A: OLD + REPR.replace("{self.name}", "{self.name} {self.total}")},
        exclude=("def __repr__",),
        bare=True,
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="the body of a function that a pattern hides is written anew, and runs",
        base={A: OLD + REPR},
        head={
            A: OLD
            + REPR.replace(
                '         return f"<Cart {self.name}>"\n',
                "+        args = [name for name in self.names if name]\n"
                "+        return type(self).__name__ + ', '.join(args)\n",
            )
        },
        exclude=("def __repr__",),
        bare=True,
        passes=True,
        counted="2/2",
    ),
    Change(
        name="code that runs is added to a function that was hidden by a comment",
        base={A: OLD + HIDDEN},
        head={
            A: OLD + HIDDEN.replace("     return x", "+    charge(x)\n+    x.log()\n     return x")
        },
        passes=True,
        counted="2/2",
    ),
    Change(
        name="code that runs is hidden by a new comment",
        base={A: OLD},
        head={A: OLD + "+def pay(x):  # pragma: no cover\n+    charge(x)\n+    return x\n"},
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/3",
        hidden={"src/a.py:4-6": "excluded by a comment"},
    ),
    Change(
        name="an edited statement runs, and a pattern of the base takes it in from now on",
        base={A: OLD + ' text = {"a": used(1)}\n'},
        head={A: OLD + "+text = {**{n: used(n) for n in names}, 1: ...\n }\n"},
        exclude=(r".*: \.\.\.$",),
        bare=True,
        passes=True,
        counted="1/1",
    ),
    Change(
        name="other logic takes the place of what a comment hid",
        base={A: OLD + HIDDEN},
        head={
            A: OLD
            + " def debug(x):  # pragma: no cover\n"
            + "     for line in x.cart: charge(line)\n"
            + "     days = x.days if x.days > 3 else 0\n"
            + "     return x\n"
        },
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/2",
        hidden={"src/a.py:5-6": "excluded by a comment"},
    ),
    Change(
        name="a hidden statement is edited, and two more come",
        base={A: OLD + HIDDEN},
        head={
            A: OLD + HIDDEN.replace("x.total)", "x.total, x.count)\n     charge(x)\n     refund(x)")
        },
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/2",
        hidden={"src/a.py:7-8": "excluded by a comment"},
    ),
    Change(
        name="a choice is put into a hidden statement",
        base={A: OLD + HIDDEN},
        head={A: OLD + HIDDEN.replace("x.total)", "x.total if x.days > 3 else x.rest)")},
        rest=BIG,
        passes=False,
        patch="FAIL",
        counted="0/1",
        hidden={"src/a.py:6": "excluded by a comment"},
    ),
    Change(
        name="what a pattern hid is hidden by a comment and edited",
        base={A: OLD + REPR},
        head={
            A: OLD
            + REPR.replace('name}>"', 'name}!>"').replace(
                "__repr__(self):", "text(self):  # pragma: no cover"
            )
        },
        exclude=("def __repr__",),
        bare=True,
        rest=BIG,
        passes=False,
        patch="FAIL",
        hidden={"src/a.py:5-6": "excluded by a comment"},
    ),
    Change(
        name="overloads are added where the base excludes comments alone",
        base={A: OLD},
        head={A: OLD + STUBS},
        bare=True,
        branch=True,
        passes=True,
        stored="90.02",
    ),
    Change(
        name="types are added where the base excludes comments alone",
        base={A: OLD},
        head={A: OLD + TYPES},
        bare=True,
        branch=True,
        passes=True,
        patch="PASS",
        counted="1/1",
    ),
    Change(
        name="an import goes to those for type checkers, where the base counts them",
        base={A: OLD + " from b import Cart\n" + TYPES},
        head={A: OLD + TYPES.replace(" F = ", " from b import Cart\n!    F = ")},
        bare=True,
        branch=True,
        passes=True,
        patch="SKIP",
    ),
    Change(
        name="logic is put among the types, where the base counts them",
        base={A: OLD},
        head={A: OLD + TYPES + LOGIC},
        bare=True,
        passes=False,
        rest=BIG,
        patch="FAIL",
    ),
    Change(
        name="a class of the branch passes for typing",
        base={A: OLD},
        head={A: OLD.replace("import typing as t", "class t: TYPE_CHECKING = used") + TYPES},
        bare=True,
        rest=BIG,
        passes=False,
        patch="FAIL",
    ),
    Change(
        name="a constant that is true passes for that of typing",
        base={A: OLD},
        head={A: OLD + " TYPE_CHECKING = True\n" + TYPES.replace("t.TYPE", "TYPE")},
        bare=True,
        rest=BIG,
        passes=False,
        patch="FAIL",
    ),
    Change(
        name="a decorator of the branch passes for that of overloads",
        base={A: OLD},
        head={
            A: OLD
            + " def overload(function):\n     return function\n"
            + "".join(f" @overload\n def get_{n}(x):\n!    x = ...\n" for n in range(3))
        },
        bare=True,
        rest=BIG,
        passes=False,
        patch="FAIL",
    ),
    Change(
        name="an overload holds logic",
        base={A: OLD},
        head={A: OLD + " @t.overload\n def get(x):\n!    y = charge(x)\n!    return refund(y)\n"},
        bare=True,
        rest=BIG,
        passes=False,
        patch="FAIL",
    ),
)
