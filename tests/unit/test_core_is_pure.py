"""The core reaches nothing: the import contracts see imports, this sees the built-ins."""

import ast
from pathlib import Path

CORE = Path(__file__).parents[2] / "src" / "coverage_gate" / "core"
FORBIDDEN = {"open", "input", "eval", "exec", "compile", "__import__", "print", "breakpoint"}


def calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_bytes())
    return {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def test_the_core_calls_no_built_in_that_reaches_outside() -> None:
    modules = sorted(CORE.glob("*.py"))
    assert len(modules) > 10
    assert {module.name: calls(module) & FORBIDDEN for module in modules} == {
        module.name: set() for module in modules
    }
