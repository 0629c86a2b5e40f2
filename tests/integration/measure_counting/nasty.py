"""A small project full of the constructs that are hard to count, and a driver that runs half."""

from __future__ import annotations

from pathlib import Path

_WITHS = """\
import contextlib
import threading

LOCK = threading.Lock()

def plain(n):
    with LOCK:
        n += 1
        n += 2
    return n

def nested(n):
    with LOCK:
        with contextlib.suppress(KeyError):
            if n:
                raise KeyError(n)
    return n

def returning(n):
    with LOCK:
        if n:
            return 1
    return 2

def looping(items):
    for item in items:
        with contextlib.nullcontext(item) as got:
            if got == 1:
                continue
            if got == 2:
                break
    else:
        return "no break"
    return "break"

def several(n):
    with (
        contextlib.nullcontext(n) as first,
        contextlib.nullcontext(
            n
        ) as second,
    ):
        if first > second:
            n = 0
    if n:
        return 1

def finishing(n):
    try:
        with contextlib.suppress(ValueError):
            raise ValueError
    finally:
        with LOCK: n = 5
    with LOCK: return n

def last(n):
    if n:
        with LOCK:
            n = 2

def chain(n):
    with LOCK:
        with contextlib.nullcontext():
            with contextlib.nullcontext():
                n += 1
    if n > 100:
        n = 0

def again():
    while True:
        with LOCK:
            if LOCK.locked():
                break
    with LOCK:
        pass
"""

_MATCHES = """\
def kind(thing):
    match thing:
        case 1 | 2:
            return "small"
        case [x, *_] if x > 5:
            found = "big head"
        case {"k": v}:
            found = v
        case str():
            found = (
                "text"
            )
        case _:
            found = None  # pragma: no cover
    return found

def only(thing):
    match thing:
        case int():
            thing = 1
        case float(): thing = 2
    return thing

def wild(
    thing,
):
    match (thing,
           1):
        case (0, 1):
            pass
        case other:
            return other
"""

_TRIES = """\
def everything(n):
    try:
        if n == 1:
            raise ValueError
        if n == 2:
            return "returned"
    except ValueError:
        n = 10
    except (KeyError,
            IndexError):
        n = 20
    else:
        n = 30
    finally:
        n += 1
    return n

def loops():
    for i in range(3):
        try:
            if i == 1:
                continue
            if i == 2:
                break
        finally:
            i = i + 1
    else:
        i = 9
    return i

def quiet():
    try:
        return 1
    finally:
        if True:
            pass

def groups():
    try:
        raise ExceptionGroup("x", [ValueError()])
    except* ValueError:
        pass
    except* OSError:
        print()
    try:
        raise KeyError
    except KeyError as error:
        try:
            raise RuntimeError from error
        except RuntimeError:
            pass

def never():
    raise NotImplementedError

def after():
    return 1
    return 2

def asserts(n):
    assert n, (
        "multi"
    )
    assert isinstance(n, int)
"""

_DECORATED = """\
import functools

def twice(*args):
    def outer(function):
        @functools.wraps(function)
        def inner(*a, **k):
            return function(*a, **k)
        return inner
    return outer

@twice()
@twice(
    1,
    2,
)
def decorated(
    a,
    b=lambda: 3,
    *,
    c: int = [
        1,
    ][0],
):
    return a

@twice(3)
class Thing:
    '''Documented
    in two lines.'''

    if twice:
        x = 1
    else:
        x = 2

    @property
    def one(self): return 1

    @staticmethod
    def never():
        pass

    class Inner:
        y = [
            i
            for i in range(3)
            if i
        ]

        def method(self):
            def local():
                return self.y
            return local
"""

_MULTILINE = '''\
VALUE = (1 +
         2 +
         3)
TEXT = """
if x:
    nothing
"""
LONG = "a" \\
    "b"; SHORT = 1
TABLE = {
    "a": 1,
    **{
        "b": 2,
    },
    "c": lambda x: (
        x +
        1
    ),
}

def condition(a, b):
    if (
        a
        and b
    ):
        return f"""
{a}
{b!r:>{10}}
"""
    elif (a or
          b):
        a = [
            1,
            2,
        ]; b = 3
    for (x,
         y) in [
        (1, 2),
    ]:
        print(
            end=""
        )
    while (
        a
    ):
        a = None
    return (
        a if a
        else b
    )

def call():
    return condition(
        1,
        condition(
            0,
            0,
        ),
    )
'''

