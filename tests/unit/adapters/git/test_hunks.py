import pytest

from coverage_gate.adapters.git.hunks import GitRange, parse_ranges, python_hunks
from coverage_gate.adapters.git.source_lines import SourceLines
from coverage_gate.ports import RepositoryError

HEADER = b"diff --git a/0 b/0\nindex 1..2 100644\n--- a/0\n+++ b/0\n"


def test_ranges_are_read_by_file() -> None:
    output = HEADER + b"@@ -1 +1,2 @@\n-a\n+b\n+c\n@@ -9,0 +10 @@ def f():\n+d\n"
    output += (
        b"diff --git a/12 b/12\nindex 1..2 100644\n--- a/12\n+++ b/12\n@@ -3,2 +2,0 @@\n-a\n-b\n"
    )
    assert parse_ranges(output) == {0: [(1, 1, 1, 2), (9, 0, 10, 1)], 12: [(3, 2, 2, 0)]}


def test_lines_that_look_like_headers_are_passed_over_by_count() -> None:
    content = b"-diff --git a/1 b/1\n-@@ -1 +1 @@\n+++ b/0\n+diff --git a/1 b/1\n+\\ No\n"
    assert parse_ranges(HEADER + b"@@ -1,2 +1,3 @@\n" + content) == {0: [(1, 2, 1, 3)]}


def test_a_missing_line_end_is_told_after_either_side() -> None:
    mark = b"\\ No newline at end of file\n"
    output = HEADER + b"@@ -1 +1 @@\n-a\n" + mark + b"+b\n" + mark
    assert parse_ranges(output) == {0: [(1, 1, 1, 1)]}


@pytest.mark.parametrize(
    "output",
    [
        b"@@ -1 +1 @@\n-a\n+b\n",
        HEADER + b"@@ -1,2 +1 @@\n-a\n+b\n",
        HEADER + b"@@ -1 +1 @@\n-a\n",
        HEADER + b"@@ -1 +1 @@\n+b\n-a\n",
        HEADER + b"@@ -x +1 @@\n",
        HEADER + b" context\n",
        b"diff --git a/0 b/1\n",
        b"diff --git a/x b/x\n",
        b"Binary files a/0 and b/0 differ\n",
        b"\n",
    ],
)
def test_what_git_does_not_write_is_refused(output: bytes) -> None:
    with pytest.raises(RepositoryError, match="a difference of the tree is not understood"):
        parse_ranges(output)


@pytest.mark.parametrize(
    "ranges",
    [
        [(1, 1, 1, 1)],
        [(2, 1, 2, 1), (1, 1, 1, 1)],
        [(2, 9, 2, 1)],
        [(2, 1, 9, 1)],
        [(2, 1, 2, 0)],
        [],
    ],
)
def test_ranges_that_do_not_fit_the_files_are_refused(ranges: list[GitRange]) -> None:
    old = SourceLines(texts=(b"a", b"b", b"c"), starts=None)
    new = SourceLines(texts=(b"a", b"x", b"c"), starts=None)
    with pytest.raises(RepositoryError, match="a difference of the tree is not understood"):
        list(python_hunks(ranges, old, new))
