"""Telling the world: what is said inside a transaction is done after its commit, or not at all.

``tell`` writes an outbox row with the change that caused it. Workers take rows that are due (``claim``), do
them outside of any transaction, and say how it went (``finish``, ``fail``). A worker that dies keeps its rows
only until the lease ends, so everything is done at least once; whoever does it makes twice harmless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, select, text, update
from sqlalchemy.orm import Session

from loyalty import changes, push
from loyalty.db import Batch
from loyalty.errors import Missing
from loyalty.ids import new_id
from loyalty.jsontext import dumps
from loyalty.messages import policy
from loyalty.messages.models import NOBODY, MailboxRow, MessageRow, OutboxRow
from loyalty.messages.policy import Verdict

_OUTBOX: Final = ("member_id", "id", "topic", "payload", "created_at", "due_at")


class MessageMissing(Missing):
    """The member's inbox has no such message."""

    code = "message_not_found"
    text = "There is no such message."


@dataclass(frozen=True, slots=True)
class Note:
    """Something to do after the commit. ``topic`` is a key of ``loyalty.jobs.table.TOPICS``."""

    topic: str
    payload: Mapping[str, Any]
    member_id: int | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """An outbox row that a worker has taken: nobody else gets it before the lease ends."""

    member_id: int | None
    id: str
    topic: str
    payload: dict[str, Any]
    created_at: datetime
    attempts: int


def tell(
    session: Session,
    topic: str,
    payload: Mapping[str, Any],
    *,
    member_id: int | None = None,
    now: datetime,
    due_at: datetime | None = None,
    batch: Batch | None = None,
) -> None:
    """Say something to be done after the commit, not before ``due_at``.

    With a ``batch`` it travels with that.
    """
    tell_all(session, [Note(topic, payload, member_id, due_at)], now=now, batch=batch)


def tell_all(session: Session, notes: Sequence[Note], *, now: datetime, batch: Batch | None = None) -> None:
    """Say several things with one statement.

    With a ``batch`` it is only queued there and costs no round trip.
    """
    if not notes:
        return
    own = batch if batch is not None else Batch()
    own.insert(
        "outbox",
        _OUTBOX,
        [
            (
                note.member_id or NOBODY,
                new_id(now),
                note.topic,
                dumps(dict(note.payload)),
                now,
                note.due_at or now,
            )
            for note in notes
        ],
    )
    if batch is None:
        own.send(session)


def claim(session: Session, *, now: datetime, limit: int = 50) -> list[Task]:
    """Take up to ``limit`` rows that are due, oldest first, for ``policy.LEASE``; rows others are taking are skipped.

    Commit at once, then do them: a lock is never held while the world is spoken to.
    """
    rows = session.execute(
        text(
            """
            UPDATE outbox AS o SET attempts = o.attempts + 1, due_at = :lease
            FROM (SELECT member_id, id FROM outbox WHERE due_at <= :now AND NOT parked
                  ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED) AS due
            WHERE o.member_id = due.member_id AND o.id = due.id
            RETURNING o.member_id, o.id, o.topic, o.payload, o.created_at, o.attempts
            """
        ),
        {"now": now, "lease": now + policy.LEASE, "limit": limit},
    ).all()
    tasks = [Task(row[0] or None, *row[1:]) for row in rows]
    return sorted(tasks, key=lambda task: (task.created_at, task.id))


def finish(session: Session, tasks: Sequence[Task]) -> None:
    """Forget the tasks that are done."""
    if tasks:
        statement = delete(OutboxRow).where(
            OutboxRow.member_id == bindparam("owner"), OutboxRow.id == bindparam("row")
        )
        session.connection().execute(
            statement, [{"owner": task.member_id or NOBODY, "row": task.id} for task in tasks]
        )


def fail(
    session: Session,
    task: Task,
    error: str,
    *,
    now: datetime,
    permanent: bool = False,
    wait: timedelta | None = None,
) -> Verdict:
    """Note that an attempt failed: it is tried again later, or parked where that has no more sense."""
    verdict = policy.after_failure(task.attempts, now=now, permanent=permanent, wait=wait)
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.member_id == (task.member_id or NOBODY), OutboxRow.id == task.id)
        .values(due_at=verdict.due_at, parked=verdict.parked, last_error=error[: policy.ERROR_LENGTH])
    )
    return verdict


