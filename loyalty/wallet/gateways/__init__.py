"""The payment providers: one module each, and one line in this table."""

from __future__ import annotations

from functools import lru_cache

from loyalty.clock import Clock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.wallet.gateway import CardPaymentsOff, Gateway
from loyalty.wallet.gateways.test_card import TestCardGateway


@lru_cache(maxsize=8)
def gateway_of(settings: Settings, clock: Clock) -> Gateway:
    """Return the payment provider of these settings: Stripe where its key is set, the test cards outside production.

    Raise ``CardPaymentsOff`` where there is none.
    """
    if settings.stripe_secret_key:
        # Its library takes a quarter of a second to load: only for those who use it.
        from loyalty.wallet.gateways.stripe_gateway import StripeGateway  # noqa: PLC0415

        return StripeGateway(
            settings.stripe_secret_key, settings.stripe_webhook_secret, api_base=settings.stripe_api_base
        )
    return test_cards_of(settings, clock)


@lru_cache(maxsize=8)
def test_cards_of(settings: Settings, clock: Clock) -> TestCardGateway:
    """Return the test-card provider.

    Raise ``CardPaymentsOff`` in production: nobody pays with play money there.
    """
    if settings.is_public:
        raise CardPaymentsOff
    return TestCardGateway(
        transaction, clock, webhook_secret=f"test_card:{settings.secret_key}", public_url=settings.public_url
    )


__all__ = ["TestCardGateway", "gateway_of", "test_cards_of"]
