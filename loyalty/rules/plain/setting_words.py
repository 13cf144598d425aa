"""What the values of a program's settings mean to a member: English first, French second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loyalty.rules.plain.vocabulary import Pair

SETTINGS: Final[Mapping[str, Mapping[object, Pair]]] = {
    "rounding": {
        "exact": (
            "Fractions count: nothing is lost between visits.",
            "Les fractions comptent : rien ne se perd d'une visite à l'autre.",
        ),
        "floor_per_rule": (
            "Each earning is rounded down to a whole number.",
            "Chaque gain est arrondi à l'entier inférieur.",
        ),
        "floor_per_order": (
            "What an order earns is rounded down to a whole number.",
            "Le gain d'une commande est arrondi à l'entier inférieur.",
        ),
        "half_up_per_order": (
            "What an order earns is rounded to the nearest whole number, halves up.",
            "Le gain d'une commande est arrondi à l'entier le plus proche, les moitiés vers le haut.",
        ),
    },
    "multiplier_base": {
        "tier_rate": (
            "A multiplier multiplies what your own tier earns.",
            "Un multiplicateur multiplie ce que rapporte votre propre niveau.",
        ),
        "base_rate": (
            "A multiplier multiplies what the entry tier earns.",
            "Un multiplicateur multiplie ce que rapporte le niveau d'entrée.",
        ),
    },
    "multiplier_stacking": {
        "add": (
            "Where several multipliers hold, what each adds is added up.",
            "Si plusieurs multiplicateurs valent, ce que chacun ajoute est additionné.",
        ),
        "best": (
            "Where several multipliers hold, the best one counts.",
            "Si plusieurs multiplicateurs valent, le meilleur compte.",
        ),
        "multiply": (
            "Where several multipliers hold, they are multiplied with each other.",
            "Si plusieurs multiplicateurs valent, ils se multiplient entre eux.",
        ),
    },
    "crossing_purchase": {
        "old_rate": (
            "The purchase that takes you to a new tier still earns by the old one.",
            "L'achat qui vous fait changer de niveau rapporte encore selon l'ancien.",
        ),
        "new_rate": (
            "The part of a purchase above the threshold already earns by the new tier.",
            "Ce qui dépasse le seuil dans un achat rapporte déjà selon le nouveau niveau.",
        ),
    },
    "bonus_counts_for_tier": {
        True: ("Bonuses count towards your tier.", "Les bonus comptent pour votre niveau."),
        False: ("Bonuses do not count towards your tier.", "Les bonus ne comptent pas pour votre niveau."),
    },
    "earn_on_stored_value": {
        True: (
            "What you pay from your balance or by gift card earns like any other payment.",
            "Ce que vous payez avec votre solde ou une carte cadeau rapporte comme tout autre paiement.",
        ),
        False: (
            "What you pay from your balance or by gift card earns nothing.",
            "Ce que vous payez avec votre solde ou une carte cadeau ne rapporte rien.",
        ),
    },
    "earn_on_points_discount": {
        True: (
            "The part of the price that a reward covers earns too.",
            "La part du prix couverte par une récompense rapporte aussi.",
        ),
        False: (
            "The part of the price that a reward covers earns nothing.",
            "La part du prix couverte par une récompense ne rapporte rien.",
        ),
    },
    "negative_points": {
        "owe": (
            "Where you have spent them already, your next earnings make up for it first.",
            "Si vous les avez déjà dépensés, vos prochains gains les compensent d'abord.",
        ),
        "floor": (
            "Where you have spent them already, nothing more is asked of you.",
            "Si vous les avez déjà dépensés, rien de plus ne vous est demandé.",
        ),
        "refuse": (
            "Goods whose earnings you have spent already cannot be returned.",
            "Un article dont vous avez déjà dépensé les gains ne peut pas être rendu.",
        ),
    },
    "on_tier_loss_expiry": {
        "restart": (
            "When you lose a tier, what you have begins its life anew on that day.",
            "Quand vous perdez un niveau, la durée de vie de ce que vous avez recommence ce jour-là.",
        ),
        "keep": (
            "When you lose a tier, what you earned in it keeps its life.",
            "Quand vous perdez un niveau, ce que vous y avez gagné garde sa durée de vie.",
        ),
        "original": (
            "When you lose a tier, the life of what you have counts from the day it was earned.",
            "Quand vous perdez un niveau, la durée de vie de ce que vous avez compte à partir du jour du gain.",
        ),
    },
    "return_without_receipt": {
        "refuse": (
            "Goods can be returned with their receipt.",
            "Un article peut être rendu avec son reçu.",
        ),
        "owe_at_base_rate": (
            "Goods can be returned without their receipt; the entry tier's rate is then taken back.",
            "Un article peut être rendu sans reçu ; le taux du niveau d'entrée est alors repris.",
        ),
    },
    "leap_birthday": {
        "feb_28": (
            "If you were born on February 29, your birthday in other years is February 28.",
            "Si vous êtes né un 29 février, votre anniversaire des autres années est le 28 février.",
        ),
        "mar_1": (
            "If you were born on February 29, your birthday in other years is March 1.",
            "Si vous êtes né un 29 février, votre anniversaire des autres années est le 1er mars.",
        ),
    },
}
# Settings that are the tills' or the brand's own matter: the page does not tell them, or tells them as numbers.
UNTOLD_SETTINGS: Final = frozenset({"member_hold_minutes", "code_window_seconds"})
NUMBER_SETTINGS: Final = frozenset(
    {"restored_points_grace_days", "claim_hours", "wallet_limit_minor", "notice_days"}
)