def retry_parked(session: Session, *, now: datetime, topic: str | None = None) -> int:
    """Put parked rows (of one topic, or all) back into the queue with a fresh count; return how many."""
    statement = update(OutboxRow).where(OutboxRow.parked).values(parked=False, attempts=0, due_at=now)
    if topic is not None:
        statement = statement.where(OutboxRow.topic == topic)
    return session.connection().execute(statement).rowcount


def put_in_inbox(
    session: Session,
    *,
    member_id: int,
    kind: str,
    title: Mapping[str, str],
    text: Mapping[str, str],
    data: Mapping[str, Any] | None = None,
    message_id: str | None = None,
    now: datetime,
) -> str:
    """Put a message (texts by locale) into a member's inbox and return its id. Locks the member's account row.

    Devices that want to be told while the app is closed are told after the commit, if the member allows it.
    A ``message_id`` of the caller's makes saying it twice saying it once.
    """
    changes.lock(session, member_id)
    named = message_id or new_id(now)
    if message_id is not None and session.get(MessageRow, (member_id, message_id)) is not None:
        return message_id
    session.add(
        MessageRow(
            member_id=member_id,
            id=named,
            kind=kind,
            title=dict(title),
            text=dict(text),
            data=dict(data or {}),
            created_at=now,
        )
    )
    changes.mark(session, member_id, f"message/{named}", now=now)
    devices = push.subscribed_devices(session, member_id)
    pushes = [Note("push", {"message": named, "device": device}, member_id) for device in devices]
    tell_all(session, pushes, now=now)
    return named


def mark_read(session: Session, *, member_id: int, message_id: str, now: datetime) -> None:
    """Mark a message as read.

    Read stays read, and reading twice changes nothing. Raise ``MessageMissing``.
    """
    changes.lock(session, member_id)
    row = session.get(MessageRow, (member_id, message_id), populate_existing=True)
    if row is None:
        raise MessageMissing
    if row.read_at is None:
        row.read_at = now
        changes.mark(session, member_id, f"message/{message_id}", now=now)


def inbox(
    session: Session,
    member_id: int,
    *,
    before: str | None = None,
    ids: Sequence[str] | None = None,
    limit: int = 50,
) -> list[MessageRow]:
    """Return a page of a member's messages, newest first.

    Those before the id ``before``, or exactly ``ids``.
    """
    statement = select(MessageRow).where(MessageRow.member_id == member_id)
    if ids is not None:
        statement = statement.where(MessageRow.id.in_(ids))
    if before is not None:
        statement = statement.where(MessageRow.id < before)
    return list(session.scalars(statement.order_by(MessageRow.id.desc()).limit(limit)))


def show_in_mailbox(
    session: Session, *, channel: str, recipient: str, subject: str, text: str, now: datetime
) -> None:
    """Keep a mail (``mail``) or text message (``sms``) for the demo's mailbox instead of sending it."""
    session.add(
        MailboxRow(
            id=new_id(now), channel=channel, recipient=recipient, subject=subject, text=text, sent_at=now
        )
    )


def mailbox(session: Session, *, recipient: str | None = None, limit: int = 50) -> list[MailboxRow]:
    """Return what the demo would have sent, newest first."""
    statement = select(MailboxRow).order_by(MailboxRow.id.desc()).limit(limit)
    if recipient is not None:
        statement = statement.where(MailboxRow.recipient == recipient)
    return list(session.scalars(statement))


def purge(session: Session, *, now: datetime) -> int:
    """Delete parked rows and demo mail that are older than ``policy.KEPT``; return how many rows went."""
    until = now - policy.KEPT
    parked = session.connection().execute(
        delete(OutboxRow).where(OutboxRow.parked, OutboxRow.created_at < until)
    )
    shown = session.connection().execute(delete(MailboxRow).where(MailboxRow.sent_at < until))
    return parked.rowcount + shown.rowcount


def erase(session: Session, member_id: int) -> None:
    """Delete a member's inbox and everything still waiting to be told about them."""
    session.execute(delete(MessageRow).where(MessageRow.member_id == member_id))
    session.execute(delete(OutboxRow).where(OutboxRow.member_id == member_id))
