"""Wallet passes: the card number in Apple's wallet, the rotating number in Google's, with points and level.

Apple's wallet is not told of changes yet (``gateway``): it asks when its holder refreshes the pass or adds it again.
"""

from loyalty.passes.apple import MEDIA_TYPE, AppleSigner, apple_signer, pkpass
from loyalty.passes.card import Card, card_of, color_of
from loyalty.passes.drawing import icon
from loyalty.passes.gateway import News, NewsOff, NoNews
from loyalty.passes.google import GoogleSigner, google_signer, save_url
from loyalty.passes.models import PassRegistration, WalletPass
from loyalty.passes.refusals import PassNotOffered, PassUnknown
from loyalty.passes.service import (
    REGISTRATIONS_MAX,
    Changed,
    admitted,
    changed_at,
    changed_since,
    is_settled,
    pass_of,
    pass_secret,
    push_tokens,
    register,
    token_of,
    unregister,
)

__all__ = [
    "MEDIA_TYPE",
    "REGISTRATIONS_MAX",
    "AppleSigner",
    "Card",
    "Changed",
    "GoogleSigner",
    "News",
    "NewsOff",
    "NoNews",
    "PassNotOffered",
    "PassRegistration",
    "PassUnknown",
    "WalletPass",
    "admitted",
    "apple_signer",
    "card_of",
    "changed_at",
    "changed_since",
    "color_of",
    "google_signer",
    "icon",
    "is_settled",
    "pass_of",
    "pass_secret",
    "pkpass",
    "push_tokens",
    "register",
    "save_url",
    "token_of",
    "unregister",
]
