"""Who speaks: one program in one language, with money, points, numbers and dates as the locale writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_percent

from loyalty.rules.explain import locale_of
from loyalty.rules.figures import money_in, numbers_in
from loyalty.rules.plain.vocabulary import LANGUAGES, NOUNS, Pair
from loyalty.rules.plain.wording import TEXTS

if TYPE_CHECKING:
    from loyalty.rules.program import Program

# How many names are said before the rest is counted.
NAMED: Final = 12
_ELISION: Final = re.compile(r"\b([Dd])'(?=[^\W\daeiouyhàâäéèêëîïôöûüAEIOUYHÀÂÉÈÊÎÔÛ])")
_TIGHT: Final = re.compile(r" (?=[:;!?»%])|(?<=«) ")


class Speaker:
    """One program told in one locale."""

    def __init__(self, program: Program, locale: str) -> None:
        """Speak the locale's language if the page knows it, English otherwise."""
        found = locale_of(locale)
        self.program = program
        self.locale = found if found.language in LANGUAGES else locale_of(LANGUAGES[0])
        self.language = self.locale.language
        self.tag = str(self.locale).replace("_", "-")
        self._index = LANGUAGES.index(self.language)

    def pick(self, pair: Pair, **parts: str) -> str:
        """Return the text of a pair in this language, its parts filled in."""
        return pair[self._index].format(**parts)

    def say(self, key: str, **parts: str) -> str:
        """Return one sentence of the page."""
        return self.pick(TEXTS[key], **parts)

    def finish(self, text: str) -> str:
        """Return a text as a written sentence: capital first, French spaces and elisions as they are printed."""
        text = text.strip()
        if self.language == "fr":
            text = _TIGHT.sub("\N{NO-BREAK SPACE}", _ELISION.sub(r"\1e ", text))
        return text[:1].upper() + text[1:]

    def stop(self, text: str) -> str:
        """Return a text as a sentence with its full stop."""
        text = self.finish(text)
        return text if text.endswith((".", "!", "?", "…")) else f"{text}."

    # -- figures ----------------------------------------------------------------------------------------------------

    def number(self, value: Decimal | Fraction | int) -> str:
        """Return a number, at most three decimals."""
        exact = (
            Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else Decimal(value)
        )
        return numbers_in(self.locale)(exact)

    def money(self, amount_minor: int) -> str:
        """Return an amount of money; whole amounts without decimals."""
        digits = self.program.currency_digits
        whole, rest = divmod(amount_minor, 10**digits)
        if rest or not digits:
            return money_in(self.locale, self.program.currency, digits)(amount_minor)
        pattern = re.sub(r"\.0+", "", self.locale.currency_formats["standard"].pattern)
        return format_currency(
            Decimal(whole), self.program.currency, pattern, self.locale, currency_digits=False
        )

    def points(self, points_milli: int) -> str:
        """Return points with their name."""
        value = Decimal(points_milli) / 1000
        forms = self._forms()
        form = forms.get(self.locale.plural_form(abs(value)), forms.get("other", ""))
        return f"{self.number(value)} {form}".strip()

    @property
    def points_name(self) -> str:
        """Return what points are called, several of them."""
        return self._forms().get("other") or "points"

    def _forms(self) -> Mapping[str, str]:
        names = self.program.points_name
        return names.get(self.tag) or names.get(self.language) or names.get(self.program.locales[0]) or {}

    def percent(self, percent: Fraction) -> str:
        """Return a percentage; ``Fraction(10)`` is ten percent."""
        value = Decimal(percent.numerator) / percent.denominator / 100
        return (
            format_percent(value, "#,##0.####%", locale=self.locale)
            if self._index == 0
            else (f"{self.number(percent)} %")
        )

    def count(self, noun: str, number: int) -> str:
        """Return so many of something: ``3 days``, ``once``."""
        one, several = NOUNS[noun][self._index]
        return (one if self.locale.plural_form(number) == "one" else several).format(n=self.number(number))

    # -- times ------------------------------------------------------------------------------------------------------

    def day(self, value: date) -> str:
        """Return a day, long."""
        return self._first(format_date(value, "long", locale=self.locale))

    def clock(self, value: time) -> str:
        """Return a time of day."""
        return format_time(value, "short", locale=self.locale)

    def moment(self, value: datetime) -> str:
        """Return a store-local moment, its time only where it is not midnight."""
        if value.time() == time():
            return self.day(value.date())
        date, clock = self.day(value.date()), self.clock(value.time())
        return self.say("day_and_time", day=date, time=clock)

    def _first(self, date: str) -> str:
        """Return a French date with its first of a month as it is written."""
        return date.replace("1 ", "1er ", 1) if self.language == "fr" and date.startswith("1 ") else date

    def weekday(self, number: int) -> str:
        """Return the name of a day of the week, Monday is 0."""
        return self.locale.days["format"]["wide"][number]

    def month(self, number: int) -> str:
        """Return the name of a month, January is 1; the number as it is where there is no such month."""
        return self.locale.months["format"]["wide"].get(number, str(number))

    # -- names ------------------------------------------------------------------------------------------------------

    def name(self, texts: Mapping[str, str]) -> str:
        """Return a name of the program in this locale."""
        return self.program.text(texts, self.tag)

    def quoted(self, text: str) -> str:
        """Return a text in quotation marks."""
        return self.say("quoted", x=text)

    def tag_name(self, tag: str) -> str:
        """Return a tag as people read it: the program's own text for it, else the tag without its hyphens."""
        known = self.program.texts.get(f"tag.{tag}")
        return self.quoted(self.name(known) if known else spaced(tag))

    def either(self, parts: Iterable[str]) -> str:
        """Return the parts with ``or`` before the last."""
        return self._listed(parts, "or")

    def both(self, parts: Iterable[str]) -> str:
        """Return the parts with ``and`` before the last."""
        return self._listed(parts, "standard")

    def _listed(self, parts: Iterable[str], style: Literal["or", "standard"]) -> str:
        said = list(dict.fromkeys(each for each in parts if each))
        if len(said) > NAMED:
            said[NAMED - 1 :] = [self.say("and_more", n=self.number(len(said) - NAMED + 1))]
        return format_list(said, style, self.locale) if said else ""


def spaced(key: str) -> str:
    """Return a key as words: what has no name is at least readable."""
    return " ".join(re.sub(r"[-_.:]+", " ", key).split()) or key
