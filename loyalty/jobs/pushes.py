"""Telling a device of a message in its inbox while the app is closed, if the member allows it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from loyalty import members, messages, preferences, push
from loyalty.db import transaction
from loyalty.jobs.work import Work
from loyalty.jsontext import dumps
from loyalty.messages import MessageRow, Task, TryLater, Undeliverable
from loyalty.push import Push, PushSubscription, Urgency

TEXT_MAX: Final = 300  # more than any system shows of a notification


@dataclass(frozen=True, slots=True)
class Manner:
    """How messages of a kind are pushed: what the member must allow, how long it is worth knowing, where it leads.

    ``url`` is a path of the app; it may name facts of the message's data (``/app/orders/{order}``).
    """

    purpose: str
    ttl: timedelta
    urgency: Urgency
    url: str


_ACCOUNT: Final = Manner("service", timedelta(days=3), "high", "/app/devices")
_ORDER: Final = Manner("service", timedelta(hours=2), "high", "/app/orders/{order}")
_WALLET: Final = Manner("service", timedelta(days=3), "normal", "/app/wallet")
MANNERS: Final[Mapping[str, Manner]] = {
    "device_added": _ACCOUNT,
    "passkey_added": _ACCOUNT,
    "order_ready": _ORDER,
    "order_cancelled": _ORDER,
    "auto_reload_declined": _WALLET,
    "auto_reload_stopped": _WALLET,
}
# What a rule has to say may be an offer: it is pushed only to who has asked for offers.
USUAL: Final = Manner("marketing", timedelta(days=1), "normal", "/app/inbox")


def push_message(work: Work, task: Task) -> None:
    """Push a message of the inbox to one device: {message, device}."""
    assert task.member_id is not None
    device_id = task.payload["device"]
    with transaction() as session:
        if not members.is_signed_in(session, task.member_id, device_id, now=work.now):
            push.unsubscribe(session, member_id=task.member_id, device_id=device_id)
            return
        subscription = push.subscription_of(session, task.member_id, device_id)
        found = messages.inbox(session, task.member_id, ids=[task.payload["message"]])
        locale = members.member(session, task.member_id).locale
        manner = MANNERS.get(found[0].kind, USUAL) if found else USUAL
        allowed = preferences.allows(session, task.member_id, manner.purpose, "push")
        session.expunge_all()
    late = work.now - task.created_at > manner.ttl
    if subscription is not None and found and found[0].read_at is None and allowed and not late:
        _send(work, subscription, found[0], manner, locale)


def _send(
    work: Work, subscription: PushSubscription, message: MessageRow, manner: Manner, locale: str
) -> None:
    settings = work.settings
    key = push.key_named([settings.secret_key, *_listed(settings.old_secret_keys)], subscription.key_name)
    if key is None:
        # The secret it was made under is known no more, so nobody can knock there; the app subscribes anew.
        return _drop(subscription)
    contact = push.contact_of(settings.public_url, settings.mail_from)
    try:
        push.send(
            Push(
                subscription.endpoint,
                push.encrypt(
                    payload_of(message, manner.url.format_map(message.data), locale),
                    public_key=subscription.public_key,
                    auth_secret=subscription.auth_secret,
                ),
                push.authorization(key, subscription.endpoint, contact=contact, now=work.now),
                manner.ttl,
                manner.urgency,
                urlsafe_b64encode(sha256(message.id.encode()).digest())[:32].decode(),
            ),
            loopback=not settings.is_public,
            now=work.now,
        )
    except (push.SubscriptionGone, push.EndpointRefused):
        _drop(subscription)
    except push.PushRefused as refused:
        raise Undeliverable(str(refused)) from refused
    except push.PushLater as later:
        raise TryLater(str(later), later.wait) from later
    return None


def payload_of(message: MessageRow, url: str, locale: str) -> bytes:
    """Return what the service worker shows: {id, kind, title, text, url}, in the member's language."""
    title, text = _in(locale, message.title), _in(locale, message.text)
    shown = {"id": message.id, "kind": message.kind, "title": title, "text": text, "url": url}
    return dumps({**shown, "title": title[:TEXT_MAX], "text": text[:TEXT_MAX]}).encode()


def _in(locale: str, texts: Mapping[str, str]) -> str:
    """Return the text in the member's language, else in English, else in whichever there is."""
    for language in (locale, locale.partition("-")[0], "en"):
        if language in texts:
            return str(texts[language])
    return str(next(iter(texts.values()), ""))


def _drop(subscription: PushSubscription) -> None:
    with transaction() as session:
        push.drop(session, subscription)


def _listed(written: str) -> list[str]:
    return [each.strip() for each in written.split(",") if each.strip()]
