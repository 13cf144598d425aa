"""The worker: every topic has a handler, every job has its turn, nothing takes the others with it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from loyalty import checkout, messages, wallet
from loyalty.db import transaction
from loyalty.jobs import outbox, schedule
from loyalty.jobs.models import JobRow
from loyalty.jobs.table import JOBS, Job
from loyalty.jobs.topics import TOPICS, Topic
from loyalty.jobs.work import Work
from loyalty.jobs.worker import Worker, run_once
from loyalty.messages.models import OutboxRow
from loyalty.wallet import AutoReloadSettings
from tests.conftest import Together
from tests.joined import Joined
from tests.paying import Counter, actor_of


def tell(counter: Counter, topic: str, payload: dict[str, Any], who: Joined | None = None) -> None:
    with transaction() as session:
        messages.tell(session, topic, payload, member_id=who.member_id if who else None, now=counter.now)


def rows() -> list[OutboxRow]:
    with transaction() as session:
        return session.query(OutboxRow).all()


def test_an_unknown_topic_is_parked(counter: Counter, work: Work) -> None:
    tell(counter, "nobody.knows", {})
    outbox.deliver(work)
    (row,) = rows()
    assert row.parked
    assert "nobody.knows" in str(row.last_error)


def test_one_failure_does_not_stop_the_others(
    counter: Counter, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    def run(_: Work, task: messages.Task) -> None:
        if task.payload["n"] == 1:
            raise ValueError("bad luck")
        done.append(task.payload["n"])

    monkeypatch.setattr("loyalty.jobs.outbox.TOPICS", {"t": Topic(run)})
    for number in range(3):
        tell(counter, "t", {"n": number})
    outbox.deliver(work)
    assert sorted(done) == [0, 2]
    (left,) = rows()
    assert left.last_error == "ValueError: bad luck"


def test_workers_side_by_side_do_everything_once(
    counter: Counter, work: Work, monkeypatch: pytest.MonkeyPatch, together: Together
) -> None:
    done: list[int] = []
    guard = threading.Lock()

    def run(_: Work, task: messages.Task) -> None:
        with guard:
            done.append(task.payload["n"])

    monkeypatch.setattr("loyalty.jobs.outbox.TOPICS", {"t": Topic(run, speaks_outside=True)})
    with transaction() as session:
        notes = [messages.Note("t", {"n": n}, n % 7 + 1) for n in range(200)]
        messages.tell_all(session, notes, now=counter.now)

    def one(_: int) -> None:
        with counter.app.app_context():
            while outbox.deliver(work, limit=7):
                pass

    together(one, 4)
    assert sorted(done) == list(range(200))
    assert rows() == []


def test_a_rules_notice_comes_into_the_inbox_once(counter: Counter, work: Work, ann: Joined) -> None:
    tell(counter, "rule.notify", {"rule": "r1", "text": {"en": "Well done", "fr": "Bravo"}}, ann)
    with transaction() as session:
        (task,) = messages.claim(session, now=counter.now)
    for _ in range(2):  # the worker died before it could say that it was done
        TOPICS[task.topic].run(work, task)
    with transaction() as session:
        (message,) = messages.inbox(session, ann.member_id)
    assert message.text == {"en": "Well done", "fr": "Bravo"}


def test_a_sale_that_empties_the_wallet_is_followed_by_auto_reload(
    counter: Counter, work: Work, ann: Joined
) -> None:
    card = checkout.keep_card(
        counter.desk, actor=actor_of(ann), reference=ann.public_id, method="test_success", key="k"
    )
    with transaction() as session:
        settings = AutoReloadSettings(True, 1_000, 2_000, card.id)
        wallet.set_auto_reload(
            session, member_id=ann.member_id, settings=settings, changed_at=None, now=counter.now
        )
    tell(counter, "sale.settled", {"sale": "s1", "version": 3}, ann)
    run_once(work)
    assert counter.wallet(ann) == 2_000


def test_where_no_cards_are_taken_a_sale_is_just_a_sale(counter: Counter, work: Work, ann: Joined) -> None:
    tell(counter, "sale.settled", {"sale": "s1", "version": 3}, ann)
    outbox.deliver(replace(work, settings=replace(work.settings, mode="production")))
    assert rows() == []


def test_every_job_runs_when_nothing_is_to_be_done(counter: Counter, work: Work) -> None:
    run_once(work)
    with transaction() as session:
        jobs = session.query(JobRow).all()
    assert {job.name for job in jobs} == {job.name for job in JOBS}
    assert [(job.name, job.last_error) for job in jobs if job.last_error] == []


def test_a_job_runs_once_in_its_interval_whoever_asks(
    counter: Counter, work: Work, together: Together
) -> None:
    ran: list[int] = []
    job = Job("test", timedelta(minutes=5), lambda _: ran.append(1) or 0)
    with transaction() as session:
        session.add(JobRow(name="test", due_at=counter.now))

    def one(_: int) -> None:
        with counter.app.app_context():
            schedule.run_due(work, [job])

    together(one, 4)
    assert len(ran) == 1
    counter.wait(minutes=4)
    schedule.run_due(work, [job])
    assert len(ran) == 1
    counter.wait(minutes=1)
    schedule.run_due(work, [job])
    assert len(ran) == 2


def test_a_job_that_fails_says_why_and_is_tried_again(counter: Counter, work: Work) -> None:
    def fail(_: Work) -> int:
        raise ValueError("bad luck")

    job = Job("test", timedelta(hours=6), fail)
    with transaction() as session:
        session.add(JobRow(name="test", due_at=counter.now))
    schedule.run_due(work, [job])
    with transaction() as session:
        row = session.get_one(JobRow, "test")
    assert (row.failures, row.last_error) == (1, "ValueError: bad luck")
    assert row.due_at <= counter.now + timedelta(minutes=10)


def test_a_job_whose_worker_died_is_run_by_another_when_the_lease_ends(counter: Counter, work: Work) -> None:
    ran: list[int] = []
    job = Job("test", timedelta(minutes=5), lambda _: ran.append(1) or 0)
    with transaction() as session:
        session.add(JobRow(name="test", due_at=counter.now, leased_until=counter.now + schedule.LEASE))
    schedule.run_due(work, [job])
    assert ran == []
    counter.wait(minutes=10)
    schedule.run_due(work, [job])
    assert ran == [1]


def test_the_worker_runs_in_threads_and_stops(counter: Counter, work: Work, ann: Joined) -> None:
    tell(counter, "mail", {"to": "ann@example.com", "subject": "Hi", "text": "Hi"})
    with Worker(counter.app, work):
        for _ in range(200):
            if not rows():
                break
            threading.Event().wait(0.05)
    assert rows() == []
    with transaction() as session:
        assert len(messages.mailbox(session)) == 1


def test_aging_takes_lapsed_points_of_members_who_do_not_come(
    counter: Counter, work: Work, ann: Joined
) -> None:
    counter.top_up(ann, 6_000)
    counter.wait(days=400)
    run_once(work)
    books = counter.books(ann)
    assert books.account.points_milli == 0
    assert counter.findings() == []


def test_the_test_providers_webhooks_are_not_posted_where_stripe_takes_cards(
    counter: Counter, work: Work
) -> None:
    from loyalty.jobs.table import test_card_events

    stripe = replace(work.settings, stripe_secret_key="sk_test_1", stripe_webhook_secret="whsec_1")
    assert test_card_events(replace(work, settings=stripe)) == 0
