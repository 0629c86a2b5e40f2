"""Waivers from their granting to their use by a merge, by the command line."""

from collections.abc import Callable

import pytest
from tests.shop import NAME, Shop, Told

Tell = Callable[..., Told]

INVOICE = "src/shop/invoice.py"
WHY = ("--category", "legacy", "--actor", "ana", "--reason", "the printer is gone soon")
WARNING = "coverage-gate: warning: "


def check(shop: Shop, tell: Tell, branch: str = "feature/untested") -> Told:
    flags = ("--policy", "absolute", "--reports", str(shop.reports), "--work-item", "ET-1")
    return tell("check", "--repo", str(shop.path), "--branch", branch, *flags, "--format", "json")


def grant(shop: Shop, tell: Tell, *flags: str) -> Told:
    return tell("waive", "--repo", str(shop.path), *flags)


def grant_invoice(shop: Shop, tell: Tell, lines: str = "1-4") -> Told:
    place = ("--branch", "feature/untested", "--path", INVOICE, "--lines", lines)
    return grant(shop, tell, *place, *WHY)


def test_waived_lines_merge_once_and_are_told_until_they_are_repaid(
    founded: Shop, tell: Tell
) -> None:
    assert check(founded, tell).status == 1
    granted = grant_invoice(founded, tell)
    assert granted.status == 0
    assert granted.out.startswith(
        f"granted #1 {INVOICE}:1-4: legacy, the printer is gone soon (ana"
    )
    allowed = check(founded, tell)
    assert (allowed.status, [each["state"] for each in allowed.json["waivers"]]) == (0, ["used"])
    assert "## Waivers, not repaid" in founded.report()
    assert [row.used_at for row in founded.store.waivers(NAME)] == [""]

    sha = founded.sha("feature/untested")
    founded.git.git("update-ref", "refs/heads/main", sha)
    place = ("--repo", str(founded.path), "--reports", str(founded.reports))
    assert tell("ratchet", *place, "--work-item", "ET-1", "--sha", sha).status == 1  # a lower value
    (row,) = founded.store.waivers(NAME)
    assert row.used_by == sha
    told = check(founded, tell)
    assert [each["state"] for each in told.json["waivers"]] == ["owed"]
    listed = tell("waive", "list", "--repo", str(founded.path))
    assert f"used by {sha[:12]}" in listed.out


def test_a_waiver_of_some_lines_is_none_of_the_others(founded: Shop, tell: Tell) -> None:
    # The other line is below the number from which the share decides: it is told, not excused.
    grant_invoice(founded, tell, "3-4")
    told = check(founded, tell)
    assert [each["state"] for each in told.json["waivers"]] == ["used"]
    assert told.json["patch"]["covered"] < told.json["patch"]["total"]


def test_waivers_are_listed_and_revoked(founded: Shop, tell: Tell) -> None:
    nothing = tell("waive", "list", "--repo", str(founded.path))
    assert nothing.out == "no waiver: nothing is allowed that the rules forbid\n"
    grant(founded, tell, "--test", "t.py::a", "--test", "t.py::b", *WHY, "--expires", "12h")
    value = tell("waive", "list", "--repo", str(founded.path), "--format", "json").json
    assert [each["tests"] for each in value["waivers"]] == [["t.py::a", "t.py::b"]]
    who = ("--actor", "bob", "--reason", "it is back")
    assert tell("waive", "revoke", "1", *who).out == "waiver 1 is revoked\n"
    again = tell("waive", "revoke", "1", *who)
    assert (again.status, again.out) == (1, "there is no waiver 1\n")
    assert founded.store.waivers(NAME) == ()


def test_a_test_that_nobody_has_seen_is_granted_with_a_warning(founded: Shop, tell: Tell) -> None:
    tests = ("tests/test_price.py::test_discont", "tests/test_price.py::test_shipping", "zoo")
    near = "tests/test_price.py::test_discount"
    told = grant(founded, tell, *(word for test in tests for word in ("--test", test)), *WHY)
    assert (told.status, told.out.startswith("granted #1 ")) == (0, True)
    assert told.err.splitlines() == [
        f"{WARNING}no stored measurement has a test {tests[0]}; did you mean {near}?",
        f"{WARNING}no stored measurement has a test zoo",
    ]


@pytest.mark.parametrize("base", ["main", "nowhere"])
def test_a_test_that_the_base_has_is_granted_without_a_word(
    founded: Shop, tell: Tell, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    """Also one that the branch, which is measured, has not any more."""
    monkeypatch.setenv("ORCH_COVERAGE_BASE", base)
    told = grant(founded, tell, "--test", "tests/test_price.py::test_shipping", *WHY)
    assert (told.status, told.err) == (0, "")


def test_where_nothing_is_measured_it_is_told_that_nobody_knows(founded: Shop, tell: Tell) -> None:
    flags = ("--db", str(founded.top / "empty.db"), "--test", "a.py::b", *WHY)
    told = grant(founded, tell, *flags)
    doubt = "no measurement tells which tests there are, so a.py::b may not exist"
    assert (told.status, told.err) == (0, f"{WARNING}{doubt}\n")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ((), "name --category"),
        (("--category", "legacy"), "name --category"),
        (("--category", "nonsense", "--test", "t.py::a"), "nonsense"),
        (("--path", "a.py", "--lines", "1", "--test", "t.py::a", *WHY), "or --test"),
        (("--path", "a.py", *WHY), "'' is no range of lines"),
        (("--path", "a.py", "--lines", "1", *WHY), "HEAD has no file a.py"),
        (("--path", "src/shop/price.py", "--lines", "1-99", *WHY), "the file has"),
        (("--test", "t.py::a", "--category", "legacy", "--actor", "ana"), "reason is empty"),
        (("--test", "t.py::a", *WHY, "--expires", "soon"), "'soon' is no time"),
    ],
)
def test_what_cannot_be_waived_is_a_usage_error(
    founded: Shop, tell: Tell, flags: tuple[str, ...], told: str
) -> None:
    answer = grant(founded, tell, *flags)
    assert answer.status == 2
    assert told in answer.err
    assert founded.store.waivers(NAME) == ()


@pytest.mark.usefixtures("founded")
def test_revoking_needs_a_reason(tell: Tell) -> None:
    answer = tell("waive", "revoke", "1", "--actor", "bob", "--reason", " ")
    assert (answer.status, "reason is empty" in answer.err) == (2, True)
