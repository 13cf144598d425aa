"""What time alone changes: ended holds, lapsed points, tiers that run out, birthdays and schedules.

Decided from the member's state whenever it is loaded under the lock, so it is right whether or not a job ran. Pure.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from loyalty import rules
from loyalty.ledger import available_milli
from loyalty.rules import expiry, tiers
from loyalty.rules.facts import Occasion
from loyalty.rules.program import Program
from loyalty.sales import effects, standing
from loyalty.sales.consequences import Consequences, Moment
from loyalty.sales.state import State

LONGEST_AWAY: Final = timedelta(days=400)


def catch_up(state: State, *, now: datetime, done: Consequences | None = None) -> Consequences:
    """Bring a member up to ``now``: holds first (their points may lapse), then tiers, then points, then occasions."""
    done = Consequences() if done is None else done
    books, stood = state.books, state.standing
    if books is None or stood is None or now < stood.advanced_at:
        return done
    for hold in books.ended_holds(now):
        books.begin("hold_expired", at=hold.until, recorded_at=now, reference=f"hold:{hold.id}")
        books.release_hold(hold.id, state="expired")
        done.entities.add(f"hold/{hold.id}")
    if standing.demotion_due(state, now):
        books.begin("tier_end", at=now, program_version=state.program.version)
        standing.end_of_validity(state, done, now=now)
    if books.lapsing(now):
        books.begin("expiry", at=now, program_version=state.program.version)
        books.expire(now)
    for offer in state.offers:
        if effects.lapsed(offer, now):
            done.offers[offer.id] = effects.OfferChange(
                offer.progress, offer.completed_at, state.completed_by.get(offer.id), done=True
            )
            done.entities.add(f"offer/{offer.id}")
    _occasions(state, done, now=now)
    stood.advanced_at = now
    return done


def changed(done: Consequences, state: State) -> bool:
    """Tell whether catching up did anything that must be written."""
    return bool(done.entities or done.moves or (state.books and state.books.drafts))


def _occasions(state: State, done: Consequences, *, now: datetime) -> None:
    books, person, stood = state.books, state.person, state.standing
    assert books is not None
    assert person is not None
    assert stood is not None
    for occasion in due_occasions(state.program, person.birthday, since=stood.advanced_at, until=now):
        run(state, done, occasion, reference=f"{occasion.when}:{occasion.occurred_at:%Y-%m-%d}", now=now)


def due_occasions(
    program: Program, birthday: date | None, *, since: datetime, until: datetime
) -> list[Occasion]:
    """Return the birthdays and scheduled moments in ``(since, until]``, in order."""
    # Whoever stayed away for years is not owed every Monday of them.
    since = max(since, until - LONGEST_AWAY)
    due = [
        Occasion("schedule", moment, data={"rule": rule})
        for moment, rule in tiers.scheduled(program, since, until)
    ]
    if birthday is not None and any("birthday" in rule.when for rule in program.rules.values()):
        for year in range(since.year - 1, until.year + 2):
            moment = expiry.midnight(tiers.birthday_on(program, birthday, year), program.zone)
            if since < moment <= until:
                due.append(Occasion("birthday", moment))
    return sorted(due, key=lambda occasion: (occasion.occurred_at, occasion.when))


def run(
    state: State, done: Consequences, occasion: Occasion, *, reference: str, now: datetime, begin: bool = True
) -> None:
    """Let the rules answer one occasion and carry that out, in a transaction of its own unless one is open."""
    books = state.books
    assert books is not None
    facts = state.facts(at=occasion.occurred_at, available_milli=available_milli(books, now))
    assert facts is not None
    said = rules.answer(state.program, occasion, facts)
    if begin:
        books.begin(
            occasion.when.partition(":")[0],
            at=occasion.occurred_at,
            recorded_at=now,
            reference=reference,
            program_version=state.program.version,
        )
    effects.follow(state, done, said, Moment(occasion.occurred_at, now, reference))
