"""Auto-reload: the standing order of a member, its guard, and the payments it begins.

A sale that took money from the wallet says ``wallet.auto_reload`` into the outbox; the job asks here whether
the wallet is below the threshold and begins one payment per trigger. Thieves drain accounts through this, so
nothing can be raised within a day of a new device or a changed address, and every change is told to the
addresses known before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from loyalty import changes, ledger, messages
from loyalty.errors import Missing
from loyalty.ids import new_id
from loyalty.wallet import payments, policy, queries
from loyalty.wallet.gateway import Card
from loyalty.wallet.models import AutoReloadRow, CardRow, CustomerRow, PaymentRow
from loyalty.wallet.policy import DEFAULT_LIMITS, AutoReloadSettings, Limits

CLIENT: Final = "auto_reload"
"""The scope of the keys of automatic payments."""


class CardMissing(Missing):
    """The member has no such kept card."""

    code = "card_not_found"
    text = "There is no such card."


# -- cards ----------------------------------------------------------------------------------------------------------


def keep_customer(session: Session, *, member_id: int, gateway: str, customer: str) -> None:
    """Remember the name under which a provider keeps this member's cards."""
    if session.get(CustomerRow, (member_id, gateway)) is None:
        session.add(CustomerRow(member_id=member_id, gateway=gateway, customer=customer))
        session.flush()


def keep_card(
    session: Session, *, member_id: int, gateway: str, customer: str, card: Card, now: datetime
) -> CardRow:
    """Remember a card that the provider now keeps; the same card again is the same row."""
    changes.lock(session, member_id)
    known = next((row for row in queries.cards_of(session, member_id) if row.method == card.method), None)
    if known is not None:
        return known
    row = CardRow(
        member_id=member_id,
        id=new_id(now),
        gateway=gateway,
        customer=customer,
        method=card.method,
        brand=card.brand,
        last4=card.last4,
        expires=card.expires,
        created_at=now,
    )
    session.add(row)
    changes.mark(session, member_id, "wallet", now=now)
    return row


def drop_card(session: Session, *, member_id: int, card_id: str, now: datetime) -> CardRow:
    """Forget a kept card.

    Auto-reload from it is switched off. The caller tells the provider after the commit.
    """
    changes.lock(session, member_id)
    row = queries.card_of(session, member_id, card_id)
    if row is None:
        raise CardMissing
    order = queries.auto_reload_of(session, member_id)
    if order is not None and order.card == card_id and order.enabled:
        order.enabled = False
        order.updated_at = now
    session.delete(row)
    changes.mark(session, member_id, "wallet", now=now)
    return row


# -- settings -------------------------------------------------------------------------------------------------------


