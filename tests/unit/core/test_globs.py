from __future__ import annotations

import pytest

from coverage_gate.core.globs import is_glob, matches


@pytest.mark.parametrize(
    ("pattern", "paths", "others"),
    [
        ("src/worker.py", ["src/worker.py"], ["lib/src/worker.py", "src/worker.pyc", "worker.py"]),
        ("/src/worker.py", ["src/worker.py"], ["lib/src/worker.py"]),
        ("worker.py", ["worker.py", "src/worker.py", "a/b/worker.py"], ["src/coworker.py"]),
        ("src/*.py", ["src/a.py", "src/.py"], ["src/a/b.py", "src/a.txt"]),
        ("src/?.py", ["src/a.py"], ["src/ab.py", "src//.py"]),
        ("src/**/*.py", ["src/a.py", "src/a/b.py", "src/a/b/c.py"], ["a.py", "lib/src/a.py"]),
        ("src/**", ["src/a.py", "src/a/b.py"], ["src", "a/src/b.py"]),
        ("src/", ["src/a.py", "src/a/b.py"], ["src", "lib/a.py"]),
        ("**", ["a.py", "a/b.py"], []),
        ("**/**/a.py", ["a.py", "x/y/a.py"], ["xa.py"]),
        ("a**b.py", ["ab.py", "axb.py"], ["a/b.py"]),
        (
            "*/management/commands/*.py",
            ["shop/management/commands/x.py", "src/shop/management/commands/x.py"],
            ["shop/management/commands/deep/x.py", "shop/management/x.py"],
        ),
        ("src/[a].py", ["src/[a].py"], ["src/a.py"]),
        ("src/a+b.py", ["src/a+b.py"], ["src/aab.py"]),
        ("src/*.py", ["src/a\n.py"], []),
    ],
)
def test_a_pattern_means_these_paths(pattern: str, paths: list[str], others: list[str]) -> None:
    assert [path for path in [*paths, *others] if matches(pattern, path)] == paths


@pytest.mark.parametrize(
    "text", ["", "/", "!a.py", "./a.py", "../a.py", "a/../b.py", "a\\b.py", "a\n", "a" * 501]
)
def test_what_could_never_match_is_no_pattern(text: str) -> None:
    assert not is_glob(text)


@pytest.mark.parametrize("text", ["a.py", "**", "a..b.py", "src/", "*/a.py"])
def test_what_can_match_is_a_pattern(text: str) -> None:
    assert is_glob(text)
