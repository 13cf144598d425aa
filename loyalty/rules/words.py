"""The closed vocabularies of a program, and the labels of condition fields in every console language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CHANNELS: Final = ("app", "web", "store")
TENDERS: Final = ("wallet", "cash", "card", "gift_card", "other")
LINE_KINDS: Final = ("product", "gift_card", "top_up", "tax", "tip", "fee", "donation", "delivery")
OCCASIONS: Final = (
    "purchase",
    "top_up",
    "signup",
    "birthday",
    "visit",
    "referral",
    "tier_reached",
    "challenge_done",
    "schedule",
)
EVENT_PREFIX: Final = "event:"
PERIODS: Final = ("order", "day", "week", "calendar_month", "year", "life", "program")
EXPIRY_KINDS: Final = ("never", "days", "months_end", "inactivity")
PLURALS: Final = ("zero", "one", "two", "few", "many", "other")
# How large a condition or a formula may be, and the list a field may be compared with.
DEPTH_LIMIT: Final = 8
NODE_LIMIT: Final = 200
LIST_LIMIT: Final = 200
QUALIFIES_BY: Final = ("accumulated", "single_purchase", "items", "visits", "distinct_days")

FIELD_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "channel": {"en": "Channel", "fr": "Canal"},
    "order.eligible_minor": {"en": "Eligible amount", "fr": "Montant éligible"},
    "order.gross_minor": {"en": "Amount before discounts", "fr": "Montant avant remises"},
    "order.lines": {"en": "Number of lines", "fr": "Nombre de lignes"},
    "order.items": {"en": "Number of items", "fr": "Nombre d'articles"},
    "order.tags": {"en": "Order tags", "fr": "Étiquettes de la commande"},
    "order.skus": {"en": "Products in the order", "fr": "Produits de la commande"},
    "order.categories": {"en": "Categories in the order", "fr": "Catégories de la commande"},
    "order.item_tags": {"en": "Product tags in the order", "fr": "Étiquettes des produits de la commande"},
    "order.options": {"en": "Options in the order", "fr": "Options de la commande"},
    "order.kinds": {"en": "Kinds of lines in the order", "fr": "Types de lignes de la commande"},
    "order.tenders": {"en": "Means of payment", "fr": "Moyens de paiement"},
    "order.wallet_minor": {"en": "Amount paid from the balance", "fr": "Montant payé par le solde"},
    "order.cash_minor": {"en": "Amount paid in cash", "fr": "Montant payé en espèces"},
    "order.card_minor": {"en": "Amount paid by card", "fr": "Montant payé par carte"},
    "order.rewards": {"en": "Rewards used", "fr": "Récompenses utilisées"},
    "order.coupons": {"en": "Coupons used", "fr": "Coupons utilisés"},
    "line.sku": {"en": "Product", "fr": "Produit"},
    "line.kind": {"en": "Kind of line", "fr": "Type de ligne"},
    "line.category": {"en": "Category", "fr": "Catégorie"},
    "line.tags": {"en": "Product tags", "fr": "Étiquettes du produit"},
    "line.options": {"en": "Options of the item", "fr": "Options de l'article"},
    "line.quantity": {"en": "Quantity", "fr": "Quantité"},
    "line.unit_price_minor": {"en": "Unit price", "fr": "Prix unitaire"},
    "line.gross_minor": {"en": "Line amount", "fr": "Montant de la ligne"},
    "member.known": {"en": "A member was scanned", "fr": "Un membre est identifié"},
    "member.tier": {"en": "Tier", "fr": "Niveau"},
    "member.tier_rank": {"en": "Rank of the tier (entry tier: 0)", "fr": "Rang du niveau (entrée : 0)"},
    "member.points_milli": {"en": "Points", "fr": "Points"},
    "member.tier_points_milli": {"en": "Tier points", "fr": "Points de niveau"},
    "member.days": {"en": "Days as a member", "fr": "Jours d'adhésion"},
    "member.visits": {"en": "Visits", "fr": "Visites"},
    "member.last_visit_days": {"en": "Days since the last visit", "fr": "Jours depuis la dernière visite"},
    "member.spent_minor": {"en": "Amount spent so far", "fr": "Montant dépensé à ce jour"},
    "member.age": {"en": "Age", "fr": "Âge"},
    "member.birthday_month": {"en": "Month of birth", "fr": "Mois de naissance"},
    "member.locale": {"en": "Language", "fr": "Langue"},
    "member.tags": {"en": "Member tags", "fr": "Étiquettes du membre"},
    "member.segments": {"en": "Segments", "fr": "Segments"},
    "member.employee": {"en": "Employee", "fr": "Employé"},
    "member.favorite_store": {"en": "Favorite store", "fr": "Magasin préféré"},
    "member.preferences": {"en": "Preferences (name=value)", "fr": "Préférences (nom=valeur)"},
    "member.preference.": {"en": "Preference", "fr": "Préférence"},
    "store.key": {"en": "Store", "fr": "Magasin"},
    "store.tags": {"en": "Store tags", "fr": "Étiquettes du magasin"},
    "time.date": {"en": "Date", "fr": "Date"},
    "time.of_day": {"en": "Time of day", "fr": "Heure de la journée"},
    "time.hour": {"en": "Hour", "fr": "Heure"},
    "time.weekday": {"en": "Day of the week", "fr": "Jour de la semaine"},
    "time.day_of_month": {"en": "Day of the month", "fr": "Jour du mois"},
    "time.month": {"en": "Month", "fr": "Mois"},
    "occasion.amount_minor": {"en": "Amount of the top-up", "fr": "Montant du rechargement"},
    "event.text.": {"en": "Event text", "fr": "Texte de l'événement"},
    "event.number.": {"en": "Event number", "fr": "Nombre de l'événement"},
}
