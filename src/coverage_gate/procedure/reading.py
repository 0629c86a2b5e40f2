"""The settings, and what of them rules: those of the base."""

from __future__ import annotations

from collections.abc import Callable

from coverage_gate.adapters.git.view import GitView
from coverage_gate.ports import RepositoryError
from coverage_gate.settings import Settings, SettingsError, load_settings
from coverage_gate.wiring import Workshop

#: Reads the settings again, now with the base's pyproject.toml.
SettingsReader = Callable[[bytes | None], Settings]


def read_settings(base_pyproject: bytes | None = None) -> Settings:
    """The settings as they are now. Raises SettingsError, which names each bad variable."""
    return load_settings(base_pyproject=base_pyproject)


def pyproject_at(shop: Workshop, ref: str) -> bytes | None:
    """The pyproject.toml of a commit; None where it has none, or there is no such commit."""
    return None if shop.view is None else _pyproject_of(shop.view, ref)


def ruling_settings(read: SettingsReader, view: GitView, *, base: str, head: str) -> Settings:
    """The settings with the base's table; without any where that is broken and the head mends it.

    Else nobody could mend it. What would land must be sound: a head from before the fault mends
    nothing. What its table says rules nothing, it is only read.
    """
    table = _pyproject_of(view, base)
    try:
        return read(table)
    except SettingsError as error:
        try:
            read(_landing_pyproject(view, base=base, head=head))
        except RepositoryError:
            raise error from None
        return read(None)


def _pyproject_of(view: GitView, ref: str) -> bytes | None:
    try:
        commit = view.resolve(ref)
    except RepositoryError:
        return None  # judging meets the same fault and turns it into a verdict
    return view.read_file(commit.tree, "pyproject.toml")


def _landing_pyproject(view: GitView, *, base: str, head: str) -> bytes | None:
    landing = view.landing(view.resolve(base), view.resolve(head))
    # What does not merge mends nothing.
    return view.read_file(landing.tree or landing.base.tree, "pyproject.toml")
