"""Single values as people write them, turned into exact ones. Pure.

Each reader takes what a flag, a variable or a TOML key may hold and raises ValueError with a
phrase that fits behind the setting's name. No phrase of a reader for secrets holds the value.
"""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import urlsplit

from coverage_gate.boundary import visible
from coverage_gate.core.branch_paths import BranchPath
from coverage_gate.core.globs import is_glob
from coverage_gate.core.kinds import ACTIONS, Kind
from coverage_gate.core.policy import SWITCHED_RULES, RuleName
from coverage_gate.core.targets import Target
from coverage_gate.settings.environment import looks_secret

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_NUMBER_LENGTH = 20
_TEXT_LENGTH = 4096
_SHOWN_LENGTH = 40
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OPERATOR = re.compile(r"[;&|<>()]+")
_RESERVED = re.compile(r"(ORCH|COVERAGE|COV_CORE)_.*", re.ASCII | re.IGNORECASE)
# As the store reads it: two letters or more, a drive letter is no scheme.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:.*", re.ASCII | re.DOTALL)
_TRUE = frozenset({"true", "1", "on", "yes"})
_FALSE = frozenset({"false", "0", "off", "no"})
_HUNDRED = 100


_Choice = TypeVar("_Choice", bound=StrEnum)


class BranchMode(StrEnum):
    """Whether branches are measured; AUTO: as the base's coverage configuration says."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreters:
    """Which Python runs the tests of which repository.

    Attributes:
        default: For every repository that is not listed.
        by_repo: By the repository's name.
    """

    default: Path | None = None
    by_repo: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, repo: str) -> Path | None:
        """The interpreter of a repository, None where none was named."""
        return self.by_repo.get(repo, self.default)


def shown(value: object) -> str:
    """A value as it may stand in an error: quoted, on one line, short."""
    return f"“{visible(str(value), limit=_SHOWN_LENGTH)}”"


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the most similar known name, with a leading space; empty if none is similar."""
    found = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {found[0]}?)" if found else ""


def looks_like_address(text: str) -> bool:
    """Whether a text begins with a scheme, as in "postgresql://host/name"."""
    return _ADDRESS.fullmatch(text) is not None


