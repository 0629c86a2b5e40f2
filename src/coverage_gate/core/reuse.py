"""Which files of a tree decide what a run of its tests gives, where an operator assumes that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from enum import StrEnum

from coverage_gate.core.scope import TEST_FOLDERS


class Reuse(StrEnum):
    """Whose measurement a tree may take over."""

    TREE = "tree"  # the same tree's, which assumes nothing
    CODE = "code"  # that of a tree with the same source, tests and configuration


#: By their endings: what runs, what is built into it, and what configures.
_ENDINGS = (
    *(".py", ".pyw", ".pyi", ".pyx", ".pxd", ".pth", ".so", ".c", ".h", ".cc", ".cpp", ".rs"),
    *(".pyc", ".pyd", ".pxi", ".hpp", ".sh", ".zip", ".whl", ".egg"),
    *(".toml", ".cfg", ".ini", ".lock", ".coveragerc"),
)
#: By how their names begin.
_STARTS = ("requirements", "constraints", "pipfile", "makefile", "manifest.in", ".env")
#: Of folders that say which plugins there are.
_INSTALLED = (".egg-info", ".dist-info")
_EXECUTABLE = "100755"
_REGULAR = ("100644", _EXECUTABLE)


def digest_of_code(entries: Iterable[tuple[str, str, str]], folders: Sequence[str]) -> str:
    """One digest of the entries of a tree that decide a run.

    Args:
        entries: Path, mode and blob of each.
        folders: What is measured; all that lies in them decides, whatever it is called.
    """
    kept = [entry for entry in entries if decides(entry[0], entry[1], folders)]
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()


def decides(path: str, mode: str, folders: Sequence[str]) -> bool:
    """Whether an entry may decide what a run gives. In doubt it does.

    Left out are regular files outside of measured folders and of folders of tests, whose names say
    neither code nor configuration: documents, pictures, licences, workflow files. A program without
    an ending is code.
    """
    *above, name = path.split("/")
    if mode not in _REGULAR or any(_is_below(path, folder) for folder in folders):
        return True
    if any(folder in TEST_FOLDERS or folder.endswith(_INSTALLED) for folder in above):
        return True
    if mode == _EXECUTABLE and "." not in name:
        return True
    return name.lower().endswith(_ENDINGS) or name.lower().startswith(_STARTS)


def _is_below(path: str, folder: str) -> bool:
    return folder == "." or path.startswith(f"{folder}/")
