"""Plays scenarios: each through each door in a fresh world, step by step, and keeps what was not as expected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from loyalty import ledger, rules
from loyalty.db import snapshot
from loyalty.errors import DomainError, Flaw
from loyalty.rules import Program
from loyalty.scenarios import assembling, cast, compare, nouns, programs
from loyalty.scenarios.compare import Difference, Measure
from loyalty.scenarios.doing import OFFLINE, act
from loyalty.scenarios.doors.offline import Queued
from loyalty.scenarios.format import FormatInvalid
from loyalty.scenarios.looking import Stand, earned_since, stand_of
from loyalty.scenarios.names import unknown_names
from loyalty.scenarios.play import Outcome, Play
from loyalty.scenarios.values import Unreadable
from loyalty.scenarios.workshop import Workshop

# A till without a network hands in this much later, but not after the next step.
LATER: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Failure:
    """What was not as expected after one step (0: after the last, the audit)."""

    step: int
    at: str
    what: str
    differences: tuple[Difference, ...]


@dataclass(slots=True)
class Result:
    """One scenario played through one door."""

    path: str
    name: str
    door: str
    steps: int
    failures: list[Failure] = field(default_factory=list[Failure])
    notes: list[str] = field(default_factory=list[str])
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Tell whether everything was as expected."""
        return not self.failures


def play(workshop: Workshop, scenario: nouns.Scenario, door: str) -> Result:
    """Play a scenario through a door; raise ``FormatInvalid`` where it means nothing in its program."""
    document, program = prepared(workshop, scenario)
    if flaws := unknown_names(scenario, program):
        raise FormatInvalid(scenario.path, flaws)
    zone = program.zone_of(scenario.store or next(iter(program.stores), None))
    start = start_of(scenario, zone)
    with workshop.world(document, now=start) as world:
        people = _assembled(scenario, program, start, zone)
        people.tills.update(world.tills)
        played = Play(scenario, world, people, door, document, program)
        played.reload_program()
        return _Playing(played, Result(scenario.path, scenario.name, door, len(scenario.steps))).all()


def _assembled(scenario: nouns.Scenario, program: Program, start: datetime, zone: ZoneInfo) -> cast.Cast:
    """Create everybody; what the domain refuses of the beginning is a flaw of the file."""
    try:
        return assembling.assemble(scenario, program, start=start, zone=zone)
    except (DomainError, Unreadable) as error:
        raise FormatInvalid(scenario.path, (Flaw("/members", str(error)),)) from error


def prepared(workshop: Workshop, scenario: nouns.Scenario) -> tuple[dict[str, Any], Program]:
    """Return the scenario's program as document and compiled; raise ``FormatInvalid`` with its flaws."""
    document = programs.resolve(scenario.program, path=scenario.path)
    if scenario.settings:
        document = programs.merged(document, {"settings": programs.plain(scenario.settings)})
    document = programs.stocked(document, scenario)
    try:
        return document, workshop.program(document)
    except rules.ProgramInvalid as error:
        flaws = tuple(Flaw(f"/program{flaw.pointer}", flaw.detail) for flaw in error.flaws)
        raise FormatInvalid(scenario.path, flaws) from None


def start_of(scenario: nouns.Scenario, zone: ZoneInfo) -> datetime:
    """Return when members are as the file says: what it says, or the time of its first step (or late sale)."""
    if scenario.start is not None:
        return scenario.start.instant(zone)
    moments = [step.at for step in scenario.steps if step.at is not None]
    late = [getattr(step.action, "occurred_at", None) for step in scenario.steps]
    first = moments[0].instant(zone) if moments else datetime(2026, 3, 2, 9, tzinfo=zone).astimezone(UTC)
    return min([first, *(moment.instant(zone) for moment in late if moment is not None)])


