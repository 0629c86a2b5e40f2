"""Plans: which tasks, in which order, how many suffice; and what of a plan is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import pytest
from tests.unit.core.read_source import PATH, definitions_ran, measured, source, with_spans

from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import FileCoverage, Measurement
from coverage_gate.core.nearest import read_tests
from coverage_gate.core.places import Unit
from coverage_gate.core.plan import (
    Plan,
    PlanError,
    Promise,
    Record,
    Written,
    checked,
    narrowed,
)
from coverage_gate.core.planning import MOST_TASKS, Material, plan_of
from coverage_gate.core.targets import Target
from coverage_gate.testing.values import file_coverage, measurement

ALL = Target(pattern="**", least=Fraction(1), branches=True)
SHOP = source(
    """
    import time


    def total(items):
        found = 0
        for item in items:
            found += price(item)
        return found


    def price(item):
        time.sleep(1)
        if item < 0:
            raise ValueError(item)
        return item * 2


    class Cart:
        def size(self):
            return total(self.items)

        def __init__(self, items):
            self.items = items
    """
)


def material(text: str = SHOP, *, tests: str = "", paths: Iterable[str] = ()) -> Material:
    modules = read_tests({"tests/test_a.py": tests}) if tests else ()
    return Material(texts={PATH: text}, tests=modules, paths=frozenset({PATH, *paths}))


def plan(text: str = SHOP, *targets: Target, ran: tuple[int, ...] = ()) -> Plan:
    file = with_spans(measured(text, ran=(*definitions_ran(text), *ran)), text)
    return plan_of(measurement(file), targets or (ALL,), material(text))


def test_what_is_called_comes_first() -> None:
    found = plan()
    symbols = [task.symbol for task in found.tasks]
    assert symbols.index("price") < symbols.index("total") < symbols.index("Cart.size")
    assert [task.number for task in found.tasks] == list(range(1, len(symbols) + 1))


def test_the_tasks_of_a_file_add_up_to_its_target() -> None:
    (file,) = plan().files
    assert file.reaches
    assert file.predicted.covered == file.counts.total
    units = [unit for task in file.tasks for unit in task.units]
    assert len(units) == len(set(units))
    assert set(units) == set(file.missing)
    assert sum(task.gain for task in file.tasks) == sum(not unit.is_branch for unit in units)


def test_what_leaves_the_process_is_told_also_where_it_is_called_from_afar() -> None:
    by_symbol = {task.symbol: task for task in plan().tasks}
    for symbol in ("price", "total", "Cart.size"):
        assert [each.name for each in by_symbol[symbol].outside] == ["time.sleep"], symbol
    assert by_symbol["Cart.__init__"].outside == ()


def test_no_more_is_planned_than_suffices() -> None:
    half = Target(pattern=PATH, least=Fraction(1, 2))
    text = "".join(
        f"def f{number}(a):\n    a = 1\n" + "    a += 1\n" * number + "\n\n" for number in range(6)
    )
    (file,) = plan(text, half).files
    assert file.reaches
    without = replace(file, tasks=file.tasks[:-1])
    assert not without.reaches


def test_a_function_that_is_called_is_planned_with_who_calls_it() -> None:
    text = source(
        """
        def large(a):
            b = small(a)
            c = b
            d = c
            return d


        def small(a):
            return a


        def other(a):
            return a
        """
    )
    part = Target(pattern=PATH, least=Fraction(7, 9))
    (file,) = plan(text, part).files
    assert [task.symbol for task in file.tasks] == ["small", "large"]


def test_a_function_within_comes_after_the_one_around_it() -> None:
    text = source(
        """
        def outer(a):
            def inner(b):
                c = b
                d = c
                return d
            return inner
        """
    )
    assert [task.symbol for task in plan(text).tasks] == ["outer", "outer.inner"]
    some = Target(pattern=PATH, least=Fraction(4, 6))
    assert [task.symbol for task in plan(text, some).tasks] == ["outer", "outer.inner"]


def test_a_module_that_no_test_imports_is_imported_once_and_then_run_again() -> None:
    text = "try:\n    import x\nexcept ImportError:\n    x = None\n"
    file = measured(text)
    first, second = plan_of(measurement(file), (ALL,), material(text)).tasks
    assert "importlib.import_module" in first.skeleton.text
    assert "runpy.run_module" in second.skeleton.text


def test_what_a_program_does_comes_after_what_it_calls() -> None:
    text = "def main():\n    return 1\n\n\nif __name__ == '__main__':\n    main()\n"
    file = with_spans(measured(text, ran=(1, 5)), text)
    found = plan_of(measurement(file), (ALL,), material(text)).tasks
    assert [(task.symbol, task.gain) for task in found] == [("main", 1), (None, 1)]


def test_functions_that_call_each_other_are_planned_once() -> None:
    text = "def f(a):\n    return g(a)\n\n\ndef g(a):\n    return f(a)\n"
    assert sorted(task.symbol or "" for task in plan(text).tasks) == ["f", "g"]


def test_tests_of_one_function_have_names_of_their_own() -> None:
    text = "def f(a):\n    if a:\n        a = 1\n    return a\n"
    names = [task.skeleton.name for task in plan(text).tasks]
    assert len(names) == len(set(names)) == 2


def test_nearest_tests_and_files_are_told() -> None:
    file = with_spans(measured(SHOP, ran=definitions_ran(SHOP)), SHOP)
    tests = "from shop.a import price\n\n\ndef test_it():\n    assert price(1) == 2\n"
    hooks = ".pre-commit-config.yaml"
    known = material(tests=tests, paths=(hooks, "src/shop/__init__.py"))
    found = plan_of(measurement(file), (ALL,), known)
    assert found.files[0].place.path == "tests/test_a.py"
    assert found.tasks[0].tests == ("tests/test_a.py::test_it",)
    assert found.tasks[0].skeleton.imports[0] == "from shop.a import price"
    assert found.has_hooks


@pytest.mark.parametrize("text", ["def f(:\n", "", "x = " + "-" * 100_000 + "1\n"])
def test_what_cannot_be_read_is_planned_without_ways(text: str) -> None:
    file = file_coverage(PATH, range(1, 5), ())
    (found,) = plan_of(measurement(file), (ALL,), material(text)).files
    assert (found.tasks, found.reaches) == ((), False)


def test_of_two_targets_the_stricter_one_counts() -> None:
    some = Target(pattern="*.py", least=Fraction(1, 2))
    (file,) = plan(SHOP, some, ALL).files
    assert file.target == ALL


def test_what_was_not_measured_is_named() -> None:
    file = with_spans(measured(SHOP, ran=definitions_ran(SHOP)), SHOP)
    found = plan_of(measurement(file, unlisted=("src/idle.py",)), (ALL,), material())
    assert (found.unmeasured, found.reached) == (("src/idle.py",), 0)


def test_a_plan_has_an_end() -> None:
    text = "".join(f"def f{number}(a):\n    return a\n\n\n" for number in range(MOST_TASKS + 20))
    found = plan(text)
    assert len(found.tasks) == MOST_TASKS
    assert not found.files[0].reaches


@pytest.mark.parametrize(
    ("head", "targets", "problem"),
    [
        (measurement(file_coverage(PATH, [1], [1])), (), "there is no target"),
        (measurement(), (ALL,), "nothing can be planned"),
        (
            measurement(file_coverage(PATH, [1], [1])),
            (Target(pattern="lib/", least=Fraction(1)),),
            "lib/ means no file",
        ),
    ],
)
def test_what_cannot_be_planned_is_said(
    head: Measurement, targets: tuple[Target, ...], problem: str
) -> None:
    with pytest.raises(PlanError, match=problem):
        plan_of(head, targets, material())


def test_a_plan_of_what_is_reached_is_empty() -> None:
    found = plan_of(measurement(file_coverage(PATH, [1], [1])), (ALL,), material("a = 1\n"))
    assert (found.files, found.reached) == ((), 1)


# What is done


def units(*lines: int) -> frozenset[Unit]:
    return frozenset(Unit(path=PATH, line=line) for line in lines)


def record(file: FileCoverage) -> Record:
    promises = (
        Promise(number=1, units=units(2, 3), test="tests/test_a.py::test_1"),
        Promise(number=2, units=units(4), test="tests/test_a.py::test_2"),
    )
    written = Written(
        path=PATH, blob=file.blob, target=ALL, missing=units(2, 3, 4, 5), promises=promises
    )
    return Record(commit="c", files=(written,))


def test_what_ran_is_ticked_off() -> None:
    file = file_coverage(PATH, range(1, 6), [1, 2, 4, 5])
    (found,) = checked(record(file), measurement(file))
    first, second = found.tasks
    assert (first.is_done, first.missing, first.promised) == (False, tuple(units(3)), 2)
    assert (second.is_done, second.beyond, found.is_reached) == (True, (), False)


def test_a_task_by_itself_tells_what_ran_beyond_it() -> None:
    file = file_coverage(PATH, range(1, 6), [1, 2, 4, 5])
    (found,) = checked(record(file), measurement(file), task=2)
    (task,) = found.tasks
    # What the task before it was to run is no surprise.
    assert (task.number, task.beyond) == (2, tuple(units(5)))


def test_branches_are_ticked_off_too() -> None:
    file = FileCoverage(
        path=PATH,
        blob="b",
        statements=bits_of([1]),
        executed=2,
        branches=((1, 2),),
        taken=((1, 2),),
    )
    arc = frozenset({Unit(path=PATH, line=1, target=2)})
    written = Written(
        path=PATH,
        blob="b",
        target=ALL,
        missing=arc,
        promises=(Promise(number=1, units=arc, test=""),),
    )
    (found,) = checked(Record(commit="c", files=(written,)), measurement(file))
    assert (found.tasks[0].is_done, found.is_reached) == (True, True)


def test_a_plan_of_other_bytes_is_refused() -> None:
    file = file_coverage(PATH, [1], [1])
    with pytest.raises(PlanError, match="changed since"):
        checked(record(replace(file, blob="other")), measurement(file))
    with pytest.raises(PlanError, match="not measured here"):
        checked(record(file), measurement())
    with pytest.raises(PlanError, match="no task 9"):
        checked(record(file), measurement(file), task=9)


def test_a_plan_is_narrowed_to_a_file() -> None:
    known = record(file_coverage(PATH, [1], [1]))
    assert narrowed(known, None) == narrowed(known, PATH) == known
    with pytest.raises(PlanError, match="no file"):
        narrowed(known, "b.py")
