from coverage_gate.core.places import branches_text, listed, located


def test_lines_are_told_with_their_file() -> None:
    assert located("src/a.py", 0b1_0000_1110) == "src/a.py:1-3, 8"


def test_a_long_list_says_how_many_more_there_are() -> None:
    assert listed(["a", "b"]) == "a; b"
    assert listed(list("abcdefg")) == "a; b; c; d; e; and 2 more"


def test_the_exit_of_a_function_is_called_so() -> None:
    assert branches_text([(3, 5), (7, -1)]) == "3→5, 7→exit"
