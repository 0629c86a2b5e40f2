"""Changes one source file in memory while the tests run, and runs only the tests that matter.

A script of its own, copied to a private folder and imported as `coverage_gate_mutant`: by the
runner, by pytest as a plugin, and by each child process through a `sitecustomize` beside it. The
files on disk stay as they are. What it writes is one mark: the changed code was handed out.
"""

# Names of files stay texts here, as the import system has them.
# ruff: noqa: PTH118, PTH119, PTH120

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from argparse import SUPPRESS
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

OPTION = "--coverage-gate-mutant"
_CUSTOM = "sitecustomize"


def read_mutant(path: str) -> dict[str, Any]:
    """What is to be changed, see `mutant_run.write_mutant`."""
    mutant: dict[str, Any] = json.loads(Path(path).read_text("ascii"))
    return mutant


def install(path: str) -> None:
    """Have the import system hand out the changed code, here and in children."""
    mutant = read_mutant(path)
    folder = os.path.dirname(path)
    known = os.environ.get("PYTHONPATH", "")  # noqa: TID251 - for children of the tests
    if folder not in known.split(os.pathsep):
        paths = [folder, *([known] if known else [])]
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)  # noqa: TID251 - as above
    if mutant["file"]:
        loader: Any = SourceFileLoader
        loader.get_code = changing(mutant, loader.get_code)


def changing(
    mutant: Mapping[str, Any], original: Callable[[Any, str], CodeType | None]
) -> Callable[[Any, str], CodeType | None]:
    """The loader's method that makes code: of the changed file from the changed bytes.

    A method of the class and not a finder, so that whoever asks a loader gets the same.
    """
    name, start, end = os.path.basename(mutant["file"]), mutant["start"], mutant["end"]

    def get_code(loader: Any, fullname: str) -> CodeType | None:  # noqa: ANN401 - any loader
        """The code of a module; of the changed one, while its bytes are those that were judged."""
        path = loader.get_filename(fullname)
        if os.path.basename(path) != name or os.path.realpath(path) != mutant["file"]:
            return original(loader, fullname)
        data = loader.get_data(path)
        if sha256(data).hexdigest() != mutant["digest"]:
            return original(loader, fullname)
        Path(mutant["mark"]).touch()
        changed = data[:start] + mutant["text"].encode() + data[end:]
        code: CodeType = loader.source_to_code(changed, path)
        return code

    return get_code


def in_child(custom: str) -> None:
    """In a process that the tests started: change there, too, then do what was hidden."""
    folder = os.path.dirname(custom)
    install(os.path.join(folder, "mutant.json"))
    sys.path[:] = [entry for entry in sys.path if entry != folder]
    sys.modules.pop(_CUSTOM, None)
    importlib.invalidate_caches()
    if importlib.util.find_spec(_CUSTOM) is not None:
        importlib.import_module(_CUSTOM)


# As a plugin of pytest


def pytest_addoption(parser: Any) -> None:  # noqa: ANN401 - pytest's, which children need not have
    """Take the path of the mutant."""
    parser.addoption(OPTION, help=SUPPRESS)


def pytest_ignore_collect(collection_path: Path, config: Any) -> bool | None:  # noqa: ANN401
    """Leave out the files that hold no test which matters."""
    tests = wanted_tests(config)
    if tests is None or not collection_path.is_file():
        return None
    try:
        name = collection_path.relative_to(config.rootpath).as_posix()
    except ValueError:
        return None
    files = {test.partition("::")[0] for test in tests}
    return None if name in files or name.endswith("conftest.py") else True


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:  # noqa: ANN401
    """Leave out the tests that do not matter."""
    tests = wanted_tests(config)
    if tests is not None:
        items[:] = kept_items(items, tests, sys.modules["coverage_gate_recorder"].short_id)


def kept_items(
    items: Sequence[Any], tests: frozenset[str], short_id: Callable[[str], str]
) -> list[Any]:
    """The items of these tests; all where there is none, since the change moved their names."""
    return [item for item in items if short_id(item.nodeid) in tests] or list(items)


def wanted_tests(config: Any) -> frozenset[str] | None:  # noqa: ANN401
    """The ids of the tests that matter; None: all do."""
    tests = read_mutant(config.getoption(OPTION))["tests"]
    return None if tests is None else frozenset(tests)
