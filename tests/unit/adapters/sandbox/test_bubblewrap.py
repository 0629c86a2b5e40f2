"""What is shown in a cage, as plans; `test_caged` builds them."""

from dataclasses import replace
from pathlib import Path

import pytest

from coverage_gate.adapters.sandbox.bubblewrap import Bind, Cell, arguments, binds_of, planned
from coverage_gate.ports import Premises


def cell(top: Path, premises: Premises, *, is_root: bool = False) -> Cell:
    return Cell(
        program=Path("/usr/bin/bwrap"),
        premises=premises,
        names=top / "names",
        cwd=top / "tree",
        room=4096,
        is_root=is_root,
    )


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path.resolve()
    for folder in ("tree/src", "work", "env/bin", "checkout/.venv"):
        (top / folder).mkdir(parents=True)
    (top / "tree/README").touch()
    return top


def shown(premises: Premises, top: Path) -> dict[str, tuple[str, bool]]:
    """Place → source and whether it may be written, relative to the top."""
    binds = planned(binds_of(cell(top, premises)))
    return {
        bind.place.relative_to(top).as_posix(): (
            bind.source.relative_to(top).as_posix(),
            bind.is_writable,
        )
        for bind in binds
    }


def test_what_is_writable_is_so_and_the_rest_is_not(top: Path) -> None:
    premises = Premises(writable=(top / "tree",), readable=(top / "env",))
    assert shown(premises, top) == {"tree": ("tree", True), "env": ("env", False)}


def test_a_tree_can_be_frozen(top: Path) -> None:
    frozen = replace(cell(top, Premises(writable=(top / "tree", top / "work"))), is_frozen=True)
    writable = {bind.place.name: bind.is_writable for bind in binds_of(frozen)}
    assert writable == {"tree": False, "work": True}


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/root", "/usr/bin", "/nowhere"], ids=lambda path: f"path {path}"
)
def test_what_is_too_wide_or_shown_or_missing_is_left_out(top: Path, path: str) -> None:
    assert shown(Premises(readable=(Path(path),)), top) == {}


def test_what_lies_in_a_shown_folder_is_shown_once(top: Path) -> None:
    assert shown(Premises(readable=(top / "env/bin", top / "env")), top) == {"env": ("env", False)}


def test_the_export_stands_in_the_place_of_the_checkout_beside_its_environment(top: Path) -> None:
    premises = Premises(
        writable=(top / "tree",),
        readable=(top / "checkout/.venv",),
        stand_ins=((top / "checkout", top / "tree"), (top / "gone", top / "tree")),
    )
    assert shown(premises, top) == {
        "tree": ("tree", True),
        "checkout/src": ("tree/src", False),
        "checkout/README": ("tree/README", False),
        "checkout/.venv": ("checkout/.venv", False),
    }
    assert not (top / "tree/.venv").exists()


def test_a_folder_is_opened_as_deep_as_needed(top: Path) -> None:
    (top / "tree/src/pkg").mkdir()
    inner = Bind(place=top / "at/src/info", source=top / "env")
    binds = [Bind(place=top / "at", source=top / "tree"), inner]
    places = [bind.place.relative_to(top).as_posix() for bind in planned(binds)]
    assert places == ["at/README", "at/src/pkg", "at/src/info"]


def test_a_link_on_the_way_is_made_inside(top: Path) -> None:
    (top / "alias").symlink_to("env")
    made = arguments(cell(top, Premises(readable=(top / "alias/bin", top / "tree"))))
    at = made.index(str(top / "alias"))
    assert made[at - 2 : at] == ["--symlink", "env"]


def test_a_link_inside_of_what_is_shown_is_there_already(top: Path) -> None:
    (top / "env/python").symlink_to("bin")
    made = arguments(cell(top, Premises(readable=(top / "env", top / "env/python"))))
    assert str(top / "env/python") not in made


def test_an_environment_that_is_a_link_in_the_checkout_is_found_beside_the_export(
    top: Path,
) -> None:
    (top / "checkout/venv").symlink_to("../env")
    premises = Premises(
        readable=(top / "checkout/venv/bin",), stand_ins=((top / "checkout", top / "tree"),)
    )
    made = arguments(cell(top, premises))
    at = made.index("../env")
    assert made[at - 1 : at + 2] == ["--symlink", "../env", str(top / "checkout/venv")]
    assert str(top / "checkout/README") in made


def test_root_needs_no_namespace_of_users_but_to_become_somebody(top: Path) -> None:
    as_root = arguments(cell(top, Premises(), is_root=True))
    as_user = arguments(cell(top, Premises()))
    assert "CAP_SETUID" in as_root
    assert "--unshare-user" not in as_root
    assert {"--unshare-user", "--disable-userns"} <= set(as_user)
    assert "CAP_SETUID" not in as_user


def test_the_network_can_be_left_open(top: Path) -> None:
    closed = cell(top, Premises())
    assert "--unshare-net" in arguments(closed)
    assert "--unshare-net" not in arguments(replace(closed, is_closed=False))


def test_what_is_emptied_is_in_memory(top: Path) -> None:
    made = arguments(cell(top, Premises(writable=(top / "work",), emptied=(top / "work",))))
    at = len(made) - made[::-1].index("--tmpfs")
    assert made[at - 5 : at + 1] == [
        "--perms",
        "1777",
        "--size",
        "4096",
        "--tmpfs",
        str(top / "work"),
    ]
