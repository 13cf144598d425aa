"""Mistakes that somebody could make, each put in on purpose: the machine must find every one of them.

``SERVER`` patches the server; ``CLIENT`` are settings of the model of the device.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import text

from loyalty import changes, edits
from loyalty.changes import service as feed
from loyalty.db import transaction
from loyalty.edits import policy as winning
from loyalty.preferences import consents
from loyalty.sync import documents, jobs, policy, queries, service
from tests.domain.sync.machine import server as model
from tests.domain.sync.machine.phone import Bugs

Patch = Callable[[pytest.MonkeyPatch], None]

CLIENT: Final[Mapping[str, Bugs]] = {
    "acknowledge by the last number": Bugs(ack_by_number=True),
    "clear the queue on reset": Bugs(clear_queue_on_reset=True),
    "apply a stale answer": Bugs(ignore_base=True),
    "drop from the queue before the pages are complete": Bugs(drop_results_early=True),
}


def _no_epoch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(jobs, "begin_epoch", lambda session, *, now: "")
    patch.setattr(model.sync, "begin_epoch", lambda session, *, now: "")


def _everybody(patch: pytest.MonkeyPatch, name: str, function: Any) -> None:
    """Put a decision of ``edits`` in the place of the right one, wherever it is called."""
    patch.setattr(winning, name, function)
    patch.setattr(edits, name, function)


def _clock_only(patch: pytest.MonkeyPatch) -> None:
    _everybody(patch, "saw", lambda edit, last: last is None)


def _plus_one_millisecond(patch: pytest.MonkeyPatch) -> None:
    def stamped(edit: edits.Edit, last: edits.Stamp | None, version: int) -> edits.Stamp:
        if last is None or edit.at > last.time:
            return edits.Stamp(version, edit.at, 0, edit.device)
        return edits.Stamp(version, last.time + timedelta(milliseconds=1), 0, edit.device)

    _everybody(patch, "stamped", stamped)


def _last_arrival_wins(patch: pytest.MonkeyPatch) -> None:
    _everybody(patch, "wins", lambda edit, last: True)


def _seen_of_any_epoch(patch: pytest.MonkeyPatch) -> None:
    right = policy.edit_of
    patch.setattr(
        policy, "edit_of", lambda mutation, **named: replace(right(mutation, **named), seen=mutation.seen)
    )


def _clock_beyond_now(patch: pytest.MonkeyPatch) -> None:
    right = policy.edit_of

    def edit_of(mutation: Any, **named: Any) -> edits.Edit:
        at = mutation.at + timedelta(milliseconds=named["offset_ms"])
        return replace(right(mutation, **named), at=at)

    patch.setattr(policy, "edit_of", edit_of)


def _uncorrected_clock(patch: pytest.MonkeyPatch) -> None:
    right = policy.edit_of
    patch.setattr(policy, "edit_of", lambda mutation, **named: right(mutation, **{**named, "offset_ms": 0}))


def _removal_wins(patch: pytest.MonkeyPatch) -> None:
    _everybody(patch, "unseen", lambda dots, edit: {})


def _giving_wins(patch: pytest.MonkeyPatch) -> None:
    class Generous:
        def __getattr__(self, name: str) -> Any:
            return (lambda dots, edit: {}) if name == "unseen" else getattr(edits, name)

    patch.setattr(consents, "edits", Generous())


def _torn_pull(patch: pytest.MonkeyPatch) -> None:
    # READ COMMITTED: every statement sees what was committed before it.
    patch.setattr(model, "snapshot", transaction)


def _documents_of_another_moment(patch: pytest.MonkeyPatch) -> None:
    right = documents.load

    def load(session: Any, member_id: int, entities: Any) -> Any:
        with transaction() as another:
            return right(another, member_id, entities)

    patch.setattr(documents, "load", load)


def _no_horizon(patch: pytest.MonkeyPatch) -> None:
    right = policy.needs_reset
    patch.setattr(policy, "needs_reset", lambda cursor, **named: right(cursor, **{**named, "horizon": 0}))


def _no_tombstones(patch: pytest.MonkeyPatch) -> None:
    right = feed.mark

    def mark(session: Any, member_id: int, *entities: str, now: Any, deleted: bool = False) -> int:
        return right(session, member_id, *(() if deleted else entities), now=now, deleted=deleted)

    patch.setattr(changes, "mark", mark)


def _uids_forgotten(patch: pytest.MonkeyPatch) -> None:
    right = queries.sent_before
    patch.setattr(queries, "sent_before", lambda *args: replace(right(*args), known={}))
    patch.setattr(policy, "check_numbers", lambda *args, **named: 0)
    patch.setattr(service, "_STORE_OUTCOMES", service._STORE_OUTCOMES + " ON CONFLICT DO NOTHING")


def _forks_unnoticed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(policy, "check_numbers", lambda *args, **named: 0)


def _revoked_served(patch: pytest.MonkeyPatch) -> None:
    right = queries._stand

    def stand(rows: Any, member_id: int) -> Any:
        found = right(rows, member_id)
        revoked = found is not None and found.device_status == "revoked"
        return replace(found, device_status="active") if revoked else found

    patch.setattr(queries, "_stand", stand)


def _future_cursor_trusted(patch: pytest.MonkeyPatch) -> None:
    """A restored server with the old epoch, and devices ahead of it."""
    right = policy.needs_reset
    patch.setattr(policy, "needs_reset", lambda cursor, **named: right(cursor, **{**named, "version": 2**60}))
    _no_epoch(patch)


def _answers_without_results(patch: pytest.MonkeyPatch) -> None:
    right = service._again
    patch.setattr(
        service, "_again", lambda mutation, known: replace(right(mutation, known), status="ok", code=None)
    )


def _plain_sequence(patch: pytest.MonkeyPatch) -> None:
    """Versions from a sequence, taken without the lock: a later number can be committed first."""
    with transaction() as session:
        session.execute(text("CREATE SEQUENCE IF NOT EXISTS version_of_members START 1000"))

    def version(session: Any, member_id: int) -> int:
        key = ("sequence", session.get_transaction(), session.get_nested_transaction())
        if key not in session.info:
            session.info[key] = session.execute(text("SELECT nextval('version_of_members')")).scalar_one()
        return session.info[key]

    newest = "greatest(a.version, (SELECT max(c.version) FROM change c WHERE c.member_id = a.member_id))"
    patch.setattr(queries, "_STAND", queries._STAND.replace("a.version,", f"{newest},", 1))

    def head(session: Any, member_id: int) -> feed.Head:
        found = f"SELECT a.member_id, {newest}, a.epoch FROM account a WHERE a.member_id = :id"
        return feed.Head(*session.execute(text(found), {"id": member_id}).one())

    patch.setattr(feed, "_version", version)
    for name in ("lock", "head"):
        patch.setattr(changes, name, head)


SERVER: Final[Mapping[str, Patch]] = {
    "no epoch": _no_epoch,
    "clock only": _clock_only,
    "plus one millisecond": _plus_one_millisecond,
    "last arrival wins": _last_arrival_wins,
    "seen of any epoch": _seen_of_any_epoch,
    "clock beyond now": _clock_beyond_now,
    "uncorrected clock": _uncorrected_clock,
    "removal wins": _removal_wins,
    "giving wins": _giving_wins,
    "torn pull": _torn_pull,
    "documents of another moment": _documents_of_another_moment,
    "no horizon": _no_horizon,
    "no tombstones": _no_tombstones,
    "uids forgotten": _uids_forgotten,
    "forks unnoticed": _forks_unnoticed,
    "revoked served": _revoked_served,
    "future cursor trusted": _future_cursor_trusted,
    "outcome made up when asked again": _answers_without_results,
    "plain sequence": _plain_sequence,
}


@contextmanager
def put_in(patch: pytest.MonkeyPatch, name: str) -> Iterator[Bugs]:
    """Put a mistake in; yield how the devices are to behave."""
    if name in SERVER:
        SERVER[name](patch)
    yield CLIENT.get(name, Bugs())
