"""Bands, phases and sums of a plan for a whole code base."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage_gate.core.rates import Counts
from coverage_gate.core.targets import Target
from coverage_gate.core.tiers import Band, TierFile, band_of, tiers_of
from coverage_gate.testing.values import covered, measurement


@pytest.mark.parametrize(
    ("done", "total", "band"),
    [
        (0, 10, Band.NONE),
        (1, 1000, Band.LOW),
        (499, 1000, Band.LOW),
        (50, 100, Band.MIDDLE),
        (799, 1000, Band.MIDDLE),
        (80, 100, Band.HIGH),
        (999, 1000, Band.HIGH),
        (10, 10, None),
        (0, 0, None),
    ],
)
def test_bands_are_exact_at_their_ends(done: int, total: int, band: Band | None) -> None:
    assert band_of(Counts(covered=done, total=total)) is band


def test_phases_promise_what_they_add_up_to() -> None:
    head = measurement(
        covered(0, 10, path="src/shop/none.py"),
        covered(4, 10, path="src/shop/low.py"),
        covered(7, 10, path="src/shop/middle.py"),
        covered(9, 10, path="src/shop/high.py"),
        covered(10, 10, path="src/shop/full.py"),
    )
    found = tiers_of(head, {"src/shop/none.py": "import shop.low\n\ndef f(a):\n    return a\n"})
    assert [(phase.band, phase.need) for phase in found.phases] == [
        (Band.NONE, 8),
        (Band.LOW, 4),
        (Band.MIDDLE, 1),
        (Band.HIGH, 1),
        (None, 0),
    ]
    assert [str(phase.expected) for phase in found.phases] == [
        "38/50",
        "42/50",
        "43/50",
        "44/50",
        "44/50",
    ]
    assert (found.complete, found.counts) == (1, Counts(covered=30, total=50))
    none = found.phases[0].files[0]
    assert (none.weight, none.goal, none.imports) == (
        Fraction(1, 5),
        Fraction(4, 5),
        ("src/shop/low.py",),
    )
    assert [(weak.complexity.name, weak.missing) for weak in none.functions] == [("f", 1)]
    assert found.phases[1].files[0].importers == 1


def test_a_target_is_the_goal_of_its_files() -> None:
    head = measurement(covered(5, 10, path="a.py"), covered(5, 10, path="b.py"))
    targets = (
        Target(pattern="a.py", least=Fraction(1, 2)),
        Target(pattern="b.py", least=Fraction(3, 5)),
        Target(pattern="b.py", least=Fraction(1)),
    )
    found = tiers_of(head, {}, targets)
    assert [(file.path, file.need) for file in found.phases[0].files] == [("b.py", 5)]
    assert found.complete == 1


def test_within_a_phase_the_most_uncovered_comes_first_unless_it_imports_another() -> None:
    head = measurement(
        covered(0, 5, path="small.py"),
        covered(0, 9, path="large.py"),
        covered(0, 7, path="middle.py"),
        covered(10, 10, path="between.py"),
    )
    texts = {"large.py": "import between\n", "between.py": "import small\n"}
    found = tiers_of(head, texts)
    assert [file.path for file in found.phases[0].files] == ["middle.py", "small.py", "large.py"]


BANDS = list(Band)
FILES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (min(pair), max(pair))),
    min_size=1,
    max_size=8,
)


def _reached(edges: set[tuple[int, int]]) -> set[tuple[str, str]]:
    """Importer and imported, also by way of others. Importers have the higher number."""
    found = set(edges)
    for _ in range(8):
        found |= {(start, last) for start, to in found for other, last in edges if other == to}
    return {(f"m{start}.py", f"m{to}.py") for start, to in found}


def assert_the_whole_list_respects(
    imported: set[tuple[str, str]], listed: Sequence[TierFile]
) -> None:
    at = {file.path: (number, file) for number, file in enumerate(listed)}
    assert sorted(file.place for file in listed) == [*range(1, len(listed) + 1)]
    for importer, other in imported:
        if importer not in at or other not in at:
            continue
        (first, file), (second, needed) = at[importer], at[other]
        assert needed.place < file.place
        if first < second:  # tested before what it imports, which is better covered already
            assert BANDS.index(file.band) < BANDS.index(needed.band)


@given(FILES, st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_sums_are_exact_and_the_order_respects_imports(
    sizes: list[tuple[int, int]], imports: list[tuple[int, int]]
) -> None:
    paths = [f"m{number}.py" for number in range(len(sizes))]
    files = [covered(*size, path=path) for path, size in zip(paths, sizes, strict=True)]
    # Only later files import earlier ones: without cycles the order is a matter of fact.
    edges = {(max(pair), min(pair)) for pair in imports if pair[0] != pair[1]}
    texts = {
        path: "".join(f"import m{to}\n" for start, to in sorted(edges) if start == number)
        for number, path in enumerate(paths)
    }
    found = tiers_of(measurement(*files), texts)
    promised = found.phases[-1].expected
    assert promised.covered == found.counts.covered + sum(phase.need for phase in found.phases)
    assert promised.total == found.counts.total == sum(total for _, total in sizes)
    for phase in found.phases:
        assert phase.need == sum(file.need for file in phase.files)
        order = [file.path for file in phase.files]
        for file in phase.files:
            for imported in set(file.imports) & set(order):
                assert order.index(imported) < order.index(file.path)
        assert all(file.counts.covered + file.need <= file.counts.total for file in phase.files)
    listed = [file for phase in found.phases for file in phase.files]
    assert_the_whole_list_respects(_reached(edges), listed)
    assert len({file.path for file in listed}) == len(listed) == len(files) - found.complete
