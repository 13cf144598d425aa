"""The table of documents: for each kind of thing a device holds, the feature's query that builds it.

A new kind is one line in ``KINDS``. A loader takes the keys wanted (``None``: all) and answers in one statement; a
key it does not return is gone. Instants are RFC 3339 texts in UTC, money and points integers in their units.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import gifts, members, messages, passkeys, preferences
from loyalty.clock import rfc3339
from loyalty.sync import ordering, queries, shopping
from loyalty.sync.notices import notices_of
from loyalty.sync.protocol import Document

Keys = Collection[str] | None
Loader = Callable[[Session, int, Keys], dict[str, Document]]

NEWEST: Final = 50
"""Messages (and sales) beyond the newest 50 are paged by their own routes, not synchronized."""


def load(session: Session, member_id: int, entities: Iterable[str]) -> dict[str, Document]:
    """Return the documents of these entities (``preference/milk``) that exist, one query per kind."""
    wanted: dict[str, list[str]] = {}
    for entity in entities:
        kind, _, key = entity.partition("/")
        wanted.setdefault(kind, []).append(key)
    found: dict[str, Document] = {}
    for kind, keys in wanted.items():
        if kind in KINDS:
            found.update(_named(kind, KINDS[kind](session, member_id, keys)))
    return found


def load_all(session: Session, member_id: int) -> dict[str, Document]:
    """Return every document of the member, by entity: the full snapshot."""
    found: dict[str, Document] = {}
    for kind, loader in KINDS.items():
        found.update(_named(kind, loader(session, member_id, None)))
    return found


def is_known(entity: str) -> bool:
    """Tell whether devices hold things of this kind."""
    return entity.partition("/")[0] in KINDS


def _named(kind: str, documents: Mapping[str, Document]) -> dict[str, Document]:
    return {f"{kind}/{key}" if key else kind: document for key, document in documents.items()}


def _balance(session: Session, member_id: int, _keys: Keys) -> dict[str, Document]:
    balance = queries.balance_of(session, member_id)
    if balance is None:
        return {}
    expiring = [{"expires_at": rfc3339(at), "points_milli": milli} for at, milli in balance.expiring]
    return {
        "": {
            "points_milli": balance.points_milli,
            "held_milli": balance.held_milli,
            "owed_milli": balance.owed_milli,
            "expiring": expiring,
            "seq": balance.seq,
        }
    }


def _wallet(session: Session, member_id: int, _keys: Keys) -> dict[str, Document]:
    wallet = queries.wallet_of(session, member_id)
    if wallet is None:
        return {}
    return {
        "": {
            "balance_minor": wallet.balance_minor,
            "held_minor": wallet.held_minor,
            "limit_minor": wallet.limit_minor,
        }
    }


def _profile(session: Session, member_id: int, _keys: Keys) -> dict[str, Document]:
    found = members.member(session, member_id)
    return {
        "": {
            "given_name": found.given_name,
            "family_name": found.family_name,
            "locale": found.locale,
            "birthday": None if found.birthday is None else found.birthday.isoformat(),
            "member": found.public_id,
            "card_number": found.card_number,
            "joined_at": rfc3339(found.joined_at),
        }
    }


def _preference(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.name: {
            "name": found.name,
            "value": found.value,
            "version": found.version,
            "at": rfc3339(found.at),
        }
        for found in preferences.preferences_of(session, member_id, keys)
    }


def _favorite(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.key: {"sku": found.key, "version": found.version, "at": rfc3339(found.at)}
        for found in preferences.favorites_of(session, member_id, keys)
    }


def _dietary(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.key: {"tag": found.key, "version": found.version, "at": rfc3339(found.at)}
        for found in preferences.dietary_notes_of(session, member_id, keys)
    }


def _usual(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.slot: {
            "slot": found.slot,
            "items": _items(found.items),
            "source": found.source,
            "suggested": _items(found.suggested),
            "hidden": found.hidden,
            "version": found.version,
        }
        for found in preferences.usual_of(session, member_id, keys)
    }


def _items(items: Iterable[preferences.Item]) -> list[dict[str, Any]]:
    return [{"sku": item.sku, "options": list(item.options), "quantity": item.quantity} for item in items]


def _consent(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.purpose: {
            "purpose": found.purpose,
            "channels": {
                channel: {
                    "allowed": state.allowed,
                    "version": state.version,
                    "at": rfc3339(state.at),
                    "text_version": state.text_version,
                }
                for channel, state in found.channels.items()
            },
        }
        for found in preferences.consents_of(session, member_id, keys)
    }


def _device(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.id: {
            "id": found.id,
            "name": found.name,
            "platform": found.platform,
            "kid": found.kid,
            "created_at": rfc3339(found.created_at),
        }
        for found in members.devices_of(session, member_id, ids=None if keys is None else list(keys))
    }


def _passkey(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.id: {"id": found.id, "name": found.name, "created_at": rfc3339(found.created_at)}
        for found in passkeys.passkeys_of(session, member_id, keys)
    }


def _message(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    ids = None if keys is None else list(keys)
    return {
        found.id: {
            "id": found.id,
            "kind": found.kind,
            "title": found.title,
            "text": found.text,
            "data": found.data,
            "created_at": rfc3339(found.created_at),
            "read_at": rfc3339(found.read_at),
        }
        for found in messages.inbox(session, member_id, ids=ids, limit=NEWEST if ids is None else len(ids))
    }


def _notice(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.uid: {"uid": found.uid, "code": found.code, "data": found.data, "at": rfc3339(found.at)}
        for found in notices_of(session, member_id, keys)
    }


def _gift(session: Session, member_id: int, keys: Keys) -> dict[str, Document]:
    return {
        found.id: {
            "id": found.id,
            "amount_minor": found.amount_minor,
            "currency": found.currency,
            "last4": found.last4,
            "to": found.to_value,
            "to_name": found.to_name,
            "from_name": found.from_name,
            "message": found.message,
            "design": found.design,
            "status": found.status,
            "send_at": rfc3339(found.send_at),
            "created_at": rfc3339(found.created_at),
            "sent_at": rfc3339(found.sent_at),
            "redeemed_at": rfc3339(found.redeemed_at),
            "canceled_at": rfc3339(found.canceled_at),
        }
        for found in gifts.gifts_of(session, member_id, keys)
    }


KINDS: Final[Mapping[str, Loader]] = {
    "balance": _balance,
    "wallet": _wallet,
    "profile": _profile,
    "preference": _preference,
    "favorite": _favorite,
    "dietary": _dietary,
    "usual": _usual,
    "consent": _consent,
    "device": _device,
    "passkey": _passkey,
    "message": _message,
    "notice": _notice,
    "draft": ordering.draft,
    "order": ordering.order,
    "gift": _gift,
    "coupon": shopping.coupon,
    "tier": shopping.tier,
    "offer": shopping.offer,
    "challenge": shopping.challenge,
    "grant": shopping.grant,
    "hold": shopping.hold,
    "sale": shopping.sale,
}
