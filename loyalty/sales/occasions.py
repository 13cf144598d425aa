"""Everything rules answer that is not a purchase: top-ups, custom events, joining, adjustments, time itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from loyalty import messages
from loyalty.actor import Actor
from loyalty.clock import rfc3339
from loyalty.db import Batch
from loyalty.errors import DomainError, Refused
from loyalty.ledger import AccountMissing, chart
from loyalty.rules import expiry
from loyalty.rules.facts import Occasion
from loyalty.sales import activity, advance, answers, loading, receipts, service, writing
from loyalty.sales.consequences import Consequences
from loyalty.sales.refusals import MemberBlocked
from loyalty.sales.state import State, Wanted, Who
from loyalty.why import Why


class AmountNotPositive(Refused):
    """An amount must be more than nothing."""

    code = "amount_not_positive"
    text = "The amount must be more than zero."


def load_member(
    session: Session,
    member_id: int,
    *,
    actor: Actor | None = None,
    key: str = "",
    store: str | None = None,
    at: datetime,
    now: datetime,
    lock: bool = True,
) -> State:
    """Load a member; raise ``AccountMissing``."""
    wanted = Wanted(
        client=actor.client if actor else "",
        key=key,
        store=store,
        till=actor.id if actor and actor.kind == "till" else "",
    )
    loaded = loading.load(session, Who(member_id=member_id), wanted, at=at, now=now, lock=lock)
    if loaded is None or loaded.person is None or loaded.books is None:
        raise AccountMissing
    return loaded


def _once(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    key: str,
    request: Mapping[str, Any],
    at: datetime,
    now: datetime,
    store: str | None,
    act: Callable[[State, Consequences, Batch], None],
) -> dict[str, Any]:
    """Do something to a member once per key: load under the lock, act, write, remember the answer."""
    digest = answers.request_hash_of(dict(request))
    loaded = load_member(session, member_id, actor=actor, key=key, store=store, at=at, now=now)
    service.require_till(actor, loaded)
    if loaded.stored is not None:
        return answers.replay(loaded.stored, digest)
    before, done, batch = advance.catch_up(loaded, now=now), Consequences(), Batch()
    assert loaded.books is not None
    assert loaded.person is not None
    was = loaded.books.account.points_milli
    try:
        if loaded.person.status != "active":
            raise MemberBlocked
        act(loaded, done, batch)
        writing.take_shared(session, done, member_id=member_id)
    except DomainError as error:
        answers.remember_refusal(
            session, error, actor=actor, key=key, digest=digest, member_id=member_id, now=now
        )
        raise
    loaded.books.finish()
    answer = {
        "occurred_at": rfc3339(at),
        "currency": loaded.program.currency,
        "earned_milli": sum(entry["points_milli"] for entry in done.record.get("earnings", ())),
        "changed_milli": loaded.books.account.points_milli - was,
        "effects": [
            {
                "kind": f"earn_{entry['stage']}",
                "key": entry["rule"],
                "points_milli": entry["points_milli"],
                "amount_minor": 0,
                "why": entry["why"],
                "text": receipts.sentence(loaded.program, entry["why"], loaded.person.locale),
            }
            for entry in done.record.get("earnings", ())
        ],
        "member": receipts.balance_of(loaded),
        "seq": loaded.books.account.seq,
        "version": loaded.books.account.version + 1,
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


def top_up(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    amount_minor: int,
    source: str,
    key: str,
    now: datetime,
    reference: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Put money into a member's wallet and let the rules answer; once per key.

    ``source`` is ``card``, ``cash`` or ``gift_card``. Raise ``WalletLimit``, ``AmountNotPositive``, ``MemberBlocked``,
    ``KeyReused``.
    """
    at = occurred_at or now
    name = reference or f"top_up:{key}"
    accounts = {"card": chart.LOADS_CARD, "cash": chart.LOADS_CASH, "gift_card": chart.IN_TRANSIT}

    def act(loaded: State, done: Consequences, batch: Batch) -> None:
        books = loaded.books
        assert books is not None
        if amount_minor <= 0:
            raise AmountNotPositive
        books.begin("top_up", at=at, recorded_at=now, reference=name, program_version=loaded.program.version)
        books.load_wallet(
            amount_minor,
            source=accounts[source],
            why=Why("topped_up", {"amount_minor": amount_minor, "source": source}),
        )
        done.entities.add("wallet")
        occasion = Occasion("top_up", at, actor.channel, actor.store, amount_minor=amount_minor)
        advance.run(loaded, done, occasion, reference=name, now=now, begin=False)
        activity.stay_alive(loaded, done, at=at)
        messages.tell(
            session,
            "wallet.topped_up",
            {"amount_minor": amount_minor},
            member_id=member_id,
            now=now,
            batch=batch,
        )

    request = {"top_up": amount_minor, "member": member_id, "source": source, "reference": reference}
    return _once(
        session,
        actor=actor,
        member_id=member_id,
        key=key,
        request=request,
        at=at,
        now=now,
        store=actor.store,
        act=act,
    )


