"""pytest's configuration, read out of a tree's files without pytest.

Which file decides, and what counts as a configuration, follows pytest 9's `findpaths.py`: the
first file of `CONFIG_NAMES` with a table of pytest's, in the folder that the arguments have in
common or in the nearest one above it.
"""

from __future__ import annotations

import configparser
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath

from coverage_gate.adapters.measure.config_text import BadConfigError

#: Bytes of one file of a tree; None where there is none.
FileReader = Callable[[str], bytes | None]

#: Files that count even without a table, in the order in which pytest looks.
_OWN_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
CONFIG_NAMES = (*_OWN_FILES, "pyproject.toml", "tox.ini", "setup.cfg")

_NAMED = ("-c", "--config-file")


class _Cased(configparser.ConfigParser):
    """Keeps the case of keys: pytest's have one."""

    def optionxform(self, optionstr: str) -> str:
        """The key as it is written."""
        return optionstr


@dataclass(frozen=True, slots=True, kw_only=True)
class PytestConfig:
    """What decides how pytest runs.

    Attributes:
        origin: Path of the file below the root; None: there is none, all is default.
        values: Key → its text, or its items where the file has a list.
    """

    origin: str | None = None
    values: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The folder of the file; empty for the root."""
        return "" if self.origin is None else self.origin.rpartition("/")[0]

    def words(self, key: str) -> tuple[str, ...] | None:
        """The value as pytest reads a list of words; None where the key is not set.

        Raises:
            BadConfigError: If a quote is not closed.
        """
        value = self.values.get(key)
        if not isinstance(value, str):
            return value
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            raise BadConfigError(f"{key} cannot be read: {error}", file=self.origin) from None

    def is_true(self, key: str) -> bool:
        """Whether a switch is on; anything but pytest's words for true counts as off."""
        value = self.values.get(key)
        return isinstance(value, str) and value.lower() in {"true", "yes", "y", "on", "1", "t"}


def read_pytest_config(read: FileReader, arguments: Sequence[str] = ()) -> PytestConfig:
    """Read the configuration that pytest would use in the root of a tree.

    Args:
        read: Gives the files of the tree.
        arguments: Those of the command: a named file, or paths, decide where pytest looks.

    Raises:
        BadConfigError: If a file that pytest would read is broken.
    """
    named = _named_file(arguments)
    if named is not None:
        data = read(named)
        values = None if data is None else _values(named, data)
        return PytestConfig(origin=named, values=values or {})
    for folder in _upwards(_common_folder(arguments)):
        for name in CONFIG_NAMES:
            path = f"{folder}/{name}" if folder else name
            data = read(path)
            values = None if data is None else _values(path, data)
            if values is not None:
                return PytestConfig(origin=path, values=values)
    return PytestConfig()


def _named_file(arguments: Sequence[str]) -> str | None:
    found = None
    for word, following in pairwise([*arguments, ""]):
        name, joined, value = word.partition("=")
        if name in _NAMED:
            found = value if joined else following
    return found


def _common_folder(arguments: Sequence[str]) -> str:
    """The folder that the paths among the arguments have in common; empty for the root."""
    paths = [word.partition("::")[0] for word in arguments if _is_path(word)]
    parts = [_folder_of(path) for path in paths]
    if not parts:
        return ""
    common = 0
    while all(len(each) > common and each[common] == parts[0][common] for each in parts):
        common += 1
    return "/".join(parts[0][:common])


def _is_path(word: str) -> bool:
    return not word.startswith("-") and ("/" in word or "." in word or word.isidentifier())


def _folder_of(path: str) -> tuple[str, ...]:
    parts = tuple(part for part in PurePosixPath(path).parts if part != ".")
    return parts[:-1] if path.endswith(".py") else parts


def _upwards(folder: str) -> list[str]:
    found = [folder]
    while folder:
        folder = folder.rpartition("/")[0]
        found.append(folder)
    return found


def _values(path: str, data: bytes) -> Mapping[str, str | tuple[str, ...]] | None:
    """The table of pytest's; None for a file of another tool that has none."""
    name = path.rpartition("/")[2]
    try:
        text = data.decode("utf-8")
        table = _toml_table(name, text) if name.endswith(".toml") else _ini_table(name, text)
    except (ValueError, configparser.Error, RecursionError) as error:
        message = f"cannot be read: {' '.join(str(error).split())}"
        raise BadConfigError(message, file=path) from error
    return {} if table is None and name in _OWN_FILES else table


def _toml_table(name: str, text: str) -> Mapping[str, str | tuple[str, ...]] | None:
    document = tomllib.loads(text)
    if name in _OWN_FILES:
        return _plain(document.get("pytest"))
    tool = document.get("tool")
    table = tool.get("pytest") if isinstance(tool, dict) else document.get("pytest")
    if not isinstance(table, dict):
        return None
    own = {key: value for key, value in table.items() if key != "ini_options"}
    return _plain(own or table.get("ini_options"))


def _plain(table: object) -> Mapping[str, str | tuple[str, ...]] | None:
    if not isinstance(table, dict):
        return None
    return {
        key: tuple(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in table.items()
    }


def _ini_table(name: str, text: str) -> Mapping[str, str | tuple[str, ...]] | None:
    parser = _Cased(interpolation=None, default_section="")
    parser.read_string(text, source=name)
    section = "tool:pytest" if name == "setup.cfg" else "pytest"
    return dict(parser.items(section)) if parser.has_section(section) else None
