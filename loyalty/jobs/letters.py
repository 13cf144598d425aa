"""The texts of mails and text messages that the system itself sends, in the languages it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, get_currency_precision

from loyalty.gifts import GiftLetter

LANGUAGES: Final = ("en", "fr")

_TEXTS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "sign_in_code": {
        "en": (
            "{code} is your code for {brand}",
            (
                "{code} is your code to sign in to {brand}. It is good for 10 minutes and for one use.\n\n"
                "Nobody from {brand} will ever ask you for it. If you did not ask for a code, ignore this message."
            ),
        ),
        "fr": (
            "{code} est votre code pour {brand}",
            (
                "{code} est votre code de connexion à {brand}. Il est valable 10 minutes et une seule fois.\n\n"
                "Personne chez {brand} ne vous le demandera. Si vous n'avez rien demandé, ignorez ce message."
            ),
        ),
    },
    "contact_added": {
        "en": (
            "A new address can sign in to your {brand} account",
            (
                "A new {added} was added to your {brand} account and can sign in from now on.\n\n"
                "If it was not you, sign in, remove it and sign out your devices."
            ),
        ),
        "fr": (
            "Une nouvelle adresse ouvre votre compte {brand}",
            (
                "Un nouveau moyen de connexion ({added}) a été ajouté à votre compte {brand}.\n\n"
                "Si ce n'était pas vous, connectez-vous, supprimez-le et déconnectez vos appareils."
            ),
        ),
    },
    "device_added": {
        "en": (
            "New device in your {brand} account",
            (
                "{name} signed in to your {brand} account, {when}.\n\n"
                "If it was not you, open the app, go to your devices and sign it out."
            ),
        ),
        "fr": (
            "Nouvel appareil sur votre compte {brand}",
            (
                "{name} s'est connecté à votre compte {brand}, {when}.\n\n"
                "Si ce n'était pas vous, ouvrez l'application, allez à vos appareils et déconnectez-le."
            ),
        ),
    },
    "passkey_added": {
        "en": (
            "New passkey for your {brand} account",
            (
                "The passkey {name} can sign in to your {brand} account, since {when}.\n\n"
                "If it was not you, open the app, delete it and sign out your devices."
            ),
        ),
        "fr": (
            "Nouvelle clé d'accès à votre compte {brand}",
            (
                "La clé d'accès {name} ouvre votre compte {brand}, depuis le {when}.\n\n"
                "Si ce n'était pas vous, ouvrez l'application, supprimez-la et déconnectez vos appareils."
            ),
        ),
    },
}
_ADDED: Final = {
    "en": {"email": "e-mail address", "phone": "phone number"},
    "fr": {"email": "adresse e-mail", "phone": "numéro de téléphone"},
}


def language_of(locale: str) -> str:
    """Return the language in which to write to somebody of this locale."""
    language = locale.replace("_", "-").split("-")[0].lower()
    return language if language in LANGUAGES else LANGUAGES[0]


def write(kind: str, values: Mapping[str, Any], *, locale: str, brand: str) -> tuple[str, str]:
    """Return the subject and the text of a letter."""
    language = language_of(locale)
    subject, body = _TEXTS[kind][language]
    filled = {**values, "brand": brand}
    if "added" in filled:
        filled["added"] = _ADDED[language].get(str(filled["added"]), str(filled["added"]))
    return subject.format(**filled), body.format(**filled)


# A gift: subject; whom it is from and where it is; how to open it. A text message has the second alone.
_GIFT: Final = {
    "en": (
        "{sender} sent you a gift: {amount} for {brand}",
        "{greeting}{sender} sent you {amount} to spend at {brand}. Open your gift: {link}",
        "The link puts the money into your balance. If you are new here, you join by it in a minute.",
        "Somebody",
    ),
    "fr": (
        "{sender} vous offre {amount} chez {brand}",
        "{greeting}{sender} vous offre {amount} à dépenser chez {brand}. Ouvrez votre cadeau : {link}",
        "Le lien ajoute la somme à votre solde. Si vous êtes nouveau, vous vous inscrivez en une minute.",
        "Quelqu'un",
    ),
}


def write_gift(letter: GiftLetter, *, link: str, brand: str) -> tuple[str, str]:
    """Return the subject and the text of a gift's letter, in the recipient's language."""
    subject, opening, how, somebody = _GIFT[language_of(letter.locale)]
    digits = get_currency_precision(letter.currency)
    values = {
        "sender": letter.from_name or somebody,
        "greeting": f"{letter.to_name}, " if letter.to_name else "",
        "amount": format_currency(
            Decimal(letter.amount_minor).scaleb(-digits), letter.currency, locale=_locale(letter.locale)
        ),
        "brand": brand,
        "link": link,
    }
    paragraphs = [opening.format(**values)]
    if letter.kind == "email":
        paragraphs += [part for part in (letter.message, how) if part]
    return subject.format(**values), "\n\n".join(paragraphs)


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(LANGUAGES[0])
