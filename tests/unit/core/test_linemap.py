from coverage_gate.core.linemap import (
    TO_THE_END,
    FileDiff,
    Hunk,
    LineRun,
    inverted,
    kept_runs,
    line_map,
)


def diff(
    *hunks: tuple[int, int, int, int], old: str | None = "1", new: str | None = "2"
) -> FileDiff:
    return FileDiff(
        path="b.py",
        old_path="a.py",
        old_blob=old,
        blob=new,
        hunks=tuple(
            Hunk(old_start=each[0], old_count=each[1], new_start=each[2], new_count=each[3])
            for each in hunks
        ),
    )


def run(start: int, other: int, length: int, *, path: str = "a.py", moved: bool = False) -> LineRun:
    return LineRun(start=start, path=path, other=other, length=length, moved=moved)


def test_what_lies_between_hunks_is_kept() -> None:
    assert kept_runs(diff((3, 2, 3, 1), (9, 0, 8, 4))) == [
        run(1, 1, 2),
        run(4, 5, 4),
        run(12, 9, TO_THE_END),
    ]


def test_a_hunk_at_the_first_line_leaves_nothing_before_it() -> None:
    assert kept_runs(diff((1, 1, 1, 3))) == [run(4, 2, TO_THE_END)]


def test_a_file_that_was_only_renamed_keeps_all_lines() -> None:
    assert kept_runs(diff()) == [run(1, 1, TO_THE_END)]


def test_an_added_a_deleted_and_an_incomparable_file_keep_none() -> None:
    whole = FileDiff(path="a", old_path="a", old_blob="1", blob="2", is_whole=True)
    assert [kept_runs(each) for each in (diff(old=None), diff(new=None), whole)] == [[], [], []]


def test_a_line_is_found_in_its_run_only() -> None:
    found = line_map([run(5, 50, 2), run(1, 10, 2)])
    assert [found.run_at(line) is not None for line in range(1, 8)] == [
        *(True, True, False, False, True, True, False)
    ]
    assert found.run_at(0) is None


def test_a_block_within_one_run_is_that_part_of_it() -> None:
    assert line_map([run(1, 10, 5)]).block(2, 4) == run(2, 11, 3)


def test_a_block_over_runs_that_are_neighbours_on_both_sides_is_one() -> None:
    found = line_map([run(1, 10, 2), run(3, 12, 1, moved=True), run(4, 13, 9)])
    assert found.block(2, 5) == run(2, 11, 4, moved=True)


def test_a_block_that_is_torn_apart_is_none() -> None:
    gap = line_map([run(1, 10, 2), run(4, 12, 2)])
    shift = line_map([run(1, 10, 2), run(3, 13, 2)])
    other = line_map([run(1, 10, 2), run(3, 12, 2, path="c.py")])
    assert [each.block(1, 4) for each in (gap, shift, other)] == [None, None, None]


def test_an_unknown_first_line_is_no_block() -> None:
    assert line_map([run(4, 4, 1)]).block(1, 2) is None


def test_maps_are_turned_around() -> None:
    back = inverted({"n.py": [run(1, 10, 3), run(7, 1, 2, path="c.py", moved=True)]})
    assert back["a.py"].run_at(11) == run(10, 1, 3, path="n.py")
    assert back["c.py"].run_at(2) == run(1, 7, 2, path="n.py", moved=True)
