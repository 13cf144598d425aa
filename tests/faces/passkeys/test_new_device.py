"""Signing in on a new device is told to the others: in the inbox, and by mail."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from loyalty import members
from loyalty.clock import SetClock
from loyalty.db import snapshot, transaction
from loyalty.jobs.work import work_of
from loyalty.jobs.worker import run_once
from loyalty.sync import documents
from tests.faces.mobile_auth.test_auth_routes import bearer, sign_in

pytestmark = pytest.mark.usefixtures("program")


def messages_of(member: str) -> list[dict[str, Any]]:
    with snapshot() as session:
        found = documents.load_all(session, members.find(session, member))
    return [each for name, each in found.items() if name.startswith("message/")]


def letters() -> list[dict[str, Any]]:
    with snapshot() as session:
        return list(session.scalars(text("SELECT payload FROM outbox WHERE topic = 'device_added'")))


def test_the_very_first_device_is_no_news(client: FlaskClient) -> None:
    ann = sign_in(client)
    assert (messages_of(ann["member_id"]), letters()) == ([], [])


def test_a_second_device_is_told_to_the_first_with_what_to_sign_out(
    client: FlaskClient, clock: SetClock
) -> None:
    phone = sign_in(client)
    clock.advance(minutes=9)
    laptop = sign_in(client, name="Ann's laptop", platform="web")
    (message,) = messages_of(phone["member_id"])
    assert message["kind"] == "device_added"
    assert message["title"] == {"en": "New device", "fr": "Nouvel appareil"}
    # Noon in UTC is seven in New York, where the program's café is.
    assert message["text"] == {
        "en": "Ann's laptop, 2 March 07:09. Not you? Sign it out.",
        "fr": "Ann's laptop, 2 mars 07:09. Ce n'était pas vous ? Déconnectez-le.",
    }
    assert message["data"] == {"device": laptop["device_id"], "name": "Ann's laptop", "platform": "web"}
    path = f"/api/v1/devices/{message['data']['device']}"
    assert client.delete(path, headers=bearer(phone)).status_code == 204
    assert client.get("/api/v1/me", headers=bearer(laptop)).json["code"] == "device_revoked"


def test_a_device_that_is_known_is_no_news(client: FlaskClient) -> None:
    phone = sign_in(client)
    sign_in(client, id=phone["device_id"])
    assert messages_of(phone["member_id"]) == []


def test_after_all_devices_were_signed_out_nobody_is_left_to_tell(client: FlaskClient) -> None:
    phone = sign_in(client)
    client.delete("/api/v1/auth/session", headers=bearer(phone))
    sign_in(client)
    assert messages_of(phone["member_id"]) == []


@pytest.mark.parametrize(
    ("locale", "subject", "says"),
    [
        ("en", "New device in your", "Ann's laptop signed in to your"),
        ("fr-CA", "Nouvel appareil sur votre compte", "Ann's laptop s'est connecté à votre compte"),
        ("de", "New device in your", "Ann's laptop signed in to your"),
    ],
)
def test_the_mail_is_in_the_members_language(
    app: Flask, client: FlaskClient, clock: SetClock, settings: Any, locale: str, subject: str, says: str
) -> None:
    phone = sign_in(client)
    client.patch("/api/v1/me", json={"locale": locale}, headers=bearer(phone))
    sign_in(client, name="Ann's laptop", platform="web")
    (letter,) = letters()
    assert (letter["kind"], letter["to"]) == ("email", "ann@example.com")
    run_once(work_of(settings, clock))
    with transaction() as session:
        statement = text("SELECT subject, text FROM demo_mailbox WHERE subject LIKE :subject")
        (mail,) = session.execute(statement, {"subject": f"{subject}%"}).all()
    assert says in mail.text
