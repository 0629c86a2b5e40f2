from dataclasses import replace

import pytest

from coverage_gate.core.counting import (
    BrokenFile,
    Jump,
    RawFile,
    Run,
    StaticFile,
    combine,
    count,
    unparsable,
)
from coverage_gate.core.linebits import bits_of
from coverage_gate.core.measurement import Arc, FileCoverage, Span, Withheld

FILE = StaticFile(
    path="src/a.py",
    blob="b1",
    is_listed=True,
    statements=bits_of([1, 2, 5, 9]),
    excluded=bits_of([7]),
    branches=((1, 2), (1, 5), (5, -1), (5, 9)),
    runs=(Run(first=3, last=4, target=2),),
    spans=(Span(name="f", kind="function", first=1, last=9),),
    trivial=bits_of([9]),
)


def lines_run(*lines: int) -> FileCoverage:
    return combine(FILE, RawFile(lines=bits_of(lines)), branch=False)


def taken(static: StaticFile, *arcs: Arc) -> tuple[Arc, ...]:
    return combine(static, RawFile(lines=0, arcs=frozenset(arcs)), branch=True).taken


def test_what_a_file_has_comes_from_the_file_and_not_from_the_claims() -> None:
    assert combine(FILE, None, branch=True) == FileCoverage(
        path="src/a.py",
        blob="b1",
        statements=FILE.statements,
        executed=0,
        excluded=FILE.excluded,
        branches=FILE.branches,
        spans=FILE.spans,
        continued=bits_of([3, 4]),
        trivial=bits_of([9]),
    )


def test_any_line_of_a_statement_executes_it_by_its_first_line() -> None:
    assert lines_run(1, 4).executed == bits_of([1, 2])


def test_a_claim_about_a_line_that_is_no_statement_counts_nothing() -> None:
    assert lines_run(6, 7, 8, 1000).executed == 0


def test_without_branches_there_are_none_whatever_is_claimed() -> None:
    file = combine(FILE, RawFile(lines=0, arcs=frozenset({(1, 2)})), branch=False)
    assert (file.branches, file.taken) == ((), ())


def test_a_branch_is_taken_when_its_arc_was_traced() -> None:
    assert taken(FILE, (1, 2), (5, -1), (-1, 1)) == ((1, 2), (5, -1))


def test_an_arc_between_later_lines_of_statements_is_told_by_their_first_lines() -> None:
    static = replace(FILE, branches=((2, -1), (2, 5)), runs=(Run(first=3, last=4, target=2),))
    assert taken(static, (4, 5), (3, -1)) == ((2, -1), (2, 5))


def test_the_exit_of_a_function_is_told_by_the_first_line_of_its_statement() -> None:
    static = replace(FILE, branches=((5, -2), (5, 9)))
    assert taken(static, (5, -4)) == ((5, -2),)


def test_an_arc_that_is_no_branch_of_the_file_counts_nothing() -> None:
    assert taken(FILE, (2, 5), (1, 9), (1, 1), (5, 10**9), (0, 0)) == ()


def test_branches_of_a_line_that_may_branch_one_way_only_count_as_taken() -> None:
    static = replace(FILE, unbranched=bits_of([5]))
    assert taken(static) == ((5, -1), (5, 9))


#: As coverage.py tells `with` on line 1, a body that ends on line 2, and line 5 after it.
LEAVES = Jump(arc=(2, 1), becomes=(2, 5), drops=((2, 1),))
RETURNS = Jump(arc=(1, 5), becomes=None, drops=((1, 5),))
WITH = replace(FILE, branches=((1, 5), (2, 5), (2, 9)), runs=(), jumps=(LEAVES, RETURNS))


def test_leaving_a_with_is_told_as_the_way_to_the_line_after_it() -> None:
    assert taken(WITH, (2, 1), (1, 5)) == ((2, 5),)


def test_an_arc_that_is_no_jump_stays_as_it_is_beside_jumps() -> None:
    assert taken(WITH, (2, 9)) == ((2, 9),)


@pytest.mark.parametrize(("drop_last", "expected"), [(False, ((2, 5),)), (True, ())])
def test_which_of_adding_and_dropping_wins_depends_on_the_version_of_coverage_py(
    drop_last: bool, expected: tuple[Arc, ...]
) -> None:
    other = Jump(arc=(9, 1), becomes=None, drops=((9, 1), (2, 5)))
    static = replace(WITH, jumps=(LEAVES, other), jumps_drop_last=drop_last)
    assert taken(static, (2, 1), (9, 1)) == expected


def test_a_line_that_goes_on_to_itself_is_told_as_its_only_way_on() -> None:
    static = replace(WITH, loops=((2, 1),), jumps=(LEAVES,))
    assert taken(static, (2, 2)) == ((2, 5),)
    assert taken(replace(static, loops=()), (2, 2)) == ()


def test_a_line_is_followed_twice_where_its_target_is_told_as_another_one() -> None:
    runs = (Run(first=1, last=1, target=3), Run(first=3, last=3, target=5))
    static = replace(FILE, branches=((5, 9), (5, 10)), runs=runs)
    assert taken(static, (1, 9)) == ((5, 9),)


