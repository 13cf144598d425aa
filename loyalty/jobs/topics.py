"""What is done with each thing that was told into the outbox: one line per topic.

A handler runs after the commit, at least once, outside of any transaction but those it opens. It must be
harmless twice: keyed by the task's id, or by the thing's own key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, cast

from loyalty import checkout, gifts, messages, passes, referrals, rules, sales
from loyalty.db import transaction
from loyalty.errors import Missing
from loyalty.jobs import letters, pushes
from loyalty.jobs.work import Work
from loyalty.messages import Carrier, Letter, Task, Undeliverable

NAME: Final = "Regulars"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's handler.

    ``speaks_outside``: it may take seconds, and a double would be noticed by somebody.
    """

    run: Callable[[Work, Task], None]
    speaks_outside: bool = False


def nothing(work: Work, task: Task) -> None:
    """Do nothing: the topic is told for listeners that this installation does not have."""


def send_mail(work: Work, task: Task) -> None:
    """Send a mail: {to, subject, text, html?}."""
    said = task.payload
    letter = Letter(task.id, said["to"], said["subject"], said["text"], said.get("html"))
    work.mail.send(letter, now=work.now)


def send_sms(work: Work, task: Task) -> None:
    """Send a text message: {to, text}."""
    work.sms.send(Letter(task.id, task.payload["to"], "", task.payload["text"]), now=work.now)


def send_letter(work: Work, task: Task) -> None:
    """Send one of the system's own letters to an address: {kind: email|phone, to, locale?, …}."""
    said = task.payload
    subject, text = letters.write(task.topic, said, locale=said.get("locale", "en"), brand=_brand(work))
    carrier: Carrier = work.mail if said["kind"] == "email" else work.sms
    # A text message has no subject; its first paragraph is the whole of what matters.
    body = text if said["kind"] == "email" else text.split("\n\n")[0]
    carrier.send(Letter(task.id, said["to"], subject, body), now=work.now)


def notify(work: Work, task: Task) -> None:
    """Put what a rule has to say into the member's inbox: {rule, text: {locale: …}}."""
    if task.member_id is None:
        raise Undeliverable("a notice of nobody")
    text = _texts(task.payload.get("text"))
    with transaction() as session:
        messages.put_in_inbox(
            session,
            member_id=task.member_id,
            kind="notice",
            title={},
            text=text,
            data={"rule": task.payload.get("rule")},
            message_id=task.id,
            now=work.now,
        )


def after_sale(work: Work, task: Task) -> None:
    """Learn the member's usual, tell their wallets of the new balance, and let auto-reload look: {sale}."""
    if task.member_id is not None:
        tell_wallets(work, task.member_id)
        with transaction() as session:
            sales.learn(session, task.member_id, now=work.now)
        referrals.thank(task.member_id, sale=task.payload["sale"], now=work.now)
        checkout.reload(work.desk, member_id=task.member_id, trigger=f"sale:{task.payload['sale']}")


def relearn(work: Work, task: Task) -> None:
    """Learn the member's usual again after a return or a claim, and tell their wallets."""
    if task.member_id is not None:
        tell_wallets(work, task.member_id)
        with transaction() as session:
            sales.learn(session, task.member_id, now=work.now)


def tell_wallets(work: Work, member_id: int) -> None:
    """Say to the wallets that hold a member's pass that it has changed, where there is a way to say it."""
    with transaction() as session:
        tokens = passes.push_tokens(session, member_id)
    with suppress(passes.NewsOff):
        for token in tokens:
            work.news.tell(token)


def deliver_gift(work: Work, task: Task) -> None:
    """Send a gift to whom it is for, unless it was canceled or sent already: {gift}."""
    assert task.member_id is not None
    gift = task.payload["gift"]
    with transaction() as session:
        letter = gifts.letter_of(
            session,
            member_id=task.member_id,
            gift_id=gift,
            secret_key=work.settings.secret_key,
            now=work.now,
        )
    if letter is None:
        return
    link = f"{work.settings.public_url.rstrip('/')}/app/gift#{letter.code}"
    subject, text = letters.write_gift(letter, link=link, brand=_brand(work))
    carrier: Carrier = work.mail if letter.kind == "email" else work.sms
    carrier.send(Letter(task.id, letter.to, subject if letter.kind == "email" else "", text), now=work.now)
    with transaction() as session:
        gifts.mark_sent(session, member_id=task.member_id, gift_id=gift, now=work.now)


def gift_redeemed(work: Work, task: Task) -> None:
    """Let the sender of a gift know that it was opened: {gift_card}."""
    with transaction() as session:
        gifts.note_redeemed(session, gift_card=task.payload["gift_card"], message_id=task.id, now=work.now)


def refund(work: Work, task: Task) -> None:
    """Send money back to a card: {refund}."""
    assert task.member_id is not None
    checkout.send_refund(work.desk, member_id=task.member_id, refund_id=task.payload["refund"])


TOPICS: Final[Mapping[str, Topic]] = {
    "mail": Topic(send_mail, speaks_outside=True),
    "sms": Topic(send_sms, speaks_outside=True),
    "sign_in_code": Topic(send_letter, speaks_outside=True),
    "contact_added": Topic(send_letter, speaks_outside=True),
    "device_added": Topic(send_letter, speaks_outside=True),
    "passkey_added": Topic(send_letter, speaks_outside=True),
    "gift": Topic(deliver_gift, speaks_outside=True),
    "gift.redeemed": Topic(gift_redeemed),
    "push": Topic(pushes.push_message, speaks_outside=True),
    "rule.notify": Topic(notify),
    "rule.partner": Topic(nothing),
    "sale.settled": Topic(after_sale, speaks_outside=True),
    "sale.returned": Topic(relearn),
    "sale.claimed": Topic(relearn),
    "wallet.topped_up": Topic(nothing),
    "wallet.refund": Topic(refund, speaks_outside=True),
}


def _texts(said: object) -> dict[str, str]:
    if not isinstance(said, Mapping):
        return {"en": str(said or "")}
    by_locale = cast(Mapping[object, object], said)
    return {str(locale): str(text) for locale, text in by_locale.items()}


def _brand(work: Work) -> str:
    """Return the name of the brand whose program is in force, or ours before there is one."""
    try:
        with transaction() as session:
            document = rules.program_at(session, work.now).document
    except Missing:
        return NAME
    return str(document.get("brand", {}).get("name") or NAME)
