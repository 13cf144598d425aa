"""How somebody becomes a member: the rows that every member has, made together."""

from __future__ import annotations

import re
import secrets
import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty import codes, ledger
from loyalty.errors import Flaw
from loyalty.members.models import Member, Standing
from loyalty.members.refusals import ProfileInvalid

NAME_MAX: Final = 100
LONGEST_LIFE: Final = timedelta(days=130 * 366)
_LOCALE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member says about themself; all of it may be left out."""

    given_name: str = ""
    family_name: str = ""
    locale: str = "en"
    birthday: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What the program gives to somebody who joins: the first tier and the wallet's limit."""

    tier: str
    wallet_limit_minor: int


def create_member(
    session: Session, *, profile: Profile, entry: Entry, now: datetime, joined_at: datetime | None = None
) -> Member:
    """Create a member with account, numbers and standing; raise ``ProfileInvalid``.

    ``joined_at`` is for members who joined elsewhere before. Nobody can sign in to it before it has an identity.
    """
    profile = clean(profile, now=now)
    member_id = next_member_id(session)
    ledger.open_account(session, member_id, wallet_limit_minor=entry.wallet_limit_minor)
    account_number, card_number = codes.give_numbers(session, member_id)
    joined = joined_at or now
    member = Member(
        member_id=member_id,
        public_id=new_public_id(),
        account_number=account_number,
        card_number=card_number,
        given_name=profile.given_name,
        family_name=profile.family_name,
        locale=profile.locale,
        birthday=profile.birthday,
        joined_at=joined,
        status="active",
        tags=[],
        employee=False,
    )
    session.add(member)
    session.flush()
    session.execute(
        insert(Standing).values(member_id=member_id, tier=entry.tier, tier_since=joined, advanced_at=now)
    )
    return member


def next_member_id(session: Session) -> int:
    """Return a number that no member has had."""
    return session.execute(text("SELECT nextval(pg_get_serial_sequence('member', 'member_id'))")).scalar_one()


def new_public_id() -> str:
    """Return ``m_`` and 20 random base32 characters (100 bits)."""
    return "m_" + b32encode(secrets.token_bytes(13)).decode("ascii").lower()[:20]


def clean(profile: Profile, *, now: datetime) -> Profile:
    """Return a profile with composed, trimmed names; raise ``ProfileInvalid`` with a flaw per field."""
    given_name, family_name = (_composed(name) for name in (profile.given_name, profile.family_name))
    flaws = [
        Flaw(f"/{field}", f"At most {NAME_MAX} printable characters.")
        for field, name in (("given_name", given_name), ("family_name", family_name))
        if len(name) > NAME_MAX or not name.isprintable()
    ]
    if not _LOCALE.fullmatch(profile.locale):
        flaws.append(Flaw("/locale", 'A language tag such as "en" or "fr-CA".'))
    if profile.birthday is not None and not now.date() - LONGEST_LIFE <= profile.birthday <= now.date():
        flaws.append(Flaw("/birthday", "A day in the past."))
    if flaws:
        raise ProfileInvalid(flaws=tuple(flaws))
    return Profile(given_name, family_name, profile.locale, profile.birthday)


def _composed(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split(" ")).strip()