_COMPREHENSIONS = """\
import itertools

squares = [
    x * x
    for x in range(5)
    if x % 2
]
pairs = {(a, b): a for a in range(2)
         for b in range(2) if a != b}
gen = (x
       for x in range(3))
next(gen)
unused = (x for x in ())
fn = lambda x: x if x else 0
fn2 = lambda: (yield)

def generate(n):
    for i in range(n):
        yield i
        if i == 1:
            got = yield
            print(got, end="")
    yield from itertools.repeat(1, 2)

def takes():
    g = generate(9)
    next(g)
    g.close()
    return list(itertools.islice(generate(9), 4)), any(x > 1 for x in [1, 2]), [
        y for y in range(3)]

def walrus(items):
    while (item := next(items, None)) is not None:
        if item: continue
        return item
"""

_ASYNCS = """\
import asyncio
import contextlib

@contextlib.asynccontextmanager
async def manager():
    yield 1

async def items():
    for i in range(3):
        yield i

async def work(flag):
    async with manager() as one:
        async for item in items():
            if item == one and flag:
                break
        else:
            flag = False
    return [i async for i in items() if i]

async def gather():
    async with manager(), manager():
        return await asyncio.gather(work(True), work(False))

async def never():
    await asyncio.sleep(0)

def run():
    return asyncio.run(gather())
"""

_PRAGMAS = """\
from __future__ import annotations
from typing import TYPE_CHECKING, Protocol, overload
import sys

if TYPE_CHECKING:
    from collections.abc import Mapping

class Shape(Protocol):
    def area(self) -> float: ...
    def name(
        self,
    ) -> str:
        ...

@overload
def either(x: int) -> int: ...
@overload
def either(x: str) -> str: ...
def either(x):
    if isinstance(x, int):  # pragma: no branch
        return x
    return x

def hidden():  # pragma: no cover
    if sys:
        return 1
    return 2

class Hidden:  # pragma: no cover
    def method(self):
        return 1

@property  # pragma: no cover
def decorated(self):
    return 1

def partly(n):
    if n:  # pragma: no cover
        n = 1
    else:
        n = 2
    if n == 7:
        n = 3
    else:  # pragma: no cover
        n = 4
    for _ in range(n):  # pragma: no branch
        break
    try:
        n = int(n)
    except ValueError:  # pragma: no cover
        n = 0
    if n == 8: n = 9  # pragma: no cover
    return n

def also(debug):
    if debug.enabled:
        debug.print()
        debug.done()
    # start hiding
    if debug.other:
        return 1
    # stop hiding
    if debug.once:  # only once
        return 2
    return 3

if sys.version_info < (3,): # PRAGMA: NO COVER
    import never
if __name__ == "__main__":
    partly(1)
"""

_LOOPS = """\
def forever():
    n = 0
    while True:
        n += 1
        if n > 2: break
    while 1:
        n -= 1
        if not n:
            return n

def elses(items):
    for item in items:
        if item:
            break
    else:
        item = 1
    while item: item -= 1
    else:
        item = 5
    for _ in (): pass
    return item

def one_line(x):
    if x: return 1
    if not x: x = 2; y = 3
    else: y = 4
    for i in range(2): y += i
    return y if y else x

def constants():
    if 0:
        return 1
    if False: print()
    if __debug__:
        x = 1
    else:
        x = 2
    while False:
        x = 3
    if not True:
        x = 4
    x; x
    global G
    G = x
    del x
    return ...

def nothing(): pass

def unreachable():
    for i in range(3):
        continue
        print(i)
    if i: pass
    elif i == 1: pass
    else: pass
class Empty: pass
class Documented:
    "only that"
def documented():
    '''Only
    that.'''
async def documented_too(): "that"
"""

_TYPED = """\
from dataclasses import dataclass, field
from enum import Enum

class Colour(Enum):
    RED = 1
    GREEN = (
        2
    )

@dataclass(
    frozen=True,
)
class Point:
    x: int
    y: int = 0
    z: list[int] = field(
        default_factory=list
    )
    unset: "Point | None" = None

    def moved(
        self, *, by: int = 1
    ) -> "Point":
        return Point(
            self.x + by,
        )

def sized(
    *items: int,
    **named: int,
) -> None: ...

alias: "int" = 3
annotated: int
first, *rest = [1,
                2]
x = y = 3
x += (
    1
)
"""

_RAISES = """\
def through():
    for i in range(2):
        try:
            inner(i)
        except ValueError:
            continue

def inner(i):
    if i:
        raise ValueError(
            i
        )
    return [
        j for j in range(
            3
        )
    ]

def ends():
    try:
        return through()
    finally:
        print(end="")

def stopped():
    def gen():
        try:
            yield 1
        finally:
            x = 1
            if x:
                x = 2
    for _ in gen():
        break
"""