def set_auto_reload(
    session: Session,
    *,
    member_id: int,
    settings: AutoReloadSettings,
    changed_at: datetime | None,
    notify: Sequence[str] = (),
    locale: str = "en",
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> AutoReloadRow:
    """Change the standing order. ``changed_at``: when a device was last added or an address changed.

    ``notify`` are the e-mail addresses that hear of it, old ones included. Raise ``AutoReloadGuarded``,
    ``CardMissing``, ``AmountOutOfRange``.
    """
    books = ledger.open_books(session, member_id)
    row = queries.auto_reload_of(session, member_id)
    old = None if row is None else _settings(row)
    if old == settings:
        assert row is not None
        return row
    if settings.enabled:
        policy.check_amount(settings.amount_minor, limits.top_up_min_minor, limits.top_up_max_minor)
        policy.check_amount(settings.threshold_minor, 0, books.account.wallet_limit_minor)
        if queries.card_of(session, member_id, settings.card) is None:
            raise CardMissing
    policy.check_guard(old, settings, changed_at=changed_at, now=now)
    if row is None:
        row = AutoReloadRow(member_id=member_id)
        session.add(row)
    row.enabled = settings.enabled
    row.threshold_minor = settings.threshold_minor
    row.amount_minor = settings.amount_minor
    row.card = settings.card
    row.failures = 0
    row.stopped_because = None
    row.updated_at = now
    changes.mark(session, member_id, "wallet", now=now)
    kind = "on" if settings.enabled else "off"
    for address in dict.fromkeys(notify):
        _mail(session, address, kind, locale, member_id=member_id, now=now)
    return row


def _settings(row: AutoReloadRow) -> AutoReloadSettings:
    return AutoReloadSettings(row.enabled, row.threshold_minor, row.amount_minor, row.card)


# -- the job's steps ------------------------------------------------------------------------------------------------


def begin_auto_reload(
    session: Session,
    *,
    member_id: int,
    trigger: str,
    gateway: str,
    currency: str,
    now: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> PaymentRow | None:
    """Begin the payment that one trigger (a sale) asks for, or ``None`` where nothing is to be done.

    At most one payment per trigger, one at a time, and ``limits.reloads_a_day``.
    """
    if not _is_on(queries.auto_reload_of(session, member_id)):
        return None  # nearly every sale: looked at without a lock
    account = ledger.open_books(session, member_id).account
    known = queries.payment_by_key(session, member_id, CLIENT, trigger)
    if known is not None:
        return known
    standing = queries.auto_reload_of(session, member_id)
    if standing is None or not standing.enabled or account.wallet_minor >= standing.threshold_minor:
        return None
    recent = queries.reloads_since(session, member_id, now - timedelta(days=1))
    if any(each.status in ("created", "requires_action", "processing", "paid") for each in recent):
        return None
    if sum(each.status in ("credited", "paid") for each in recent) >= limits.reloads_a_day:
        return None
    card = queries.card_of(session, member_id, standing.card)
    if card is None or card.gateway != gateway:
        return None
    order = payments.Order(
        "auto_reload",
        standing.amount_minor,
        currency,
        gateway,
        card.method,
        customer=card.customer,
        off_session=True,
    )
    try:
        return payments.start_payment(
            session, order, member_id=member_id, client=CLIENT, key=trigger, now=now, limits=limits
        )
    except (ledger.WalletLimit, policy.DailyLimit, policy.AmountOutOfRange):
        return None


def _is_on(row: AutoReloadRow | None) -> bool:
    return row is not None and row.enabled


def end_auto_reload(session: Session, payment: PaymentRow, *, was: str, now: datetime) -> bool:
    """Count what became of an automatic payment; after three declines in a row switch it off and say so.

    Call it in the transaction that settled it; ``was`` is the status before, so that a payment counts once.
    Return whether it was switched off.
    """
    order = queries.auto_reload_of(session, payment.member_id)
    if order is None:
        return False
    if payment.status == "credited":
        order.failures = 0
        return False
    has_failed = payment.status in ("declined", "canceled", "requires_action")
    if not has_failed or was not in ("created", "processing"):
        return False
    order.failures += 1
    stopped = order.enabled and order.failures >= policy.FAILURES_ALLOWED
    if stopped:
        order.enabled = False
        order.stopped_because = payment.decline_code or payment.status
        order.updated_at = now
    changes.mark(session, payment.member_id, "wallet", now=now)
    kind = "stopped" if stopped else "declined"
    messages.put_in_inbox(
        session,
        member_id=payment.member_id,
        kind=f"auto_reload_{kind}",
        title=_TITLES[kind],
        text=_TEXTS[kind],
        data={"payment": payment.id, "amount_minor": payment.amount_minor},
        now=now,
    )
    return stopped


# -- texts ----------------------------------------------------------------------------------------------------------

_TITLES: Final = {
    "on": {"en": "Auto-reload was changed", "fr": "Le rechargement automatique a été modifié"},
    "off": {"en": "Auto-reload is off", "fr": "Le rechargement automatique est désactivé"},
    "declined": {"en": "Auto-reload did not work", "fr": "Le rechargement automatique a échoué"},
    "stopped": {"en": "Auto-reload is off", "fr": "Le rechargement automatique est désactivé"},
}
_TEXTS: Final = {
    "on": {
        "en": "Somebody changed auto-reload in your account. If it was not you, sign out your devices and tell us.",
        "fr": "Le rechargement automatique de votre compte a été modifié. Si ce n'était pas vous, déconnectez vos "
        "appareils et prévenez-nous.",
    },
    "off": {
        "en": "Auto-reload in your account was switched off.",
        "fr": "Le rechargement automatique de votre compte a été désactivé.",
    },
    "declined": {
        "en": "Your card was not accepted for auto-reload. We will try again after your next purchase.",
        "fr": "Votre carte n'a pas été acceptée. Nous réessaierons après votre prochain achat.",
    },
    "stopped": {
        "en": "Your card was not accepted three times, so auto-reload is off. Choose a card to switch it on again.",
        "fr": "Votre carte a été refusée trois fois : le rechargement automatique est désactivé. Choisissez une "
        "carte pour le réactiver.",
    },
}


def _mail(session: Session, address: str, kind: str, locale: str, *, member_id: int, now: datetime) -> None:
    language = locale.split("-")[0] if locale.split("-")[0] in _TITLES[kind] else "en"
    messages.tell(
        session,
        "mail",
        {"to": address, "subject": _TITLES[kind][language], "text": _TEXTS[kind][language]},
        member_id=member_id,
        now=now,
    )
