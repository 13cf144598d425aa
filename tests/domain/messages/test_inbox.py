"""A member's inbox, and its place in the change feed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from loyalty import changes, ledger, messages

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def put(session: Session, member_id: int, **more: str) -> str:
    return messages.put_in_inbox(
        session, member_id=member_id, kind="notice", title={}, text={"en": "Hello"}, now=NOW, **more
    )


def test_read_stays_read_and_reading_twice_changes_nothing(session: Session) -> None:
    ledger.open_account(session, 1)
    first = put(session, 1)
    version = changes.head(session, 1).version
    messages.mark_read(session, member_id=1, message_id=first, now=NOW)
    messages.mark_read(session, member_id=1, message_id=first, now=NOW)
    (row,) = messages.inbox(session, 1)
    assert row.read_at == NOW
    assert changes.head(session, 1).version == version


def test_the_same_message_is_put_once(session: Session) -> None:
    ledger.open_account(session, 1)
    assert put(session, 1, message_id="m1") == put(session, 1, message_id="m1") == "m1"
    assert len(messages.inbox(session, 1)) == 1


def test_pages_go_on_where_the_last_one_ended(session: Session) -> None:
    ledger.open_account(session, 1)
    made = {put(session, 1) for _ in range(5)}
    first = messages.inbox(session, 1, limit=3)
    rest = messages.inbox(session, 1, before=first[-1].id, limit=3)
    assert {row.id for row in [*first, *rest]} == made


def test_anothers_message_is_missing(session: Session) -> None:
    ledger.open_account(session, 1)
    ledger.open_account(session, 2)
    message = put(session, 1)
    with pytest.raises(messages.MessageMissing):
        messages.mark_read(session, member_id=2, message_id=message, now=NOW)
