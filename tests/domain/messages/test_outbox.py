"""The outbox: told with its cause or not at all, done at least once, parked when it has no sense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from loyalty import messages
from loyalty.db import Batch
from loyalty.messages import Note, policy
from loyalty.messages.models import OutboxRow

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def waiting(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(OutboxRow)) or 0


def test_what_was_told_is_taken_in_order_with_its_payload(session: Session) -> None:
    for number in range(3):
        messages.tell(session, "t", {"n": number}, member_id=7, now=NOW + timedelta(seconds=number))
    tasks = messages.claim(session, now=NOW + timedelta(seconds=5))
    assert [task.payload["n"] for task in tasks] == [0, 1, 2]
    assert {(task.topic, task.member_id, task.attempts) for task in tasks} == {("t", 7, 1)}
    messages.finish(session, tasks)
    assert waiting(session) == 0


def test_what_is_rolled_back_was_never_told(session: Session) -> None:
    savepoint = session.begin_nested()
    messages.tell(session, "t", {}, now=NOW)
    savepoint.rollback()
    assert messages.claim(session, now=NOW) == []


def test_several_notes_are_one_statement_and_in_a_batch_none_of_their_own(session: Session) -> None:
    batch = Batch()
    messages.tell_all(session, [Note("t", {"n": n}, 7) for n in range(20)], now=NOW, batch=batch)
    assert len(batch) == 1
    assert waiting(session) == 0
    batch.send(session)
    assert waiting(session) == 20


def test_nothing_to_tell_is_no_statement(session: Session) -> None:
    batch = Batch()
    messages.tell_all(session, [], now=NOW, batch=batch)
    assert len(batch) == 0


def test_what_is_told_for_later_waits(session: Session) -> None:
    messages.tell(session, "t", {}, now=NOW, due_at=NOW + timedelta(hours=1))
    assert messages.claim(session, now=NOW + timedelta(minutes=59)) == []
    assert len(messages.claim(session, now=NOW + timedelta(hours=1))) == 1


def test_a_task_taken_comes_back_when_its_worker_died(session: Session) -> None:
    messages.tell(session, "t", {}, now=NOW)
    assert len(messages.claim(session, now=NOW)) == 1
    assert messages.claim(session, now=NOW + policy.LEASE - timedelta(seconds=1)) == []
    (again,) = messages.claim(session, now=NOW + policy.LEASE)
    assert again.attempts == 2


def test_a_failed_task_waits_longer_each_time_and_is_parked_after_the_twelfth(session: Session) -> None:
    messages.tell(session, "t", {}, now=NOW)
    now, waits = NOW, []
    for _ in range(policy.ATTEMPTS):
        (task,) = messages.claim(session, now=now)
        verdict = messages.fail(session, task, "no answer", now=now)
        waits.append((verdict.due_at - now).total_seconds())
        now = verdict.due_at if not verdict.parked else now
    assert waits[:4] == [5, 10, 20, 40]
    assert max(waits[:-1]) <= 6 * 3600
    row = session.scalars(select(OutboxRow)).one()
    session.refresh(row)
    assert row.parked
    assert row.last_error == "no answer"
    assert messages.claim(session, now=now + timedelta(days=300)) == []
    assert messages.retry_parked(session, now=now, topic="other") == 0
    assert messages.retry_parked(session, now=now) == 1
    assert len(messages.claim(session, now=now)) == 1


def test_who_is_asked_to_wait_waits_so_long_and_never_shorter_than_otherwise() -> None:
    for asked, waits in ((timedelta(minutes=2), 120), (timedelta(0), 5), (None, 5)):
        verdict = policy.after_failure(1, now=NOW, wait=asked)
        assert ((verdict.due_at - NOW).total_seconds(), verdict.parked) == (waits, False)
    assert policy.after_failure(policy.ATTEMPTS, now=NOW, wait=timedelta(minutes=2)).parked


def test_what_can_never_arrive_is_parked_at_once(session: Session) -> None:
    messages.tell(session, "t", {}, now=NOW)
    (task,) = messages.claim(session, now=NOW)
    assert messages.fail(session, task, "no such address", now=NOW, permanent=True).parked


def test_old_parked_rows_are_purged_and_waiting_ones_never(session: Session) -> None:
    messages.tell(session, "t", {}, now=NOW)
    messages.tell(session, "parked", {}, now=NOW)
    for task in messages.claim(session, now=NOW):
        if task.topic == "parked":
            messages.fail(session, task, "never", now=NOW, permanent=True)
    later = NOW + policy.KEPT + timedelta(seconds=1)
    assert messages.purge(session, now=later) == 1
    assert waiting(session) == 1
