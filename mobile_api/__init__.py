"""The customers' API: ``/api/v1``."""

from __future__ import annotations

from typing import Final

from loyalty.web.face import Face
from mobile_api.routes import (
    apple_passes,
    auth,
    cards,
    codes,
    devices,
    gifts,
    live,
    mailbox,
    me,
    messages,
    offers,
    orders,
    passes,
    passkeys,
    payments,
    preferences,
    program,
    push,
    sales,
    statement,
    sync,
    test_cards,
    wallet,
    webhooks,
)

FACE: Final = Face(
    name="mobile_api",
    prefix="/api/v1",
    title="Regulars for members",
    about="What a member's app and the web do: one balance, one code, one memory of what a customer likes.",
    # One line for each subject; the order is the document's.
    sections=(
        auth.routes,
        passkeys.routes,
        me.routes,
        devices.routes,
        push.routes,
        messages.routes,
        codes.routes,
        passes.routes,
        apple_passes.routes,
        preferences.routes,
        sync.routes,
        live.routes,
        sales.routes,
        statement.routes,
        orders.routes,
        offers.routes,
        payments.routes,
        program.routes,
        wallet.routes,
        cards.routes,
        gifts.routes,
        webhooks.routes,
        test_cards.routes,
        mailbox.routes,
    ),
)
blueprint = FACE.blueprint(__name__)

__all__ = ["FACE", "blueprint"]
