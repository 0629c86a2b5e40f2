"""Environments in which the project is installed from a checkout with other code."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.integration.measure_run.bench import (
    PYTEST,
    XDIST,
    Bench,
    lines_of,
    make_environment,
    site_of,
    write_tree,
)

from coverage_gate.core.measurement import FailureCode

EXPORTED = {
    "src/shop/__init__.py": "WHERE = 'export'\n",
    "tests/test_where.py": "import shop\ndef test_where(): assert shop.WHERE == 'export'\n",
}
CHECKOUT = {"src/shop/__init__.py": "WHERE = 'checkout'\n", "src/shop/old.py": ""}

#: As setuptools writes it: a class that knows packages by name, behind the usual finders.
FINDER = """
import importlib.util, os, sys

MAPPING = {mapping!r}
NAMESPACES = {namespaces!r}
PATH_PLACEHOLDER = "__editable__.shop-1.finder.__path_hook__"

class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING:
            place = os.path.join(MAPPING[name], "__init__.py")
            return importlib.util.spec_from_file_location(name, place)

class Portions:
    def __init__(self, path):
        if path != PATH_PLACEHOLDER:
            raise ImportError

    def find_spec(self, name, target=None):
        if name in NAMESPACES:
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = list(NAMESPACES[name])
            return spec

def install():
    {install}
    sys.path_hooks.append(Portions)
    sys.path.append(PATH_PLACEHOLDER)
"""
LAST = "sys.meta_path.append(Finder)"
FIRST = "sys.meta_path.insert(0, Finder())"


@dataclass(frozen=True)
class Shop:
    """A bench whose environment can be changed, and a checkout."""

    bench: Bench
    checkout: Path

    @property
    def site(self) -> Path:
        return site_of(self.bench.python)

    def install(self, name: str, text: str) -> None:
        (self.site / name).write_text(text)

    def install_finder(
        self,
        mapping: Mapping[str, str],
        *,
        install: str = LAST,
        namespaces: Mapping[str, list[str]] | None = None,
    ) -> None:
        places = {name: str(self.checkout / place) for name, place in mapping.items()}
        spaces = {
            name: [str(self.checkout / place) for place in many]
            for name, many in (namespaces or {}).items()
        }
        text = FINDER.format(mapping=places, namespaces=spaces, install=install)
        self.install("__editable___shop_1_finder.py", text)
        line = "import __editable___shop_1_finder; __editable___shop_1_finder.install()\n"
        self.install("__editable__.shop-1.pth", line)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An environment of its own, and a checkout that the tests must not see."""
    checkout = write_tree(tmp_path / "checkout", CHECKOUT)
    python = make_environment(tmp_path / "environment")
    return Shop(Bench(top=tmp_path, python=python, roots=(checkout,)), checkout)


def test_a_folder_of_the_checkout_on_the_path_gives_way_to_the_export(shop: Shop) -> None:
    shop.install("shop.pth", f"{shop.checkout}/src\n")
    run = shop.bench.finished(EXPORTED)
    assert not run.tests.failed
    assert lines_of(run, shop.bench.export)["src/shop/__init__.py"] == [1]


@pytest.mark.parametrize("install", [LAST, FIRST])
def test_a_finder_of_an_editable_install_gives_way_to_the_export(shop: Shop, install: str) -> None:
    shop.install_finder({"shop": "src/shop"}, install=install)
    assert not shop.bench.finished(EXPORTED).tests.failed


def test_a_package_that_is_mapped_to_a_folder_of_another_name_is_the_exports(shop: Shop) -> None:
    shop.install_finder({"mall": "src/shop"})
    tests = "import mall\ndef test_where(): assert mall.WHERE == 'export'\n"
    run = shop.bench.finished(EXPORTED | {"tests/test_where.py": tests})
    assert not run.tests.failed
    assert lines_of(run, shop.bench.export)["src/shop/__init__.py"] == [1]


@pytest.mark.parametrize("is_finder", [True, False])
def test_a_package_that_the_branch_took_away_is_not_there(shop: Shop, *, is_finder: bool) -> None:
    write_tree(shop.checkout, {"src/gone/__init__.py": ""})
    if is_finder:
        shop.install_finder({"shop": "src/shop", "gone": "src/gone"})
    else:
        shop.install("shop.pth", f"{shop.checkout}/src\n")
    tests = (
        "import importlib, pytest\n"
        "def test_gone():\n"
        "    with pytest.raises(ImportError): importlib.import_module('gone')\n"
    )
    assert not shop.bench.finished(EXPORTED | {"tests/test_gone.py": tests}).tests.failed


def test_a_portion_of_a_namespace_in_the_checkout_is_not_there(shop: Shop) -> None:
    write_tree(shop.checkout, {"src/area/gone/__init__.py": ""})
    shop.install_finder({}, namespaces={"area": ["src/area"]})
    tests = (
        "import importlib, area.here, pytest\n"
        "def test_gone():\n"
        "    with pytest.raises(ImportError): importlib.import_module('area.gone')\n"
    )
    files = {"src/area/here/__init__.py": "", "tests/test_gone.py": tests}
    assert not shop.bench.finished(EXPORTED | files).tests.failed


def test_an_editable_install_of_another_project_stays(shop: Shop, tmp_path: Path) -> None:
    write_tree(tmp_path / "other", {"friend/__init__.py": "X = 1\n", "space/pal.py": ""})
    shop.install("friend.pth", f"{tmp_path}/other\n")
    shop.install_finder({"friend": "../other/friend"}, namespaces={"space": ["../other/space"]})
    tests = "import friend, space.pal\ndef test_friend(): assert friend.X\n"
    assert not shop.bench.finished(EXPORTED | {"tests/test_friend.py": tests}).tests.failed