def read_text(value: object) -> str:
    """Trimmed text on one line that is not empty."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise ValueError("is set but empty" if isinstance(value, str) else "is no text")
    if len(text) > _TEXT_LENGTH or not text.isprintable():
        raise ValueError("is too long or holds characters that cannot be printed")
    return text


def read_bool(value: object) -> bool:
    """A switch: a boolean, or true/false, on/off, yes/no, 1/0."""
    if isinstance(value, bool):
        return value
    text = read_text(value).lower()
    if text not in _TRUE | _FALSE:
        raise ValueError("is no switch")
    return text in _TRUE


def read_number(value: object) -> Decimal:
    """A finite number, exactly as it is written; a float is the decimal that it prints as."""
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    text = str(value) if is_number else read_text(value)
    if len(text) > _NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        raise ValueError(f"is no plain number: {shown(text)}")
    return Decimal(text)


def read_percent(value: object) -> Fraction:
    """A percentage in 0..100 as an exact share in [0, 1]."""
    number = read_number(value)
    if not 0 <= number <= _HUNDRED:
        raise ValueError(f"is outside its range: {shown(value)}")
    return Fraction(number) / _HUNDRED


def read_epsilon(value: object) -> Fraction:
    """Percentage points as an exact share in [0, 1]; a negative one counts as 0."""
    return read_percent(max(read_number(value), Decimal(0)))


def read_within(value: object, *, low: Decimal, high: Decimal) -> Decimal:
    """A number in [low, high]."""
    number = read_number(value)
    if not low <= number <= high:
        raise ValueError(f"is outside its range: {shown(value)}")
    return number


def read_count(value: object, *, low: int, high: int) -> int:
    """A whole number in [low, high]."""
    number = read_within(value, low=Decimal(low), high=Decimal(high))
    if number != int(number):
        raise ValueError(f"is no whole number: {shown(value)}")
    return int(number)


def read_choice(value: object, choices: type[_Choice]) -> _Choice:
    """One of the names, in any case."""
    text = read_text(value).lower()
    known = [str(choice) for choice in choices]
    if text not in known:
        raise ValueError(f"is unknown: {shown(text)}{nearest(text, known)}")
    return choices(text)


def read_branch_mode(value: object) -> BranchMode:
    """auto, on or off; a TOML boolean is on or off."""
    if isinstance(value, bool):
        return BranchMode.ON if value else BranchMode.OFF
    return read_choice(value, BranchMode)


def read_names(value: object) -> tuple[str, ...]:
    """A comma list of text, or a list of texts: trimmed, without empty entries, in order."""
    if isinstance(value, str):
        entries = value.split(",")
    elif isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value):
        entries = list(value)
    else:
        raise ValueError("is no list of texts")
    return tuple(dict.fromkeys(read_text(entry) for entry in entries if entry.strip()))


def read_rules(value: object) -> frozenset[RuleName]:
    """The further rules that are on; an empty list switches them all off."""
    names = read_names(value)
    known = {str(rule): rule for rule in SWITCHED_RULES}
    unknown = [shown(name) + nearest(name, known) for name in names if name not in known]
    if unknown:
        raise ValueError(f"names unknown rules: {', '.join(unknown)}")
    return frozenset(known[name] for name in names)


def read_targets(value: object) -> tuple[Target, ...]:
    """Patterns with what is asked of their files: a table, or texts `GLOB=PERCENT[:branch]`."""
    return tuple(read_target(pattern, asked) for pattern, asked in _pairs(value))


def read_target(pattern: str, asked: object) -> Target:
    """One pattern with a percentage, or a text such as "100:branch" or "80:line"."""
    if not is_glob(pattern):
        raise ValueError(f"holds what is no pattern: {shown(pattern)}")
    percent, colon, kind = asked.rpartition(":") if isinstance(asked, str) else (asked, "", "")
    if not colon:
        percent, kind = asked, "line"
    if kind not in {"line", "branch"}:
        raise ValueError(f"asks for neither line nor branch: {shown(asked)}")
    return Target(pattern=pattern, least=read_percent(percent), branches=kind == "branch")


def read_branch_paths(value: object) -> tuple[BranchPath, ...]:
    """Patterns with on or off, in order."""
    pairs = _pairs(value)
    odd = [pattern for pattern, _ in pairs if not is_glob(pattern)]
    if odd:
        raise ValueError(f"holds what is no pattern: {shown(odd[0])}")
    return tuple(BranchPath(pattern=pattern, is_on=read_bool(asked)) for pattern, asked in pairs)


def read_patterns(value: object) -> tuple[str, ...]:
    """Patterns of paths, in order."""
    names = read_names(value)
    odd = [name for name in names if not is_glob(name)]
    if odd:
        raise ValueError(f"holds what is no pattern: {shown(odd[0])}")
    return names


def read_kinds(value: object) -> tuple[Kind, ...]:
    """Patterns with a kind of code, or with `name: what to do`; in order."""
    if not isinstance(value, Mapping):
        raise ValueError("is no table")  # noqa: TRY004 - as each reader
    return tuple(_kind(pattern, read_text(asked)) for pattern, asked in value.items())


def _kind(pattern: str, asked: str) -> Kind:
    name, _, action = (part.strip() for part in asked.partition(":"))
    action = action or ACTIONS.get(name, "")
    if not is_glob(pattern):
        raise ValueError(f"holds what is no pattern: {shown(pattern)}")
    if not name or not action:
        raise ValueError(f"names an unknown kind: {shown(asked)}{nearest(name, ACTIONS)}")
    return Kind(pattern=pattern, name=name, action=action)


def _pairs(value: object) -> list[tuple[str, object]]:
    if isinstance(value, Mapping):
        return list(value.items())
    pairs = [entry.rpartition("=") for entry in read_names(value)]
    return [(pattern, asked) for pattern, _, asked in pairs]


def read_variables(value: object) -> tuple[str, ...]:
    """Names of variables that tests may see; ours, and what looks like a secret, are refused."""
    names = read_names(value)
    if not all(map(_VARIABLE.fullmatch, names)):
        # Not shown: who writes NAME=value here has put a value, maybe a secret one.
        raise ValueError("holds an entry that is no name of a variable")
    refused = [name for name in names if looks_secret(name) or _RESERVED.fullmatch(name)]
    if refused:
        raise ValueError(f"names what tests must not see: {', '.join(map(shown, refused))}")
    return names


def read_path(value: object, *, home: Path | None) -> Path:
    """An absolute path: a leading ~/ is the home folder, the rest is relative to where we run."""
    text = str(value).strip() if isinstance(value, str | Path) else ""
    # A path need not be printable, but it cannot hold NUL, and a line end is a mistake.
    if not text or set(text) & set("\0\r\n"):
        raise ValueError("is no path")
    if looks_like_address(text):
        # Not shown: it may hold a password. As a path it would become the name of a file.
        raise ValueError("is an address; if it is meant as a path, write ./ before it")
    if text == "~" or text.startswith("~/"):
        if home is None:
            raise ValueError("starts with ~, but there is no home folder")
        return home / text[2:]
    return Path(text).absolute()


def read_interpreters(value: object, *, home: Path | None) -> Interpreters:
    """One path for all repositories, or `repo=path` separated by commas.

    A text that starts like a path is one path, whatever else it holds.
    """
    text = read_text(value)
    if text.startswith(("/", "~", ".")) or "=" not in text:
        return Interpreters(default=_interpreter(text, home=home))
    by_repo: dict[str, Path] = {}
    for entry in read_names(text):
        repo, is_pair, path = (part.strip() for part in entry.partition("="))
        if not (repo and is_pair) or repo in by_repo:
            raise ValueError(f"names no repository or one twice: {shown(entry)}")
        by_repo[repo] = _interpreter(path, home=home)
    return Interpreters(by_repo=MappingProxyType(by_repo))


def _interpreter(text: str, *, home: Path | None) -> Path:
    if "/" not in text:
        # A bare name would be looked for in the folder that we happen to run in.
        raise ValueError(f"needs the path of an interpreter: {shown(text)}")
    return read_path(text, home=home)


def read_template(value: object) -> tuple[str, ...]:
    """The words of a command around another one, which `{command}` stands for."""
    words = read_command(value)
    if "{command}" not in words:
        raise ValueError("lacks the word {command}, which stands for what is run")
    return words


def read_paths(value: object, *, home: Path | None) -> tuple[Path, ...]:
    """Paths separated by commas; see `read_path`."""
    return tuple(read_path(name, home=home) for name in read_names(value))


def read_command(value: object) -> tuple[str, ...]:
    """Words of a command, from shell-like text or a list of words; no shell is involved."""
    try:
        words = _split(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"is no command: {error}") from error
    if not isinstance(words, list) or not words:
        raise ValueError("is no command")
    if not all(isinstance(word, str) and word.isprintable() for word in words):
        raise ValueError("holds words that are no printable text")
    return tuple(words)


def _split(text: str) -> list[str]:
    """The words of a command, as a shell would split them; operators are words of their own."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words = list(lexer)
    # As plain words they would reach the tests, which then cannot start for no visible reason.
    if any(map(_OPERATOR.fullmatch, words)):
        raise ValueError("it needs a shell")
    return words


def read_url(value: object) -> str:
    """An http or https address without user and password, without a final slash."""
    text = read_text(value)
    try:
        parts = urlsplit(text)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise ValueError("is no http address") from error
    if not is_address or parts.scheme not in {"http", "https"} or " " in text:
        raise ValueError("is no http address")
    if "@" in parts.netloc:
        raise ValueError("holds a user or password; put the token into its own variable")
    return text.rstrip("/")


def read_secret(value: object) -> str:
    """Text on one line; no error tells anything about it."""
    try:
        return read_text(value)
    except ValueError as error:
        raise ValueError("is empty or holds characters that no token has") from error


def read_database_url(value: object) -> str:
    """An address with a scheme; it may hold a password, so no error shows it."""
    text = read_secret(value)
    if "://" not in text:
        raise ValueError("is no database address")
    return text
