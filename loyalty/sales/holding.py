"""Rewards held before the sale: points wait in a hold until the till captures it, or its time is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from loyalty.actor import Actor
from loyalty.clock import rfc3339
from loyalty.db import Batch
from loyalty.errors import Refused
from loyalty.ids import new_id
from loyalty.rules.refusals import RewardUnknown
from loyalty.sales import advance, answers, occasions, receipts, writing
from loyalty.sales.consequences import Consequences


class RewardNotHeld(Refused):
    """A reward that costs nothing, or is given by a grant only, cannot be held."""

    code = "reward_not_holdable"
    text = "This reward cannot be held: show your code at the till."


class HoldExists(Refused):
    """There is a hold of this id."""

    code = "hold_exists"
    text = "There is a hold with this id already."


def hold_reward(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    reward: str,
    key: str,
    now: datetime,
    hold_id: str | None = None,
) -> dict[str, Any]:
    """Set the points of a reward aside for ``member_hold_minutes``; once per key, and per ``hold_id`` a device made.

    Raise ``RewardUnknown``, ``RewardNotHeld``, ``InsufficientPoints``.
    """
    digest = answers.request_hash_of({"hold": reward, "member": member_id})
    loaded = occasions.load_member(session, member_id, actor=actor, key=key, at=now, now=now)
    if loaded.stored is not None:
        return answers.replay(loaded.stored, digest)
    books, stood = loaded.books, loaded.standing
    assert books is not None
    assert stood is not None
    known = loaded.program.rewards.get(reward)
    if known is None:
        raise RewardUnknown(reward=reward)
    before, done, batch = advance.catch_up(loaded, now=now), Consequences(), Batch()
    price = known.price_for(stood.tier)
    if known.granted_only or not price:
        raise RewardNotHeld
    hold_id = hold_id or new_id(now)
    if hold_id in books.holds:
        raise HoldExists
    until = now + timedelta(minutes=loaded.program.settings.member_hold_minutes)
    books.begin("hold", at=now, reference=f"hold:{hold_id}", program_version=loaded.program.version)
    books.hold_points(hold_id, price, until=until, purpose=f"reward:{reward}")
    done.entities.add(f"hold/{hold_id}")
    answer = {
        "hold": hold_id,
        "reward": reward,
        "points_milli": price,
        "until": rfc3339(until),
        "member": receipts.balance_of(loaded),
    }
    befores = [before] if advance.changed(before, loaded) else []
    writing.queue_member(session, batch, loaded, [*befores, done], sale=None, now=now)
    if key:
        answers.queue_answer(
            batch,
            client=actor.client,
            key=key,
            member_id=member_id,
            request_hash=digest,
            answer=answer,
            now=now,
        )
    batch.send(session)
    return answer


def release_hold(session: Session, *, member_id: int, hold_id: str, now: datetime) -> None:
    """Give the points of a hold back; raise ``HoldMissing``."""
    loaded = occasions.load_member(session, member_id, at=now, now=now)
    books = loaded.books
    assert books is not None
    before, done, batch = advance.catch_up(loaded, now=now), Consequences(), Batch()
    books.begin("release", at=now, reference=f"hold:{hold_id}")
    books.release_hold(hold_id)
    done.entities.add(f"hold/{hold_id}")
    befores = [before] if advance.changed(before, loaded) else []
    writing.queue_member(session, batch, loaded, [*befores, done], sale=None, now=now)
    batch.send(session)
