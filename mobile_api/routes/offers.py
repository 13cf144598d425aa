"""Offers and rewards: what is there, activate, hold."""

from __future__ import annotations

from typing import Any, Final

from loyalty import ledger, members, offers, rules, sales
from loyalty.db import snapshot, transaction
from loyalty.rules.refusals import RewardUnknown
from loyalty.sales.holding import RewardNotHeld
from loyalty.sales.refusals import KeyReused
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Bool, Document, Id, Instant, Key, Many, Milli, One, Output, Text, Whole
from loyalty.web.receipts import BalanceOut
from mobile_api.routes.sales import member_id_of
from mobile_api.who import MEMBER

routes: Final = Routes("Offers and rewards", "What is offered, and what points buy.")


class OfferOut(Output):
    """One offer the member received."""

    id = Id()
    offer = Key()
    kind = Text()
    name = Text(max=400)
    text = Text(max=2000)
    state = Text(about="sent, seen, activated, in_progress, completed or expired")
    received_at = Instant()
    window_until = Instant(allow_none=True)
    needs_activation = Bool()
    progress = Whole()
    target = Whole(allow_none=True)
    unit = Text(allow_none=True)


class OffersOut(Output):
    """The newest offers."""

    items = Many(OfferOut, max=100)


@routes.get("/offers", summary="My offers", who=MEMBER, answers={200: OffersOut})
def list_offers(call: Call) -> object:
    """Answer the newest hundred offers the member received, the newest first."""
    member_id = member_id_of(call)
    with snapshot() as session:
        program = rules.program_at(session, call.now)
        locale = members.member(session, member_id).locale
        found = [
            _document(program, row, offers.state_of(row, call.now), locale)
            for row in offers.of_member(session, member_id)
            if row.offer in program.offers
        ]
    return {"items": found}


def _document(program: rules.Program, row: Any, state: str, locale: str) -> dict[str, Any]:
    offer = program.offers[row.offer]
    challenge = offer.challenge
    return {
        "id": row.id,
        "offer": row.offer,
        "kind": offer.kind,
        "name": program.text(offer.name, locale),
        "text": program.text(offer.text, locale),
        "state": state,
        "received_at": row.received_at,
        "window_until": row.window_until,
        "needs_activation": (challenge.requires if challenge else offer.requires) == "activated",
        "progress": row.progress,
        "target": challenge.target if challenge else None,
        "unit": challenge.qualifies_by if challenge else None,
    }


@routes.post(
    "/offers/<offer>/activate",
    summary="Activate an offer",
    who=MEMBER,
    path={"offer": Id()},
    answers={204: None},
    errors=(offers.OfferUnknown, offers.OfferOver),
)
def activate(call: Call) -> None:
    """Activate an offer; doing so again changes nothing."""
    with transaction() as session:
        offers.activate(session, member_id_of(call), call.path["offer"], now=call.now)


@routes.post(
    "/offers/<offer>/seen",
    summary="Say that an offer was seen",
    who=MEMBER,
    path={"offer": Id()},
    answers={204: None},
    errors=(offers.OfferUnknown,),
)
def seen(call: Call) -> None:
    """Note that the member has seen an offer; seen stays seen."""
    with transaction() as session:
        offers.see(session, member_id_of(call), call.path["offer"], now=call.now)


class RewardOut(Output):
    """A reward as it stands for this member."""

    reward = Key()
    name = Text(max=400)
    text = Text(max=2000)
    points_milli = Milli(about="Its price.")
    missing_milli = Milli(about="What is missing to it.")
    granted = Whole(about="How many were given to the member and can be used.")
    gives = Document(about="What it gives, as the program says it.")


class RewardsOut(Output):
    """The ladder."""

    items = Many(RewardOut, max=500)


@routes.get("/rewards", summary="What points buy", who=MEMBER, answers={200: RewardsOut})
def list_rewards(call: Call) -> object:
    """Answer every reward with its price for this member and what is missing to it."""
    with snapshot() as session:
        return {"items": sales.rewards_of(session, member_id_of(call), now=call.now)}


class HoldOut(Output):
    """Points that wait for the till."""

    hold = Id()
    reward = Key()
    points_milli = Milli()
    until = Text()
    member = One(BalanceOut)


@routes.post(
    "/rewards/<reward>/holds",
    summary="Hold a reward",
    who=MEMBER,
    path={"reward": Key()},
    answers={200: HoldOut},
    errors=(RewardUnknown, RewardNotHeld, ledger.InsufficientPoints, KeyReused),
    idempotent=True,
)
def hold(call: Call) -> object:
    """Set a reward's points aside until the till captures them or their time is over."""
    with transaction() as session:
        return sales.hold_reward(
            session,
            actor=call.actor,
            member_id=member_id_of(call),
            reward=call.path["reward"],
            key=call.key,
            now=call.now,
        )


@routes.delete(
    "/holds/<hold>",
    summary="Give a hold back",
    who=MEMBER,
    path={"hold": Id()},
    answers={204: None},
    errors=(ledger.HoldMissing,),
)
def release(call: Call) -> None:
    """Release a hold: its points are free again."""
    with transaction() as session:
        sales.release_hold(session, member_id=member_id_of(call), hold_id=call.path["hold"], now=call.now)
