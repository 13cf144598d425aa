"""The inbox by pages: every message once, the newest first, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from loyalty import members, messages
from loyalty.clock import SetClock
from loyalty.db import transaction
from tests.faces.mobile_auth.test_auth_routes import bearer, sign_in

pytestmark = pytest.mark.usefixtures("program")


def say(tokens: dict[str, Any], clock: SetClock, number: int) -> str:
    with transaction() as session:
        return messages.put_in_inbox(
            session,
            member_id=members.find(session, tokens["member_id"]),
            kind="notice",
            title={},
            text={"en": f"Message {number}"},
            data={"number": number},
            now=clock.now() + timedelta(seconds=number),
        )


def test_pages_give_every_message_once_the_newest_first(client: FlaskClient, clock: SetClock) -> None:
    tokens = sign_in(client)
    said = [say(tokens, clock, number) for number in range(5)]
    found: list[str] = []
    cursor: str | None = None
    while True:
        query: dict[str, Any] = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
        page = client.get("/api/v1/messages", query_string=query, headers=bearer(tokens)).json
        assert page is not None
        found += [each["id"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == said[::-1]


def test_a_message_is_told_as_devices_hold_it(client: FlaskClient, clock: SetClock) -> None:
    tokens = sign_in(client)
    said = say(tokens, clock, 7)
    (item,) = client.get("/api/v1/messages", headers=bearer(tokens)).json["items"]  # type: ignore[index]
    assert item["id"] == said
    assert item["text"] == {"en": "Message 7"}
    assert item["data"] == {"number": 7}
    assert item["read_at"] is None


def test_nobody_reads_the_messages_of_another(client: FlaskClient, clock: SetClock) -> None:
    ann = sign_in(client)
    say(ann, clock, 1)
    bob = sign_in(client, address="bob@example.com")
    page = client.get("/api/v1/messages", headers=bearer(bob)).json
    assert page == {"items": [], "next": None}
