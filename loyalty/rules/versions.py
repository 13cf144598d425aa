"""Versions of the program: draft, review by another person, schedule; apply at once; take an older one back.

Every writer holds the table's lock, so one transaction at a time decides. Which version is in force at an instant is
decided by ``live_from`` alone; late sales are computed by the version in force when they happened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from loyalty.actor import Actor
from loyalty.errors import Denied, Invalid
from loyalty.rules import fairness
from loyalty.rules.cache import program, timeline_changed
from loyalty.rules.check import normalized
from loyalty.rules.models import ProgramVersion
from loyalty.rules.version_queries import get_version, version_in_force
from loyalty.rules.version_refusals import (
    AlreadyInForce,
    LiveInThePast,
    NotADraft,
    NotApproved,
    NoticeTooShort,
    OwnApproval,
    PointsLifeShortened,
)
from loyalty.rules.view import program_of

NOTE_LIMIT: Final = 2000


def draft(
    session: Session,
    document: Any,
    *,
    actor: Actor,
    note: str = "",
    based_on: int | None = None,
    now: datetime,
) -> int:
    """Keep a document as a draft and return its version. Raise ProgramInvalid, PermissionDenied."""
    actor.require("program.edit")
    checked = normalized(document)
    version = ProgramVersion(
        program=checked["key"],
        status="draft",
        document=checked,
        sha256=fingerprint(checked),
        based_on=based_on,
        created_by=_name(actor),
        created_at=now,
        note=_note(note),
    )
    session.add(version)
    session.flush()
    return version.version


def approve(session: Session, version: int, *, actor: Actor, now: datetime) -> None:
    """Approve a draft that another person wrote. Raise NotADraft, OwnApproval, PermissionDenied, NoSuchVersion."""
    actor.require("program.apply")
    _lock(session)
    row = _draft(session, version)
    if actor.kind != "system" and row.created_by == _name(actor):
        raise OwnApproval(version=version)
    row.approved_by, row.approved_at = _name(actor), now
    session.flush()


def schedule(
    session: Session,
    version: int,
    *,
    actor: Actor,
    live_from: datetime | None = None,
    without_notice: str | None = None,
    now: datetime,
) -> None:
    """Put an approved draft into force at ``live_from``, now if it is None.

    ``without_notice`` is the reason for which what gets dearer needs no notice; it is kept. Raise NotADraft,
    NotApproved, LiveInThePast, PointsLifeShortened, NoticeTooShort, PermissionDenied, NoSuchVersion.
    """
    actor.require("program.apply")
    _lock(session)
    row = _draft(session, version)
    if row.approved_by is None:
        raise NotApproved(version=version)
    _put_into_force(session, row, live_from or now, without_notice, now)


def apply(
    session: Session,
    document: Any,
    *,
    actor: Actor,
    live_from: datetime | None = None,
    note: str = "",
    without_notice: str | None = None,
    now: datetime,
) -> int:
    """Check a document and put it into force at ``live_from`` (now if None) in one step; return its version.

    This is the road of the command line and of set-ups, without another person's review: only the system may take
    it. The document that is in force then already makes no new version: its number is returned. Raise ProgramInvalid,
    LiveInThePast, PointsLifeShortened, NoticeTooShort, Denied.
    """
    if actor.kind != "system":
        raise Denied("Only the command line puts a version into force without review.")
    _lock(session)
    checked = normalized(document)
    same = _same_in_force(session, checked, live_from or now)
    if same is not None:
        return same
    return _new(session, checked, actor, note, live_from or now, without_notice, now, based_on=None)


def rollback(
    session: Session,
    version: int,
    *,
    actor: Actor,
    live_from: datetime | None = None,
    note: str = "",
    without_notice: str | None = None,
    now: datetime,
) -> int:
    """Put the document of an older version back into force, as a new version; return its number.

    It was reviewed once, so ``program.apply`` is enough; fairness is checked as for any other. Raise as ``schedule``.
    """
    actor.require("program.apply")
    _lock(session)
    older = get_version(session, version)
    if older.approved_by is None:
        raise NotApproved(version=version)
    return _new(session, older.document, actor, note, live_from or now, without_notice, now, based_on=version)


def withdraw(session: Session, version: int, *, actor: Actor, now: datetime) -> None:
    """Make a scheduled version a draft again, before it comes into force. Raise AlreadyInForce, PermissionDenied."""
    actor.require("program.apply")
    _lock(session)
    row = get_version(session, version)
    if row.live_from is None:
        return
    if row.live_from <= now:
        raise AlreadyInForce(version=version)
    row.status, row.live_from = "draft", None
    session.flush()
    timeline_changed(session)


def refresh(session: Session, *, now: datetime) -> int:
    """Bring the words of ``status`` up to date: what began is live, what was live before it is superseded.

    Return how many versions changed. Which version is in force does not depend on it.
    """
    live = version_in_force(session, now)
    changes = (
        ("superseded", ProgramVersion.live_from <= now, ProgramVersion.version != live),
        ("scheduled", ProgramVersion.live_from > now),
        ("live", ProgramVersion.version == live),
    )
    changed = 0
    for status, *conditions in changes:
        stale = select(ProgramVersion).where(*conditions, ProgramVersion.status != status)
        for row in session.scalars(stale):
            row.status = status
            changed += 1
        session.flush()
    return changed


def fingerprint(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document, whatever the order of its keys."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _lock(session: Session) -> None:
    """Let one transaction at a time decide about versions; readers go on."""
    session.execute(text("LOCK TABLE program_version IN SHARE ROW EXCLUSIVE MODE"))


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.staff_id or actor.id}"


def _note(note: str) -> str:
    if len(note) > NOTE_LIMIT:
        raise Invalid(f"A note has at most {NOTE_LIMIT} characters.")
    return note


def _draft(session: Session, version: int) -> ProgramVersion:
    row = get_version(session, version)
    if row.status != "draft":
        raise NotADraft(version=version)
    return row


def _new(
    session: Session,
    document: Mapping[str, Any],
    actor: Actor,
    note: str,
    live_from: datetime,
    without_notice: str | None,
    now: datetime,
    *,
    based_on: int | None,
) -> int:
    row = ProgramVersion(
        program=document["key"],
        status="draft",
        document=dict(document),
        sha256=fingerprint(document),
        based_on=based_on,
        created_by=_name(actor),
        created_at=now,
        approved_by=_name(actor),
        approved_at=now,
        note=_note(note),
    )
    _put_into_force(session, row, live_from, without_notice, now)
    return row.version


def _put_into_force(
    session: Session, row: ProgramVersion, live_from: datetime, without_notice: str | None, now: datetime
) -> None:
    before = version_in_force(session, live_from)
    if live_from < now and version_in_force(session, now) is not None:
        raise LiveInThePast
    if before is not None:
        _check_fair(session, before, row, live_from, without_notice, now)
    row.live_from, row.status = live_from, "scheduled"
    session.add(row)  # a refusal above has used no number
    session.flush()
    refresh(session, now=now)
    timeline_changed(session)


def _check_fair(
    session: Session,
    before: int,
    row: ProgramVersion,
    live_from: datetime,
    without_notice: str | None,
    now: datetime,
) -> None:
    old, new = program(session, before), program_of(row.document, 0)
    shortened = fairness.shortens_life(old, new)
    if shortened:
        raise PointsLifeShortened(first=_said(shortened[0]), changes=[_said(each) for each in shortened])
    dearer = fairness.needs_notice(old, new)
    if not dearer or live_from >= now + fairness.notice(old):
        return
    if not without_notice or not without_notice.strip():
        earliest = (now + fairness.notice(old)).isoformat(timespec="seconds")
        raise NoticeTooShort(
            notice_days=old.settings.notice_days,
            first=_said(dearer[0]),
            changes=[_said(each) for each in dearer],
            earliest=earliest,
        )
    row.waived = _note(without_notice.strip())


def _said(change: fairness.Change) -> str:
    return f"{change.kind} {change.key} {change.detail}"


def _same_in_force(session: Session, document: Mapping[str, Any], at: datetime) -> int | None:
    """Return the version in force at an instant if it has this very document and nothing is scheduled after it."""
    latest = session.execute(
        select(ProgramVersion.version, ProgramVersion.sha256)
        .where(ProgramVersion.live_from.is_not(None))
        .order_by(ProgramVersion.live_from.desc(), ProgramVersion.version.desc())
        .limit(1)
    ).one_or_none()
    if latest is None or latest.sha256 != fingerprint(document):
        return None
    return latest.version if latest.version == version_in_force(session, at) else None
