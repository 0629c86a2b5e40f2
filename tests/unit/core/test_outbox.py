"""What is told as one, what is told again, and when it is tried again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from coverage_gate.core.outbox import (
    DIGEST,
    DIGEST_FROM,
    FAILURE,
    MOST_ATTEMPTS,
    NOTE,
    RECOVERY,
    STAGE_CHANGE,
    Message,
    fact,
    is_too_old,
    later,
    plain_plan,
    plan_for_people,
    read_message,
    retry_delay_s,
    told_by,
)
from coverage_gate.core.records import OutboxRow, OutboxState

AT = "2026-01-01T00:00:00Z"


def row(seq: int, kind: object = FAILURE, item: str = "S-1", **facts: object) -> OutboxRow:
    payload = {"kind": kind, "repo": "shop", "work_item": item, **facts}
    return OutboxRow(
        seq=seq,
        created_at=AT,
        topic="telegram",
        dedup_key=None,
        payload=json.dumps(payload),
        state=OutboxState.PENDING,
        attempts=seq,
        next_attempt_at=AT,
        last_error="",
    )


def failure(seq: int, reason: str = "low", item: str = "S-1", **facts: object) -> OutboxRow:
    return row(seq, item=item, check="gate", reason=reason, **facts)


def kinds(*messages: Message) -> list[tuple[str, tuple[int, ...]]]:
    return [(message.kind, message.seqs) for message in messages]


def test_a_message_says_what_its_row_says() -> None:
    message = read_message(failure(7))
    assert message == Message(
        kind=FAILURE,
        facts={"repo": "shop", "work_item": "S-1", "check": "gate", "reason": "low"},
        key=f"{AT}#7",
        seqs=(7,),
        attempts=7,
    )
    assert message.subject == ("shop", "S-1")


@pytest.mark.parametrize(
    "payload", ["", "5", "[]", "{}", '{"kind": 5}', "{", "[" * 99_999, '{"kind": "digest"}']
)
def test_a_row_that_says_nothing_is_broken_and_stops_no_other(payload: str) -> None:
    plan = plain_plan([replace(row(1), payload=payload), row(2)])
    assert plan.broken == (1,)
    assert kinds(*plan.messages) == [(FAILURE, (2,))]
    assert plan_for_people([replace(row(1), payload=payload)], {}).broken == (1,)


def test_a_fact_that_is_missing_is_empty() -> None:
    assert [fact({"a": 5, "b": None}, name) for name in "abc"] == ["5", "", ""]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_stage_change_is_told_with_the_failure_that_caused_it(order: tuple[int, int]) -> None:
    rows = [
        row(1, STAGE_CHANGE, old="deploy-staging", new="development", reason="low"),
        failure(2),
    ]
    plan = plan_for_people([rows[number - 1] for number in order], {})
    (message,) = plan.messages
    assert (message.kind, message.seqs, message.attempts) == (FAILURE, (1, 2), 2)
    assert message.facts["new"] == "development"
    assert message.key == f"{AT}#2"


def test_stage_changes_of_other_causes_and_subjects_are_told_by_themselves() -> None:
    rows = [
        failure(1),
        row(2, STAGE_CHANGE, reason="other"),
        row(3, STAGE_CHANGE, item="S-2", reason="low"),
        row(4, NOTE, message="hello", reason="low"),
    ]
    assert len(plan_for_people(rows, {}).messages) == 4


def test_a_failure_is_told_once_for_as_long_as_nothing_changes() -> None:
    told = told_by([failure(1)])
    again = plan_for_people([failure(2), failure(3)], told)
    assert (again.messages, again.repeated) == ((), (2, 3))


@pytest.mark.parametrize(
    "changed", [failure(2, "lower"), failure(2, parked=True), row(2, check="tests", reason="low")]
)
def test_a_failure_that_changed_is_told(changed: OutboxRow) -> None:
    assert len(plan_for_people([changed], told_by([failure(1)])).messages) == 1


def test_a_recovery_is_told_where_a_failure_was() -> None:
    recovery = row(2, RECOVERY, check="gate", reason="fine")
    assert len(plan_for_people([recovery], told_by([failure(1)])).messages) == 1
    assert plan_for_people([recovery], {}).repeated == (2,)
    assert plan_for_people([recovery], told_by([failure(1), recovery])).repeated == (2,)


def test_the_same_failure_is_told_again_after_a_recovery() -> None:
    recovery = row(2, RECOVERY, check="gate", reason="fine")
    told = told_by([failure(1), recovery, row(3, NOTE), replace(row(4), payload="")])
    assert len(plan_for_people([failure(5)], told).messages) == 1


def test_many_failures_are_one_message() -> None:
    rows = [failure(seq, item=f"S-{seq}") for seq in range(1, DIGEST_FROM + 1)]
    plan = plan_for_people([*rows, row(9, NOTE, message="hello")], {})
    assert kinds(*plan.messages) == [(DIGEST, (1, 2, 3, 4, 5)), (NOTE, (9,))]
    assert [each["work_item"] for each in plan.messages[0].facts["failures"]][:2] == ["S-1", "S-2"]


def test_fewer_failures_or_many_of_one_work_item_are_told_each() -> None:
    few = [failure(seq, item=f"S-{seq}") for seq in range(1, DIGEST_FROM)]
    assert len(plan_for_people(few, {}).messages) == DIGEST_FROM - 1
    same = [failure(seq, reason=str(seq)) for seq in range(1, 9)]
    assert len(plan_for_people(same, {}).messages) == 8


def test_the_waits_double_up_to_an_hour_and_bridge_three_hours() -> None:
    waits = [retry_delay_s(attempts) for attempts in range(1, MOST_ATTEMPTS)]
    assert waits[:4] == [10, 20, 40, 80]
    assert max(waits) == 3600
    assert sum(waits) > 3 * 3600
    assert retry_delay_s(0) == 10
    assert retry_delay_s(10_000) == 3600


def test_times_are_added_to_the_second() -> None:
    assert later("2026-12-31T23:59:50Z", 20.9) == "2027-01-01T00:00:10Z"


def test_a_message_is_too_old_after_a_day() -> None:
    assert not is_too_old(row(1), "2026-01-02T00:00:00Z")
    assert is_too_old(row(1), "2026-01-02T00:00:01Z")
