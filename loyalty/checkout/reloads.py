"""Auto-reload.

The outbox topic ``wallet.auto_reload`` that a sale tells when it took money from the wallet.
"""

from __future__ import annotations

from loyalty import wallet
from loyalty.checkout import topups
from loyalty.checkout.desk import Desk
from loyalty.db import transaction


def reload(desk: Desk, *, member_id: int, trigger: str) -> str | None:
    """Fill a wallet that fell below its threshold, once per ``trigger`` (the id of the sale).

    Return the payment's status, ``None`` where nothing was to be done. Raise ``wallet.ProviderUnavailable``:
    then the outbox asks again, with the same trigger.
    """
    try:
        gateway = desk.gateway
    except wallet.CardPaymentsOff:
        return None
    with transaction() as session:
        payment = wallet.begin_auto_reload(
            session,
            member_id=member_id,
            trigger=trigger,
            gateway=gateway.name,
            currency=desk.currency(session),
            now=desk.now,
            limits=desk.limits,
        )
    if payment is None:
        return None
    if payment.status != "created":
        return payment.status
    try:
        intent = gateway.create(wallet.charge_of(payment))
    except wallet.MethodUnknown:
        # The provider forgot the card (or its holder did, there): as good as declined.
        intent = wallet.Intent(
            "",
            payment.id,
            "requires_method",
            payment.amount_minor,
            payment.currency,
            decline_code="card_forgotten",
        )
    return topups.settle(desk, intent).status
