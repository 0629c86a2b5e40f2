"""The two formats of coverage.py's configuration files as one table of sections and options.

Which sections belong to coverage.py and what a value may look like follows its `config.py` and
`tomlconfig.py`. Environment variables are replaced as coverage.py does it, but out of an empty
environment: what a gate measures must not depend on who started it.
"""

from __future__ import annotations

import configparser
import re
import tomllib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

_TRUE = frozenset({"1", "yes", "true", "on"})
_FALSE = frozenset({"0", "no", "false", "off"})
_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|(?P<plain>\w+)"
    r"|\{(?P<braced>\w+)(?:(?P<strict>\?)|-(?P<default>[^}]*))?\})"
)
_LINE_IN_MESSAGE = re.compile(r"\[line +(\d+)\]|\(at line (\d+)|line: (\d+)")


class BadConfigError(Exception):
    """A configuration file that coverage.py would refuse, or that the gate cannot apply.

    Attributes:
        file: Its name in the tree; None where the value has no file.
        line: 1-based; None where it is not known.
    """

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        place = f"{file}, line {line}: " if line else f"{file}: " if file else ""
        super().__init__(place + message)
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigText:
    """One configuration file, read.

    Attributes:
        file: Its name in the tree.
        text: Its text, for the line numbers of errors.
        is_toml: Whether values have types; in an INI file all are text.
        sections: Section without its prefix ("run") → option → value as it stands there.
    """

    file: str
    text: str
    is_toml: bool
    sections: Mapping[str, Mapping[str, object]]

    def has(self, section: str, option: str) -> bool:
        """Whether the file sets the option."""
        return option in self.sections.get(section, {})

    def boolean(self, section: str, option: str) -> bool:
        """A truth value; raises BadConfigError for anything else."""
        value = self._value(section, option)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in _TRUE | _FALSE and not self.is_toml:
            return value.lower() in _TRUE
        if value in ("true", "false"):
            return value == "true"
        raise self.error(section, option, f"is not a boolean: {_shown(value)}")

    def string(self, section: str, option: str) -> str:
        """A text; raises BadConfigError for anything else."""
        value = self._value(section, option)
        if not isinstance(value, str):
            raise self.error(section, option, f"is not a string: {_shown(value)}")
        return value

    def strings(self, section: str, option: str) -> tuple[str, ...]:
        """A list of texts; in an INI file separated by commas and line ends."""
        if self.is_toml:
            return self._toml_strings(section, option)
        lines = self.string(section, option).split("\n")
        items = (item.strip() for line in lines for item in line.split(","))
        return tuple(item for item in items if item)

    def regexes(self, section: str, option: str) -> tuple[str, ...]:
        """A list of regular expressions; in an INI file one on each line."""
        if self.is_toml:
            values = self._toml_strings(section, option)
        else:
            values = tuple(self.string(section, option).splitlines())
        found = tuple(value.strip() for value in values if value.strip())
        for regex in found:
            self._check_regex(section, option, regex)
        return found

    def error(self, section: str, option: str, message: str) -> BadConfigError:
        """A BadConfigError that names the file, the line and the option."""
        line = _line_of(self.text, section, option)
        return BadConfigError(f"[{section}] {option} {message}", file=self.file, line=line)

    def _value(self, section: str, option: str) -> object:
        value = self.sections[section][option]
        return self._replaced(section, option, value) if isinstance(value, str) else value

    def _toml_strings(self, section: str, option: str) -> tuple[str, ...]:
        values = self.sections[section][option]
        if not isinstance(values, list) or not all(isinstance(item, str) for item in values):
            raise self.error(section, option, f"is not a list of strings: {_shown(values)}")
        return tuple(self._replaced(section, option, item) for item in values)

    def _check_regex(self, section: str, option: str, regex: str) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                re.compile(regex)
        except (re.error, OverflowError, RecursionError) as error:
            message = f"is no regular expression: {regex!r}: {error}"
            raise self.error(section, option, message) from error

    def _replaced(self, section: str, option: str, text: str) -> str:
        def replacement(match: re.Match[str]) -> str:
            if match["strict"]:
                message = f"needs the variable {match['braced']}, and the gate sets none"
                raise self.error(section, option, message)
            return "$" if match["dollar"] else match["default"] or ""

        return _VARIABLE.sub(replacement, text)


def read_ini(file: str, data: bytes, *, is_own: bool) -> ConfigText:
    """Read an INI file.

    Args:
        file: Its name in the tree.
        data: Its bytes.
        is_own: Whether it is coverage.py's own file, whose sections need no "coverage:".

    Raises:
        BadConfigError: If it is no INI file.
    """
    text = _decoded(file, data)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text, source=file)
    except configparser.Error as error:
        raise _syntax_error(file, error) from error
    sections: dict[str, Mapping[str, object]] = {}
    for prefix in ("", "coverage:") if is_own else ("coverage:",):
        names = [name for name in parser.sections() if name.startswith(prefix)]
        sections |= {name.removeprefix(prefix): dict(parser.items(name)) for name in names}
    return ConfigText(file=file, text=text, is_toml=False, sections=sections)


def read_toml(file: str, data: bytes, *, is_own: bool) -> ConfigText:
    """Read a TOML file. See `read_ini`; the prefix is "tool.coverage".

    Raises:
        BadConfigError: If it is no TOML file, or a section of coverage.py is no table.
    """
    text = _decoded(file, data)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of 5,000 digits
        raise _syntax_error(file, error) from error
    sections = _tables(file, document) if is_own else {}
    tool = document.get("tool", {})
    if isinstance(tool, dict) and "coverage" in tool:
        sections |= _tables(file, tool["coverage"])
    return ConfigText(file=file, text=text, is_toml=True, sections=sections)


def _tables(file: str, value: object) -> dict[str, Mapping[str, object]]:
    if not isinstance(value, dict):
        raise BadConfigError(f"[tool.coverage] is not a table: {_shown(value)}", file=file)
    return {name: table for name, table in value.items() if isinstance(table, dict)}


def _shown(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # hexadecimal numbers may be longer than decimal ones
        return "a number of too many digits"


def _decoded(file: str, data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadConfigError(f"is not UTF-8: {error.reason}", file=file, line=line) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _syntax_error(file: str, error: Exception) -> BadConfigError:
    message = " ".join(str(error).split())
    found = _LINE_IN_MESSAGE.search(message)
    line = int(next(group for group in found.groups() if group)) if found else None
    return BadConfigError(f"cannot be read: {message}", file=file, line=line)


def _line_of(text: str, section: str, option: str) -> int | None:
    header = re.search(rf"^\[[^\]]*\b{re.escape(section)}\]", text, re.MULTILINE)
    start = header.end() if header else 0
    pattern = rf"^[^\S\n]*([\w.]+\.)?{re.escape(option)}[^\S\n]*[=:]"
    found = re.compile(pattern, re.MULTILINE | re.IGNORECASE).search(text, start)
    return text.count("\n", 0, found.start()) + 1 if found else None
