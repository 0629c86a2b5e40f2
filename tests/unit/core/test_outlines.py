"""What a text tells: imports, complexity, and an order that respects imports."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.core.read_source import source

from coverage_gate.core.outlines import import_graph, in_import_order, outline_of


@pytest.mark.parametrize(
    ("body", "ways"),
    [
        ("return 1", 1),
        ("if a: return 1", 2),
        ("if a and b or c: return 1", 4),
        ("return 1 if a else 2", 2),
        ("for x in a: pass", 2),
        ("while a: pass", 2),
        ("return [x for x in a if x if not x]", 4),
        ("return lambda: 1 if a else 2", 2),
        ("try: pass\n    except A: pass\n    except B: pass", 3),
        ("match a:\n        case 1: pass\n        case _: pass", 2),
        ("def inner():\n        if a: pass", 1),
    ],
)
def test_complexity_is_one_and_one_for_each_decision(body: str, ways: int) -> None:
    functions = outline_of(f"def f(a):\n    {body}\n").functions
    assert (functions[0].name, functions[0].ways) == ("f", ways)


def test_functions_are_named_as_coverage_names_them() -> None:
    text = source(
        """
        class Cart:
            if x:
                def total(self):
                    def inner():
                        pass
        def f():
            pass
        """
    )
    names = [(each.name, each.line, each.last) for each in outline_of(text).functions]
    assert names == [("Cart.total", 3, 5), ("Cart.total.inner", 4, 5), ("f", 6, 7)]


def test_a_text_that_is_no_python_tells_nothing() -> None:
    outline = outline_of("def f(:\n")
    assert (outline.imports, outline.functions) == (frozenset(), ())


def test_imports_lead_to_files() -> None:
    texts = {
        "src/shop/__init__.py": "",
        "src/shop/cart.py": "from . import price\nfrom .sub.deep import x\nimport os\n",
        "src/shop/price.py": "import shop.tax as t\ntry:\n    import shop.cart\nexcept E: pass\n",
        "src/shop/tax.py": "def f():\n    from shop.sub import deep\n",
        "src/shop/sub/__init__.py": "from .. import *\n",
        "src/shop/sub/deep.py": "import shop.sub.deep\n",
        "bad.py": "import (",
    }
    graph = import_graph({path: outline_of(text) for path, text in texts.items()})
    short = {
        path.removeprefix("src/shop/"): {one.removeprefix("src/shop/") for one in targets}
        for path, targets in graph.items()
    }
    assert short["cart.py"] == {"__init__.py", "price.py", "sub/deep.py"}
    assert short["price.py"] == {"tax.py", "cart.py", "__init__.py"}
    assert short["tax.py"] == {"sub/__init__.py", "sub/deep.py"}
    assert short["sub/__init__.py"] == {"__init__.py"}
    assert (short["sub/deep.py"], short["bad.py"]) == ({"__init__.py"}, set())


def test_the_heaviest_of_equals_comes_first() -> None:
    graph = {"a": ["c"], "b": [], "c": [], "d": []}
    assert in_import_order(graph, {"a": 9, "b": 1, "c": 2, "d": 1}) == ["c", "a", "b", "d"]


def test_files_that_import_each_other_stand_side_by_side() -> None:
    graph = {"a": ["b"], "b": ["c"], "c": ["b"], "d": ["a"]}
    assert in_import_order(graph, {"c": 1}) == ["c", "b", "a", "d"]


NAMES = [f"m{number}" for number in range(9)]


def reaches(graph: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        for target in graph[todo.pop()]:
            if target not in found:
                found.add(target)
                todo.append(target)
    return found


@given(
    st.fixed_dictionaries({name: st.sets(st.sampled_from(NAMES)) for name in NAMES}),
    st.dictionaries(st.sampled_from(NAMES), st.integers(0, 9)),
)
def test_the_order_respects_the_import_graph(
    graph: dict[str, set[str]], weights: dict[str, int]
) -> None:
    order = in_import_order(graph, weights)
    assert sorted(order) == NAMES
    for path in graph:
        for target in reaches(graph, path) - {path}:
            if path not in reaches(graph, target):
                assert order.index(target) < order.index(path)