_DRIVER = """\
import asyncio, threading
import nasty.withs as w, nasty.matches as m, nasty.tries as t, nasty.decorated as d
import nasty.multiline as ml, nasty.comprehensions as c, nasty.asyncs as a, nasty.pragmas as p
import nasty.loops as l, nasty.typed, nasty.raises as r, nasty.empty, nasty.comment, nasty.docs
import nasty.odd_ends, nasty.latin, nasty.bom, nasty.tabs, spaces.inside, spaces.deep.below

w.plain(1); w.nested(0); w.nested(1); w.returning(0); w.looping([1, 2]); w.several(1)
w.finishing(1); w.last(1); w.chain(1); w.again()
m.kind(1); m.kind({"k": 1}); m.kind("x"); m.only(1); m.wild(3)
t.everything(1); t.everything(2); t.everything(3); t.loops(); t.quiet(); t.groups(); t.after()
t.asserts(1)
try:
    t.never()
except NotImplementedError:
    pass
d.decorated(1); d.Thing().one; d.Thing().Inner().method()
ml.condition(1, 1); ml.condition(0, 1); ml.call(); ml.TABLE["c"](1)
c.takes(); c.walrus(iter([1, 0])); c.fn(1)
a.run()
class D:
    enabled = other = once = 0
p.either(1); p.partly(0); p.also(D)
l.forever(); l.elses([0]); l.one_line(0); l.constants(); l.unreachable(); l.documented()
r.ends(); r.stopped()
thread = threading.Thread(target=w.plain, args=(3,)); thread.start(); thread.join()
# Code that says it comes from a measured file: lines that the file has and lines that it has not.
exec(compile("\\n\\nx = 1\\n" + "\\n" * 500 + "y = 2", nasty.empty.__file__, "exec"))
"""

_ODD_ENDS = b"def f(x):\n    if x:\n        return (1,\n  2)\n\x0c\nf(0)\nx = 1"

#: Path → bytes.
FILES: dict[str, bytes] = {
    "src/nasty/__init__.py": b'"""Only a docstring."""\n',
    "src/nasty/withs.py": _WITHS.encode(),
    "src/nasty/matches.py": _MATCHES.encode(),
    "src/nasty/tries.py": _TRIES.encode(),
    "src/nasty/decorated.py": _DECORATED.encode(),
    "src/nasty/multiline.py": _MULTILINE.encode(),
    "src/nasty/comprehensions.py": _COMPREHENSIONS.encode(),
    "src/nasty/asyncs.py": _ASYNCS.encode(),
    "src/nasty/pragmas.py": _PRAGMAS.encode(),
    "src/nasty/loops.py": _LOOPS.encode(),
    "src/nasty/typed.py": _TYPED.encode(),
    "src/nasty/raises.py": _RAISES.encode(),
    "src/nasty/empty.py": b"",
    "src/nasty/comment.py": b"# nothing but this\n\n\n",
    "src/nasty/docs.py": b'"""One\ntwo\n"""\n\nclass A:\n    """Three."""\n\n    x = 1\n',
    "src/nasty/odd_ends.py": _ODD_ENDS.replace(b"\n", b"\r\n"),
    "src/nasty/latin.py": b"# -*- coding: latin-1 -*-\nx = '\xe9'\nif x == 'a':\n    x = 1\n",
    "src/nasty/bom.py": b"\xef\xbb\xbfx = 1\nif x:\n    y = 2\n",
    "src/nasty/tabs.py": b"def f():\n\tif 1:\n\t\treturn 2\n\treturn 3\n\n\n\n",
    "src/nasty/unexecuted.py": _LOOPS.encode(),
    "src/nasty/sub/__init__.py": b"",
    "src/nasty/sub/unexecuted.py": _WITHS.encode(),
    "src/nasty/omitted.py": b"x = 1\n",
    "src/nasty/od~d.py": b"never = 1\n",
    "src/spaces/inside.py": b"x = 1\nif x:\n    x = 2\n",
    "src/spaces/unlisted.py": b"x = 1\n",
    "src/spaces/deep/below.py": b"x = 1\n",
    "src/spaces/packed/__init__.py": b"hidden_below_a_namespace = 1\n",
    "src/driver.py": _DRIVER.encode(),
    "tests/test_nothing.py": b"x = 1\n",
    "outside.py": b"x = 1\n",
}


def write(root: Path, *, config: dict[str, str], files: dict[str, bytes] | None = None) -> None:
    """Write the project and its configuration files into an empty folder."""
    contents = FILES if files is None else files
    contents = contents | {path: text.encode() for path, text in config.items()}
    for path, content in contents.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
