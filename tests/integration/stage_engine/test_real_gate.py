"""The engine with the real coverage gate: real test runs decide who merges."""

from dataclasses import replace

import pytest
from tests.engine_world import REPO, World

from stage_engine.developer import run_developer_job
from stage_engine.engine import Engine, advance_task
from stage_engine.qg import QG_CHECKS

APP = "def double(x):\n    return 2 * x\n"
TEST = "from app import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
MORE = "def half(x):\n    if x % 2:\n        return None\n    return x // 2\n"
MORE_TEST = "from more import half\n\n\ndef test_half():\n    assert half(4) == 2 and not half(3)\n"
# Knows nothing but what the order names.
DEVELOPER = f"""
grep -q '^### `more.py`: test in `tests/test_more.py`' "$ORCH_WORK_ORDER"
grep -q '^- `half`: lines 1-4$' "$ORCH_WORK_ORDER"
cat > tests/test_more.py <<'END'
{MORE_TEST}END
git add -A
git -c user.name=dev -c user.email=dev@example.invalid commit -qm tests
"""


@pytest.fixture
def engine(world: World) -> Engine:
    world.commit("main", {"app.py": APP, "tests/test_app.py": TEST, "conftest.py": ""})
    return replace(world.engine(), checks=QG_CHECKS)


def test_a_tested_branch_merges_and_founds_the_baseline(world: World, engine: Engine) -> None:
    world.feature("f1", {"more.py": MORE, "tests/test_more.py": MORE_TEST})
    task = world.submit(engine, "f1")
    assert advance_task(task.id, engine=engine).to_stage == "done"
    assert (world.holds("f1"), world.baseline()) == (True, 100.0)
    assert world.lease_holder(engine) is None


def test_an_untested_branch_comes_back_and_merges_when_a_developer_followed_its_order(
    world: World, engine: Engine
) -> None:
    world.feature("f1", {"more.py": MORE})
    script = world.folder / "developer.sh"
    script.write_text(DEVELOPER)
    world.set(COVERAGE_MIN_PERCENT="90", DEVELOPER_COMMAND=f"sh -e {script}")
    engine = replace(world.engine(), checks=QG_CHECKS)
    task = world.submit(engine, "f1")
    assert advance_task(task.id, engine=engine).waiting
    assert world.task(engine, task.id).developer_retries == 1
    run_developer_job(engine, world.take(engine))
    assert advance_task(task.id, engine=engine).to_stage == "done"
    assert world.baseline() == 100.0


def test_a_repository_out_of_scope_merges_without_a_measurement(world: World) -> None:
    world.set(COVERAGE_GATE_REPOS="another")
    engine = replace(world.engine(), checks=QG_CHECKS)
    world.feature("f1", {"more.py": MORE})
    assert advance_task(world.submit(engine, "f1").id, engine=engine).to_stage == "done"
    assert (world.baseline(), engine.store.shared.measurements(REPO, limit=1)) == (None, ())
