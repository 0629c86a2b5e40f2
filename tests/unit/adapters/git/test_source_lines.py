import pytest

from coverage_gate.adapters.git.source_lines import source_lines


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (b"", ()),
        (b"a", (b"a",)),
        (b"a\n", (b"a",)),
        (b"a\n\n", (b"a", b"")),
        (b"a\r\nb\r\n", (b"a", b"b")),
        (b"a\rb\nc", (b"a", b"b", b"c")),
        (b"a\r\r\nb\r", (b"a", b"", b"b")),
        ("a\x0cb\x0bc\u2028d\n".encode(), ("a\x0cb\x0bc\u2028d".encode(),)),
    ],
)
def test_lines_end_where_python_ends_them(content: bytes, texts: tuple[bytes, ...]) -> None:
    lines = source_lines(content)
    assert lines is not None
    assert lines.texts == texts


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        (b"", [1]),
        (b"a\nb", [1, 2, 3]),
        (b"a\r\nb\r\n", [1, 2, 3]),
        (b"a\rb\nc\n", [1, 3, 4]),
        (b"a\nb\rc", [1, 2, 4]),
        (b"a\n\r", [1, 2, 3]),
        (b"a\r\r\nb\n", [1, 3, 4]),
    ],
)
def test_a_line_of_git_begins_at_a_line_of_python(content: bytes, numbers: list[int]) -> None:
    lines = source_lines(content)
    assert lines is not None
    assert [lines.line_of(line) for line in range(1, len(numbers) + 1)] == numbers


@pytest.mark.parametrize("content", [b"a\nb\n", b"a\rb\n"])
@pytest.mark.parametrize("line", [-1, 0, 4])
def test_a_line_that_the_file_does_not_have_is_refused(content: bytes, line: int) -> None:
    lines = source_lines(content)
    assert lines is not None
    with pytest.raises(IndexError):
        lines.line_of(line)


@pytest.mark.parametrize(
    "coding",
    [
        *("utf-8", "UTF8", "utf-8-unix", "latin-1", "iso-8859-15", "cp1252", "windows-1251"),
        *("koi8-r", "ascii", "euc_jp", "shift_jis", "us-ascii", "iso_8859_1"),
    ],
)
@pytest.mark.parametrize("text", ["# -*- coding: {} -*-\n", "#!x\r# vim: fileencoding={} :\r"])
def test_a_usual_encoding_changes_no_line_ends(text: str, coding: str) -> None:
    assert source_lines(text.format(coding).encode()) is not None


@pytest.mark.parametrize("coding", ["utf-7", "unicode_escape", "raw-unicode-escape", "hz", "rot13"])
@pytest.mark.parametrize("text", ["# coding: {}\n", "#\n \t# coding={}\n", "#\r#coding:{}"])
def test_a_file_in_an_encoding_that_may_hide_line_ends_has_no_lines(text: str, coding: str) -> None:
    assert source_lines(text.format(coding).encode()) is None


@pytest.mark.parametrize("text", ["a = 1  # coding: hz\n", "\n\n# coding: hz\n"])
def test_only_a_comment_in_the_first_two_lines_declares_an_encoding(text: str) -> None:
    assert source_lines(text.encode()) is not None
