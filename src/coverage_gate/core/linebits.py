"""Sets of line numbers as one integer each: bit n stands for line n.

A Python int holds such a set in an eighth of a byte a line, is immutable and hashable, and
does the algebra of sets at machine speed: `&`, `|`, `& ~`, `bit_count()`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LineBits = int


def bits_of(lines: Iterable[int]) -> LineBits:
    """The set of these line numbers (1-based; 0 and below raise ValueError)."""
    bits = 0
    for line in lines:
        if line < 1:
            raise ValueError(f"no line number: {line}")
        bits |= 1 << line
    return bits


def lines_of(bits: LineBits) -> Iterator[int]:
    """The line numbers in rising order."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def ranges_of(lines: Iterable[int]) -> list[tuple[int, int]]:
    """Merge rising line numbers into inclusive ranges: 1, 2, 3, 7 → (1, 3), (7, 7)."""
    ranges: list[tuple[int, int]] = []
    for line in lines:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    return ranges


def ranges_text(lines: Iterable[int]) -> str:
    """Ranges as people write them: "1-3, 7"."""
    return ", ".join(
        str(first) if first == last else f"{first}-{last}" for first, last in ranges_of(lines)
    )
