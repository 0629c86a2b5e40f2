"""Runs a test command under coverage.py, with the export in the place of the checkout.

A script of its own, run by the repository's interpreter from a private folder: it must not need
the gate's packages. Its one argument is a JSON file, see `workroom.write_spec`. When it starts,
nothing of the tree has run: its folder holds an empty `sitecustomize`, and comes first.

Order of `sys.path` while the tests run: the current folder, which `python -m` puts there; the
standard library; the export's folders that stand for what is installed in editable mode; `src`;
then what else the interpreter brings, without the checkout; last the folder of the gate's plugin.
So a `src/queue.py` hides no module of the standard library, as in any other run.
"""

# Names of files stay texts here: `sys.path` and `__file__` hold texts, any text.
# ruff: noqa: PTH100, PTH113, PTH118, PTH120

import importlib
import importlib.util
import json
import os
import site
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

#: Found where the interpreter has them, whatever files of this name the tree holds.
TOOLS = frozenset({"_pytest", "coverage", "pytest", "unittest"})

_MASK = 0o077
_CUSTOMISE = ("sitecustomize", "usercustomize")


class Checkout:
    """The places whose code must not be used, and what stands for them in the export."""

    def __init__(self, *, roots: Iterable[str], export: str, environment: Iterable[str]) -> None:
        # The deepest first: a worktree may lie in another one.
        self.roots = sorted(map(os.path.realpath, roots), key=len, reverse=True)
        self.export = os.path.realpath(export)
        self.kept = [self.export, *map(os.path.realpath, environment)]

    def holds(self, path: str) -> bool:
        """Whether a path leads into a checkout; its virtual environment is none of it."""
        real = os.path.realpath(path)
        return not any(_is_in(real, kept) for kept in self.kept) and any(
            _is_in(real, root) for root in self.roots
        )

    def exported(self, path: str) -> str:
        """The path that the export has for one of the checkout."""
        real = os.path.realpath(path)
        root = next(root for root in self.roots if _is_in(real, root))
        return os.path.normpath(os.path.join(self.export, os.path.relpath(real, root)))


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))


class Redirect:
    """Stands for the finder of an editable install, and finds the export's file instead.

    Anything else goes through, and it compares equal to what it stands for, to be removed as such.
    """

    def __init__(self, finder: Any, checkout: Checkout) -> None:  # noqa: ANN401 - any finder
        self.finder = finder
        self.checkout = checkout

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the finder finds, or the export's own; None for what only the checkout has."""
        spec: ModuleSpec | None = self.finder.find_spec(name, path, target)
        if spec is None:
            return None
        places = [spec.origin, *(spec.submodule_search_locations or ())]
        if not any(isinstance(place, str) and self.checkout.holds(place) for place in places):
            return spec
        file = self.checkout.exported(spec.origin) if spec.origin and spec.has_location else ""
        return importlib.util.spec_from_file_location(name, file) if os.path.isfile(file) else None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the finder has
        return getattr(self.finder, name)

    def __eq__(self, other: object) -> bool:
        return bool(self.finder == other)

    def __hash__(self) -> int:
        return hash(self.finder)


class ToolFinder:
    """Finds the tools outside of the tree, where a `pytest.py` of the tree would be in front."""

    def __init__(self, path: Sequence[str]) -> None:
        self.path = list(path)

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The spec of a tool; None for anything else and for a tool that only the tree has."""
        del path, target
        return PathFinder.find_spec(name, self.path) if name in TOOLS else None


def environment_folders() -> list[str]:
    """Where the interpreter has its own and the installed packages."""
    paths = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return [paths[name] for name in names] + site.getsitepackages()


def clean_path(path: Iterable[str], own: str, checkout: Checkout) -> tuple[list[str], list[str]]:
    """The entries that stay, and those that lead to the checkout and go. `own` goes as well."""
    entries = [entry for entry in path if os.path.realpath(entry) != os.path.realpath(own)]
    gone = [entry for entry in entries if leads_astray(entry, checkout)]
    return [entry for entry in entries if entry not in gone], gone


def leads_astray(entry: str, checkout: Checkout) -> bool:
    """Whether an entry of the path is in the checkout, or stands for packages that are."""
    if checkout.holds(entry):
        return True
    # setuptools puts an entry that is no folder there for namespace packages in editable mode.
    facts = (vars(module) for module in list(sys.modules.values()) if type(module) is ModuleType)
    finders = [fact for fact in facts if fact.get("PATH_PLACEHOLDER") == entry]
    return any(checkout.holds(place) for finder in finders for place in _led_to(finder))


def _led_to(finder: Mapping[str, Any]) -> list[str]:
    """The places that what setuptools generated for an editable install leads to."""
    spaces = (finder.get("NAMESPACES") or {}).values()
    return [*(finder.get("MAPPING") or {}).values(), *(place for many in spaces for place in many)]


def keep_metadata(gone: Iterable[str], folder: Path) -> list[str]:
    """Link the metadata that an old editable install keeps in the checkout to a private folder.

    Without it the project has no version and no entry points.

    Returns:
        The folder, to be put on the path; nothing where there is no such metadata.
    """
    found = [info for entry in gone for info in sorted(Path(entry).glob("*.egg-info"))]
    for info in found:
        folder.mkdir(exist_ok=True)
        link = folder / info.name
        if not link.is_symlink():
            link.symlink_to(info)
    return [str(folder)] if found else []


def take_place(spec: Mapping[str, Any], own: str) -> None:
    """Make the export importable in the place of the checkout, here and in children."""
    checkout = Checkout(
        roots=spec["roots"], export=spec["export"], environment=environment_folders()
    )
    installed, gone = clean_path(sys.path, own, checkout)
    sys.path[:] = installed
    customise()
    importlib.import_module("coverage.cmdline")
    sys.meta_path[:] = [_fenced(finder, checkout) for finder in sys.meta_path]
    sys.meta_path.insert(0, ToolFinder(installed))
    roots = spec["import_roots"]
    first = [] if spec["module"] else [os.path.dirname(os.path.realpath(spec["name"]))]
    metadata = keep_metadata(gone, Path(spec["metadata"]))
    own, others = roots[:1], roots[1:]
    library = [entry for entry in installed if is_library(entry)]
    path = [*first, *own, *library, *others, *installed, *metadata, spec["plugin"]]
    sys.path[:] = list(dict.fromkeys(path))
    children = [root for root in roots if not hides_library(root)]
    os.environ["PYTHONPATH"] = os.pathsep.join(children)  # noqa: TID251 - for children of the tests


def is_library(entry: str) -> bool:
    """Whether an entry of the path is the standard library's."""
    home = os.path.realpath(sysconfig.get_paths()["stdlib"])
    real = os.path.realpath(entry)
    packages = {"site-packages", "dist-packages"}
    version = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    inside = _is_in(real, home) and packages.isdisjoint(Path(real).parts)
    return inside or Path(real).name == version


