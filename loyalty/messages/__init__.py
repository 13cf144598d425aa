"""What is said to the world after a commit: the outbox, a member's inbox, mail and text messages."""

from loyalty.messages.gateway import Carrier, Letter, MailboxCarrier, NoCarrier, SmtpCarrier, Undeliverable
from loyalty.messages.models import MailboxRow, MessageRow
from loyalty.messages.policy import Verdict
from loyalty.messages.service import (
    MessageMissing,
    Note,
    Task,
    claim,
    erase,
    fail,
    finish,
    inbox,
    mailbox,
    mark_read,
    purge,
    put_in_inbox,
    retry_parked,
    show_in_mailbox,
    tell,
    tell_all,
)

__all__ = [
    "Carrier",
    "Letter",
    "MailboxCarrier",
    "MailboxRow",
    "MessageMissing",
    "MessageRow",
    "NoCarrier",
    "Note",
    "SmtpCarrier",
    "Task",
    "Undeliverable",
    "Verdict",
    "claim",
    "erase",
    "fail",
    "finish",
    "inbox",
    "mailbox",
    "mark_read",
    "purge",
    "put_in_inbox",
    "retry_parked",
    "show_in_mailbox",
    "tell",
    "tell_all",
]
