"""Whether numbers from elsewhere are of the commit that they are said to be of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from coverage_gate.core.linebits import LineBits, bits_of, lines_of

#: So many paths tell where a tree lay.
_LOOKED_AT = 2000
_SHOWN = 3
#: An empty module is told to run in its first line.
_FIRST: LineBits = 0b10


def prefix_in(paths: Iterable[str], known: Collection[str]) -> str | None:
    """What stands before the paths of a tree where it was measured, as in "/build/shop/".

    Args:
        paths: As they were measured.
        known: Those of the tree.

    Returns:
        What fits most paths; empty for relative ones; None where none fits.
    """
    by_name: dict[str, list[str]] = {}
    for path in known:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    found: Counter[str] = Counter()
    for path in sorted(paths)[:_LOOKED_AT]:
        for own in by_name.get(path.rpartition("/")[2], ()):
            if path == own or path.endswith(f"/{own}"):
                found[path.removesuffix(own)] += 1
    # The shortest of equals: "a.py" may lie in a folder, too.
    return min(found, key=lambda prefix: (-found[prefix], len(prefix)), default=None)


def misfits(claims: Mapping[str, LineBits], texts: Mapping[str, bytes]) -> tuple[str, ...]:
    """The lines that are told of and hold no code, as "path:line"; the first of each file.

    Args:
        claims: Path → lines that are said to be statements, or to have run.
        texts: Path → content in the commit.
    """
    found = []
    for path, claimed in sorted(claims.items()):
        wrong = claimed & ~_code_lines(texts[path]) if path in texts else 0
        if wrong:
            found.append(f"{path}:{next(iter(lines_of(wrong)))}")
    return tuple(found)


def _code_lines(text: bytes) -> LineBits:
    lines = enumerate(text.splitlines(), start=1)
    return _FIRST | bits_of(
        number for number, line in lines if line.strip() and not line.lstrip().startswith(b"#")
    )


def some(names: Collection[str]) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(list(names)[:_SHOWN]) + more
