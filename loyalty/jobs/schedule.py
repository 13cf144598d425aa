"""Who runs which job when.

A row per job, taken by moving its lease, so that any number of workers run each once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert

from loyalty.db import transaction
from loyalty.jobs.models import JobRow
from loyalty.jobs.table import JOBS, Job
from loyalty.jobs.work import Work

LEASE: Final = timedelta(minutes=10)
_LONGEST_WAIT: Final = timedelta(minutes=10)
_log = structlog.get_logger("jobs")


def prepare(now: datetime) -> None:
    """Give every job of the table its row; new ones are due at once."""
    with transaction() as session:
        session.execute(
            insert(JobRow)
            .values([{"name": job.name, "due_at": now} for job in JOBS])
            .on_conflict_do_nothing(index_elements=["name"])
        )


def run_due(work: Work, jobs: Iterable[Job] = JOBS) -> int:
    """Run the jobs that are due and that nobody else is running; return how many ran."""
    with transaction() as session:
        due = set(session.scalars(select(JobRow.name).where(JobRow.due_at <= work.now)))
    ran = 0
    for job in jobs:
        if job.name in due and _take(job, work.now):
            _run(work, job)
            ran += 1
    return ran


def _take(job: Job, now: datetime) -> bool:
    with transaction() as session:
        taken = session.execute(
            update(JobRow)
            .where(
                JobRow.name == job.name,
                JobRow.due_at <= now,
                or_(JobRow.leased_until.is_(None), JobRow.leased_until <= now),
            )
            .values(leased_until=now + LEASE, started_at=now)
            .returning(JobRow.name)
        )
        return taken.first() is not None


def _run(work: Work, job: Job) -> None:
    done, error = 0, None
    try:
        done = job.run(work)
    except Exception as problem:  # noqa: BLE001 - see below
        # A job that fails must not take the others with it; it is tried again, and says why in its row.
        error = f"{type(problem).__name__}: {problem}"[:500]
        _log.exception("job_failed", job=job.name)
    _end(job, work.now, done, error)


def _end(job: Job, now: datetime, done: int, error: str | None) -> None:
    with transaction() as session:
        row = session.get_one(JobRow, job.name, with_for_update=True)
        row.leased_until = None
        row.ended_at = now
        row.done = done
        row.last_error = error
        row.failures = row.failures + 1 if error else 0
        wait = timedelta(0) if done and not error else job.every
        if error:
            wait = min(max(job.every, timedelta(seconds=5)) * 2 ** min(row.failures, 10), _LONGEST_WAIT)
        row.due_at = now + max(wait, min(job.every, timedelta(seconds=1)))
