"""Names project modules that were not loaded from the export.

A script of its own, standard library only: it runs in the process that runs the tests.
"""

# Names of files stay texts here: `sys.path` and `__file__` hold texts, any text.
# ruff: noqa: PTH113, PTH118, PTH208

import os
import sys
from collections.abc import Iterable, Mapping
from types import ModuleType

_MOST = 100
#: What these are in a process is not a matter of the path, even if the tree has such a file.
_NOBODYS = frozenset({"__main__", "__mp_main__", "sitecustomize", "usercustomize"})


def foreign_modules(
    modules: Mapping[str, object], *, export: str, roots: Iterable[str], scratch: str
) -> dict[str, str]:
    """The modules that the export has as a file, but that were loaded from another place.

    Files below `scratch` are the tests' own copies. Modules of the standard library were there
    before the export came on the path, as they would be in any run.

    Args:
        modules: As `sys.modules`.
        export: Folder of the exported tree.
        roots: Folders of the export that modules are imported from.
        scratch: The tests' folder for temporary files.

    Returns:
        Name → file, at most 100 of them, by name.
    """
    folders = list(roots)
    entries = {entry.partition(".")[0] for folder in folders for entry in _entries(folder)}
    own_tops = entries - sys.stdlib_module_names - _NOBODYS
    homes = (os.path.realpath(export), os.path.realpath(scratch))
    found = {}
    for name, module in sorted(modules.items()):
        if name.partition(".")[0] not in own_tops:
            continue
        file = _file_of(module)
        if file and not _is_below(file, homes) and _is_in(folders, name):
            found[name] = file
    return dict(list(found.items())[:_MOST])


def _entries(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _file_of(module: object) -> str | None:
    # Not by attribute: a lazy module would start to import something.
    if not issubclass(type(module), ModuleType):
        return None
    file = vars(module).get("__file__")
    return os.path.realpath(file) if isinstance(file, str) else None


def _is_below(file: str, folders: Iterable[str]) -> bool:
    return any(file.startswith(os.path.join(folder, "")) for folder in folders)


def _is_in(folders: Iterable[str], name: str) -> bool:
    path = name.replace(".", os.sep)
    return any(
        os.path.isfile(os.path.join(folder, f"{path}{end}"))
        for folder in folders
        for end in (".py", f"{os.sep}__init__.py")
    )
