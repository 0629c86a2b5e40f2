"""Code that a branch hides, and the honest change that looks like it, in real runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.shop import Shop, Told

Tell = Callable[..., Told]

DARK = "def pay(x):\n    charge(x)\n    refund(x)\n    return x\n"

#: Files of the branch → path of what must be listed as hidden.
ATTACKS: dict[str, tuple[dict[str, str | None], str]] = {
    "a-comment": (
        {"src/shop/pay.py": DARK.replace(":", ":  # pragma: no cover", 1)},
        "src/shop/pay.py",
    ),
    "beside-the-scope": (
        {
            "lib/pay.py": DARK,
            "src/shop/using.py": "def use(x):\n    from lib.pay import pay\n    return pay(x)\n",
            "tests/test_use.py": "from shop.using import use\n\ndef test_use():\n    assert use\n",
        },
        "lib/pay.py",
    ),
    "no-package": ({"src/shop/area/pay.py": DARK}, "src/shop/area/pay.py"),
}

TWINS: dict[str, dict[str, str | None]] = {
    "types": {
        "src/shop/types.py": "import typing\n\nif typing.TYPE_CHECKING:\n    import shop\n",
        "tests/test_types.py": "import shop.types\n\ndef test_it():\n    assert shop.types\n",
    },
    "a-script": {"scripts/pay.py": DARK},
    "a-test-helper": {"tests/helping.py": DARK},
}


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_hidden_is_listed_and_fails(founded: Shop, tell: Tell, name: str) -> None:
    files, path = ATTACKS[name]
    founded.new_branch(name, files)
    told = tell("check", "--repo", str(founded.path), "--branch", name, "--format", "json")
    assert told.status == 1
    assert path in [hidden["path"] for hidden in told.json["hidden"]]
    assert told.json["judged_total"] > told.json["total"]


@pytest.mark.parametrize("name", TWINS)
def test_what_only_looks_like_it_merges(founded: Shop, tell: Tell, name: str) -> None:
    founded.new_branch(name, TWINS[name])
    told = tell("check", "--repo", str(founded.path), "--branch", name, "--format", "json")
    assert (told.status, told.json["hidden"]) == (0, []), told.json["reason"]
