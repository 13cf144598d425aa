"""How mail and text messages leave the house: an interface, SMTP, and the demo's mailbox."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from loyalty.messages import service

TIMEOUT_SECONDS: Final = 20


class Undeliverable(Exception):
    """The recipient or the message was refused for good: trying again has no sense."""


class TryLater(Exception):
    """Whoever carries it is busy: again after ``wait``, if they said when."""

    def __init__(self, detail: str, wait: timedelta | None) -> None:
        super().__init__(detail)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one address. ``id`` is the same at every attempt, so that a double can be recognized."""

    id: str
    to: str
    subject: str
    text: str
    html: str | None = None


class Carrier(Protocol):
    """Something that carries letters: raise ``Undeliverable`` for good, any other error to be asked again."""

    def send(self, letter: Letter, *, now: datetime) -> None:
        """Hand the letter over, or raise."""
        ...


class SmtpCarrier:
    """Sends mail through a server named by an URL.

    ``smtp://``, ``smtp+starttls://`` or ``smtps://user:pass@host``.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or "localhost"
        self._port = parts.port or {"smtp": 25, "smtp+starttls": 587, "smtps": 465}[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender

    def send(self, letter: Letter, *, now: datetime) -> None:
        """Send one mail over a connection of its own.

        Raise ``Undeliverable`` where the server says never (5xx).
        """
        message = self._compose(letter, now)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            if all(code >= 500 for code in codes):
                raise Undeliverable(f"the mail server refused the recipient ({codes[0]})") from refused
            raise
        except smtplib.SMTPResponseException as refused:
            # 535 and the like are our own configuration: those letters wait for it to be mended.
            if refused.smtp_code in (550, 551, 552, 553, 554):
                raise Undeliverable(f"the mail server refused the message ({refused.smtp_code})") from refused
            raise

    def _compose(self, letter: Letter, now: datetime) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(now)
        message["Message-ID"] = make_msgid(letter.id, "regulars.invalid")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        if letter.html is not None:
            message.add_alternative(letter.html, subtype="html")
        return message

    def _connect(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        if self._scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        if self._user:
            server.login(self._user, self._password)
        return server


class MailboxCarrier:
    """Shows letters in the demo's mailbox (``/dev/mailbox``) instead of sending them; never in production."""

    def __init__(self, channel: str, begin: Callable[[], AbstractContextManager[Session]]) -> None:
        self._channel = channel
        self._begin = begin

    def send(self, letter: Letter, *, now: datetime) -> None:
        """Keep the letter where a person trying the demo can read it."""
        with self._begin() as session:
            service.show_in_mailbox(
                session,
                channel=self._channel,
                recipient=letter.to,
                subject=letter.subject,
                text=letter.text,
                now=now,
            )


class NoCarrier:
    """Stands where an operator has not set up a way to send: letters wait, and say why."""

    def __init__(self, what_is_missing: str) -> None:
        self._missing = what_is_missing

    def send(self, letter: Letter, *, now: datetime) -> None:
        """Refuse, naming the setting that is missing."""
        raise RuntimeError(self._missing)
