"""The test command as a person writes it, understood as something that coverage.py can run."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

DEFAULT = "pytest"

_PYTHON = re.compile(r"python(3(\.[0-9]+)?)?", re.ASCII)
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_OPERATOR = re.compile(r"[;&|<>()]+")
_EXPANSION = re.compile(r"[`\0]|\$[({A-Za-z_]")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.ASCII)
#: Commands that are Python modules of the same purpose.
_MODULES = {"pytest": "pytest", "py.test": "pytest", "unittest": "unittest"}
_ADVICE = "give one Python command such as `pytest tests`, `python -m unittest` or `manage.py test`"


class BadCommandError(ValueError):
    """The test command cannot be run under coverage.py. The message says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCommand:
    """A module or a script of the tree, with its arguments.

    Attributes:
        name: A module as in "pytest", or the path of a script below the root.
        is_module: Which of both.
        args: What follows.
    """

    __test__ = False  # pytest would take the class for tests by its name

    name: str
    is_module: bool
    args: tuple[str, ...] = ()

    @property
    def is_pytest(self) -> bool:
        """Whether pytest runs the tests, so that single outcomes are known."""
        return self.is_module and self.name == "pytest"

    def __str__(self) -> str:
        start = ["python", "-m", self.name] if self.is_module else ["python", self.name]
        return shlex.join([*start, *self.args])


def parse_test_command(text: str) -> TestCommand:
    """Understand a command; an empty one is pytest.

    Raises:
        BadCommandError: If it needs a shell, or is no module or script of Python.
    """
    words = _words(text) or [DEFAULT]
    first, rest = words[0], words[1:]
    if first in _MODULES:
        return TestCommand(name=_MODULES[first], is_module=True, args=tuple(rest))
    if first == "-m":
        return _module(rest)
    if _PYTHON.fullmatch(first):
        return _after_python(rest)
    return _script(first, rest)


def _words(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise BadCommandError(f"the test command {text!r} is cut off: {error}") from None
    if _EXPANSION.search(text) or any(_OPERATOR.fullmatch(word) for word in words):
        raise BadCommandError(f"no shell reads the test command, {text!r} needs one: {_ADVICE}")
    return words


def _module(words: list[str]) -> TestCommand:
    if not words or not _MODULE.fullmatch(words[0]):
        raise BadCommandError(f"-m in the test command needs the name of a module: {_ADVICE}")
    return TestCommand(name=words[0], is_module=True, args=tuple(words[1:]))


def _after_python(words: list[str]) -> TestCommand:
    if words[:1] == ["-m"]:
        return _module(words[1:])
    if not words or words[0].startswith("-"):
        raise BadCommandError(
            f"after `python` the test command needs -m MODULE or a script: {_ADVICE}"
        )
    return _script(words[0], words[1:])


def _script(path: str, args: list[str]) -> TestCommand:
    if _ASSIGNMENT.fullmatch(path):
        raise BadCommandError(f"the test command cannot set variables ({path}): {_ADVICE}")
    if not path.endswith(".py"):
        raise BadCommandError(f"{path!r} is no Python command: {_ADVICE}")
    if path.startswith(("/", "~", "-")) or ".." in path.split("/"):
        raise BadCommandError(f"the script {path!r} is not below the root: {_ADVICE}")
    return TestCommand(name=path, is_module=False, args=tuple(args))