@dataclass(slots=True)
class _Playing:
    """One play, from the first step to the audit."""

    play: Play
    result: Result
    number: int = 0
    waiting: list[tuple[datetime, nouns.Step, Queued]] = field(
        default_factory=list[tuple[datetime, nouns.Step, Queued]]
    )

    def all(self) -> Result:
        try:
            self._steps()
        except FormatInvalid:
            raise
        except Exception as error:  # noqa: BLE001 - what one scenario breaks must not keep others from being played
            self._broke(error)
        self._audit()
        return self.result

    def _broke(self, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"
        difference = Difference("besides", "an answer", text)
        at = self.play.now.isoformat(timespec="minutes")
        self.result.failures.append(Failure(self.number, at, "broken", (difference,)))

    def _steps(self) -> None:
        steps = self.play.scenario.steps
        for place, step in enumerate(steps):
            self.number = step.number
            at = self.play.now if step.at is None else self.play.instant(step, step.at)
            self._hand_in_until(at)
            self.play.world.clock.set(at)
            self._step(step, at, self._next(steps, place, at))
        self._hand_in_until(None)

    def _next(self, steps: tuple[nouns.Step, ...], place: int, at: datetime) -> datetime | None:
        """Return when the next step is, ``None`` after the last."""
        following = next((step for step in steps[place + 1 :] if step.at is not None), None)
        if following is None or following.at is None:
            return at if place + 1 < len(steps) else None
        return self.play.instant(following, following.at)

    def _step(self, step: nouns.Step, at: datetime, following: datetime | None) -> None:
        play = self.play
        play.hand_in_at = min(at + LATER, max(at, following or at + LATER))
        uploaded_at = getattr(step.action, "uploaded_at", None)
        if uploaded_at is not None:
            play.hand_in_at = play.instant(step, uploaded_at)
            if following is not None and play.hand_in_at >= following:
                self.waiting.append((play.hand_in_at, step, self._queue(step)))
                return
        self._check(step, lambda: act(play, step))

    def _queue(self, step: nouns.Step) -> Queued:
        if isinstance(step.action, nouns.Return) and step.action.sale is not None:
            return OFFLINE.queue_return(self.play, step, step.action)
        if isinstance(step.action, nouns.Sale):
            return OFFLINE.queue(self.play, step, step.action)
        raise self.play.flawed(step, "uploaded_at is for sales, and returns with their receipt")

    def _hand_in_until(self, moment: datetime | None) -> None:
        """Hand in what waits and is due before a moment (everything, after the last step)."""
        for due in sorted(self.waiting, key=lambda each: each[0]):
            at, step, queued = due
            if moment is not None and at > moment:
                continue
            self.waiting.remove(due)
            self.play.world.clock.set(at)
            self.play.hand_in_at = at
            self._check(step, lambda queued=queued: OFFLINE.hand_in(self.play, queued))

    def _check(self, step: nouns.Step, act: Callable[[], Outcome]) -> None:
        """Do what a step says and keep what is not as expected."""
        play = self.play
        name = member_of(play, step)
        person = None if name is None else play.cast.people[name]
        counted = step.verb == "top_up" and step.expect is not None and "earned" in step.expect.said
        seq = stand_seq(play, name) if counted else 0
        outcome = act()
        self.result.notes += [f"step {step.number}: {note}" for note in outcome.notes]
        if outcome.left_out is not None:
            self.result.notes.append(f"step {step.number} is left out: {outcome.left_out}")
            return
        if counted and person is not None and outcome.error is None:
            outcome.earned_milli = earned_since(play, person, seq, "top_up")
        expect = step.expect or nouns.Expectation({}, {})
        own = None if person is None or not expect.said else stand_of(play, person, expect.said)
        others = {each: self._stand(each, said) for each, said in expect.members.items()}
        measure = Measure(play.program.currency_digits, play.zone_of(step))
        found = compare.differences(expect, outcome, own, others, measure)
        found += [Difference("besides", "no such thing", text) for text in outcome.broken]
        found += _agrees(outcome, own)
        if found:
            self.result.failures.append(
                Failure(step.number, measure.local(play.now), step.verb or "expect", tuple(found))
            )

    def _stand(self, name: str, said: Mapping[str, Any]) -> Stand:
        return stand_of(self.play, self.play.cast.people[name], said)

    def _audit(self) -> None:
        """The books must be right after every play, whatever it expected."""
        with snapshot() as session:
            findings = list(ledger.audit(session))
        if findings:
            found = tuple(Difference("audit", "clean books", str(finding)) for finding in findings)
            self.result.failures.append(Failure(0, "", "audit", found))


def _agrees(outcome: Outcome, own: Stand | None) -> Iterator[Difference]:
    """What a receipt says of the member must be what the member's own device is told."""
    said = outcome.answer.get("member") if outcome.error is None else None
    if own is None or not isinstance(said, Mapping) or "points_milli" not in said:
        return
    if "state" not in outcome.answer and "return" not in outcome.answer:
        return
    for name in ("points_milli", "owed_milli", "held_milli", "wallet_minor", "tier", "tier_points_milli"):
        if said[name] != own.balance[name]:
            yield Difference(name, f"{own.balance[name]} as the balance says", f"{said[name]} on the receipt")


def stand_seq(play: Play, name: str | None) -> int:
    """Return the number of the member's last ledger transaction."""
    person = None if name is None else play.cast.people[name]
    if person is None:
        return 0
    with snapshot() as session:
        return ledger.read_books(session, person.member_id).account.seq


def member_of(play: Play, step: nouns.Step) -> str | None:
    """Return whose step it is: the member it names, the buyer of the sale it is about, or the only member."""
    action: Any = step.action.sale if isinstance(step.action, nouns.Quote) else step.action
    if isinstance(action, nouns.Merge):
        return action.into
    if isinstance(action, nouns.OfferSent):
        return action.members[0] if action.members else _only(play)
    if isinstance(action, nouns.Sale):
        return action.member
    if isinstance(action, nouns.Return | nouns.Void):
        sold = play.sold.get(action.sale or "")
        return action.member or (sold.member if sold is not None else None)
    return getattr(action, "member", None) or _only(play)


def _only(play: Play) -> str | None:
    return next(iter(play.cast.people)) if len(play.cast.people) == 1 else None