def test_an_installed_copy_gives_way_to_the_export(shop: Shop) -> None:
    write_tree(shop.site, {"shop/__init__.py": "WHERE = 'site-packages'\n"})
    assert not shop.bench.finished(EXPORTED).tests.failed


def test_a_process_that_the_tests_start_sees_the_export(shop: Shop) -> None:
    shop.install_finder({"shop": "src/shop"})
    tests = (
        "import subprocess, sys\n"
        "def test_child():\n"
        "    code = 'import shop; print(shop.WHERE)'\n"
        "    done = subprocess.run([sys.executable, '-c', code], cwd='/', capture_output=True)\n"
        "    assert done.stdout == b'export\\n', done\n"
    )
    assert not shop.bench.finished(EXPORTED | {"tests/test_child.py": tests}).tests.failed


def test_metadata_in_the_checkout_stays_known(shop: Shop) -> None:
    info = {"PKG-INFO": "Metadata-Version: 2.1\nName: shop\nVersion: 4.2\n"}
    write_tree(shop.checkout / "src" / "shop.egg-info", info)
    shop.install("easy-install.pth", f"{shop.checkout}/src\n")
    tests = (
        "import importlib.metadata\n"
        "def test_version(): assert importlib.metadata.version('shop') == '4.2'\n"
    )
    assert not shop.bench.finished(EXPORTED | {"tests/test_version.py": tests}).tests.failed


def test_a_module_that_a_test_takes_from_the_checkout_is_named(shop: Shop) -> None:
    tests = (
        "import sys\n"
        f"sys.path.insert(0, {str(shop.checkout / 'src')!r})\n"
        "import shop\n"
        "def test_where(): pass\n"
    )
    failure = shop.bench.failed(EXPORTED | {"tests/test_where.py": tests})
    assert failure.code is FailureCode.FOREIGN_MODULE
    assert f"shop from {shop.checkout}/src/shop/__init__.py" in failure.message


def test_a_module_that_a_worker_of_xdist_takes_from_the_checkout_is_named(shop: Shop) -> None:
    python = make_environment(shop.bench.top / "xdist", PYTEST + XDIST)
    tests = (
        "import sys\n"
        f"sys.path.insert(0, {str(shop.checkout / 'src')!r})\n"
        "import shop\n"
        "def test_where(): pass\n"
    )
    bench = replace(shop.bench, python=python)
    failure = bench.failed(EXPORTED | {"tests/test_where.py": tests}, "pytest -n1")
    assert failure.code is FailureCode.FOREIGN_MODULE
    assert f"shop from {shop.checkout}/src/shop/__init__.py" in failure.message


def test_a_copy_that_a_test_makes_for_itself_is_not_foreign(shop: Shop) -> None:
    tests = (
        "import sys\n"
        "def test_copy(tmp_path, monkeypatch):\n"
        "    (tmp_path / 'shop.py').write_text('WHERE = 1')\n"
        "    monkeypatch.syspath_prepend(tmp_path)\n"
        "    import shop\n"
        "    assert shop.WHERE == 1\n"
    )
    assert not shop.bench.finished(EXPORTED | {"tests/test_where.py": tests}).tests.failed


def test_a_sitecustomize_of_the_checkout_does_not_run(shop: Shop) -> None:
    write_tree(shop.checkout, {"src/sitecustomize.py": "raise SystemExit('branch')\n"})
    shop.install("shop.pth", f"{shop.checkout}/src\n")
    assert not shop.bench.finished(EXPORTED).tests.failed


def test_the_sitecustomize_that_python_would_take_runs(shop: Shop) -> None:
    shop.install("sitecustomize.py", "import builtins; builtins.customised = 1\n")
    # Some systems have one of their own, which comes before that of any environment.
    ask = "import builtins; print(hasattr(builtins, 'customised'))"
    command = [str(shop.bench.python), "-c", ask]
    plain = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    tests = f"import builtins\ndef test_it(): assert hasattr(builtins, 'customised') is {plain}\n"
    assert not shop.bench.finished(EXPORTED | {"tests/test_where.py": tests}).tests.failed


def test_a_virtual_environment_inside_of_the_checkout_is_used(shop: Shop) -> None:
    python = make_environment(shop.checkout / ".venv")
    (site_of(python) / "shop.pth").write_text(f"{shop.checkout}/src\n")
    write_tree(site_of(python), {"friend.py": ""})
    tests = "import friend, shop\ndef test_where(): assert shop.WHERE == 'export'\n"
    bench = replace(shop.bench, python=python)
    assert not bench.finished(EXPORTED | {"tests/test_where.py": tests}).tests.failed


def test_the_path_of_the_tests_has_no_trace_of_the_checkout(shop: Shop) -> None:
    shop.install("shop.pth", f"{shop.checkout}/src\n")
    tests = (
        "import json, pathlib, sys\n"
        "def test_path(): pathlib.Path('path.json').write_text(json.dumps(sys.path))\n"
    )
    files = EXPORTED | {"tests/test_path.py": tests}
    shop.bench.finished(files, "pytest --import-mode=importlib")
    path = json.loads((shop.bench.export / "path.json").read_text())
    export = str(shop.bench.export)
    assert path[0] == export
    assert path.index(json.__file__.rpartition("/json/")[0]) < path.index(f"{export}/src")
    assert path.index(f"{export}/src") < path.index(str(site_of(shop.bench.python)))
    assert path[-1] == str(shop.bench.work / "plugin")
    assert not [entry for entry in path if "checkout" in entry or "boot" in entry]
