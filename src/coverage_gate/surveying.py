"""A whole repository as it is measured, with its texts, for who wants to raise its coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coverage_gate.core.measurement import MeasureFailure, Measurement
from coverage_gate.core.nearest import TestModule, is_test_module, read_tests
from coverage_gate.core.opportunities import check_patterns
from coverage_gate.core.plan import FileDone, Record, checked
from coverage_gate.core.planning import Material
from coverage_gate.core.reach import text_of
from coverage_gate.core.targets import Target
from coverage_gate.ports import Progress, TreeReader, TreeSource
from coverage_gate.procedure import SettingsReader, name_of, pyproject_at, source_of
from coverage_gate.settings import Settings
from coverage_gate.wiring import Workshop, no_repository, open_workshop

#: Bytes of source that are read, and of tests.
_SOURCE_BYTES, _TEST_BYTES, _TESTS = 64_000_000, 16_000_000, 4_000

#: Names the files whose text is wanted.
Wanted = Callable[[Measurement, Settings], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A measured tree with its texts.

    Attributes:
        measured: What ran.
        material: Texts and names.
        settings: The settings of the base.
    """

    measured: Measurement
    material: Material
    settings: Settings


def survey(
    read: SettingsReader,
    folder: Path,
    *,
    head: str,
    base: str,
    targets: Sequence[Target],
    wanted: Wanted,
    with_tests: bool = False,
    progress: Progress | None = None,
) -> Survey | MeasureFailure:
    """Measure a commit, or take what was measured before, and read some of its files.

    Args:
        read: Reads the settings.
        folder: The repository.
        head: The commit.
        base: Whose settings rule; empty: as the settings say.
        targets: In the place of those of the settings, where there are any: they decide whether
            branches are measured.
        wanted: Which texts are needed; may raise PlanError.
        with_tests: Whether the test modules are read, too.
        progress: Hears what is done.

    Raises:
        SettingsError, RepositoryError, StoreError: As they occur.
    """
    with open_workshop(repository=name_of(folder), folder=folder, progress=progress) as shop:
        if shop.view is None:
            raise no_repository(folder)
        settings = _aiming(read(pyproject_at(shop, base or read(None).base)), targets)
        source = source_of(shop, folder, head, base or settings.base)
        measured = shop.measurer(settings).measure(source)
        if isinstance(measured, MeasureFailure):
            return measured
        tree = source.tree or ""
        material = _read(shop.view, tree, wanted(measured, settings), with_tests=with_tests)
        return Survey(measured=measured, material=material, settings=settings)


def measured_paths(
    measured: Measurement, targets: Sequence[Target], priorities: Sequence[str]
) -> tuple[str, ...]:
    """All measured files. Raises PlanError where a pattern means none, or none is measured."""
    check_patterns(measured, targets, priorities)
    return tuple(file.path for file in measured.files)


def _aiming(settings: Settings, targets: Sequence[Target]) -> Settings:
    return settings.model_copy(update={"targets": tuple(targets)}) if targets else settings


def _read(reader: TreeReader, tree: str, wanted: Iterable[str], *, with_tests: bool) -> Material:
    paths = reader.paths(tree)
    texts = reader.read_small(tree, wanted, max_total=_SOURCE_BYTES)
    return Material(
        texts={path: text_of(content) for path, content in texts.items()},
        tests=_tests(reader, tree, paths) if with_tests else (),
        paths=frozenset(paths),
    )


def _tests(reader: TreeReader, tree: str, paths: Iterable[str]) -> tuple[TestModule, ...]:
    modules = [path for path in paths if is_test_module(path)][:_TESTS]
    read = reader.read_small(tree, modules, max_total=_TEST_BYTES)
    return read_tests({path: text_of(content) for path, content in read.items()})


def plan_progress(
    read: SettingsReader,
    folder: Path,
    record: Record,
    *,
    task: int | None = None,
    progress: Progress | None = None,
) -> tuple[list[FileDone], Measurement] | MeasureFailure:
    """What of a plan is done, in a work tree as it stands, whatever is committed.

    Args:
        read: Reads the settings.
        folder: The work tree.
        record: The plan.
        task: The one task that is asked about: then its test alone runs.
        progress: Hears what is done.

    Raises:
        PlanError: If the plan was made for other files, or has no such task.
        SettingsError, RepositoryError, StoreError: As they occur.
    """
    targets = tuple(dict.fromkeys(file.target for file in record.files))
    with open_workshop(repository=name_of(folder), folder=folder, progress=progress) as shop:
        settings = _aiming(read(pyproject_at(shop, "HEAD")), targets)
        test = promised_test(record, task)
        if test and settings.test_command[0].endswith("pytest"):
            settings = settings.model_copy(update={"test_command": ("pytest", test)})
        measured = _as_it_stands(shop, settings, folder)
    if isinstance(measured, MeasureFailure):
        return measured
    return checked(record, measured, task=task), measured


def promised_test(record: Record, task: int | None) -> str:
    """Id of the test of a task in a written plan; empty where there is no such task."""
    promises = (each for file in record.files for each in file.promises)
    return next((each.test for each in promises if each.number == task), "")


def _as_it_stands(shop: Workshop, settings: Settings, folder: Path) -> Measurement | MeasureFailure:
    label = "the folder as it stands"
    source = TreeSource(tree=None, config_tree=None, folder=folder, label=label)
    return shop.measurer(settings).measure(source)