def hides_library(folder: str) -> bool:
    """Whether a folder has modules that would hide the standard library's in a child process.

    There an entry of PYTHONPATH comes first.
    """
    names = {entry.name.partition(".")[0] for entry in Path(folder).iterdir()}
    return not names.isdisjoint(sys.stdlib_module_names - {"__main__"})


def _fenced(finder: Any, checkout: Checkout) -> Any:  # noqa: ANN401 - any finder
    # Classes are the import system's own: built-in, frozen, on the path.
    is_own = isinstance(finder, type) and finder.__module__.startswith(("_frozen", "importlib"))
    return finder if is_own or not hasattr(finder, "find_spec") else Redirect(finder, checkout)


def customise() -> None:
    """Run the environment's own customisation, which the empty modules beside this file hid."""
    for name in _CUSTOMISE:
        sys.modules.pop(name, None)
    site.execsitecustomize()
    if site.ENABLE_USER_SITE:
        site.execusercustomize()


def note_tracer(coverage_class: Any) -> list[str]:  # noqa: ANN401 - of any version
    """A list that gets the name of the first run's tracer; then nothing is changed any more."""
    names: list[str] = []
    start = coverage_class.start

    def noting(run: Any) -> None:  # noqa: ANN401
        """Start a run, for once with its tracer told: it has one only when it is started."""
        coverage_class.start = start
        start(run)
        names.append(run._collector.tracer_name())  # noqa: SLF001 - nothing public tells it

    coverage_class.start = noting
    return names


def exit_status(value: object) -> int:
    """What `sys.exit` makes of a value: None is 0, a text is shown and is 1."""
    if value is None:
        return 0
    if isinstance(value, int):
        return value & 0xFF
    sys.stderr.write(f"{value}\n")
    return 1


def command_line(spec: Mapping[str, Any]) -> list[str]:
    """The arguments of coverage.py."""
    what = ["-m", spec["name"]] if spec["module"] else [spec["name"]]
    return ["run", f"--rcfile={spec['rc']}", *what, *spec["args"]]


def run(
    spec: Mapping[str, Any],
    main: Callable[[list[str]], object],
    tracer: Sequence[str],
    *,
    process: int,
) -> int:
    """Run the command and, in this process, write down what became of it."""
    # Before the tests run: they may change the path, and the mode of files that are made.
    foreign_modules = importlib.import_module("coverage_gate_foreign").foreign_modules
    mask = os.umask(_MASK)
    os.umask(mask)
    status = exit_status(main(command_line(spec)))
    os.umask(mask)
    # A child that a test forked may come back to here.
    if os.getpid() == process:
        foreign = foreign_modules(
            sys.modules, export=spec["export"], roots=spec["import_roots"], scratch=spec["tmp"]
        )
        claims = {"exit": status, "tracer": "".join(tracer[:1]), "foreign": foreign}
        target = Path(spec["claims"])
        new = target.with_suffix(".new")
        new.write_text(json.dumps(claims), "ascii")
        new.replace(target)
    return status


def change(told: str | None) -> None:
    """Let code be changed in memory, as it is told in this file beside the module that does it."""
    if told:
        sys.path.append(os.path.dirname(told))
        importlib.import_module("coverage_gate_mutant").install(told)


def main(spec_path: str) -> int:
    """Run the specification in this file. Returns the exit status."""
    spec = json.loads(Path(spec_path).read_text("ascii"))
    take_place(spec, os.path.dirname(os.path.abspath(__file__)))
    change(spec.get("mutant"))
    coverage = importlib.import_module("coverage")
    tracer = note_tracer(coverage.Coverage)
    command = importlib.import_module("coverage.cmdline").main
    return run(spec, command, tracer, process=os.getpid())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
