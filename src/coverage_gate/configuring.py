"""What a branch does to the configuration of coverage.py, pytest and the gate, by its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial

from coverage_gate.adapters.git.view import GitView
from coverage_gate.adapters.measure.base_config import CONFIG_FILES, BaseConfig, read_base_config
from coverage_gate.adapters.measure.command import TestCommand
from coverage_gate.adapters.measure.config_text import BadConfigError
from coverage_gate.adapters.measure.pytest_config import CONFIG_NAMES, read_pytest_config
from coverage_gate.adapters.measure.pytest_trust import TrustedPytest, trusted_pytest
from coverage_gate.core.configured import ConfigurationChange

#: The gate's own table out of the bytes of a pyproject.toml, and what is wrong with it.
TableReader = Callable[[bytes | None], tuple[Mapping[str, object], str]]

_LATER = "takes effect after its own merge"
_CONFTEST = "conftest.py"
#: Where a configuration comes from, and what the gate does not apply, decide no number.
_UNTOLD = frozenset({"origin", "paths", "ignored"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeConfigurations:
    """Implements `ports.Configurations`."""

    view: GitView
    command: TestCommand
    read_table: TableReader

    def change(self, base_tree: str, tree: str) -> ConfigurationChange:
        """Compare the files of both trees. Raises RepositoryError."""
        self.view.read_ahead((base_tree, tree), (*CONFIG_FILES, *CONFIG_NAMES))
        parts = (
            self._coverage(base_tree, tree),
            self._table(base_tree, tree),
            self._pytest(base_tree, tree),
            self._conftests(base_tree, tree),
        )
        return ConfigurationChange(
            notes=tuple(note for part in parts for note in part.notes),
            broken="; ".join(part.broken for part in parts if part.broken),
            chooses_tests=any(part.chooses_tests for part in parts),
        )

    def _coverage(self, base_tree: str, tree: str) -> ConfigurationChange:
        base, trouble = self._coverage_of(base_tree)
        head, broken = self._coverage_of(tree)
        if head is None or base is None:
            return _unreadable("coverage configuration", trouble, broken)
        old, new = asdict(base), asdict(head)
        keys = sorted(key for key in old if old[key] != new[key] and key not in _UNTOLD)
        return _told("coverage configuration", keys)

    def _coverage_of(self, tree: str) -> tuple[BaseConfig | None, str]:
        contents = {name: self.view.read_file(tree, name) for name in CONFIG_FILES}
        files = {name: content for name, content in contents.items() if content is not None}
        try:
            return read_base_config(files), ""
        except BadConfigError as error:
            return None, str(error)

    def _table(self, base_tree: str, tree: str) -> ConfigurationChange:
        old, trouble = self.read_table(self.view.read_file(base_tree, "pyproject.toml"))
        new, broken = self.read_table(self.view.read_file(tree, "pyproject.toml"))
        if trouble or broken:
            return _unreadable("[tool.coverage-gate]", trouble, broken)
        keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        return _told("[tool.coverage-gate]", keys)

    def _pytest(self, base_tree: str, tree: str) -> ConfigurationChange:
        trusted = trusted_options(self.view, self.command, base_tree, tree)
        told = _told("pytest configuration", list(trusted.kept))
        if told.notes and not self.command.is_pytest:
            keys = ", ".join(trusted.kept)
            note = f"pytest configuration: {keys} changed; `{self.command}` may use it already"
            return ConfigurationChange(notes=(note,))
        return replace(told, chooses_tests=bool(told.notes))

    def _conftests(self, base_tree: str, tree: str) -> ConfigurationChange:
        changes = self.view.changes(base_tree, tree).files
        paths = {path for file in changes for path in (file.path, file.old_path) if path}
        named = sorted(path for path in paths if path.rpartition("/")[2] == _CONFTEST)
        if not named:
            return ConfigurationChange()
        note = f"changed, and used as the branch has it: {', '.join(named)}"
        return ConfigurationChange(notes=(note,))


def trusted_options(
    view: GitView, command: TestCommand, base_tree: str, tree: str
) -> TrustedPytest:
    """What of pytest's configuration counts as on the base. Raises RepositoryError."""
    arguments = command.args if command.is_pytest else ()
    folders = partial(_folders_of, view, base_tree)
    try:
        base = read_pytest_config(partial(view.read_file, base_tree), arguments)
        head = read_pytest_config(partial(view.read_file, tree), arguments)
        return trusted_pytest(base, head, folders=folders)
    except BadConfigError:
        # pytest itself refuses what cannot be read, and names the line.
        return TrustedPytest()


def _folders_of(view: GitView, tree: str) -> set[str]:
    paths = [entry.path for entry in view.list_tree(tree)]
    return {path[:cut] for path in paths for cut, char in enumerate(path) if char == "/"}


def _told(what: str, keys: list[str]) -> ConfigurationChange:
    if not keys:
        return ConfigurationChange()
    note = f"{what}: {', '.join(keys)} changed; the base's counts here, the change {_LATER}"
    return ConfigurationChange(notes=(note,))


def _unreadable(what: str, trouble: str, broken: str) -> ConfigurationChange:
    if not trouble:
        return ConfigurationChange(broken=f"its own {what} cannot be used: {broken}")
    if broken:
        return ConfigurationChange()  # the base's fault, told where it is met
    note = f"{what}: the base's cannot be read ({trouble}); the branch mends it"
    return ConfigurationChange(notes=(note,))
