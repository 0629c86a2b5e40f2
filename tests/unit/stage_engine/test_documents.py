"""JSON from outside: read with care, and every problem named."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from stage_engine.documents import BYTES, checked, read_file, read_object
from stage_engine.errors import InputError


class Form(BaseModel, extra="forbid"):
    name: str
    count: int = 0


def problems(content: bytes) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        checked(Form, read_object(content, name="a.json"), name="a.json")
    return caught.value.problems


def test_a_good_object_becomes_a_value() -> None:
    assert checked(Form, read_object(b'{"name": "x"}', name="a"), name="a") == Form(name="x")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "a.json is no JSON: Expecting value at line 1, column 1"),
        (b'{"name": "x",}', "a.json is no JSON: Expecting property name enclosed in double quotes"),
        (b"[]", "a.json is no JSON object: it must begin with {"),
        (b"\xff", "a.json is no JSON: 'utf-8' codec"),
        (b'{"a": 1, "a": 2}', "a.json is no JSON: the key 'a' is there twice"),
        (b'{"a\\n": 1, "a\\n": 2}', "a.json is no JSON: the key 'a\\\\n' is there twice"),
        (b'{"count": NaN}', "a.json is no JSON: NaN is no number"),
        (b"[" * 100_000, "a.json is no JSON: maximum recursion depth"),
        (b" " * (BYTES + 1), "a.json is larger than 1024 KB"),
        (b"{}", "a.json: name is missing"),
        (b'{"name": "x", "nmae": "y"}', "a.json: nmae is not known; remove it"),
        (b'{"name": "x", "count": "many"}', "a.json: count: Input should be a valid integer"),
    ],
)
def test_what_is_no_such_object_is_told_in_words(content: bytes, problem: str) -> None:
    [told] = problems(content)
    assert told.startswith(problem)


def test_all_problems_are_named_at_once() -> None:
    assert len(problems(b'{"count": "x", "more": 1}')) == 3


def test_a_name_from_outside_stays_on_its_line() -> None:
    with pytest.raises(InputError, match=r"^a\\nb is no JSON"):
        read_object(b"", name="a\nb")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json cannot be read: No such file"):
        read_file(tmp_path / "none.json")


def test_no_more_of_a_file_is_read_than_is_needed_to_refuse_it(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (BYTES + 100))
    assert len(read_file(tmp_path / "large")) == BYTES + 1
