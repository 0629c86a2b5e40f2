"""A report that was written is checked again; each value that is changed is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from jsonschema import Draft202012Validator
from tests.shop import COUPON, COUPON_TESTS, Shop, Told
from tests.unit.adapters.test_envelope import write_keys

from coverage_gate.adapters.envelope import STATEMENT_NAME, statement_text
from coverage_gate.adapters.render.report_reader import read_report
from coverage_gate.core.provenance import canonical, digest_of, statement_of
from coverage_gate.verifying import Finding, verify_files

Tell = Callable[..., Told]
_SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "schema" / "verify.schema.json").read_text()
)


class World:
    """A report with its statement, and what checks it."""

    def __init__(self, shop: Shop, tell: Tell, branch: str = "feature/tested") -> None:
        self.shop, self.tell, self.branch = shop, tell, branch
        told = tell("check", "--repo", str(shop.path), "--branch", branch, "--format", "json")
        self.report = Path(told.json["report"])
        self.statement = self.report.with_name(STATEMENT_NAME)

    def checked(self, *options: str) -> dict[str, str]:
        told = self.tell(
            "verify",
            str(self.report),
            "--repo",
            str(self.shop.path),
            "--format",
            "json",
            *options,
        )
        Draft202012Validator(_SCHEMA).validate(told.json)
        assert told.status == (0 if told.json["sound"] else 1)
        return {each["check"]: each["finding"] for each in told.json["checks"]}


@pytest.fixture
def world(founded: Shop, tell: Tell) -> World:
    return World(founded, tell)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """The place of each value that holds no others."""
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in pairs:
            yield from places_in(each, (*path, key))
    else:
        yield path


def flipped(value: Any, place: tuple[Any, ...]) -> Any:  # noqa: ANN401
    """The value with another one at a place."""
    copied = json.loads(json.dumps(value))
    inner = copied
    for key in place[:-1]:
        inner = inner[key]
    old = inner[place[-1]]
    inner[place[-1]] = not old if isinstance(old, bool) else f"{old}0"
    return copied


def is_found(world: World) -> bool:
    return any(check.finding is Finding.FAILED for check in verify_files(world.report))


def test_what_was_written_is_sound_and_written_the_same_again(world: World) -> None:
    first = world.statement.read_bytes()
    assert world.checked() == {
        "report": "ok",
        "statement": "ok",
        "signature": "skipped",
        "claims": "ok",
        "commit": "ok",
        "configuration": "ok",
        "store": "ok",
    }
    again = World(world.shop, world.tell)
    assert again.statement.read_bytes() == first
    told = world.tell("verify", str(world.report), "--repo", str(world.shop.path))
    assert "ok       store         it holds" in told.out


def test_each_value_of_the_statement_that_is_changed_is_found(world: World) -> None:
    whole = json.loads(world.statement.read_text())
    places = list(places_in(whole))
    assert not is_found(world)
    assert len(places) > 40
    for place in places:
        world.statement.write_bytes(canonical(flipped(whole, place)) + b"\n")
        assert is_found(world), place


def test_each_line_of_the_report_that_is_changed_is_found(world: World) -> None:
    text = world.report.read_text()
    lines = text.split("\n")
    for number, line in enumerate(lines):
        changed = [*lines[:number], f"{line}0", *lines[number + 1 :]]
        world.report.write_text("\n".join(changed))
        assert is_found(world), line


def test_who_changes_both_is_found_by_the_store_and_the_limits(world: World) -> None:
    assert world.checked("--floor", "99")["configuration"] == "failed"
    whole = json.loads(world.statement.read_text())
    counts = whole["predicate"]["coverageGate"]["counts"]
    covered, total = counts.split("/")
    better = f"{total}/{total}"
    text = world.report.read_text().replace(f"covered: {covered}\n", f"covered: {total}\n")
    whole["predicate"]["coverageGate"]["counts"] = better
    _bind(world, text, whole)
    found = world.checked()
    assert {name for name, each in found.items() if each == "failed"} == {"store"}


def _bind(world: World, text: str, whole: Any) -> None:  # noqa: ANN401
    """Make report and statement fit each other, as whoever can write to both may."""
    named = read_report(text).evidence
    assert named is not None
    text = text.replace(named, digest_of(whole["predicate"]))
    report = read_report(text)
    made = statement_of(
        whole["predicate"],
        commit=report.commit,
        tree=report.tree,
        report_name=world.report.name,
        report=text.encode(),
    )
    world.report.write_text(text)
    world.statement.write_text(statement_text(made, None))


def test_a_signature_is_checked_where_a_key_is_named(
    founded: Shop, tell: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = write_keys(tmp_path, ed25519.Ed25519PrivateKey.generate())
    other = write_keys(tmp_path, ed25519.Ed25519PrivateKey.generate(), "other")[1]
    plain = World(founded, tell)
    assert plain.checked("--key", str(public))["signature"] == "failed"
    monkeypatch.setenv("ORCH_SIGN_WITH", str(private))
    signed = World(founded, tell)
    assert signed.checked("--key", str(public))["signature"] == "ok"
    assert signed.checked("--key", str(other))["signature"] == "failed"
    assert signed.checked()["signature"] == "skipped"
    told = tell("verify", str(signed.report), "--repo", str(founded.path), "--key", "none.pub")
    assert (told.status, "cannot read the key" in told.err) == (2, True)
    private.chmod(0o644)
    told = tell("check", "--repo", str(founded.path), "--branch", "feature/tested")
    assert (told.status, "chmod 600" in told.err) == (4, True)


def test_what_is_missing_ends_the_checks(world: World) -> None:
    world.statement.unlink()
    assert is_found(world)
    assert world.checked() == {"statement": "failed"}
    world.report.unlink()
    assert world.checked() == {"report": "failed"}


def test_verdicts_without_a_measurement_or_a_commit_are_checked_as_far_as_they_go(
    founded: Shop, tell: Tell, tmp_path: Path
) -> None:
    founded.new_branch("clash-main", {"src/shop/price.py": "x = 1\n"})
    founded.new_branch("clash", {"src/shop/price.py": "y = 2\n"})
    base = ("--base", "clash-main")
    told = tell(
        "check", "--repo", str(founded.path), "--branch", "clash", *base, "--format", "json"
    )
    world = World(founded, tell, "no-such-branch")
    assert world.checked() == {
        "report": "ok",
        "statement": "ok",
        "signature": "skipped",
        "claims": "ok",
        "commit": "skipped",
        "configuration": "ok",
        "store": "skipped",
    }
    world.report = Path(told.json["report"])
    assert world.checked()["commit"] == "ok"
    empty = tmp_path / "empty"
    empty.mkdir()
    told = tell("verify", str(world.report), "--repo", str(empty), "--format", "json")
    assert {each["check"]: each["finding"] for each in told.json["checks"]}["commit"] == "failed"


def test_a_measurement_that_is_not_kept_is_told(world: World, tell: Tell, tmp_path: Path) -> None:
    assert world.checked("--db", str(tmp_path / "other.db"))["store"] == "failed"
    failing = World(world.shop, tell, "failing")
    assert failing.checked()["store"] == "skipped"
    broken = tmp_path / "broken.db"
    broken.write_text("no database")
    assert failing.checked("--db", str(broken))["store"] == "failed"


def test_a_branch_behind_its_base_is_checked_as_it_was_merged(founded: Shop, tell: Tell) -> None:
    founded.new_branch("late", {"notes.txt": "x\n"})
    sha = founded.new_branch("ahead", {"other.txt": "y\n"})
    founded.git.git("update-ref", "refs/heads/main", sha)
    world = World(founded, tell, "late")
    assert world.checked()["commit"] == "ok"
    text = world.report.read_text()
    whole = json.loads(world.statement.read_text())
    tree = founded.git.git("rev-parse", "docs^{tree}")
    old = next(each["digest"]["gitTree"] for each in whole["subject"] if each["name"] == "tree")
    _bind(world, text.replace(old, tree), whole)
    assert world.checked()["commit"] == "failed"


def test_a_statement_of_another_shape_is_found(world: World) -> None:
    text = world.report.read_text()
    _bind(world, text, {"predicate": {"configuration": [1, {"name": "base"}], "coverageGate": 1}})
    found = world.checked()
    assert (found["statement"], found["claims"], found["configuration"], found["store"]) == (
        "ok",
        "failed",
        "failed",
        "skipped",
    )


#: Tells whether a test finds the key by its path, its name in the environment or its bytes.
LOOK = """\
import os
from pathlib import Path


