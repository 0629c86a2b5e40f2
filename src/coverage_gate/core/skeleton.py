"""A test to begin with: it runs as it stands, and fails until somebody says what has to come out.

What a test gives to the code is read from conditions and annotations where they say enough; where
they do not there is `...`, as there is for every answer.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

from coverage_gate.core.functions import Routine
from coverage_gate.core.outside import ARGUMENTS, STDIN, Names, Outside
from coverage_gate.core.reach import Condition, Header
from coverage_gate.core.syntax import Function, dotted_name
from coverage_gate.core.ways import Way

_OPEN = "..."
_INDENT = "    "
_NOT_A_NAME = re.compile(r"\W+")

#: A value of each plain type, as it is written.
_SAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "str": '"text"',
        "int": "1",
        "float": "1.5",
        "bool": "True",
        "bytes": 'b"text"',
        "list": "[1]",
        "dict": '{"key": 1}',
        "tuple": "(1,)",
        "set": "{1}",
        "None": "None",
        "Path": "tmp_path",
        "pathlib.Path": "tmp_path",
    }
)
_EMPTY: Mapping[str, str] = MappingProxyType(
    {"str": '""', "int": "0", "float": "0.0", "bool": "False", "bytes": 'b""', "list": "[]"}
)


#: What leaves the process → the line that puts something else in its place.
_WRITTEN: Mapping[str, str] = MappingProxyType(
    {
        ARGUMENTS[0]: f'monkeypatch.setattr("sys.argv", ["program", {_OPEN}])',
        STDIN[0]: f'monkeypatch.setattr("sys.stdin", io.StringIO({_OPEN}))',
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a test is written for.

    Attributes:
        module: Dotted name of the module.
        function: What is called.
        way: The way through it.
        outside: What leaves the process on it.
        number: Makes the names of tests of one function differ.
        ran_before: Whether any of the function ran.
        is_package: Whether the module is the `__init__.py` of a package.
        names: What the names of the module mean.
    """

    module: str
    function: Routine
    way: Way
    outside: tuple[Outside, ...]
    number: int
    ran_before: bool = False
    is_package: bool = False
    names: Names = field(default_factory=lambda: Names(imported={}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """A test.

    Attributes:
        name: Of its function.
        imports: Lines that it needs at the top of its module.
        text: The function.
    """

    name: str
    imports: tuple[str, ...]
    text: str


def skeleton_of(asked: Asked) -> Skeleton:
    """The test of one way through a function."""
    name = _test_name(asked)
    node = asked.function.node
    imports, calls = _module_call(asked) if node is None else _call(asked, node)
    fakes, faking = _fakes(asked)
    body = [*faking, *calls]
    needed = sorted({*imports, *fakes})
    parameters = ", ".join(
        each for each in ("monkeypatch", "tmp_path") if any(each in line for line in body)
    )
    lines = [f"def {name}({parameters}):", *(_INDENT + line for line in body)]
    return Skeleton(name=name, imports=tuple(needed), text="\n".join(lines))


def _test_name(asked: Asked) -> str:
    words = _NOT_A_NAME.sub("_", asked.function.name or "import").strip("_")
    return re.sub("_+", "_", f"test_{words}_{asked.number}").lower()


def _module_call(asked: Asked) -> tuple[set[str], list[str]]:
    """What runs only when a module is imported, or run as a program."""
    is_main = asked.way.is_program
    if not is_main and not asked.ran_before:
        return {"import importlib"}, [
            f'module = importlib.import_module("{asked.module}")',
            f"assert module.__name__ == {asked.module!r}",
        ]
    # An import does nothing where somebody imported it before: it is run once more.
    imports, prepared = _failing(asked)
    name = "__main__" if is_main else asked.module
    run = f'runpy.run_module("{asked.module}", run_name="{name}")'
    if asked.is_package:
        # A package cannot be run as a module; by this name what it imports from itself is found.
        name = "__main__" if is_main else f"{asked.module}.__init__"
        prepared.append(f'file = importlib.import_module("{asked.module}").__file__')
        run = f'runpy.run_path(file, run_name="{name}")'
        imports.add("import importlib")
    return imports | {"import runpy"}, [
        *prepared,
        f"names = {run}",
        f"assert names[{_OPEN}] == {_OPEN}",
    ]


def _failing(asked: Asked) -> tuple[set[str], list[str]]:
    """Lines that make fail what has to fail while a module is run."""
    imports: set[str] = set()
    lines: list[str] = []
    for statement in _raising(asked):
        module = _imported_module(statement)
        if module:
            imports.add("import sys")
            lines.append(f'monkeypatch.setitem(sys.modules, "{module}", None)  # no such module')
            continue
        called = _called(statement, asked.names)
        if called:
            lines.append(f'monkeypatch.setattr("{called}", {_OPEN})  # a function that raises')
    return imports, lines


def _raising(asked: Asked) -> Iterator[ast.AST]:
    """The statements of a way that have to raise something that is caught."""
    flow = asked.function.flow
    for number, chosen in pairwise(asked.way.path):
        edge = next(each for each in flow.edges[number] if each.to == chosen)
        condition = edge.condition
        if condition is not None and condition.header is Header.TRY and not condition.wanted:
            yield flow.nodes[number].statement


def _imported_module(statement: ast.AST) -> str:
    """What an import needs; nothing for one from the own package."""
    if isinstance(statement, ast.Import):
        return statement.names[0].name
    if isinstance(statement, ast.ImportFrom) and not statement.level:
        return statement.module or ""
    return ""


def _called(statement: ast.AST, names: Names) -> str:
    """The first thing of another module that a statement calls, by its full name."""
    calls = (part.func for part in ast.walk(statement) if isinstance(part, ast.Call))
    written = (dotted_name(each) for each in calls if isinstance(each, ast.Name | ast.Attribute))
    found = (names.full(each) for each in written if each)
    return next((each for each in found if "." in each), "")


# The call of a function


def _call(asked: Asked, node: Function) -> tuple[set[str], list[str]]:
    values = _values(asked.way.conditions)
    if asked.function.outer is not None:
        return _call_within(asked.module, asked.function.outer, node.name)
    given = _arguments(node, values, skip=_skipped(asked, node))
    imports, prepared, target = _target(asked, node, values)
    decorators = _decorators(node)
    expression = target if "property" in decorators else f"{target}({given})"
    if _is_generator(node):
        is_context = any(each.endswith("contextmanager") for each in decorators)
        expression = f"{expression}.__enter__()" if is_context else f"list({expression})"
    elif isinstance(node, ast.AsyncFunctionDef):
        imports.add("import asyncio")
        expression = f"asyncio.run({expression})"
    if asked.way.raises:
        error, needed = _error(asked)
        block = [f"with pytest.raises({error}):", _INDENT + expression]
        return imports | needed | {"import pytest"}, [*prepared, *block]
    if node.name == "__init__":
        return imports, [f"made = {expression}", f"assert vars(made) == {_OPEN}"]
    return imports, [*prepared, f"answer = {expression}", f"assert answer == {_OPEN}"]


def _call_within(module: str, outer: str, name: str) -> tuple[set[str], list[str]]:
    """What only exists while another function runs."""
    return {f"from {module} import {outer.partition('.')[0]}"}, [
        f"# {name} stands in {outer}: call that, so that it is called",
        f"answer = {outer}({_OPEN})",
        f"assert answer == {_OPEN}",
    ]


def _skipped(asked: Asked, node: Function) -> int:
    is_bound = asked.function.owner is not None and "staticmethod" not in _decorators(node)
    return int(is_bound)


def _target(
    asked: Asked, node: Function, values: Mapping[str, str]
) -> tuple[set[str], list[str], str]:
    """Imports, what is made before, and what is called."""
    names = (asked.function.name or "").split(".")
    imports = {f"from {asked.module} import {names[0]}"}
    owner = asked.function.owner
    if owner is None:
        return imports, [], names[0]
    of_class = ".".join(names[:-1])
    if node.name == "__init__":
        return imports, [], of_class
    if _decorators(node) & {"classmethod", "staticmethod"}:
        return imports, [], f"{of_class}.{node.name}"
    init = next((one for one in owner.body if _is_named(one, "__init__")), None)
    given = _arguments(init, values, skip=1) if isinstance(init, Function) else ""
    return imports, [f"made = {of_class}({given})"], f"made.{node.name}"


def _is_named(node: ast.stmt, name: str) -> bool:
    return isinstance(node, Function) and node.name == name


def _arguments(node: Function, values: Mapping[str, str], *, skip: int) -> str:
    """The arguments that have no default, and those that conditions say something about."""
    positional = [*node.args.posonlyargs, *node.args.args][skip:]
    first_default = len(positional) - len(node.args.defaults)
    bare = {each.arg for each in node.args.posonlyargs}
    given = [
        (each, each.arg not in bare)
        for place, each in enumerate(positional)
        if place < first_default or each.arg in values
    ]
    given += [
        (each, True)
        for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is None or each.arg in values
    ]
    texts = ((each, is_named, _value(each, values)) for each, is_named in given)
    return ", ".join(f"{each.arg}={text}" if named else text for each, named, text in texts)


def _value(argument: ast.arg, values: Mapping[str, str]) -> str:
    annotation = "" if argument.annotation is None else ast.unparse(argument.annotation)
    plain = annotation.partition("[")[0].split("|")[0].strip()
    if argument.arg in values:
        known = values[argument.arg]
        return {"true": _SAMPLES.get(plain, _OPEN), "false": _EMPTY.get(plain, "None")}.get(
            known, known
        )
    return _SAMPLES.get(plain, _OPEN)


def _values(conditions: Iterable[Condition]) -> dict[str, str]:
    """Names of which a condition says enough → a value; the last condition counts."""
    found: dict[str, str] = {}
    for condition in conditions:
        if condition.header is Header.TEST:
            try:
                test = ast.parse(condition.text, mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue  # cut, or no expression by itself
            found.update(_told_by(test, wanted=condition.wanted))
    return found


def _told_by(test: ast.expr, *, wanted: bool) -> Iterator[tuple[str, str]]:
    match test:
        case ast.Name(id=name):
            yield name, "true" if wanted else "false"
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from _told_by(inner, wanted=not wanted)
        case ast.BoolOp(op=operator, values=parts):
            # Of several that each suffice the first one is made so.
            needed = parts if isinstance(operator, ast.And) is wanted else parts[:1]
            for part in needed:
                yield from _told_by(part, wanted=wanted)
        case ast.Compare(left=ast.Name(id=name), ops=[operator], comparators=[ast.Constant() as c]):
            yield name, _compared(operator, c.value, wanted=wanted)
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), ast.Name(id=kind)]):
            yield name, _SAMPLES.get(kind, _OPEN) if wanted else _OPEN
        case _:
            pass


