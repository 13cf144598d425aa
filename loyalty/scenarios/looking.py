"""Where members stand after a step: by the interface of their own device, and lots and grants from the books."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from loyalty import sales
from loyalty.db import snapshot
from loyalty.ledger import chart
from loyalty.ledger.models import Account
from loyalty.scenarios.cast import Person
from loyalty.scenarios.play import Play

ISSUED: Final = frozenset({chart.ISSUED_PURCHASE, chart.ISSUED_BONUS, chart.ISSUED_GOODWILL})
IN_BOOKS: Final = frozenset({"lots", "grants", "visits"})
INTO: Final = frozenset({chart.POINTS, chart.POINTS_OWED})


@dataclass(frozen=True, slots=True)
class LotView:
    """One lot with points in it."""

    points_milli: int
    earned_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class GrantView:
    """One reward given and not yet used."""

    reward: str
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class ChallengeView:
    """One received challenge; ``progress`` in its unit."""

    offer: str
    unit: str | None
    progress: int
    target: int | None
    state: str

    @property
    def done(self) -> bool:
        """Tell whether it is completed."""
        return self.state == "completed"


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a member stands: ``balance`` is the answer of GET /api/v1/balance."""

    balance: Mapping[str, Any]
    lots: tuple[LotView, ...]
    grants: tuple[GrantView, ...]
    visits: int
    challenges: tuple[ChallengeView, ...]


def stand_of(play: Play, person: Person, wanted: Collection[str]) -> Stand:
    """Look at a member as of now; ``wanted`` are the keys of an expectation, and only what they need is looked up."""
    headers = play.phone_headers(person, "app")
    balance = play.client.send("GET", "/api/v1/balance", headers=headers)
    if not balance.ok:
        raise RuntimeError(
            f"the balance of {person.name} was answered by {balance.status} {balance.document}"
        )
    lots, grants, visits = _booked(play, person) if IN_BOOKS & set(wanted) else ((), (), 0)
    challenges = _challenges(play, headers) if "challenge" in wanted else ()
    return Stand(balance.document, lots, grants, visits, challenges)


def _booked(play: Play, person: Person) -> tuple[tuple[LotView, ...], tuple[GrantView, ...], int]:
    with snapshot() as session:
        state = sales.view(session, person.member_id, now=play.now)
    assert state.books is not None
    assert state.standing is not None
    lots = tuple(
        LotView(lot.free_milli + lot.held_milli, lot.earned_at, lot.expires_at)
        for lot in sorted(state.books.lots.values(), key=lambda lot: lot.order)
        if lot.free_milli + lot.held_milli
    )
    grants = tuple(
        GrantView(each.reward, each.valid_until)
        for each in state.grants
        if each.valid_until is None or each.valid_until > play.now
    )
    return lots, grants, state.standing.visits


def _challenges(play: Play, headers: Mapping[str, str]) -> tuple[ChallengeView, ...]:
    offers = play.client.send("GET", "/api/v1/offers", headers=headers)
    return tuple(
        ChallengeView(each["offer"], each["unit"], each["progress"], each["target"], each["state"])
        for each in reversed(offers.document["items"])
    )


def version_of(person: Person) -> tuple[int, int]:
    """Return the member's version and ledger number: what every change raises."""
    with snapshot() as session:
        row = session.execute(
            select(Account.version, Account.seq).where(Account.member_id == person.member_id)
        ).one()
    return row.version, row.seq


def earned_since(play: Play, person: Person, seq: int, kind: str) -> int:
    """Return the points given by transactions of a kind after ``seq``, as the member's statement says."""
    headers = play.phone_headers(person, "app")
    answer = play.client.send("GET", "/api/v1/statement", headers=headers)
    lines = [line for line in answer.document["items"] if line["seq"] > seq and line["kind"] == kind]
    return sum(
        posting["amount"]
        for line in lines
        for posting in line["postings"]
        if posting["debit"] in ISSUED and posting["credit"] in INTO
    )
