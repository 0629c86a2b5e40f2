"""Which modules count as the project's own from elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from coverage_gate.adapters.measure.foreign import foreign_modules


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    for name in ("src/shop/__init__.py", "src/shop/cart.py", "src/area/shop/a.py", "conf.py"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "json.py").touch()
    return folder


def module(name: str, file: object) -> ModuleType:
    made = ModuleType(name)
    made.__dict__["__file__"] = file
    return made


def foreign(export: Path, **files: object) -> dict[str, str]:
    """What is foreign among modules with these files; "__" in a name stands for a dot."""
    modules: dict[str, object] = {}
    for key, file in files.items():
        name = key.replace("__", ".")
        modules[name] = module(name, file) if type(file) in (str, type(None)) else file
    return foreign_modules(
        modules,
        export=str(export),
        roots=[str(export), str(export / "src"), str(export / "none")],
        scratch=str(export.parent / "tmp"),
    )


@pytest.mark.parametrize("name", ["shop", "shop__cart", "area__shop__a", "conf"])
def test_a_module_that_the_export_has_but_that_is_from_elsewhere_is_foreign(
    export: Path, name: str
) -> None:
    assert foreign(export, **{name: "/x/y.py"}) == {name.replace("__", "."): "/x/y.py"}


def test_modules_of_the_export_are_not_foreign(export: Path) -> None:
    assert (
        foreign(export, shop=str(export / "src/shop/__init__.py"), conf=str(export / "c.py")) == {}
    )


def test_a_copy_among_the_tests_temporary_files_is_not_foreign(export: Path) -> None:
    assert foreign(export, shop=str(export.parent / "tmp" / "shop.py")) == {}


def test_a_folder_whose_name_begins_like_the_exports_is_elsewhere(export: Path) -> None:
    file = str(export.parent / "export2" / "shop.py")
    assert foreign(export, shop=file) == {"shop": file}


def test_what_the_export_does_not_have_is_not_its_own(export: Path) -> None:
    assert foreign(export, area__other="/x/a.py", area="/x/__init__.py", six="/x/six.py") == {}


def test_a_file_with_a_name_of_the_standard_library_claims_nothing(export: Path) -> None:
    assert foreign(export, json="/usr/lib/json/__init__.py") == {}


@pytest.mark.parametrize("name", ["__main__", "sitecustomize"])
def test_what_every_process_has_of_its_own_is_not_foreign(export: Path, name: str) -> None:
    (export / f"{name}.py").touch()
    module_of_the_process = module(name, "/usr/lib/x.py")
    modules: dict[str, object] = {name: module_of_the_process}
    folder = str(export)
    assert foreign_modules(modules, export=folder, roots=[folder], scratch=folder) == {}


def test_a_link_out_of_the_export_is_elsewhere(export: Path, tmp_path: Path) -> None:
    (tmp_path / "real.py").touch()
    (export / "linked.py").symlink_to(tmp_path / "real.py")
    assert foreign(export, linked=str(export / "linked.py")) == {
        "linked": str(tmp_path / "real.py")
    }


class Lazy:
    """Imports something as soon as it is looked at."""

    def __getattribute__(self, name: str) -> object:
        raise ImportError(name)


def test_what_is_no_module_or_has_no_file_is_left_alone(export: Path) -> None:
    assert foreign(export, shop=Lazy(), conf=None, shop__cart=module("shop.cart", 5)) == {}


def test_at_most_a_hundred_are_told(export: Path) -> None:
    for number in range(120):
        (export / f"m{number}.py").touch()
    files: dict[str, object] = {f"m{number}": "/x/m.py" for number in range(120)}
    assert len(foreign(export, **files)) == 100
