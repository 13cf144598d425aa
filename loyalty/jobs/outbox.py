"""Delivering the outbox: take what is due, do it, forget it; or note the failure and when to try again."""

from __future__ import annotations

from datetime import timedelta

import structlog

from loyalty import messages
from loyalty.db import transaction
from loyalty.errors import Missing
from loyalty.jobs.topics import TOPICS
from loyalty.jobs.work import Work
from loyalty.messages import Task, TryLater, Undeliverable
from loyalty.messages.policy import LEASE

_log = structlog.get_logger("jobs")


def deliver(work: Work, *, limit: int = 20) -> int:
    """Do up to ``limit`` things that are due and return how many were taken.

    A failure of one is no other's.
    """
    with transaction() as session:
        tasks = messages.claim(session, now=work.now, limit=limit)
    started, done = work.now, list[Task]()
    for task in tasks:
        if work.now - started > LEASE / 2:
            break  # the rest is somebody else's when the lease ends
        topic = TOPICS.get(task.topic)
        if _run(work, task):
            done.append(task)
        if topic is not None and topic.speaks_outside:
            done = _forget(done)
    _forget(done)
    return len(tasks)


def _forget(done: list[Task]) -> list[Task]:
    if done:
        with transaction() as session:
            messages.finish(session, done)
    return []


def _run(work: Work, task: Task) -> bool:
    topic = TOPICS.get(task.topic)
    if topic is None:
        return _fail(work, task, f"nobody knows the topic {task.topic!r}", permanent=True)
    try:
        topic.run(work, task)
    except (Undeliverable, Missing) as error:
        return _fail(work, task, str(error), permanent=True)
    except TryLater as error:
        return _fail(work, task, str(error), permanent=False, wait=error.wait)
    except Exception as error:  # noqa: BLE001 - see below
        # Anything may go wrong in somebody else's network: it is noted, tried again, parked after the twelfth time.
        return _fail(work, task, f"{type(error).__name__}: {error}", permanent=False)
    return True


def _fail(work: Work, task: Task, reason: str, *, permanent: bool, wait: timedelta | None = None) -> bool:
    with transaction() as session:
        verdict = messages.fail(session, task, reason, now=work.now, permanent=permanent, wait=wait)
    # The reason stays in the database: it may name an address.
    _log.warning("outbox_failed", topic=task.topic, id=task.id, attempts=task.attempts, parked=verdict.parked)
    return False
