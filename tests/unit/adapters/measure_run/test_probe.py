"""What the probe reads out of folders of installed packages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from coverage_gate.adapters.measure import probe

SETUPTOOLS = (
    "MAPPING: dict = {{'shop': '{0}/src/shop', 'ns.deep': '{0}/lib/ns/deep', 'one': '{0}/one'}}"
)
EDITABLES = "F.map_module('shop', '{0}/src/shop/__init__.py')\nF.map_module('one', '{0}/one.py')"


def pth(folder: Path, text: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "x.pth").write_text(text)
    return str(folder / "x.pth")


def roots_of(tmp_path: Path, text: str, **modules: str) -> list[str]:
    """What a `.pth` file beside these modules says about the checkout."""
    site = tmp_path / "site"
    site.mkdir()
    for name, source in modules.items():
        (site / f"{name}.py").write_text(source.format(tmp_path / "checkout"))
    path = pth(site, text.format(tmp_path / "checkout"))
    return probe.editable_roots([path], [str(tmp_path / "checkout")])


def describe(*dists: str, tmp_path: Path) -> dict[str, object]:
    """The description of an interpreter with these metadata folders."""
    for dist in dists:
        (tmp_path / dist).mkdir(parents=True)
    return probe.describe([], [], [str(tmp_path)])


def test_a_folder_in_a_pth_file_is_a_root(tmp_path: Path) -> None:
    assert roots_of(tmp_path, "# comment\n\n{0}/src\n{0}\n{0}/src\n/elsewhere\n") == ["src", "."]


def test_a_folder_relative_to_the_pth_file_is_a_root(tmp_path: Path) -> None:
    assert roots_of(tmp_path, "../checkout/src\n") == ["src"]


@pytest.mark.parametrize(
    ("source", "roots"), [(SETUPTOOLS, ["src", "lib", "."]), (EDITABLES, ["src", "."])]
)
def test_a_finder_tells_its_roots_by_the_names_of_its_packages(
    tmp_path: Path, source: str, roots: list[str]
) -> None:
    text = "import _editable_impl; _editable_impl.install()\n"
    assert roots_of(tmp_path, text, _editable_impl=source) == roots


@pytest.mark.parametrize(
    "source", ["MAPPING = {{'shop': '{0}/other'}}", "MAPPING = {{'shop': '/elsewhere/shop'}}", "("]
)
def test_a_finder_that_leads_nowhere_by_name_has_no_root(tmp_path: Path, source: str) -> None:
    assert roots_of(tmp_path, "import\tfinder\n", finder=source) == []


def test_packages_that_are_installed_inside_of_a_checkout_are_no_roots(tmp_path: Path) -> None:
    site = tmp_path / ".venv" / "site-packages"
    (site / "extra").mkdir(parents=True)
    assert probe.editable_roots([pth(site, "extra\n")], [str(tmp_path)]) == []


def test_a_worktree_inside_of_the_checkout_has_its_own_roots(tmp_path: Path) -> None:
    roots = [str(tmp_path), str(tmp_path / "trees" / "a")]
    path = pth(tmp_path / "site", f"{tmp_path}/trees/a/src\n")
    assert probe.editable_roots([path], roots) == ["src"]


def test_a_checkout_that_is_reached_by_a_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "real" / "src").mkdir(parents=True)
    (tmp_path / "way").symlink_to("real")
    path = pth(tmp_path / "site", f"{tmp_path}/way/src\n")
    assert probe.editable_roots([path], [str(tmp_path / "real")]) == ["src"]


def test_bytes_that_are_no_text_do_not_stop_the_probe(tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(b"\xff\xfe\nimport x\n")
    (tmp_path / "x.py").write_bytes(b"\xff\0")
    assert probe.editable_roots([str(tmp_path / "x.pth")], [str(tmp_path / "c")]) == []


def test_distributions_are_found_by_their_metadata(tmp_path: Path) -> None:
    said = describe(
        "coverage-7.9.1.dist-info", "pytest-9.0.dist-info", "Pytest_Cov-7.0.dist-info",
        "pytest_xdist-3.8.0-py3.11.egg-info", "shop.egg-info", "README", tmp_path=tmp_path,
    )  # fmt: skip
    assert (said["coverage"], said["pytest"]) == ("7.9.1", "9.0")
    assert (said["has_pytest_cov"], said["has_xdist"]) == (True, True)


def test_the_first_distribution_on_the_path_counts(tmp_path: Path) -> None:
    for folder, version in (("a", "7.1"), ("b", "7.2")):
        (tmp_path / folder / f"coverage-{version}.dist-info").mkdir(parents=True)
    path = [str(tmp_path / name) for name in ("none", "a", "b")]
    assert probe.describe([], [], path)["coverage"] == "7.1"


def test_a_distribution_behind_a_pth_file_is_found_unless_it_is_in_the_checkout(
    tmp_path: Path,
) -> None:
    for folder in ("shared", "checkout"):
        (tmp_path / folder / f"{folder}-1.dist-info").mkdir(parents=True)
    (tmp_path / "shared" / "coverage-7.1.dist-info").mkdir()
    (tmp_path / "checkout" / "pytest-9.dist-info").mkdir()
    path = pth(tmp_path, "shared\ncheckout\n")
    said = probe.describe([str(tmp_path / "checkout")], [path], [])
    assert (said["coverage"], said["pytest"]) == ("7.1", None)


def test_another_version_of_anything_is_another_fingerprint(tmp_path: Path) -> None:
    said = [
        describe(dist, tmp_path=tmp_path / str(number))["fingerprint"]
        for number, dist in enumerate(["a-1.dist-info", "a-2.dist-info", "a-1.dist-info"])
    ]
    assert said[0] == said[2]
    assert said[0] != said[1]


def test_another_commit_of_the_same_version_is_another_fingerprint(tmp_path: Path) -> None:
    info = tmp_path / "a-1.dist-info"
    info.mkdir()
    first = probe.describe([], [], [str(tmp_path)])["fingerprint"]
    (info / "direct_url.json").write_text('{"url": "https://x", "vcs_info": {"commit_id": "1"}}')
    assert probe.describe([], [], [str(tmp_path)])["fingerprint"] != first


@pytest.mark.parametrize("folder", ["checkout", "check out"])
def test_the_projects_own_version_does_not_count(tmp_path: Path, folder: str) -> None:
    said = []
    for version in "12":
        info = tmp_path / version / f"shop-{version}.dist-info"
        info.mkdir(parents=True)
        url = f"file://{tmp_path}/{folder}".replace(" ", "%20")
        (info / "direct_url.json").write_text(json.dumps({"url": url}))
        said.append(probe.describe([str(tmp_path / folder)], [], [str(tmp_path / version)]))
    assert said[0]["fingerprint"] == said[1]["fingerprint"]


@pytest.mark.parametrize("text", ["{", "[]", '{"url": 1}'])
def test_a_broken_origin_is_no_reason_to_stop(tmp_path: Path, text: str) -> None:
    info = tmp_path / "coverage-7.1.dist-info"
    info.mkdir()
    (info / "direct_url.json").write_text(text)
    assert probe.describe([], [], [str(tmp_path)])["coverage"] == "7.1"


def test_neither_pth_files_nor_customisation_are_executed() -> None:
    said: list[str] = []
    site = types.SimpleNamespace()

    def main() -> None:
        site.addpackage("/site", "a.pth", set())
        site.execsitecustomize()
        site.execusercustomize()
        said.append("main")

    site.main = main
    site.addpackage = site.execsitecustomize = site.execusercustomize = None
    assert probe.find_folders(site) == ["/site/a.pth"]
    assert said == ["main"]


def test_the_script_prints_one_object() -> None:
    done = subprocess.run(
        [sys.executable, str(probe.__file__), str(Path(__file__).parents[4])],
        check=True,
        capture_output=True,
        env=os.environ,
    )
    said = json.loads(done.stdout)
    assert (said["minor"], said["pytest"]) == (list(sys.version_info[:2]), pytest.__version__)
    assert said["editable_roots"] == ["src"]
    assert {sys.prefix, sys.base_prefix} <= set(said["places"])


def test_packages_that_are_links_have_their_places_elsewhere(tmp_path: Path) -> None:
    store, site = tmp_path / "store", tmp_path / "site"
    for folder in (store / "whole", store / "single", site / "single", site / "plain"):
        folder.mkdir(parents=True)
    (site / "whole").symlink_to(store / "whole")
    (store / "single/__init__.py").touch()
    (site / "single/__init__.py").symlink_to(store / "single/__init__.py")
    found = probe.places([str(site), str(tmp_path / "nowhere")])
    assert {str(store / "whole"), str(store / "single")} < set(found)
    assert str(site / "plain") not in found


def test_a_folder_that_only_a_pth_file_names_is_one_of_the_places(tmp_path: Path) -> None:
    other, own = str(tmp_path / "other"), str(Path(sys.prefix, "lib"))
    assert probe.places(["", own, other])[-1] == other
    assert own not in probe.places([own])
