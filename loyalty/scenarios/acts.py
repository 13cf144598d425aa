"""What happens in a scenario that is the same at every door: offers, events, corrections, merges, versions, jobs.

What a member does goes by the member's own interface; what the brand or its staff do, by the domain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from loyalty import codes, dossier, offers, rules, sales
from loyalty.actor import SYSTEM, Actor
from loyalty.db import snapshot, transaction
from loyalty.errors import DomainError, Flaw
from loyalty.jobs.table import JOBS
from loyalty.jobs.work import work_of
from loyalty.members.models import Member
from loyalty.rules.nearest import nearest
from loyalty.scenarios import nouns, programs
from loyalty.scenarios.cast import SECRET, Person
from loyalty.scenarios.doors.basket import outcome_of
from loyalty.scenarios.format import FormatInvalid
from loyalty.scenarios.play import Outcome, Play, Sold

BUILT_IN: Final = frozenset(
    {"signup", "visit", "referral", "birthday", "tier_reached", "challenge_done", "schedule"}
)
# A job whose name has one of these brings every member up to date: that is one job here.
EVERYBODY: Final = (
    "expir",
    "advance",
    "aging",
    "tier",
    "demot",
    "upkeep",
    "hold",
    "birthday",
    "schedule",
    "daily",
    "night",
)
MOST_ROUNDS: Final = 100


def refusable(work: Callable[[], Mapping[str, Any]]) -> Outcome:
    """Do something in the domain; a refusal is an outcome."""
    try:
        answer = work()
    except DomainError as error:
        return Outcome(error=error.code, facts=error.data, detail=error.detail)
    return Outcome(answer=answer, earned_milli=answer.get("earned_milli"))


def send_offer(play: Play, step: nouns.Step, sent: nouns.OfferSent) -> Outcome:
    """Send an offer to members, or to everybody of the file."""

    def work() -> Mapping[str, Any]:
        for person in _people(play, sent):
            with transaction() as session:
                channel = sent.channel or "inbox"
                offers.send(session, person.member_id, sent.offer, now=play.now, channel=channel)
        return {}

    del step
    return refusable(work)


def _people(play: Play, sent: nouns.OfferSent) -> list[Person]:
    names = sent.members or tuple(play.cast.people)
    return [play.cast.people[name] for name in names]


def touch_offer(play: Play, step: nouns.Step, touched: nouns.OfferSent, verb: str) -> Outcome:
    """Let a member activate or see the oldest instance of an offer that is still to be, on their phone."""
    outcome = Outcome(error="offer_not_found")
    for name in touched.members or (None,):
        person = play.person(name, step)
        headers = play.phone_headers(person, "web" if play.door == "web" else "app")
        mine = play.client.send("GET", "/api/v1/offers", headers=headers).document["items"]
        instances = [each for each in reversed(mine) if each["offer"] == touched.offer]
        states = ("sent", "seen") if verb == "activate" else ("sent",)
        waiting = [each for each in instances if each["state"] in states] or instances[-1:]
        if not waiting:
            return Outcome(error="offer_not_found", detail=f"{person.name} did not receive {touched.offer}")
        path = f"/api/v1/offers/{waiting[0]['id']}/{verb}"
        outcome = outcome_of(play.client.send("POST", path, headers=headers))
    return outcome


def event(play: Play, step: nouns.Step, said: nouns.Event) -> Outcome:
    """Tell the rules that something happened."""
    person = play.person(said.member, step)
    name = said.name if said.name in BUILT_IN or said.name.startswith("event:") else f"event:{said.name}"
    channel = said.channel or step.channel or (play.door if play.door in ("app", "web") else "store")
    actor = Actor(kind="system", id="scenario", channel=channel, store=play.store_of(step))  # pyright: ignore[reportArgumentType]
    key = play.key()

    def work() -> Mapping[str, Any]:
        with transaction() as session:
            return sales.record_event(
                session,
                actor=actor,
                member_id=person.member_id,
                name=name,
                key=key,
                now=play.now,
                data=programs.plain(said.data),
            )

    outcome = refusable(work)
    if said.retry and outcome.error is None and work() != outcome.answer:
        outcome.broken.append("a retry was answered differently")
    return outcome


def adjust(play: Play, step: nouns.Step, said: nouns.Adjustment) -> Outcome:
    """Give or take points by hand."""
    person, milli = play.person(said.member, step), play.milli(said.points, step)

    def work() -> Mapping[str, Any]:
        with transaction() as session:
            return sales.adjust(
                session,
                actor=SYSTEM,
                member_id=person.member_id,
                points_milli=milli,
                reason=said.reason or "goodwill",
                key=play.key(),
                now=play.now,
            )

    return refusable(work)


def merge(play: Play, step: nouns.Step, said: nouns.Merge) -> Outcome:
    """Make two accounts one; both names mean the survivor from now on."""
    into, gone = play.person(said.into, step), play.person(said.member, step)

    def work() -> Mapping[str, Any]:
        with transaction() as session:
            dossier.merge(session, actor=SYSTEM, survivor=into.member_id, merged=gone.member_id, now=play.now)
        return {}

    outcome = refusable(work)
    if outcome.error is None:
        gone.member_id, gone.public_id = into.member_id, into.public_id
    return outcome


def apply(play: Play, step: nouns.Step, said: nouns.Application) -> Outcome:
    """Put another program into force. The promised notice is done without, unless the step expects its refusal."""
    pointer = f"/steps/{step.number - 1}/apply"
    document = programs.resolve(said.program, path=play.scenario.path, pointer=pointer, over=play.document)
    document = programs.stocked(document, play.scenario)
    flaws = rules.check(document)
    if flaws:
        raise FormatInvalid(
            play.scenario.path, tuple(Flaw(f"{pointer}{flaw.pointer}", flaw.detail) for flaw in flaws)
        )
    live_from = None if said.live_from is None else play.instant(step, said.live_from)

    def work(reason: str | None) -> Mapping[str, Any]:
        with transaction() as session:
            version = rules.apply(
                session, document, actor=SYSTEM, live_from=live_from, without_notice=reason, now=play.now
            )
        return {"version": version}

    outcome = refusable(lambda: work(said.without_notice))
    expects = step.expect.said.get("error") if step.expect is not None else None
    if outcome.error == rules.NoticeTooShort.code and expects is None:
        outcome = refusable(lambda: work("a scenario"))
    if outcome.error is None:
        play.document = document
        play.reload_program()
    return outcome


def claim(play: Play, step: nouns.Step, said: nouns.ReceiptClaim) -> Outcome:
    """Claim the receipt of a sale of nobody, on the phone."""
    person = play.person(said.member, step)
    sold = play.sold.get(said.sale)
    receipt = sold.receipt if sold is not None else None
    code = (receipt or {}).get("claim_code")
    if sold is None or receipt is None:
        raise play.flawed(step, f"there is no sale {said.sale}{nearest(said.sale, play.sold)}")
    if code is None:
        code = _drawn_claim(receipt["sale"], play)
    headers = play.phone_headers(person, "web" if play.door == "web" else "app")
    answer = play.client.send("POST", "/api/v1/claims", {"receipt": code}, headers=headers, key=play.key())
    if answer.ok:
        play.sold[said.sale] = Sold(sold.action, person.name, None, sold.request, sold.key, answer.document)
    return outcome_of(answer)


def _drawn_claim(sale: str, play: Play) -> str:
    """Return the code on the receipt, of a sale whose answer had none (it was handed in late)."""
    return codes.draw_claim(codes.code_secret(SECRET), sale, issued_at=play.now)


def hold(play: Play, step: nouns.Step, said: nouns.Hold) -> Outcome:
    """Set a reward aside, on the phone."""
    person = play.person(said.member, step)
    headers = play.phone_headers(person, "web" if play.door == "web" else "app")
    path = f"/api/v1/rewards/{said.reward}/holds"
    answer = play.client.send("POST", path, headers=headers, key=play.key())
    if answer.ok:
        for name in {said.id or said.reward, said.reward}:
            play.holds[person.name, name] = answer.document["hold"]
        play.held_until[answer.document["hold"]] = datetime.fromisoformat(answer.document["until"])
    return outcome_of(answer)


def release(play: Play, step: nouns.Step, said: nouns.Release) -> Outcome:
    """Give a held reward back, on the phone."""
    person = play.person(said.member, step)
    headers = play.phone_headers(person, "web" if play.door == "web" else "app")
    hold_id = play.holds.get((person.name, said.hold), said.hold)
    outcome = outcome_of(play.client.send("DELETE", f"/api/v1/holds/{hold_id}", headers=headers))
    if outcome.error is None:
        for name in [name for name, each in play.holds.items() if each == hold_id]:
            del play.holds[name]
    return outcome


def run(play: Play, step: nouns.Step, said: nouns.Run) -> Outcome:
    """Run jobs by their names; ``expire`` and ``advance`` bring every member up to date."""
    jobs = {job.name: job for job in JOBS}
    for name in said.jobs:
        wanted = name.replace("_", "-")
        if wanted in jobs and wanted != "aging":
            work = work_of(play.world.settings, play.world.clock)
            for _ in range(MOST_ROUNDS):
                if not jobs[wanted].run(work):
                    break
        elif any(word in wanted for word in EVERYBODY):
            _everybody(play)
        else:
            known = ["expire", "advance", "tiers", "holds", *jobs]
            raise play.flawed(
                step, f"there is no job {name}{nearest(name, known)}; there are {', '.join(known)}"
            )
    return Outcome()


def _everybody(play: Play) -> None:
    with snapshot() as session:
        ids = list(session.scalars(select(Member.member_id).where(Member.status == "active")))
    for member_id in ids:
        with transaction() as session:
            sales.bring_up_to_date(session, member_id, now=play.now)
