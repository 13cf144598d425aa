"""The sentences of the program page, by key: English first, French second. Parts in braces are rendered already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loyalty.rules.plain.vocabulary import Pair

SECTIONS: Final[Mapping[str, Pair]] = {
    "earn": ("How to earn", "Comment gagner"),
    "perks": ("Treats and discounts", "Cadeaux et remises"),
    "ladder": ("What your {points} buy", "Ce que valent vos {points}"),
    "tiers": ("Tiers", "Niveaux"),
    "expiry": ("How long {points} live", "Durée de vie des {points}"),
    "exclusions": ("What does not earn", "Ce qui ne rapporte rien"),
    "offers": ("Offers open to everybody", "Offres ouvertes à tous"),
    "returns": ("Returns", "Retours"),
    "wallet": ("Your balance and gift cards", "Votre solde et vos cartes cadeaux"),
    "next": ("What changes next, and when", "Ce qui change, et quand"),
}

TEXTS: Final[Mapping[str, Pair]] = {
    # Joining words.
    "yes": ("yes", "oui"),
    "no": ("no", "non"),
    "if": ("if {x}", "si {x}"),
    "unless": ("unless {x}", "sauf si {x}"),
    "not": ("not ({x})", "pas ({x})"),
    "quoted": ("“{x}”", "« {x} »"),
    "and_more": ("{n} more", "{n} autres"),
    "event": ("When “{x}” happens", "Quand « {x} » a lieu"),
    "sentence": ("{lead}: {does}", "{lead} : {does}"),
    # For whom and where.
    "as_tier": ("as a {x} member", "au niveau {x}"),
    "for_chosen": ("if you were chosen for it", "si vous avez été choisi"),
    "for_employees": ("as an employee", "en tant qu'employé"),
    "not_employees": ("unless you work here", "sauf si vous travaillez ici"),
    "with_offer": ("with the offer “{x}” activated", "avec l'offre « {x} » activée"),
    "days_from": ("from {n} after joining", "à partir de {n} après l'inscription"),
    "days_until": ("in your first {n} as a member", "pendant vos {n} premiers d'adhésion"),
    "days_between": ("from {a} to {b} after joining", "de {a} à {b} après l'inscription"),
    "first_purchase": ("for the first time", "pour la première fois"),
    "later_purchase": ("after your first purchase", "après votre premier achat"),
    "at_stores": ("at {x}", "dans : {x}"),
    "at_tagged": ("in stores marked {x}", "dans les magasins marqués {x}"),
    # Goods.
    "from_categories": ("from {x}", "de : {x}"),
    "with_tags": ("marked {x}", "avec la mention {x}"),
    "without": ("except {x}", "sauf {x}"),
    "with_options": ("with {x}", "avec {x}"),
    "paid_by": ("paid by {x}", "payés par {x}"),
    # What a rule does.
    "earn_rate": ("{points} per {money} spent on {goods}", "{points} par {money} d'achat ({goods})"),
    "earn_per_item": ("{points} for each of: {goods}", "{points} pour chaque unité de : {goods}"),
    "earn_fixed": ("{points}", "{points}"),
    "earn_formula": ("{points} worked out from: {from}", "{points} selon le calcul suivant : {from}"),
    "multiply": (
        "{factor} times the usual {points} for {goods}",
        "{factor} fois le nombre habituel d'{points} ({goods})",
    ),
    "discount": ("{amount} {of} ({goods})", "{amount} de remise {of} ({goods})"),
    "up_to": ("{x}, up to {money}", "{x}, au plus {money}"),
    "free_item": ("one free ({goods}; {of})", "un article offert ({goods} ; {of})"),
    "fixed_price": ("{money} each for {goods}", "{money} l'unité ({goods})"),
    "buy_get_free": (
        "for every {buy} bought, {get} free ({goods}; {of})",
        "pour {buy} d'achat, {get} en plus : offert ({goods} ; {of})",
    ),
    "buy_get_percent": (
        "for every {buy} bought, {percent} off {get} ({goods}; {of})",
        "pour {buy} d'achat, {percent} de remise sur {get} ({goods} ; {of})",
    ),
    "grant": ("a gift: {x}", "un cadeau : {x}"),
    "grant_days": ("a gift for {days}: {x}", "un cadeau pendant {days} : {x}"),
    "progress": ("a step in the challenge “{x}”", "un pas dans le défi « {x} »"),
    "extend_expiry": (
        "what you earned in earlier months lives {months} longer",
        "ce que vous avez gagné les mois précédents vit {months} de plus",
    ),
    "set_tier": ("you become {x}", "vous passez au niveau {x}"),
    "set_tier_months": ("you become {x} for {months}", "vous passez au niveau {x} pendant {months}"),
    "notify": ("a message: “{x}”", "un message : « {x} »"),
    "partner": ("{points} sent to our partner {x}", "envoi de {points} à notre partenaire {x}"),
    # Limits and the rest.
    "limit_times": ("at most {n} {per}", "au plus {n} {per}"),
    "limit_points": ("at most {x} {per}", "au plus {x} {per}"),
    "limit_money": ("at most {x} off {per}", "au plus {x} de remise {per}"),
    "per_hours": ("within {n}", "en {n}"),
    "while_it_lasts": ("while it lasts", "dans la limite des disponibilités"),
    "best_of_group": ("only the best of its kind counts", "seul le plus avantageux de ce type compte"),
    "own_life": ("{points} from this {x}", "ces {points} {x}"),
    "kept_on_return": ("yours even after a return", "acquis même après un retour"),
    "not_for_tier": ("does not count towards your tier", "ne compte pas pour votre niveau"),
    "for_tier": ("counts towards your tier", "compte pour votre niveau"),
    # When.
    "day_and_time": ("{day}, {time}", "{day} à {time}"),
    "from_day": ("from {x}", "à partir du {x}"),
    "to_day": ("until {x}", "jusqu'au {x}"),
    "from_to": ("from {a} to {b}", "du {a} au {b}"),
    "hours": ("from {a} to {b}", "de {a} à {b}"),
    "at_times": ("at {x}", "à {x}"),
    "minutes": ("in these minutes of the hour: {x}", "à ces minutes de l'heure : {x}"),
    "every_day": ("every day", "chaque jour"),
    "every_week": ("every week", "chaque semaine"),
    "every_month": ("every month", "chaque mois"),
    "every_year": ("every year", "chaque année"),
    "every_n_days": ("every {n} days", "tous les {n} jours"),
    "every_n_weeks": ("every {n} weeks", "toutes les {n} semaines"),
    "every_n_months": ("every {n} months", "tous les {n} mois"),
    "every_n_years": ("every {n} years", "tous les {n} ans"),
    "on_days": ("on {x}", "le {x}"),
    "nth_day": ("{nth} {day} of the month", "{nth} {day} du mois"),
    "nth_day_of_year": ("{nth} {day} of the year", "{nth} {day} de l'année"),
    "day_of_month": ("on the {x} of the month", "le {x} du mois"),
    "last_day": ("last day", "dernier jour"),
    "nth_last_day": ("day {n} from the end", "{n}e jour avant la fin"),
    "day_number": ("day {n}", "{n}"),
    "in_months": ("in {x}", "en {x}"),
    "days_of_year": ("on these days of the year: {x}", "ces jours de l'année : {x}"),
    "weeks_of_year": ("in these weeks of the year: {x}", "ces semaines de l'année : {x}"),
    "only_nth": ("only these of the days: {x}", "seulement ces jours parmi eux : {x}"),
    "first": ("first", "premier"),
    "second": ("second", "deuxième"),
    "third": ("third", "troisième"),
    "fourth": ("fourth", "quatrième"),
    "last": ("last", "dernier"),
    "nth": ("no. {n}", "{n}e"),
    "nth_last": ("no. {n} from the end", "{n}e avant la fin"),
    # Rewards.
    "costs": ("{points}: {gives}", "{points} : {gives}"),
    "costs_nothing": ("Free of charge: {gives}", "Gratuit : {gives}"),
    "price_of_tier": ("{points} as {tier}", "{points} au niveau {tier}"),
    "gives_item": ("one free ({goods})", "un article offert ({goods})"),
    "gives_item_to": (
        "one free, worth up to {money} ({goods})",
        "un article offert jusqu'à {money} ({goods})",
    ),
    "gives_amount": ("{money} {of} ({goods})", "{money} de remise {of} ({goods})"),
    "gives_percent": ("{percent} {of} ({goods})", "{percent} de remise {of} ({goods})"),
    "gives_option": ("one option free ({goods})", "une option offerte ({goods})"),
    "gives_option_to": (
        "one option free, worth up to {money} ({goods})",
        "une option offerte jusqu'à {money} ({goods})",
    ),
    "gives_one_of": ("{x}; one of {options}", "{x} ; au choix : {options}"),
    "gives_merchandise": ("one {x}", "un article : {x}"),
    "ladder_intro": (
        "Choose a reward when you pay. If what you take costs more, you pay the difference.",
        "Choisissez une récompense au moment de payer. Si l'article coûte plus, vous payez la différence.",
    ),
    # Earning.
    "joining": ("Joining is free.", "L'inscription est gratuite."),
    # Tiers.
    "tier_start": ("Where everybody starts.", "Le niveau de départ."),
    "tier_reach": ("Reached with {points} {window}.", "Atteint avec {points} {window}."),
    "tier_kept": ("Kept for {months}.", "Valable {months}."),
    "tier_kept_grace": (
        "Kept for {months}, and {days} of grace.",
        "Valable {months}, avec {days} de grâce.",
    ),
    "tier_brings": ("{x}.", "{x}."),
    "tier_life": ("Your {points} {x}.", "Vos {points} {x}."),
    "tier_intro": (
        "Spending {points} never lowers your tier.",
        "Dépenser vos {points} ne fait jamais baisser votre niveau.",
    ),
    # Expiry.
    "life_title": ("In general", "En général"),
    "life": ("Your {points} {x}.", "Vos {points} {x}."),
    "life_of_tier": ("As {tier}, your {points} {x}.", "Au niveau {tier}, vos {points} {x}."),
    "warned_title": ("You are told in time", "Vous êtes prévenu à temps"),
    "warned": (
        "30, 7 and 1 days before {points} expire, we write to your inbox. What expires first is spent first.",
        "30, 7 et 1 jours avant l'expiration, nous vous écrivons. Ce qui expire en premier est dépensé en premier.",
    ),
    "promise_title": ("What is earned stays earned", "Ce qui est gagné reste gagné"),
    "promise": (
        "A change of the program never shortens the life of what you have earned already.",
        "Un changement du programme ne raccourcit jamais la durée de vie de ce que vous avez déjà gagné.",
    ),
    "loss_title": ("When you lose a tier", "Si vous perdez un niveau"),
    # Exclusions.
    "kinds_title": ("Not part of what earns", "Ne comptent pas"),
    "kinds": ("Nothing is earned on {x}.", "Rien n'est gagné sur : {x}."),
    "tags_title": ("Marked goods", "Articles marqués"),
    "tags": (
        "Goods marked {x} earn nothing by the basic rate.",
        "Les articles marqués {x} ne rapportent rien au taux de base.",
    ),
    "skus_title": ("These products", "Ces articles"),
    "skus": ("{x} earn nothing by the basic rate.", "Ne rapportent rien au taux de base : {x}."),
    "reward_part_title": ("What a reward covers", "Ce que couvre une récompense"),
    "stored_part_title": ("What stored value pays", "Ce que paie le solde"),
    # Offers.
    "challenge_text": ("{task}, {window}: {award}", "{task}, {window} : {award}"),
    "challenge_from": ("{task}: {award}", "{task} : {award}"),
    "works_days": ("works for {days} after you receive it", "valable {days} après réception"),
    "offers_intro": ("We send these to any member.", "Nous les envoyons à tous les membres."),
    # Returns.
    "returned_title": ("What a return takes back", "Ce qu'un retour reprend"),
    "returned": (
        "A return undoes exactly what the returned goods earned, no more.",
        "Un retour annule exactement ce que les articles rendus ont rapporté, rien de plus.",
    ),
    "restored_title": ("What a return gives back", "Ce qu'un retour rend"),
    "restored": (
        "What you spent on a reward comes back with its old expiry date; if that has passed, it lives {days} more.",
        "Ce qu'une récompense a coûté est rendu avec sa date d'expiration ; si elle est passée, il vit encore {days}.",
    ),
    "receipt_title": ("Receipts", "Reçus"),
    "claim_title": ("Forgot to scan?", "Oublié de scanner ?"),
    "claim": (
        "Claim a visit with its receipt within {hours}.",
        "Réclamez une visite avec son reçu dans un délai de {hours}.",
    ),
    # Stored value.
    "wallet_limit_title": ("Your balance", "Votre solde"),
    "wallet_limit": ("It holds up to {money}.", "Il contient au plus {money}."),
    "wallet_refund_title": ("Refunds", "Remboursements"),
    "wallet_refund": (
        "What you paid from your balance goes back to your balance; what you paid by card, to the card.",
        "Ce que vous avez payé avec votre solde y retourne ; ce que vous avez payé par carte, sur la carte.",
    ),
    "gifts_title": ("Gift cards", "Cartes cadeaux"),
    "gifts": (
        "A gift card becomes part of the balance of whoever redeems it, once.",
        "Une carte cadeau rejoint le solde de la personne qui l'utilise, une seule fois.",
    ),
    "wallet_earns_title": ("Paying from your balance", "Payer avec votre solde"),
    # What changes.
    "no_change": ("Nothing is planned.", "Rien n'est prévu."),
    "changes_on": (
        "The next version of the program begins on {date}. Until then, what is written above holds.",
        "La prochaine version du programme commence le {date}. D'ici là, ce qui précède reste valable.",
    ),
    "notice_title": ("Our promise", "Notre engagement"),
    "notice": (
        "Before a reward costs more or gives less, you are told {days} ahead here.",
        "Avant qu'une récompense coûte plus ou donne moins, vous le lisez ici {days} à l'avance.",
    ),
    "added": ("New from {date}. {new}", "Nouveau à partir du {date}. {new}"),
    "removed": ("Ends on {date}. Until then: {old}", "Prend fin le {date}. Jusque-là : {old}"),
    "changed": ("Until {date}: {old} From then on: {new}", "Jusqu'au {date} : {old} Ensuite : {new}"),
    "nothing_told": (
        "Nothing of what is written above changes.",
        "Rien de ce qui est écrit ci-dessus ne change.",
    ),
}