def _compared(operator: ast.cmpop, value: object, *, wanted: bool) -> str:
    is_equal = isinstance(operator, ast.Eq | ast.Is)
    if is_equal or isinstance(operator, ast.NotEq | ast.IsNot):
        return repr(value) if is_equal is wanted else _another(value)
    if not isinstance(value, int | float):
        return _OPEN
    steps = {ast.Lt: (-1, 0), ast.LtE: (0, 1), ast.Gt: (1, 0), ast.GtE: (0, -1)}
    step = steps.get(type(operator))
    return _OPEN if step is None else repr(value + step[not wanted])


def _another(value: object) -> str:
    if isinstance(value, bool):
        return repr(not value)
    return repr(value + 1) if isinstance(value, int | float) else _OPEN


def _decorators(node: Function) -> frozenset[str]:
    called = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return frozenset(dotted_name(each) for each in called)


def _is_generator(node: Function) -> bool:
    todo: list[ast.AST] = list(node.body)
    while todo:
        part = todo.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(part, Function | ast.Lambda | ast.ClassDef):
            todo += ast.iter_child_nodes(part)
    return False


def _error(asked: Asked) -> tuple[str, set[str]]:
    """What the last statement of the way raises, and the import of its name."""
    last = asked.function.flow.nodes[asked.way.path[-1]].statement
    raised = last.exc if isinstance(last, ast.Raise) else None
    called = raised.func if isinstance(raised, ast.Call) else raised
    name = dotted_name(called) if called is not None else ""
    if isinstance(last, ast.Expr):
        return "SystemExit", set()
    first = name.partition(".")[0]
    if not first or not (first[:1].isupper() or "." in name):
        return "Exception", set()  # another name may hold anything
    is_known = hasattr(builtins, first)
    return name, set() if is_known else {f"from {asked.module} import {first}"}


def _fakes(asked: Asked) -> tuple[set[str], list[str]]:
    """Lines that put something else in the place of what leaves the process."""
    lines: list[str] = []
    imports = {"import io"} if any(each.what == STDIN[0] for each in asked.outside) else set()
    for each in asked.outside:
        if each.what in _WRITTEN:
            lines.append(_WRITTEN[each.what])
        elif each.replaced:
            place = f"{asked.module}.{each.replaced}"
            lines.append(
                f'monkeypatch.setattr("{place}", lambda *args, **kwargs: {_OPEN})  # {each.what}'
            )
        else:
            lines.append(f"# {each.name} {each.what}: give it {each.instead}")
    return imports, list(dict.fromkeys(lines))


def module_name(path: str, packages: Sequence[str] | frozenset[str]) -> str:
    """The dotted name that a file is imported by.

    Args:
        path: The file.
        packages: Folders that hold an `__init__.py`.
    """
    parts = path.removesuffix(".py").split("/")
    start = len(parts) - 1
    while start and "/".join(parts[:start]) in packages:
        start -= 1
    if start == len(parts) - 1 and parts[0] in {"src", "lib"}:
        start = 1  # a package without `__init__.py`
    return ".".join(parts[start:]).removesuffix(".__init__")
