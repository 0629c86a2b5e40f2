"""Killed at any step of the edge and repeated, a task ends as if nothing had happened."""

from dataclasses import dataclass, replace

import pytest
from tests.engine_world import REPO, World

from stage_engine.engine import advance_task
from stage_engine.values import StepStatus


class KilledError(BaseException):
    """Stands in for a signal that nobody can catch."""


@dataclass(slots=True, kw_only=True)
class Deadly:
    """A progress that dies when the n-th step begins."""

    left: int

    def step(self, text: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise KilledError(text)

    def detail(self, text: str) -> None:
        del text


def test_a_kill_at_any_step_of_the_edge_changes_nothing_in_the_end(world: World) -> None:
    kills, ended, engine = 0, False, world.engine()
    while not ended:
        branch = f"f{kills}"
        world.feature(branch, {f"tests/test_{branch}.py": ""})
        task = world.at_stage(engine, world.submit(engine, branch), "deploy-staging")
        try:
            mortal = replace(engine, progress=Deadly(left=kills + 1))
            ended = advance_task(task.id, engine=mortal).to_stage == "done"
        except KilledError:
            kills += 1
            assert advance_task(task.id, engine=engine).to_stage == "done"
        assert world.holds(branch)
    assert kills == 13
    assert (world.lease_holder(engine), engine.store.shared.open_intents(REPO)) == (None, ())
    assert world.baseline() == 52 + kills


@pytest.mark.parametrize("left", [1, 5, 8])
def test_a_kill_around_a_failure_sends_back_once(world: World, left: int) -> None:
    world.untested("f1")
    engine = world.engine()
    task = world.at_stage(engine, world.submit(engine, "f1"), "deploy-staging")
    with pytest.raises(KilledError):
        advance_task(task.id, engine=replace(engine, progress=Deadly(left=left)))
    result = advance_task(task.id, engine=engine)
    back = world.task(engine, task.id)
    assert (result.waiting, back.stage, back.developer_retries) == (True, "development", 1)
    assert (len(world.jobs(engine)), len(world.messages(engine))) == (1, 5)
    statuses = {step.status for step in world.steps(engine, task.id)}
    assert StepStatus.RUNNING not in statuses
