import pytest

from coverage_gate.core.counting import StaticFile
from coverage_gate.core.importing import importers


def file_of(path: str, *imports: str) -> StaticFile:
    return StaticFile(path=path, blob="b", is_listed=True, statements=2, imports=frozenset(imports))


@pytest.mark.parametrize(
    ("importer", "name", "path"),
    [
        ("src/shop/a.py", "lib.pay", "lib/pay.py"),
        ("src/shop/a.py", "pay", "lib/pay.py"),
        ("src/shop/a.py", "pay", "src/pay.pyw"),
        ("src/shop/a.py", "pay", "pay/__init__.py"),
        ("src/shop/a.py", ".pay", "src/shop/pay.py"),
        ("src/shop/a.py", ".", "src/shop/__init__.py"),
        ("src/shop/a.py", "..lib.pay", "src/lib/pay.py"),
        ("src/shop/a.py", "pay", "packages/core/pay.py"),
        ("a.py", ".pay", "pay.py"),
    ],
)
def test_a_name_is_a_file_of_the_tree(importer: str, name: str, path: str) -> None:
    found = importers([file_of(importer, name)], [file_of(path)], ["packages/core"])
    assert found == {path: importer}


@pytest.mark.parametrize(
    ("name", "path"), [("json", "tests/json.py"), (".pay", "pay.py"), ("pay", "src/shop/pay.py")]
)
def test_a_name_of_something_else_is_none(name: str, path: str) -> None:
    assert importers([file_of("src/shop/a.py", name)], [file_of(path)], []) == {}


def test_what_is_imported_imports_on_for_the_first_one() -> None:
    counted = [file_of("src/b.py", "lib.one"), file_of("src/a.py", "json")]
    aside = [file_of("lib/one.py", "lib.two"), file_of("lib/two.py", "lib.one"), file_of("x.py")]
    assert importers(counted, aside, []) == {"lib/one.py": "src/b.py", "lib/two.py": "src/b.py"}


def test_a_test_is_named_only_where_no_product_reaches_the_file() -> None:
    counted = [
        file_of("a/tests/test_it.py", "lib.two", "lib.three"),
        file_of("src/b.py", "lib.one"),
    ]
    aside = [file_of("lib/one.py", "lib.two"), file_of("lib/two.py"), file_of("lib/three.py")]
    assert importers(counted, aside, []) == {
        "lib/one.py": "src/b.py",
        "lib/two.py": "src/b.py",
        "lib/three.py": "a/tests/test_it.py",
    }


def test_what_the_product_reaches_by_way_of_a_test_that_counts_is_used_by_the_product() -> None:
    counted = [
        file_of("shop/conftest.py", "scripts.pay"),
        file_of("shop/tests/test_it.py", "shop.conftest", "scripts.other"),
        file_of("shop/sell.py", "shop.conftest"),
    ]
    aside = [file_of("scripts/pay.py"), file_of("scripts/other.py")]
    assert importers(counted, aside, []) == {
        "scripts/pay.py": "shop/sell.py",
        "scripts/other.py": "shop/tests/test_it.py",
    }