def record_event(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    name: str,
    key: str,
    now: datetime,
    data: Mapping[str, Any] | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """Tell the rules that something happened (``signup``, ``visit``, ``referral``, ``event:<name>``); once per key."""
    at = occurred_at or now

    def act(loaded: State, done: Consequences, _: Batch) -> None:
        occasion = Occasion(name, at, actor.channel, actor.store, data=dict(data or {}))
        advance.run(loaded, done, occasion, reference=f"{name}:{key}", now=now)

    request = {"event": name, "member": member_id, "data": dict(data or {})}
    return _once(
        session,
        actor=actor,
        member_id=member_id,
        key=key,
        request=request,
        at=at,
        now=now,
        store=actor.store,
        act=act,
    )


def adjust(
    session: Session,
    *,
    actor: Actor,
    member_id: int,
    points_milli: int,
    reason: str,
    key: str,
    now: datetime,
) -> dict[str, Any]:
    """Give (or, negative, take) points by hand, with a reason; once per key. Raise ``InsufficientPoints``."""

    def act(loaded: State, _done: Consequences, _batch: Batch) -> None:
        books, standing = loaded.books, loaded.standing
        assert books is not None
        assert standing is not None
        if not points_milli:
            raise AmountNotPositive
        books.begin(
            "adjustment", at=now, reference=f"adjustment:{key}", program_version=loaded.program.version
        )
        why = Why("adjusted", {"reason": reason, "points_milli": points_milli})
        if points_milli > 0:
            rule = expiry.expiry_of(loaded.program, standing.tier)
            books.earn(
                points_milli,
                source=chart.ISSUED_GOODWILL,
                expires_at=expiry.expires_at(loaded.program, rule, now),
                why=why,
            )
        else:
            books.spend(-points_milli, to=chart.WRITTEN_OFF, why=why)

    request = {"adjust": points_milli, "member": member_id, "reason": reason}
    return _once(
        session,
        actor=actor,
        member_id=member_id,
        key=key,
        request=request,
        at=now,
        now=now,
        store=None,
        act=act,
    )


def bring_up_to_date(session: Session, member_id: int, *, now: datetime) -> bool:
    """Apply to a member what time alone changed; return whether anything did.

    Late, twice, or in parallel it gives the same books.
    """
    loaded = load_member(session, member_id, at=now, now=now)
    done = advance.catch_up(loaded, now=now)
    if not advance.changed(done, loaded):
        return False
    batch = Batch()
    writing.queue_member(session, batch, loaded, [done], sale=None, now=now)
    batch.send(session)
    return True


def view(session: Session, member_id: int, *, now: datetime) -> State:
    """Load a member to look at, as of ``now``: lapsed points, holds and tiers are gone whether or not a job ran."""
    loaded = load_member(session, member_id, at=now, now=now, lock=False)
    advance.catch_up(loaded, now=now)
    return loaded
