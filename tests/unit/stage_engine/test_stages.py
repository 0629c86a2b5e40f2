"""The table of stages."""

from stage_engine.qg import QG_CHECKS
from stage_engine.stages import DEVELOPER, DONE, FIRST, STAGE_TRANSITIONS

STAGES = "created analysis architecture development review testing deploy-staging deploy done"


def test_the_stages_follow_each_other_from_created_to_done() -> None:
    stage: str | None = FIRST
    seen = []
    while stage is not None:
        seen.append(stage)
        stage = STAGE_TRANSITIONS[stage]["next"]
    assert seen == STAGES.split()


def test_the_table_is_a_plain_dict_of_plain_dicts() -> None:
    assert {type(STAGE_TRANSITIONS), *map(type, STAGE_TRANSITIONS.values())} == {dict}


def test_the_table_does_not_mention_the_coverage_gate() -> None:
    assert "coverage" not in repr(STAGE_TRANSITIONS)


def test_every_gate_of_the_table_is_in_the_registry() -> None:
    named = {transition["qg"] for transition in STAGE_TRANSITIONS.values()} - {None}
    assert named <= QG_CHECKS.keys()


def test_only_the_developer_works_in_a_stage() -> None:
    agents = {stage: row["agent"] for stage, row in STAGE_TRANSITIONS.items() if row["agent"]}
    assert agents == {"development": DEVELOPER}


def test_nothing_follows_done() -> None:
    assert STAGE_TRANSITIONS[DONE] == {"next": None, "qg": None, "agent": None}
