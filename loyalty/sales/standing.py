"""Tiers: promotion at once, demotion when a validity ends, and what both do to the life of points. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from loyalty.ledger import Books
from loyalty.record import record
from loyalty.rules import expiry
from loyalty.rules.program import Program
from loyalty.sales.state import State

if TYPE_CHECKING:
    from loyalty.sales.consequences import Consequences


@record
class TierMove:
    """One move between tiers (or a renewal), to be written."""

    at: datetime
    kind: Literal["promotion", "demotion", "renewal", "set", "undone"]
    from_tier: str
    to_tier: str
    prior_since: datetime
    prior_until: datetime | None
    window_from: datetime
    sale: str | None


def valid_until(program: Program, at: datetime, months: int | None = None) -> datetime:
    """Return the midnight at which a tier reached at ``at`` ends: the same day some months later, local."""
    day = at.astimezone(program.zone).date()
    return expiry.midnight(expiry.add_months(day, months or program.tier_policy.valid_months), program.zone)


def promote(state: State, done: Consequences, *, at: datetime, sale: str | None) -> None:
    """Move the member up if the tier counter now reaches a higher tier than theirs."""
    standing = state.standing
    assert standing is not None
    reached = state.program.tier_for(standing.window_milli)
    if reached.rank > state.program.tier_rank(standing.tier):
        _move(state, done, "promotion", reached.key, until=valid_until(state.program, at), at=at, sale=sale)


def put(
    state: State, done: Consequences, tier: str, *, until: datetime | None, at: datetime, sale: str | None
) -> None:
    """Put the member into a tier because a rule says so (never down by accident: the rule names the tier)."""
    assert state.standing is not None
    if tier != state.standing.tier:
        _move(state, done, "set", tier, until=until or valid_until(state.program, at), at=at, sale=sale)


def _move(
    state: State,
    done: Consequences,
    kind: Literal["promotion", "demotion", "renewal", "set", "undone"],
    tier: str,
    *,
    until: datetime | None,
    at: datetime,
    sale: str | None,
) -> None:
    standing = state.standing
    books = state.books
    assert standing is not None
    assert books is not None
    done.moves.append(
        TierMove(
            at,
            kind,
            standing.tier,
            tier,
            standing.tier_since,
            standing.tier_until,
            standing.window_from,
            sale,
        )
    )
    was = standing.tier
    standing.tier, standing.tier_since = tier, at
    standing.tier_until = until if state.program.tier_rank(tier) else None
    done.entities.add("tier")
    if was != tier:
        relive(state.program, books, was, tier, at=at, losing=kind in ("demotion", "undone"))


def relive(
    program: Program,
    books: Books,
    was: str,
    tier: str,
    *,
    at: datetime,
    losing: bool,
    policy: Literal["restart", "keep", "original"] | None = None,
) -> None:
    """Give the member's points the life of their new tier, where that differs.

    Points never expire while a tier holds whose points never do. When such a tier is lost, ``on_tier_loss_expiry``
    says: ``restart`` (as if earned now), ``original`` (as they were earned) or ``keep``. Lots whose expiry a rule fixed
    keep it.
    """
    before, after = expiry.expiry_of(program, was), expiry.expiry_of(program, tier)
    mine = [lot for lot in books.lots.values() if lot.rule is None and (lot.free_milli or lot.held_milli)]
    if after.kind == "never" and before.kind != "never":
        books.move_expiry({lot.lot: None for lot in mine if lot.expires_at is None or lot.expires_at > at})
    elif losing and before.kind == "never" and after.kind != "never":
        policy = policy or program.settings.on_tier_loss_expiry
        if policy != "keep":
            books.move_expiry(
                {
                    lot.lot: expiry.expires_at(program, after, at if policy == "restart" else lot.earned_at)
                    for lot in mine
                    if lot.expires_at is None
                }
            )


def end_of_validity(state: State, done: Consequences, *, now: datetime) -> None:
    """Renew or demote the member for every validity that has ended by ``now``, in order."""
    standing, program = state.standing, state.program
    assert standing is not None
    policy = program.tier_policy
    while standing.tier_until is not None and standing.tier_until + timedelta(days=policy.grace_days) <= now:
        end = standing.tier_until
        earned = sum(milli for at, milli in standing.earned_since if standing.tier_since < at < end)
        kept = program.tier_for(max(earned, 0))
        rank = program.tier_rank(standing.tier)
        at = end + timedelta(days=policy.grace_days)
        if kept.rank >= rank or policy.demotion == "none":
            until = valid_until(program, end)
            done.moves.append(
                TierMove(
                    end,
                    "renewal",
                    standing.tier,
                    standing.tier,
                    standing.tier_since,
                    end,
                    standing.window_from,
                    None,
                )
            )
            standing.tier_since, standing.tier_until = end, until
            done.entities.add("tier")
            continue
        if policy.demotion == "one_step":
            kept = next(tier for tier in program.tiers.values() if tier.rank == max(rank - 1, kept.rank))
        _move(state, done, "demotion", kept.key, until=valid_until(program, end), at=at, sale=None)


def demotion_due(state: State, now: datetime) -> bool:
    """Tell whether a validity has ended."""
    until = state.standing.tier_until if state.standing else None
    return until is not None and until + timedelta(days=state.program.tier_policy.grace_days) <= now
