"""JSON from outside as checked values: every problem is named, in words, with its place."""

from __future__ import annotations

import json
from collections.abc import Iterable
from json import JSONDecodeError
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from coverage_gate.boundary import visible
from stage_engine.errors import InputError

#: No definition or payload that a person wrote comes near this.
BYTES = 1024 * 1024

_M = TypeVar("_M", bound=BaseModel)


def read_file(path: Path) -> bytes:
    """A file's content, cut off behind `BYTES`. Raises InputError."""
    try:
        with path.open("rb") as file:
            return file.read(BYTES + 1)
    except OSError as error:
        raise InputError([f"{visible(str(path))} cannot be read: {error.strerror}"]) from None


def read_object(content: bytes, *, name: str) -> dict[str, Any]:
    """A JSON object.

    Args:
        content: Its text.
        name: What to call it in errors.

    Raises:
        InputError: If it is none, holds a key twice, or is too large.
    """
    name = visible(name)
    if len(content) > BYTES:
        raise InputError([f"{name} is larger than {BYTES // 1024} KB"])
    try:
        found = json.loads(content, object_pairs_hook=_once, parse_constant=_no_number)
    except JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError([f"{name} is no JSON: {error.msg} at {place}"]) from None
    except (ValueError, RecursionError) as error:
        raise InputError([f"{name} is no JSON: {visible(str(error))}"]) from None
    if not isinstance(found, dict):
        raise InputError([f"{name} is no JSON object: it must begin with {{"])
    return found


def checked(model: type[_M], found: dict[str, Any], *, name: str) -> _M:
    """The object as a value of this model. Raises InputError."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors(include_url=False)]
        raise InputError(f"{visible(name)}: {problem}" for problem in problems) from None


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {visible(key)!r} is there twice")
        found[key] = value
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _problem(detail: ErrorDetails) -> str:
    place = visible(".".join(map(str, detail["loc"])))
    match detail["type"]:
        case "missing":
            return f"{place} is missing"
        case "extra_forbidden":
            return f"{place} is not known; remove it"
        case _:
            message = visible(detail["msg"].removeprefix("Value error, "))
            return f"{place}: {message}" if place else message
