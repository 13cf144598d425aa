"""The words of a program's closed vocabularies in every language of the program page: English first, French second.

A test walks the schema's enumerations and fails where a word is missing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Pair = tuple[str, str]
LANGUAGES: Final = ("en", "fr")

# How a rule's sentence begins.
OCCASIONS: Final[Mapping[str, Pair]] = {
    "purchase": ("When you buy", "Quand vous achetez"),
    "top_up": ("When you top up", "Quand vous rechargez"),
    "signup": ("When you join", "Quand vous vous inscrivez"),
    "birthday": ("On your birthday", "Pour votre anniversaire"),
    "visit": ("When you visit", "Quand vous passez nous voir"),
    "referral": (
        "When somebody you invited buys for the first time",
        "Quand une personne que vous avez invitée achète pour la première fois",
    ),
    "tier_reached": ("When you reach a tier", "Quand vous atteignez un niveau"),
    "challenge_done": ("When you complete a challenge", "Quand vous réussissez un défi"),
    "schedule": ("At set times", "À dates fixes"),
}
# Events that this installation itself tells rules about; others are said by their own name.
EVENTS: Final[Mapping[str, Pair]] = {
    "invited": (
        "When you were invited and buy for the first time",
        "Quand vous avez été invité et achetez pour la première fois",
    ),
}
CHANNELS: Final[Mapping[str, Pair]] = {
    "app": ("in the app", "dans l'application"),
    "web": ("on the web", "sur le web"),
    "store": ("in the store", "en magasin"),
}
LINE_KINDS: Final[Mapping[str, Pair]] = {
    "product": ("products", "articles"),
    "gift_card": ("gift cards", "cartes cadeaux"),
    "top_up": ("top-ups", "rechargements"),
    "tax": ("tax", "taxes"),
    "tip": ("tips", "pourboires"),
    "fee": ("fees", "frais"),
    "donation": ("donations", "dons"),
    "delivery": ("delivery", "livraison"),
}
TENDERS: Final[Mapping[str, Pair]] = {
    "wallet": ("your balance", "votre solde"),
    "cash": ("cash", "espèces"),
    "card": ("card", "carte bancaire"),
    "gift_card": ("gift card", "carte cadeau"),
    "other": ("other means", "autre moyen"),
}
# How often: after "at most once" or "at most 3 times".
PERIODS: Final[Mapping[str, Pair]] = {
    "order": ("per order", "par commande"),
    "day": ("a day", "par jour"),
    "week": ("a week", "par semaine"),
    "calendar_month": ("per calendar month", "par mois civil"),
    "year": ("a year", "par an"),
    "life": ("in all", "en tout"),
    "program": ("while the program runs", "pendant toute la durée du programme"),
}
OF_DISCOUNT: Final[Mapping[str, Pair]] = {
    "order": ("off the order", "sur la commande"),
    "lines": ("off these items", "sur ces articles"),
    "cheapest": ("off the cheapest item", "sur l'article le moins cher"),
    "dearest": ("off the most expensive item", "sur l'article le plus cher"),
}
OF_PIECE: Final[Mapping[str, Pair]] = {
    "cheapest": ("the cheapest", "le moins cher"),
    "dearest": ("the most expensive", "le plus cher"),
}
OFFER_KINDS: Final[Mapping[str, Pair]] = {
    "coupon": ("Coupon", "Coupon"),
    "multiplier": ("Multiplier", "Multiplicateur"),
    "challenge": ("Challenge", "Défi"),
    "information": ("News", "Actualité"),
}
REQUIRES: Final[Mapping[str, Pair]] = {
    "none": ("", ""),
    "seen": ("open it first", "ouvrez-la d'abord"),
    "activated": ("activate it first", "activez-la d'abord"),
}
# What a challenge wants, by what it counts.
QUALIFIES_BY: Final[Mapping[str, Pair]] = {
    "accumulated": ("spend {target} in all", "dépensez {target} en tout"),
    "single_purchase": ("spend {target} in one purchase", "dépensez {target} en un seul achat"),
    "items": ("buy {target}", "achetez {target}"),
    "visits": ("make {target}", "faites {target}"),
    "distinct_days": ("buy on {target}", "achetez lors de {target}"),
}
UNITS: Final[Mapping[str, str]] = {"items": "item", "visits": "visit", "distinct_days": "distinct_day"}
COMPARISON: Final[Mapping[str, Pair]] = {
    "gte": ("at least {target}", "au moins {target}"),
    "gt": ("more than {target}", "plus de {target}"),
}
CHALLENGE_WINDOWS: Final[Mapping[str, Pair]] = {
    "receipt": ("within {length} of receiving it", "dans un délai de {length} après réception"),
    "activation": ("within {length} of activating it", "dans un délai de {length} après activation"),
    "fixed": ("from {start} to {end}", "du {start} au {end}"),
}
EXPIRY_KINDS: Final[Mapping[str, Pair]] = {
    "never": ("do not expire", "n'expirent pas"),
    "days": ("live for {length} after the day they are earned", "vivent {length} après le jour du gain"),
    "months_end": (
        "live for {length} after the month they are earned",
        "vivent {length} après le mois du gain",
    ),
    "inactivity": (
        "live as long as no {length} pass without activity",
        "vivent tant que {length} ne passent pas sans activité",
    ),
}
TIER_WINDOWS: Final[Mapping[str, Pair]] = {
    "rolling_months": ("within {length}", "en {length}"),
    "calendar_year": ("within a calendar year", "dans une année civile"),
    "anniversary": (
        "within a year of membership, counted from the day you joined",
        "dans une année d'adhésion, comptée à partir de votre inscription",
    ),
}
DEMOTION: Final[Mapping[str, Pair]] = {
    "full": (
        "If that is not enough by then, you go to the tier that your total still reaches.",
        "Si le total ne suffit plus alors, vous passez au niveau qu'il atteint encore.",
    ),
    "one_step": (
        "If that is not enough by then, you go down one tier.",
        "Si cela ne suffit pas alors, vous descendez d'un niveau.",
    ),
    "none": ("A tier, once reached, is never lost.", "Un niveau atteint n'est jamais perdu."),
}
# One and several of what is counted.
NOUNS: Final[Mapping[str, tuple[Pair, Pair]]] = {
    "day": (("{n} day", "{n} days"), ("{n} jour", "{n} jours")),
    "distinct_day": (
        ("{n} different day", "{n} different days"),
        ("{n} jour différent", "{n} jours différents"),
    ),
    "hour": (("{n} hour", "{n} hours"), ("{n} heure", "{n} heures")),
    "full_month": (
        ("{n} full calendar month", "{n} full calendar months"),
        ("{n} mois civil entier", "{n} mois civils entiers"),
    ),
    "month": (("{n} month", "{n} months"), ("{n} mois", "{n} mois")),
    "item": (("{n} item", "{n} items"), ("{n} article", "{n} articles")),
    "visit": (("{n} visit", "{n} visits"), ("{n} visite", "{n} visites")),
    "time": (("once", "{n} times"), ("une fois", "{n} fois")),
    "week": (("week", "{n} weeks"), ("semaine", "{n} semaines")),
}

# How a number or a text is compared: what stands after the field's own words.
OPERATORS: Final[Mapping[str, Pair]] = {
    "=": ("{a}", "{a}"),
    "!=": ("other than {a}", "autre que {a}"),
    "<": ("less than {a}", "moins de {a}"),
    "<=": ("at most {a}", "au plus {a}"),
    ">": ("more than {a}", "plus de {a}"),
    ">=": ("at least {a}", "au moins {a}"),
    "between": ("from {a} to {b}", "de {a} à {b}"),
    "in": ("{either}", "{either}"),
    "not_in": ("other than {either}", "autre que {either}"),
    "has": ("{a}", "{a}"),
    "has_any": ("{either}", "{either}"),
    "has_all": ("{both}", "{both}"),
    "has_none": ("nothing of {either}", "rien parmi {either}"),
}
# Days and times of day are before and after, not less and more.
MOMENT_OPERATORS: Final[Mapping[str, Pair]] = {
    "<": ("before {a}", "avant {a}"),
    "<=": ("until {a}", "jusqu'à {a}"),
    ">": ("after {a}", "après {a}"),
    ">=": ("from {a} on", "à partir de {a}"),
}
# What a condition says of a field; ``{is}`` is the comparison.
FIELDS: Final[Mapping[str, Pair]] = {
    "channel": ("you order {is}", "vous commandez {is}"),
    "order.eligible_minor": ("what counts of the order is {is}", "ce qui compte de la commande : {is}"),
    "order.gross_minor": ("the order comes to {is} before discounts", "la commande avant remises : {is}"),
    "order.lines": ("the number of lines is {is}", "nombre de lignes : {is}"),
    "order.items": ("the number of items is {is}", "nombre d'articles : {is}"),
    "order.tags": ("the order is marked {is}", "la commande porte la mention {is}"),
    "order.skus": ("the order has {is}", "la commande contient {is}"),
    "order.categories": ("the order has something from {is}", "la commande contient un article de {is}"),
    "order.item_tags": ("the order has something marked {is}", "la commande contient un article marqué {is}"),
    "order.options": ("the order has the option {is}", "la commande a l'option {is}"),
    "order.kinds": ("the order has {is}", "la commande contient : {is}"),
    "order.tenders": ("you pay by {is}", "vous payez par {is}"),
    "order.wallet_minor": ("you pay {is} from your balance", "vous payez {is} avec votre solde"),
    "order.cash_minor": ("you pay {is} in cash", "vous payez {is} en espèces"),
    "order.card_minor": ("you pay {is} by card", "vous payez {is} par carte"),
    "order.rewards": ("you use the reward {is}", "vous utilisez la récompense {is}"),
    "order.coupons": ("you use the coupon {is}", "vous utilisez le coupon {is}"),
    "line.sku": ("the item is {is}", "l'article est {is}"),
    "line.kind": ("the item is one of {is}", "l'article fait partie des {is}"),
    "line.category": ("the item is from {is}", "l'article vient de {is}"),
    "line.tags": ("the item is marked {is}", "l'article est marqué {is}"),
    "line.options": ("the item has the option {is}", "l'article a l'option {is}"),
    "line.quantity": ("the quantity is {is}", "quantité : {is}"),
    "line.unit_price_minor": ("the item costs {is}", "l'article coûte {is}"),
    "line.gross_minor": ("the items come to {is}", "les articles valent {is}"),
    "member.known": ("your code is scanned: {is}", "votre code est scanné : {is}"),
    "member.tier": ("your tier is {is}", "votre niveau est {is}"),
    "member.tier_rank": (
        "the rank of your tier (0 to begin with) is {is}",
        "rang de votre niveau (0 au début) : {is}",
    ),
    "member.points_milli": ("you have {is}", "vous avez {is}"),
    "member.tier_points_milli": ("you have {is} towards your tier", "vous avez {is} pour votre niveau"),
    "member.days": ("your days as a member are {is}", "vos jours d'adhésion : {is}"),
    "member.visits": ("your visits so far are {is}", "vos visites à ce jour : {is}"),
    "member.last_visit_days": (
        "the days since your last visit are {is}",
        "jours depuis votre dernière visite : {is}",
    ),
    "member.spent_minor": ("you have spent {is} so far", "vous avez dépensé {is} à ce jour"),
    "member.age": ("your age is {is}", "votre âge : {is}"),
    "member.birthday_month": ("you were born in {is}", "vous êtes né en {is}"),
    "member.locale": ("your language is {is}", "votre langue est {is}"),
    "member.tags": ("you are marked {is}", "vous portez la mention {is}"),
    "member.segments": ("you belong to {is}", "vous faites partie de {is}"),
    "member.employee": ("you work here: {is}", "vous travaillez ici : {is}"),
    "member.favorite_store": ("your favorite store is {is}", "votre magasin préféré est {is}"),
    "member.preferences": ("your preferences include {is}", "vos préférences comprennent {is}"),
    "member.preference.": ("your preference “{name}” is {is}", "votre préférence « {name} » est {is}"),
    "store.key": ("you are at {is}", "vous êtes à {is}"),
    "store.tags": ("the store is marked {is}", "le magasin est marqué {is}"),
    "time.date": ("the date is {is}", "date : {is}"),
    "time.of_day": ("the time is {is}", "heure : {is}"),
    "time.hour": ("the hour of the day is {is}", "heure de la journée : {is}"),
    "time.weekday": ("it is {is}", "nous sommes {is}"),
    "time.day_of_month": ("the day of the month is {is}", "jour du mois : {is}"),
    "time.month": ("the month is {is}", "mois : {is}"),
    "occasion.amount_minor": ("it is {is}", "le montant est : {is}"),
    "event.text.": ("“{name}” is {is}", "« {name} » est {is}"),
    "event.number.": ("“{name}” is {is}", "« {name} » : {is}"),
}
