"""The program in plain words, for everybody, in every language of the page: written from the version in force."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from loyalty.record import record
from loyalty.rules.plain import deals, privacy
from loyalty.rules.plain.changes import changes
from loyalty.rules.plain.sections import Item, Section, sections
from loyalty.rules.plain.speaker import Speaker
from loyalty.rules.plain.vocabulary import LANGUAGES
from loyalty.rules.program import Coupon, Program

__all__ = ["LANGUAGES", "Item", "Page", "Section", "Speaker", "coupon", "page", "rules_on"]


@record
class Page:
    """The page: ``locale`` is the one it is written in, ``next_version`` what is scheduled."""

    locale: str
    version: int
    name: str
    brand: str
    tagline: str
    sections: tuple[Section, ...]
    next_version: int | None
    next_from: datetime | None


def page(program: Program, following: tuple[Program, datetime] | None, *, locale: str, now: datetime) -> Page:
    """Return the page of a program; ``following`` is the scheduled next version and its first instant."""
    speaker = Speaker(program, locale)
    coming = (Speaker(following[0], locale), following[1]) if following else None
    name = speaker.name(program.name)
    return Page(
        locale=speaker.tag,
        version=program.version,
        name=name,
        brand=program.brand.get("name") or name,
        tagline=speaker.name(program.brand.get("tagline", {})),
        sections=(*sections(speaker, now), changes(speaker, coming, now)),
        next_version=following[0].version if following else None,
        next_from=following[1] if following else None,
    )


def coupon(program: Program, each: Coupon, locale: str) -> str:
    """Return what a coupon does as one plain sentence, to whoever holds its code."""
    return deals.coupon(Speaker(program, locale), each)


def rules_on(program: Program, occasions: Collection[str], locale: str, now: datetime) -> list[str]:
    """Return what everybody gets on one of these occasions, a plain sentence for each rule in force."""
    speaker = Speaker(program, locale)
    told = privacy.rules_told(program, now.astimezone(program.zone))
    return [deals.rule(speaker, each) for each in told if not each.when.isdisjoint(occasions)]
