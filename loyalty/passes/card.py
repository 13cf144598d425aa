"""What stands on a pass, whatever the wallet: read in one place, drawn by ``apple`` and ``google``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from loyalty import codes, members
from loyalty.codes import CodeSecret
from loyalty.ledger.models import Account
from loyalty.passes.models import WalletPass
from loyalty.rules import Program

NAME: Final = "Regulars"
DARK: Final = "#1f2937"
LANGUAGES: Final = ("en", "fr")
_COLOR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Card:
    """One member's pass. Points are thousandths; ``number_key`` makes the rotating number (``codes.number``)."""

    serial: str
    program: str
    brand: str
    program_name: str
    color: str
    language: str
    holder: str
    points_milli: int
    points_label: str
    tier: str
    card_number: str
    account_number: str
    number_key: bytes
    void: bool
    made_at: datetime

    @property
    def points(self) -> int | float:
        """Return the points as a person reads them."""
        return (
            self.points_milli // 1000 if self.points_milli % 1000 == 0 else round(self.points_milli / 1000, 2)
        )


def card_of(
    session: Session, row: WalletPass, program: Program, *, secret: CodeSecret, now: datetime
) -> Card:
    """Return what stands on a pass now; raise ``MemberUnknown``."""
    member = members.member(session, row.member_id)
    account = session.get_one(Account, member.member_id, populate_existing=True)
    tier = program.tiers.get(members.standing(session, member.member_id).tier)
    language = member.locale.partition("-")[0]
    language = language if language in LANGUAGES else LANGUAGES[0]
    rotation = codes.number_rotation(session, member.member_id)
    brand = str(program.brand.get("name") or NAME)
    return Card(
        serial=row.serial,
        program=str(program.document.get("key") or "program"),
        brand=brand,
        program_name=_in(language, program.document.get("name"), brand),
        color=color_of(program.brand),
        language=language,
        holder=" ".join(filter(None, (member.given_name, member.family_name))),
        points_milli=account.points_milli,
        points_label=_in(language, program.points_name, "").capitalize(),
        tier=_in(language, tier.name, tier.key) if tier else "",
        card_number=member.card_number,
        account_number=member.account_number,
        number_key=codes.number_secret(secret, member.member_id, member.account_number, rotation),
        void=member.status != "active",
        made_at=now,
    )


def color_of(brand: Mapping[str, object]) -> str:
    """Return the brand's main color as ``#rrggbb``."""
    color = str(brand.get("primary_color") or "")
    return color.lower() if _COLOR.fullmatch(color) else DARK


def _in(language: str, texts: object, usual: str) -> str:
    """Return a text by language; of plural forms, the one for many."""
    if isinstance(texts, str):
        return texts
    if not isinstance(texts, Mapping) or not texts:
        return usual
    found: object = texts.get(language) or texts.get(LANGUAGES[0]) or next(iter(texts.values()))
    if isinstance(found, Mapping):
        found = found.get("other") or next(iter(found.values()), usual)
    return str(found)
