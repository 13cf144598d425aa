"""The sentences that explain effects, by key and language. Placeholders are inputs of the ``Why``, rendered by unit.

``_minor`` is an amount of money, ``_milli`` points with their name; ``rule``, ``offer``, ``reward``, ``coupon`` and
``tier`` are shown by name. What an input lacks is left out.
"""
# ruff: noqa: RUF001 - the sign of multiplication is meant

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    # Points given.
    "rate": {
        "en": "{points} = {amount_minor} × {rate} ({by})",
        "fr": "{points} = {amount_minor} × {rate} ({by})",
    },
    "factor": {
        "en": "{points} more: {base_milli} × {factor} ({rule})",
        "fr": "{points} de plus : {base_milli} × {factor} ({rule})",
    },
    "bonus": {"en": "{points_milli} for {rule}", "fr": "{points_milli} : {rule}"},
    "per_item": {
        "en": "{points} = {items} × {each_milli} ({rule})",
        "fr": "{points} = {items} × {each_milli} ({rule})",
    },
    "formula": {"en": "{points_milli} for {rule}", "fr": "{points_milli} : {rule}"},
    "award": {"en": "{points_milli} for completing {rule}", "fr": "{points_milli} pour avoir réussi {rule}"},
    # Money off.
    "discount": {"en": "{amount_minor} off: {by}", "fr": "Remise de {amount_minor} : {by}"},
    "reward": {
        "en": "{amount_minor} off for {points_milli}: {reward}",
        "fr": "Remise de {amount_minor} contre {points_milli} : {reward}",
    },
    "perk": {"en": "{amount_minor} off: {reward}", "fr": "Remise de {amount_minor} : {reward}"},
    "granted": {
        "en": "{amount_minor} off: {reward}, a gift",
        "fr": "Remise de {amount_minor} : {reward}, offert",
    },
    # Challenges.
    "progress": {"en": "{offer}: {progress} of {target}", "fr": "{offer} : {progress} sur {target}"},
    "completed": {
        "en": "{offer}: done, {progress} of {target}",
        "fr": "{offer} : réussi, {progress} sur {target}",
    },
    # Gifts and what else rules do.
    "grant": {"en": "A gift for you: {gift} ({rule})", "fr": "Un cadeau pour vous : {gift} ({rule})"},
    "grant_until": {
        "en": "A gift for you until {last_day}: {gift} ({rule})",
        "fr": "Un cadeau pour vous jusqu'au {last_day} : {gift} ({rule})",
    },
    "set_tier": {"en": "You are now {tier} ({rule})", "fr": "Vous êtes maintenant {tier} ({rule})"},
    "extend": {
        "en": "Your earlier points live longer, months added: {months} ({rule})",
        "fr": "Vos points antérieurs vivent plus longtemps, mois ajoutés : {months} ({rule})",
    },
    "notify": {"en": "{text}", "fr": "{text}"},
    "partner": {"en": "{points_milli} sent to {partner}", "fr": "Envoi de {points_milli} à {partner}"},
    # Warnings and near misses.
    "value_lost": {"en": "{amount_minor} is lost: {reward}", "fr": "{amount_minor} de perdus : {reward}"},
    "activate_first": {"en": "{offer}: activate first", "fr": "{offer} : activez d'abord l'offre"},
    "points_away": {"en": "{reward}: {missing_milli} away", "fr": "{reward} : encore {missing_milli}"},
    "only_before": {"en": "Only before {time}", "fr": "Seulement avant {time}"},
    "only_from": {"en": "Only from {time}", "fr": "Seulement à partir de {time}"},
    "only_between": {"en": "Only from {since} to {until}", "fr": "Seulement de {since} à {until}"},
    "only_on": {
        "en": "Only on other days, next on {date}",
        "fr": "Seulement certains jours, la prochaine fois le {date}",
    },
    "only_in": {"en": "Only {channels}", "fr": "Seulement {channels}"},
    "spend_more": {"en": "Spend {missing_minor} more", "fr": "Encore {missing_minor} d'achat"},
    "add_items": {"en": "Add more items: {missing}", "fr": "Ajoutez des articles : {missing}"},
    "used_up": {"en": "Used up", "fr": "Limite atteinte"},
    # What sales, the wallet and the ledger book beside rules.
    "returned": {"en": "{points_milli} taken back: returned", "fr": "Reprise de {points_milli} : retour"},
    "restored": {
        "en": "{points_milli} given back: {reward}",
        "fr": "Restitution de {points_milli} : {reward}",
    },
    "refunded": {"en": "{amount_minor} refunded", "fr": "{amount_minor} remboursés"},
    "adjusted": {"en": "{points_milli}: {reason}", "fr": "{points_milli} : {reason}"},
    "topped_up": {"en": "{amount_minor} topped up", "fr": "Rechargement de {amount_minor}"},
    "top_up_refund": {"en": "A top-up was refunded", "fr": "Un rechargement a été remboursé"},
    "top_up_refund_failed": {
        "en": "The refund of a top-up failed",
        "fr": "Le remboursement d'un rechargement a échoué",
    },
    "gift_card": {"en": "Gift card ending in {last4}", "fr": "Carte cadeau se terminant par {last4}"},
    "wallet_paid": {"en": "{amount_minor} paid from the balance", "fr": "{amount_minor} payés avec le solde"},
    "offline_risk": {
        "en": "{amount_minor} paid offline, not covered by the balance",
        "fr": "{amount_minor} payés hors ligne, non couverts par le solde",
    },
    "expired": {"en": "{points_milli} expired", "fr": "Expiration de {points_milli}"},
    "tier_lost": {"en": "Your tier is now {tier}", "fr": "Votre niveau est maintenant {tier}"},
    "merged": {"en": "Two accounts became one", "fr": "Deux comptes n'en font plus qu'un"},
}

# What a limit did to an earning.
LIMITED: Final[Mapping[str, str]] = {
    "en": "; the limit allows no more",
    "fr": " ; la limite n'en permet pas plus",
}

# What of an order did not earn, by kind of line; ``tender`` is what was paid in a way that does not count.
EXCLUDED: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "product": "other items",
        "gift_card": "gift card",
        "top_up": "top-up",
        "tax": "tax",
        "tip": "tip",
        "fee": "fee",
        "donation": "donation",
        "delivery": "delivery",
        "tender": "other payment",
    },
    "fr": {
        "product": "autres articles",
        "gift_card": "carte cadeau",
        "top_up": "rechargement",
        "tax": "taxe",
        "tip": "pourboire",
        "fee": "frais",
        "donation": "don",
        "delivery": "livraison",
        "tender": "autre paiement",
    },
}
# How one and several excluded things are said: the parts already joined.
NOT_COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "en": ("; {parts} doesn't count", "; {parts} don't count"),
    "fr": (" ; {parts} ne compte pas", " ; {parts} ne comptent pas"),
}
CHANNELS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"app": "in the app", "web": "on the web", "store": "in the store"},
    "fr": {"app": "dans l'application", "web": "sur le web", "store": "en magasin"},
}