def test_listed_files_are_counted_always_and_the_others_when_the_claims_name_them() -> None:
    statics = [
        replace(FILE, path="z.py"),
        replace(FILE, path="claimed.py", is_listed=False),
        replace(FILE, path="silent.py", is_listed=False),
    ]
    raws = {"claimed.py": RawFile(lines=0), "unknown.py": RawFile(lines=0)}
    assert [file.path for file in count(statics, raws, branch=False)] == ["claimed.py", "z.py"]


def test_broken_files_are_told_by_the_same_rule() -> None:
    broken = [
        BrokenFile(path=path, blob="b", is_listed=listed, line=3, message="m")
        for path, listed in (("z.py", True), ("claimed.py", False), ("silent.py", False))
    ]
    told = unparsable(broken, {"claimed.py": RawFile(lines=0)})
    assert [(file.path, file.line, file.message) for file in told] == [
        ("claimed.py", 3, "m"),
        ("z.py", 3, "m"),
    ]


PACKED = replace(FILE, runs=(), packed=((1, 1), (2, 2), (5, -5), (9, 9)))


def test_a_packed_function_ran_when_a_call_entered_it() -> None:
    arcs = frozenset({(-2, 2), (-5, 5), (1, 2), (5, -5)})
    raw = RawFile(lines=bits_of([1, 2, 5]), arcs=arcs)
    assert combine(PACKED, raw, branch=True).withheld.packed == bits_of([1, 5])


@pytest.mark.parametrize(
    ("arcs", "unseen"),
    [
        ({(-1, 1), (2, -1)}, [1, 2]),  # the module alone
        ({(-1, 1), (1, -1), (2, -1)}, [2]),
        ({(2, -2)}, [1]),  # some cores tell only how a function is left
    ],
)
def test_where_a_function_is_left_tells_too(arcs: set[Arc], unseen: list[int]) -> None:
    raw = RawFile(lines=bits_of([1, 2]), arcs=frozenset(arcs))
    assert combine(PACKED, raw, branch=True).withheld.packed == bits_of(unseen)


def test_without_arcs_no_packed_function_is_seen_to_run() -> None:
    raw = RawFile(lines=bits_of([1, 2]))
    assert combine(PACKED, raw, branch=False).withheld.packed == bits_of([1, 2])


LAMBDAS = replace(FILE, runs=(Run(first=3, last=4, target=2),), lambdas=((2, 3), (5, 5)))


def test_a_lambda_ran_when_its_code_was_entered_within_its_statement() -> None:
    lines = bits_of([2, 5])
    called = RawFile(lines=lines, arcs=frozenset({(-3, 4), (-5, 5)}))
    assert combine(LAMBDAS, called, branch=True).withheld.packed == 0
    # A function that begins on the line of its decorator is entered by its body.
    another = RawFile(lines=lines, arcs=frozenset({(-3, 3), (-5, 6), (6, -5)}))
    assert combine(LAMBDAS, another, branch=True).withheld.packed == bits_of([5])


def test_where_a_lambda_begins_in_its_statement_is_told_too() -> None:
    raw = RawFile(lines=bits_of([2]), arcs=frozenset())
    assert combine(LAMBDAS, raw, branch=True).withheld.packed == bits_of([2, 3])


def test_without_arcs_nothing_is_known_of_a_lambda() -> None:
    raw = RawFile(lines=bits_of([2, 5]))
    assert combine(LAMBDAS, raw, branch=False).withheld.packed == 0


def test_what_only_lines_tell_excuses_no_branch() -> None:
    withheld = Withheld(statements=bits_of([7]), branches=((7, 8),), excused=bits_of([1]))
    static = replace(FILE, withheld=withheld)
    assert combine(static, None, branch=False).withheld == Withheld(statements=bits_of([7]))
    raw = RawFile(lines=0, arcs=frozenset({(1, 2)}))
    told = combine(replace(static, unbranched=bits_of([1])), raw, branch=True)
    assert told.withheld == replace(withheld, assumed=((1, 5),))
    assert told.taken == ((1, 2), (1, 5))


def test_what_is_excluded_and_ran_is_noted() -> None:
    withheld = Withheld(statements=bits_of([7, 12]), branches=((7, 8), (7, 12)))
    static = replace(FILE, withheld=withheld, runs=(Run(first=13, last=14, target=12),))
    raw = RawFile(lines=bits_of([1, 8, 14]), arcs=frozenset({(7, 14), (3, 4)}))
    told = combine(static, raw, branch=True)
    assert (told.executed, told.withheld.ran) == (bits_of([1]), bits_of([12]))
    assert told.withheld.taken == ((7, 12),)
    assert combine(static, raw, branch=False).withheld.taken == ()


def test_exits_of_what_only_type_checkers_read_are_told_with_branches() -> None:
    static = replace(FILE, idle=bits_of([2]), idle_exits=bits_of([5]))
    told = combine(static, None, branch=True), combine(static, None, branch=False)
    assert [(each.idle, each.idle_exits) for each in told] == [(4, 32), (4, 0)]
