"""What in a test's syntax can make it fail on purpose."""

from __future__ import annotations

import ast

from coverage_gate.core.syntax import dotted_name

#: Last names of calls that check something, beside those that begin with one of `_BEGINNINGS`.
_CHECKS = frozenset({"raises", "warns", "deprecated_call", "fail", "raises_group", "RaisesGroup"})
_BEGINNINGS = ("assert", "check", "verify", "expect", "ensure", "should", "must")


def is_assertion(node: ast.AST) -> bool:
    """Whether a node checks something: `assert`, `raise`, `pytest.raises`, `mock.assert_called`."""
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = dotted_name(node.func)
    last = node.func.attr if isinstance(node.func, ast.Attribute) else name
    return last in _CHECKS or last.lstrip("_").startswith(_BEGINNINGS)
