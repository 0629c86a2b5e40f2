"""Sets of line numbers as one integer each: bit n stands for line n.

A Python int holds such a set in an eighth of a byte a line, is immutable and hashable, and
does the algebra of sets at machine speed: `&`, `|`, `& ~`, `bit_count()`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LineBits = int


def bits_of(lines: Iterable[int]) -> LineBits:
    """The set of these line numbers (1-based; 0 and below raise ValueError).

    Linear: setting bits one by one in an int would copy it each time, quadratic for the file of
    a million lines that a branch may contain.
    """
    numbers = list(lines)
    if not numbers:
        return 0
    if min(numbers) < 1:
        raise ValueError(f"no line number: {min(numbers)}")
    packed = bytearray(max(numbers) // 8 + 1)
    for number in numbers:
        packed[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(packed, "little")


def lines_of(bits: LineBits) -> Iterator[int]:
    """The line numbers in rising order; linear like `bits_of`."""
    for place, byte in enumerate(bits.to_bytes((bits.bit_length() + 7) // 8, "little")):
        rest = byte
        while rest:
            low = rest & -rest
            yield place * 8 + low.bit_length() - 1
            rest ^= low


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
