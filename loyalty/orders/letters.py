"""What a member reads in the inbox about an order: that it is ready, that the store cancelled it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty import messages, rules
from loyalty.orders import stages
from loyalty.orders.models import Order

_LANGUAGES: Final = ("en", "fr")
_TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "ready": {"en": "Order {number} is ready", "fr": "La commande {number} est prête"},
    "cancelled": {"en": "Order {number} was cancelled", "fr": "La commande {number} a été annulée"},
}
_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "ready": {
        "en": "Pick it up at {store} and show your code.",
        "fr": "Retirez-la chez {store} en montrant votre code.",
    },
    "cancelled": {
        "en": "{store} had to cancel it. Everything you paid is given back. {reason}",
        "fr": "{store} a dû l'annuler. Tout ce que vous avez payé vous est rendu. {reason}",
    },
}


def tell(session: Session, order: Order, *, now: datetime) -> None:
    """Put into the member's inbox what they want to know of the state an order came to; nothing of the others."""
    if order.state not in _TITLES:
        return
    program = rules.program_at(session, now)
    store = program.stores.get(order.store)

    def written(texts: Mapping[str, str]) -> dict[str, str]:
        return {
            language: texts[language]
            .format(
                number=stages.number_text(order.number),
                store=order.store if store is None else program.text(store.name, language),
                reason=order.cancel_reason or "",
            )
            .strip()
            for language in _LANGUAGES
        }

    messages.put_in_inbox(
        session,
        member_id=order.member_id,
        kind=f"order_{order.state}",
        title=written(_TITLES[order.state]),
        text=written(_TEXTS[order.state]),
        data={"order": order.id},
        now=now,
    )
