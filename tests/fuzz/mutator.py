"""Hostile inputs out of honest ones: bytes and JSON changed by a seeded generator.

Not Hypothesis: that makes some thousand inputs a second of one shape, and shrinks; here it is the
number that counts, and a failing input is named by its seed and its bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

#: What breaks parsers, whatever they read.
TOKENS = (
    *(b"\0", b"\n", b"\r", b"\x1b[2J", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe2\x80\xae"),
    *(b'"', b"'", b"{", b"}", b"[", b"]", b":", b",", b"---\n", b"\n---\n", b"&a ", b"*a", b"!!x "),
    *(
        b"0",
        b"-1",
        b"1e999",
        b"-0",
        b"NaN",
        b"Infinity",
        b"true",
        b"null",
        b"1.5",
        b"9" * 30,
        b"1e99999999",
    ),
    *(
        b"9" * 5000,
        b"0x" + b"f" * 5000,
        b"1e9" + b"9" * 30,
        b"[" * 3000,
        b"{" * 300,
        b'{"a":' * 2000,
        b"../",
        b"..",
        b"/",
        b".git",
        b" ",
    ),
    *(
        b"\t",
        b"\\",
        b"%s",
        b"$",
        b"\\u0000",
        b"\\ud800",
        b"1_0",
        b"\xd9\xa1",
        b"=",
        b"#",
        b"-" * 50,
    ),
)
#: What stands where something else belongs.
ODD_VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**400, 0.5, 1e308, -0.0),
    *("", "0", "a", "\0", "\ud800", "x" * 5000, "../..", "\x1b[2J", "100", "NaN", "PASS"),
    *([], {}, [[]], [None], {"a": 1}, [0] * 50, [True, False], {"": []}, [[1, 2], [1, 2]]),
)
_MOST_CHANGES = 6
_LONGEST = 200_000


@dataclass(slots=True, kw_only=True)
class Mutator:
    """Makes one input after the other.

    Attributes:
        corpus: Honest inputs.
        random: Decides.
        tokens: What is put into them.
    """

    corpus: Sequence[bytes]
    random: random.Random
    tokens: Sequence[bytes] = TOKENS
    _changes: list[Callable[[bytearray], None]] = field(init=False)

    def __post_init__(self) -> None:
        self._changes = [
            *(self._flip, self._flip, self._insert, self._insert, self._overwrite, self._delete),
            *(self._double, self._splice, self._cut, self._swap),
        ]

    def next(self) -> bytes:
        """The next input."""
        content = bytearray(self.random.choice(self.corpus))
        for _ in range(self.random.randint(1, _MOST_CHANGES)):
            self.random.choice(self._changes)(content)
        return bytes(content[:_LONGEST])

    def _place(self, content: bytearray) -> int:
        return self.random.randint(0, len(content))

    def _span(self, content: bytearray) -> slice:
        start = self._place(content)
        return slice(start, start + self.random.choice((1, 1, 2, 4, 16, 64)))

    def _flip(self, content: bytearray) -> None:
        if content:
            content[self.random.randrange(len(content))] ^= 1 << self.random.randrange(8)

    def _insert(self, content: bytearray) -> None:
        place = self._place(content)
        content[place:place] = self.random.choice(self.tokens)

    def _overwrite(self, content: bytearray) -> None:
        token = self.random.choice(self.tokens)
        place = self._place(content)
        content[place : place + len(token)] = token

    def _delete(self, content: bytearray) -> None:
        del content[self._span(content)]

    def _double(self, content: bytearray) -> None:
        span = self._span(content)
        content[span] = content[span] * self.random.choice((2, 2, 3, 40))

    def _splice(self, content: bytearray) -> None:
        other = self.random.choice(self.corpus)
        start = self.random.randint(0, len(other))
        content[self._place(content) :] = other[start:]

    def _cut(self, content: bytearray) -> None:
        del content[self._place(content) :]

    def _swap(self, content: bytearray) -> None:
        one, other = self._span(content), self._span(content)
        content[one], content[other] = content[other], content[one]


@dataclass(slots=True, kw_only=True)
class JsonMutator:
    """Changes values of JSON documents, and now and then their bytes."""

    corpus: Sequence[object]
    random: random.Random

    def value(self) -> object:
        """The next document as a value."""
        return self._changed(self.random.choice(self.corpus))

    def next(self) -> bytes:
        """The next document as text."""
        text = json.dumps(self.value()).encode()
        if self.random.random() < 0.25:
            return Mutator(corpus=[text], random=self.random).next()
        return text

    def _changed(self, value: object) -> object:
        """With one part of it replaced, left out, doubled, or put one deeper."""
        if isinstance(value, dict) and value and self.random.random() < 0.85:
            return self._changed_object(value)
        if isinstance(value, list) and value and self.random.random() < 0.85:
            return self._changed_list(value)
        return self._odd(value)

    def _odd(self, value: object) -> object:
        match self.random.randrange(4):
            case 0:
                return [value]
            case 1:
                return {"a": value}
            case _:
                return self.random.choice(ODD_VALUES)

    def _changed_object(self, value: dict[str, object]) -> dict[str, object]:
        key = self.random.choice(list(value))
        match self.random.randrange(6):
            case 0:
                return {name: part for name, part in value.items() if name != key}
            case 1:
                return {**value, str(self.random.choice(ODD_VALUES))[:80]: value[key]}
            case _:
                return {**value, key: self._changed(value[key])}

    def _changed_list(self, value: list[object]) -> list[object]:
        place = self.random.randrange(len(value))
        match self.random.randrange(6):
            case 0:
                return value[:place] + value[place + 1 :]
            case 1:
                return value[:place] + value[place : place + 1] * 2 + value[place + 1 :]
            case _:
                return [*value[:place], self._changed(value[place]), *value[place + 1 :]]
