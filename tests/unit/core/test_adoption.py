"""Whether numbers from elsewhere fit a commit."""

import pytest

from coverage_gate.core.adoption import misfits, prefix_in, some
from coverage_gate.core.linebits import bits_of

KNOWN = ("src/shop/a.py", "src/shop/__init__.py", "a.py")


@pytest.mark.parametrize(
    ("paths", "prefix"),
    [
        (["src/shop/a.py"], ""),
        (["/build/x/src/shop/a.py", "/build/x/src/shop/__init__.py"], "/build/x/"),
        (["/build/x/src/shop/a.py", "/usr/lib/other.py"], "/build/x/"),
        (["/build/x/a.py"], "/build/x/"),
        (["xa.py"], None),
        (["/elsewhere/b.py"], None),
        ([], None),
    ],
)
def test_what_stands_before_the_paths_of_a_tree_is_found(
    paths: list[str], prefix: str | None
) -> None:
    assert prefix_in(paths, KNOWN) == prefix


def test_lines_without_code_are_of_another_commit() -> None:
    texts = {"a.py": b"import os\n\n# note\nx = 1\n", "b.py": b"", "c.py": b"x = 1\r\ny = 2"}
    fitting = {"a.py": bits_of([1, 4]), "b.py": bits_of([1]), "c.py": bits_of([1, 2])}
    assert misfits(fitting, texts) == ()
    wrong = {"a.py": bits_of([1, 2, 3]), "b.py": bits_of([2]), "c.py": bits_of([900])}
    assert misfits(wrong, texts) == ("a.py:2", "b.py:2", "c.py:900")
    assert misfits({"unknown.py": bits_of([7])}, texts) == ()


def test_many_names_are_told_by_three() -> None:
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
