"""Loading some members of a log: their pasts are settled in memory and written, all in the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from loyalty import ids, members
from loyalty.actor import Actor
from loyalty.db import Inserts
from loyalty.members import MemberRow
from loyalty.replays.log import Event, LoggedMember, midnight
from loyalty.rules.program import Program
from loyalty.sales import LineRequest, SaleRequest
from loyalty.sales.past import Past
from loyalty.sales.state import Person

SOURCE: Final = "rewards-log"  # in ``imported_member``; the external id is the log's person
ACTOR: Final = Actor(kind="system", id="replay", channel="app")
SKU: Final = "purchase"


def member_row(member: LoggedMember, program: Program) -> MemberRow:
    """Return a member of the log as an import tells them; what was not given is left out."""
    tags = [f"age-{member.age}"] if member.age else []
    tags += [f"gender-{member.gender.lower()}"] if member.gender else []
    said = f"{member.person},{member.joined_on},{member.age},{member.gender}"
    return MemberRow(
        external_id=member.person,
        fingerprint=hashlib.sha256(said.encode()).digest(),
        profile=members.Profile(locale=program.locales[0]),
        contacts=(),
        card_number=None,
        joined_at=midnight(member.joined_on),
        tier=program.entry_tier.key,
        tier_since=None,
        tier_until=None,
        lots=(),
        tier_points=(),
        wallet_minor=0,
        tags=tuple(tags),
        employee=False,
    )


def purchase_of(event: Event) -> SaleRequest:
    """Return a transaction of the log as a basket: one line, and nobody said how it was paid."""
    line = LineRequest(SKU, 1, event.cents, "product", name="Purchase")
    return SaleRequest((line,), channel="app")


def event_id(event: Event, at: datetime) -> str:
    """Return the name of the sale or offer that an event makes: the same in every replay."""
    return ids.named_id(at, f"{SOURCE}/{event.seq}")


def fill(
    inserts: Inserts,
    chosen: Sequence[tuple[LoggedMember, int, Sequence[Event]]],
    *,
    program: Program,
    start: datetime,
) -> None:
    """Add the rows of these members, with the number each gets and their events."""
    for member, member_id, events in chosen:
        row = member_row(member, program)
        values = members.insert_member(inserts, row, member_id, source=SOURCE, now=start)
        past = Past(program, _person(values), actor=ACTOR, now=start)
        past.mark(*members.FIRST_MARKS, at=start)
        play(past, events, start)
        past.insert(inserts)


def play(past: Past, events: Sequence[Event], start: datetime) -> None:
    """Let one member live through their events."""
    unseen: dict[int, list[str]] = {}
    for event in events:
        at = start + timedelta(hours=event.hour)
        if event.kind == "T":
            past.settle(purchase_of(event), sale=event_id(event, at), at=at)
        elif event.kind == "R":
            instance = past.receive(f"o{event.offer}", instance=event_id(event, at), at=at)
            if instance is not None:
                unseen.setdefault(event.offer, []).append(instance)
        elif unseen.get(event.offer):
            # The log says which offer was viewed, not which receipt of it: the first that was not.
            past.see(unseen[event.offer].pop(0), at=at)


def _person(values: dict[str, Any]) -> Person:
    """Return a member as the evaluator may know them, from their row."""
    return Person(
        member_id=values["member_id"],
        public_id=values["public_id"],
        given_name=values["given_name"],
        family_name=values["family_name"],
        locale=values["locale"],
        birthday=values["birthday"],
        joined_at=values["joined_at"],
        status="active",
        tags=frozenset(values["tags"]),
        employee=values["employee"],
        favorite_store=None,
        preferences={},
    )
