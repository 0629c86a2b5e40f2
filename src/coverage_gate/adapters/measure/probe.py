"""Tells what an interpreter is and what is installed for it, without running any of that.

A script of its own, started as `python -I -S probe.py ROOT …`. `.pth` files are read and not
executed, and no customisation runs: an editable install may lead to files of the branch.
Prints one JSON object.
"""

# Names of files stay texts here: pathlib would double the time that the script takes.
# ruff: noqa: PTH114, PTH117, PTH118, PTH120, PTH123, PTH208
# So do modules that most environments need no function of.
# ruff: noqa: PLC0415

from __future__ import annotations

import hashlib
import json
import os
import re
import site
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_INFO = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-py[0-9.]+)?\.(?:dist|egg)-info")
_NAME = re.compile(r"[A-Za-z_]\w*")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_READ = 4 * 1024 * 1024


def find_folders(site_module: Any) -> list[str]:  # noqa: ANN401 - or a stand-in for it
    """Put the folders of installed packages on the path. Returns the `.pth` files, in order."""
    found: list[str] = []

    def note(folder: str, name: str, *_: object) -> None:
        """In the place of reading a `.pth` file, which may run code."""
        found.append(os.path.join(folder, name))

    site_module.addpackage = note
    site_module.execsitecustomize = site_module.execusercustomize = lambda: None
    site_module.main()
    return found


def read(path: str) -> str:
    """The text of a file; empty where there is none. Never fails on its bytes."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(_READ)
    except OSError:
        return ""


def root_of(path: str, roots: list[str]) -> str | None:
    """The deepest of the roots that holds a path."""
    real = os.path.realpath(path)
    holding = [r for r in roots if real == r or real.startswith(os.path.join(r, ""))]
    return max(holding, key=len, default=None)


def pth_folders(pth: str) -> list[str]:
    """The folders that the lines of a `.pth` file put on the path."""
    lines = [line.rstrip() for line in read(pth).splitlines()]
    names = [line for line in lines if line and not line.startswith(("#", "import ", "import\t"))]
    return [os.path.join(os.path.dirname(pth), name) for name in names]


def finder_folders(pth: str, roots: list[str]) -> list[str]:
    """The folders that the finders which a `.pth` file imports take packages from.

    Build backends write such a finder as a module beside the `.pth` file, with names of packages
    and their places as constants.
    """
    lines = [line for line in read(pth).splitlines() if line.startswith(("import ", "import\t"))]
    folders = []
    for name in _NAME.findall(" ".join(lines)):
        texts = constants(read(os.path.join(os.path.dirname(pth), name + ".py")))
        places = [text for text in texts if os.path.isabs(text) and root_of(text, roots)]
        folders += [folder for place in places for folder in import_folder(place, texts)]
    return folders


def constants(source: str) -> list[str]:
    """All texts in a module."""
    if not source:
        return []  # as for most names in a `.pth` file, which are no modules beside it
    import ast

    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return []
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [node.value for node in nodes if isinstance(node.value, str)]


def import_folder(place: str, texts: list[str]) -> list[str]:
    """The folder from which the package at a place has one of the names; none where it has not."""
    stem = re.sub(r"([\\/]__init__)?\.py$", "", place)
    names = [text for text in texts if _DOTTED.fullmatch(text)]
    ends = [os.sep + name.replace(".", os.sep) for name in names]
    longest = max((end for end in ends if stem.endswith(end)), key=len, default="")
    return [stem[: -len(longest)]] if longest else []


def editable_roots(pths: list[str], roots: list[str]) -> list[str]:
    """Where editable installs lead to, relative to the root that holds it, in path order.

    What lies beside a `.pth` file is installed, even if that is in a root, as with `.venv`.
    """
    own = [os.path.realpath(os.path.dirname(pth)) for pth in pths]
    found = []
    for pth in pths:
        for folder in pth_folders(pth) + finder_folders(pth, roots):
            root = root_of(folder, roots)
            if root and not root_of(folder, own):
                found.append(os.path.relpath(os.path.realpath(folder), root))
    return list(dict.fromkeys(found))


def distributions(folders: list[str]) -> dict[str, tuple[str, str]]:
    """Normalised name → version and metadata folder, as the path finds them."""
    found: dict[str, tuple[str, str]] = {}
    for folder in folders:
        for entry in entries(folder):
            match = _INFO.fullmatch(entry)
            if match:
                name = re.sub(r"[-_.]+", "-", match["name"]).lower()
                found.setdefault(name, (match["version"], os.path.join(folder, entry)))
    return found


def entries(folder: str) -> list[str]:
    """The names in a folder, sorted; none where there is no such folder."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def identity_of(version: str, info: str, roots: list[str]) -> str:
    """What tells one state of an installed distribution from another.

    The version of a project that is installed from a root says nothing: its files come from the
    export. One that was installed from a URL may change without its version.
    """
    origin = read(os.path.join(info, "direct_url.json"))
    if not origin:
        return version
    try:
        url = str(json.loads(origin).get("url", ""))
    except (ValueError, AttributeError):
        url = ""
    return "of the project" if is_below(url, roots) else version + origin


def is_below(url: str, roots: list[str]) -> bool:
    """Whether a URL is that of a folder in one of the roots."""
    if not url.startswith("file://"):
        return False
    path = url[len("file://") :]
    if "%" in path:
        from urllib.parse import unquote

        path = unquote(path)
    return root_of(path, roots) is not None


def places(folders: list[str]) -> list[str]:
    """The folders that code is taken from: the interpreter's own, and others beside them."""
    own = list(dict.fromkeys([sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]))
    linked = [place for folder in folders for place in linked_places(folder)]
    kept = [place for place in (*folders, *linked) if os.path.isabs(place)]
    real = dict.fromkeys(map(os.path.realpath, kept))
    return [*own, *(place for place in real if not root_of(place, own))]


def linked_places(folder: str) -> list[str]:
    """Where packages in a folder are links to: installers may link them, or their files."""
    try:
        with os.scandir(folder) as all_there:
            there = sorted(all_there, key=lambda entry: entry.name)
    except OSError:
        return []
    found = []
    for entry in there:
        first = os.path.join(entry.path, "__init__.py")
        if entry.is_symlink():
            found.append(entry.path)
        elif "." not in entry.name and os.path.islink(first):
            found.append(os.path.dirname(os.path.realpath(first)))
    return found


def describe(roots: list[str], pths: list[str], path: list[str]) -> dict[str, Any]:
    """Everything that the gate asks."""
    roots = [os.path.realpath(root) for root in roots]
    extra = [folder for pth in pths for folder in pth_folders(pth) if not root_of(folder, roots)]
    found = distributions([*path, *extra])
    state = {name: identity_of(*facts, roots) for name, facts in found.items()}
    version = ".".join(map(str, sys.version_info[:3]))
    facts = [sys.implementation.name, sys.version, sys.platform, os.uname().machine, state]
    text = json.dumps(facts, sort_keys=True)
    return {
        "version": version,
        "minor": list(sys.version_info[:2]),
        "implementation": sys.implementation.name,
        "coverage": found.get("coverage", (None,))[0],
        "pytest": found.get("pytest", (None,))[0],
        "has_pytest_cov": "pytest-cov" in found,
        "has_xdist": "pytest-xdist" in found,
        "fingerprint": hashlib.sha256(text.encode()).hexdigest(),
        "editable_roots": editable_roots(pths, roots),
        "places": places([*path, *extra]),
    }


def main(roots: list[str]) -> None:
    """Print the description of this interpreter."""
    pths = find_folders(site)
    sys.stdout.write(json.dumps(describe(roots, pths, sys.path)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
