"""Which tests are nearest to a piece of code, and where a new test of it belongs.

Told from names and imports alone: who really runs a line is known to the context map of main only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_TEST_FILE = re.compile(r"(?:test_.+|.+_test|tests?)\.py")
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_FROM = re.compile(
    r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]{0,2000}\)|[^\n#]*)", re.MULTILINE
)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([\w., \t]+)", re.MULTILINE)
_BLOCK = re.compile(r"^([ \t]*)(?:async[ \t]+)?(def|class)[ \t]+(\w+)", re.MULTILINE)
_WORD = re.compile(r"\w+")

#: How many tests are named at most.
_NAMED = 3
#: How much of a test module is looked at; a generated one is not searched to its end.
_LONGEST = 400_000

# What speaks for a test module, the strongest first.
_IS_NAMED_FOR_IT, _IMPORTS_IT, _KNOWS_PACKAGE, _MENTIONS = 8, 4, 2, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPlace:
    """Where to test a file.

    Attributes:
        path: A test module.
        is_new: Whether it is to be made.
        near: Test modules that come next, the nearest first; where `path` is new, examples of how
            tests look here.
    """

    __test__ = False  # pytest would take the class for tests by its name

    path: str
    is_new: bool
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TestModule:
    """A test module of the tree.

    Attributes:
        path: Where it is.
        text: What it holds, cut where it is very long.
        imports: Dotted names of what it imports.
    """

    __test__ = False  # pytest would take the class for tests by its name

    path: str
    text: str
    imports: frozenset[str]


def is_test_module(path: str) -> bool:
    """Whether a file looks like tests by its name."""
    return bool(_TEST_FILE.fullmatch(path.rpartition("/")[2]))


def read_tests(texts: Mapping[str, str]) -> tuple[TestModule, ...]:
    """Test modules, path → text, read for their imports; sorted by path."""
    return tuple(
        TestModule(path=path, text=text[:_LONGEST], imports=frozenset(_imports(text[:_LONGEST])))
        for path, text in sorted(texts.items())
    )


def place_of(path: str, names: Iterable[str], tests: Iterable[TestModule]) -> TestPlace:
    """Where a source file is tested.

    Args:
        path: The source file.
        names: Names of the functions in it that are to be tested.
        tests: The test modules of the tree.
    """
    known = tuple(tests)
    wanted = frozenset(name.rpartition(".")[2] for name in names)
    scores = ((_score(path, wanted, test), test.path) for test in known)
    ranked = sorted((-score, test) for score, test in scores if score)
    near = tuple(test for _, test in ranked)
    if ranked and -ranked[0][0] >= _IMPORTS_IT:
        return TestPlace(path=near[0], is_new=False, near=near[1 : 1 + _NAMED])
    paths = [test.path for test in known]
    mirrored = _mirrored(path, paths)
    others = [test for test in near if test != mirrored]
    return TestPlace(path=mirrored, is_new=mirrored not in paths, near=tuple(others[:_NAMED]))


def named_in(name: str, tests: Iterable[TestModule]) -> tuple[str, ...]:
    """Ids of tests whose text has the name of a function or class as a word; the first few."""
    short = name.rpartition(".")[2]
    found: list[str] = []
    for module in tests:
        if short in module.text:
            found += (
                f"{module.path}::{test}"
                for test, body in _tests_in(module.text)
                if short in _WORD.findall(body)
            )
    return tuple(found[:_NAMED])


def _score(path: str, names: frozenset[str], test: TestModule) -> int:
    score = _IS_NAMED_FOR_IT if _stem(test.path) in _test_stems(path) else 0
    modules = _module_names(path)
    if not test.imports.isdisjoint(modules):
        score += _IMPORTS_IT
    elif not test.imports.isdisjoint(module.rpartition(".")[0] for module in modules):
        score += _KNOWS_PACKAGE
    if any(name in test.text for name in names):
        score += _MENTIONS
    return score


def _module_names(path: str) -> tuple[str, ...]:
    """What a file may be imported as; the folders that lead to its package are not known."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return tuple(".".join(parts[start:]) for start in range(len(parts)))


def _imports(text: str) -> Iterator[str]:
    """Dotted names of modules and of what is taken from them."""
    for source, taken in _FROM.findall(text):
        module = source.lstrip(".")
        yield module
        names = _WORD.findall(re.sub(r"\bas[ \t]+\w+", "", taken))
        yield from (f"{module}.{name}" if module else name for name in names)
    for modules in _IMPORT.findall(text):
        yield from (part.split()[0] for part in modules.split(",") if part.split())


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".py")


def _own_name(path: str) -> str:
    """The name that a test of this module bears: that of the folder for a package itself."""
    folder, _, name = path.removesuffix(".py").rpartition("/")
    return folder.rpartition("/")[2] or "init" if name == "__init__" else name.strip("_")


def _test_stems(path: str) -> frozenset[str]:
    own = _own_name(path)
    folder = path.rpartition("/")[0].rpartition("/")[2]
    return frozenset({f"test_{own}", f"{own}_test", f"test_{folder}_{own}"})


def _tests_in(text: str) -> Iterator[tuple[str, str]]:
    """Each test function with its text, as pytest would call it: "TestCart::test_total"."""
    heads = list(_BLOCK.finditer(text))
    around: list[tuple[int, str]] = []
    for place, head in enumerate(heads):
        depth = len(head[1].expandtabs())
        around = [each for each in around if each[0] < depth]
        name = head[3]
        if head[2] == "class":
            around.append((depth, name))
        elif name.startswith("test"):
            end = heads[place + 1].start() if place + 1 < len(heads) else len(text)
            yield "::".join([*(outer for _, outer in around), name]), text[head.start() : end]


# Where a new test module belongs


def _mirrored(path: str, tests: Iterable[str]) -> str:
    """The path that the project's other test modules would have for this source file."""
    known = sorted(tests)
    folder = path.rpartition("/")[0]
    own = _own_name(path)
    is_suffixed = 2 * sum(_stem(test).endswith("_test") for test in known) > len(known)
    name = f"{own}_test.py" if is_suffixed else f"test_{own}.py"
    return "/".join(filter(None, [_folder_for(folder, known), name]))


def _folder_for(folder: str, tests: Iterable[str]) -> str:
    """The folder of the tests: beside the code, mirrored, or the one that holds most of them."""
    homes = Counter(test.rpartition("/")[0] for test in tests)
    beside = f"{folder}/tests".lstrip("/")
    if beside in homes:
        return beside
    tails = ["/".join(folder.split("/")[start:]) for start in range(len(folder.split("/")))]
    for tail in filter(None, tails):
        mirrors = [home for home in homes if home != folder and f"/{home}".endswith(f"/{tail}")]
        if mirrors:
            return min(mirrors)
    roots = [home for home in homes if not _TEST_FOLDERS.isdisjoint(home.split("/"))]
    return max(roots, key=lambda home: (homes[home], home), default="tests")
