"""Mail leaves by SMTP; where nobody set that up, the demo shows it and production waits and says so."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import AsyncMessage

from loyalty import messages
from loyalty.db import transaction
from loyalty.jobs.outbox import deliver
from loyalty.jobs.work import Work, work_of
from loyalty.messages import SmtpCarrier
from loyalty.messages.models import OutboxRow
from tests.paying import Counter


class PostOffice(AsyncMessage):
    """A mail server that keeps what it gets and refuses whom the test says."""

    def __init__(self) -> None:
        super().__init__(message_class=EmailMessage)
        self.got: list[EmailMessage] = []
        self.refusals: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_message(self, message: Any) -> None:
        self.got.append(message_from_bytes(bytes(message), policy=default))


@pytest.fixture
def office() -> Iterator[tuple[PostOffice, str]]:
    """Return a post office and its URL."""
    handler = PostOffice()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


def mail(counter: Counter, to: str = "ann@example.com", **more: Any) -> None:
    payload = {"to": to, "subject": "Grüße\nBcc: everybody@example.com", "text": "Héllo ☕", **more}
    with transaction() as session:
        messages.tell(session, "mail", payload, now=counter.now)


def test_a_mail_is_sent_and_forgotten(counter: Counter, work: Work, office: tuple[PostOffice, str]) -> None:
    handler, url = office
    mail(counter, html="<p>Héllo ☕</p>")
    sending = replace(work, mail=SmtpCarrier(url, "Café <cafe@example.com>"))
    assert deliver(sending) == 1
    assert deliver(sending) == 0
    (got,) = handler.got
    assert got["To"] == "ann@example.com"
    assert got["From"] == "Café <cafe@example.com>"
    assert got["Subject"] == "Grüße Bcc: everybody@example.com"
    assert got["Bcc"] is None
    parts = [part.get_content().strip() for part in got.walk() if not part.is_multipart()]
    assert parts == ["Héllo ☕", "<p>Héllo ☕</p>"]


def test_a_refused_recipient_is_parked_and_a_busy_server_is_asked_again(
    counter: Counter, work: Work, office: tuple[PostOffice, str]
) -> None:
    handler, url = office
    handler.refusals = {"gone@example.com": "550 no such user", "later@example.com": "451 try later"}
    mail(counter, "gone@example.com")
    mail(counter, "later@example.com")
    sending = replace(work, mail=SmtpCarrier(url, "cafe@example.com"))
    deliver(sending)
    with transaction() as session:
        rows = {row.payload["to"]: row for row in session.query(OutboxRow)}
    assert rows["gone@example.com"].parked
    assert not rows["later@example.com"].parked
    handler.refusals = {}
    counter.wait(seconds=5)
    assert deliver(sending) == 1
    assert [got["To"] for got in handler.got] == ["later@example.com"]


def test_a_server_that_is_away_keeps_the_mail_waiting(counter: Counter, work: Work) -> None:
    mail(counter)
    away = replace(work, mail=SmtpCarrier("smtp://127.0.0.1:1", "cafe@example.com"))
    deliver(away)
    with transaction() as session:
        (row,) = session.query(OutboxRow)
    assert (row.parked, row.attempts) == (False, 1)
    assert "ConnectionRefusedError" in str(row.last_error)


def test_in_the_demo_mail_and_text_messages_are_shown(counter: Counter, work: Work) -> None:
    mail(counter)
    with transaction() as session:
        messages.tell(session, "sms", {"to": "+15550100", "text": "Hi"}, now=counter.now)
    deliver(work)
    shown = counter.app.test_client().get("/api/v1/dev/mailbox").json
    assert shown is not None
    assert {(each["channel"], each["to"]) for each in shown["items"]} == {
        ("mail", "ann@example.com"),
        ("sms", "+15550100"),
    }
    only = counter.app.test_client().get("/api/v1/dev/mailbox", query_string={"to": "+15550100"}).json
    assert only is not None
    assert [each["text"] for each in only["items"]] == ["Hi"]


def test_in_production_nothing_is_shown_and_the_mail_says_what_is_missing(counter: Counter) -> None:
    public = replace(counter.settings, mode="production")
    mail(counter)
    deliver(work_of(public, counter.clock))
    with transaction() as session:
        (row,) = session.query(OutboxRow)
        assert messages.mailbox(session) == []
    assert "REGULARS_SMTP_URL" in str(row.last_error)


@pytest.mark.parametrize(
    ("payload", "channel", "words"),
    [
        ({"kind": "email", "to": "a@example.com", "code": "123456", "locale": "fr-CA"}, "mail", "votre code"),
        ({"kind": "phone", "to": "+15550100", "code": "123456", "locale": "en"}, "sms", "is your code"),
        ({"kind": "phone", "to": "+15550100", "code": "123456", "locale": "tlh"}, "sms", "is your code"),
    ],
)
def test_a_sign_in_code_is_told_in_the_members_language(
    counter: Counter, work: Work, payload: dict[str, str], channel: str, words: str
) -> None:
    with transaction() as session:
        messages.tell(session, "sign_in_code", payload, now=counter.now)
    deliver(work)
    with transaction() as session:
        (shown,) = messages.mailbox(session)
    assert shown.channel == channel
    assert "123456" in shown.text
    assert words in shown.text