def test_look():
    key = Path({key!r})
    found = [each for each in os.environ.items() if {key!r} in each or "ORCH_SIGN_WITH" in each]
    assert (key.exists(), found) == ({seen}, [])
    near = [each for each in key.parent.glob("*") if each.is_file()]
    assert any(b"PRIVATE" in each.read_bytes()[:64] for each in near) == {seen}
"""


@pytest.mark.parametrize("place", ["keys", "repos/shop"])
@pytest.mark.parametrize(("level", "seen"), [("bubblewrap", False), ("plain", True)])
def test_the_tests_do_not_see_which_key_signs(
    founded: Shop,
    tell: Tell,
    monkeypatch: pytest.MonkeyPatch,
    *,
    place: str,
    level: str,
    seen: bool,
) -> None:
    """Neither while they are measured nor while mutants are tried; at plain they do, as is told."""
    folder = founded.top / place
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv("ORCH_SIGN_WITH", str(folder / "gate.pem"))
    monkeypatch.setenv("ORCH_SANDBOX", level)
    monkeypatch.setenv("ORCH_MUTATION_SAMPLES", "1")
    tests = {"tests/test_look.py": LOOK.format(key=str(folder / "gate.pem"), seen=seen)}
    tested = {"src/shop/coupon.py": COUPON, "tests/test_coupon.py": COUPON_TESTS}
    founded.new_branch("curious", {**tested, **tests})
    # Beside what is committed, as somebody makes it who follows the page.
    _, public = write_keys(folder, ed25519.Ed25519PrivateKey.generate())
    told = tell("check", "--repo", str(founded.path), "--branch", "curious", "--format", "json")
    assert (told.json["verdict"], told.json["failing_tests"]) == ("PASS", []), told.json["reason"]
    assert told.json["sandbox"] == level
    assert told.json["mutation"]["noticed"] == 1
    report = told.json["report"]
    assert tell("verify", report, "--repo", str(founded.path), "--key", str(public)).status == 0
