"""The map of the contract's sentences to tests and mutations, read from contract_map.toml."""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MAP = ROOT / "tests" / "contract_map.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A change of the project that breaks a rule.

    Attributes:
        file: Relative to the project's root.
        find: A text that stands there exactly once.
        replace: What breaks the rule.
    """

    file: str
    find: str
    replace: str

    def broken(self, text: str) -> str:
        """The file's text with the rule broken; ValueError if there is no one place for it."""
        if text.count(self.find) != 1:
            raise ValueError(
                f"{self.file}: {text.count(self.find)} times instead of once: {self.find}"
            )
        return text.replace(self.find, self.replace)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of the contract, or the part of it that one rule is.

    Attributes:
        section: Of the contract, as in "2".
        text: The sentence, shortened where it is long.
        tests: Node ids of test functions, any of which may notice each mutation.
        mutations: Each breaks the rule in its own way.
    """

    section: str
    text: str
    tests: tuple[str, ...]
    mutations: tuple[Mutation, ...]


def read_map(path: Path = MAP) -> tuple[Sentence, ...]:
    """The sentences in the order of the file. Raises KeyError for a missing part."""
    document = tomllib.loads(path.read_text())
    return tuple(_sentence(entry) for entry in document["sentence"])


def _sentence(entry: dict[str, Any]) -> Sentence:
    return Sentence(
        section=entry["section"],
        text=entry["text"],
        tests=tuple(entry["tests"]),
        mutations=tuple(Mutation(**mutation) for mutation in entry["mutation"]),
    )


@cache
def functions_of(file: str) -> frozenset[str]:
    """The test functions of a file, without running it."""
    tree = ast.parse((ROOT / file).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
