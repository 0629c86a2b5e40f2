"""Which files to raise first, and what kind of code they hold."""

from __future__ import annotations

from fractions import Fraction

import pytest

from coverage_gate.core.kinds import Kind, kind_of
from coverage_gate.core.opportunities import analysed, check_patterns
from coverage_gate.core.plan import PlanError
from coverage_gate.core.targets import Target
from coverage_gate.testing.values import covered, measurement

HEAD = measurement(
    covered(1, 10, path="src/shop/core.py"),
    covered(10, 40, path="src/shop/admin.py"),
    covered(79, 100, path="src/shop/large.py"),
    covered(9, 10, path="src/shop/good.py"),
    covered(0, 0, path="src/shop/__init__.py"),
    unlisted=("src/shop/idle.py",),
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("shop/management/commands/pay.py", "command"),
        ("src/shop/cli/main.py", "command"),
        ("shop/__main__.py", "command"),
        ("shop/admin.py", "admin"),
        ("shop/admin/orders.py", "admin"),
        ("src/shop/adapters/git.py", "adapter"),
        ("src/shop/mail_client.py", "adapter"),
        ("src/shop/price.py", "core"),
    ],
)
def test_a_path_tells_the_kind(path: str, name: str) -> None:
    kind = kind_of(path, ())
    assert kind.name == name
    assert kind.action


def test_kinds_of_the_project_come_first() -> None:
    own = Kind(pattern="*/admin.py", name="page", action="Look at it.")
    assert kind_of("shop/admin.py", (own,)) is own


def test_the_largest_gain_comes_first() -> None:
    found = analysed(HEAD, (), (), ())
    assert [(each.path.rpartition("/")[2], each.impact, each.need) for each in found.found] == [
        ("admin.py", Fraction(30), 22),
        ("large.py", Fraction(21), 1),
        ("core.py", Fraction(9), 7),
    ]
    assert (found.need, found.others, found.files) == (30, 0, 5)
    assert found.unmeasured == ("src/shop/idle.py",)


def test_priorities_choose() -> None:
    target = Target(pattern="**", least=Fraction(1))
    found = analysed(HEAD, (target,), ("core.py", "*/good.py"), ())
    assert [each.path for each in found.found] == ["src/shop/core.py", "src/shop/good.py"]
    assert (found.others, found.unmeasured) == (2, ())


def test_patterns_that_mean_nothing_are_named() -> None:
    check_patterns(HEAD, (), ("core.py", "idle.py"))
    with pytest.raises(PlanError, match=r"lib/\*\* means no file"):
        check_patterns(HEAD, (), ("lib/**",))
    with pytest.raises(PlanError, match="means no file"):
        check_patterns(HEAD, (Target(pattern="x.py", least=Fraction(1)),), ())
    with pytest.raises(PlanError, match="holds a statement"):
        check_patterns(measurement(), (), ())
