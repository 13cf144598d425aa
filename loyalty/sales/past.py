"""The past of one new member, settled in memory and written at once: for bringing over years of purchases.

Every purchase is decided by the code that decides it at the till (``basket``, ``purchase``), in the order of time, on
the member's own books; what is written is what ``settle``, ``offers.send`` and ``offers.see`` would have written one by
one. Two things a past does not do: it tells nobody (no outbox: the world has heard of these sales), and it stores no
answers (nobody will send these requests again).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Final

from loyalty import changes, ledger, offers, rules
from loyalty.actor import Actor
from loyalty.db import Inserts
from loyalty.ledger import AccountState, Books
from loyalty.rules.facts import OfferInstance
from loyalty.rules.program import Program
from loyalty.sales import basket, purchase
from loyalty.sales.consequences import Consequences
from loyalty.sales.purchase import Decision
from loyalty.sales.requests import SaleRequest
from loyalty.sales.rows import Asked, sale_rows
from loyalty.sales.state import Person, Standing, State

# Where a counter of tier points begins that was never written.
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What a purchase may bring about that a past cannot write.
_BEYOND: Final = (
    "moves",
    "limits",
    "grants_given",
    "coupons_given",
    "grants_used",
    "coupons_used",
    "stock",
    "messages",
)
_beyond: Final = attrgetter(*_BEYOND)
_OFFER: Final = (
    "member_id", "id", "offer", "position", "received_at", "seen_at", "completed_at", "completed_by", "window_from",
    "window_until", "progress", "done",
)  # fmt: skip
_STEP: Final = ("member_id", "instance", "sale", "line", "amount", "original", "day", "occurred_at")
_TIER_EARNING: Final = ("member_id", "earned_at", "seq", "part", "amount_milli")
_STANDING: Final = (
    "tier", "tier_since", "tier_until", "visits", "last_visit_at", "spent_minor", "window_from", "window_milli",
    "advanced_at",
)  # fmt: skip


class BeyondPast(ValueError):
    """The program did something to a purchase that can only be settled one by one (limits, grants, tiers, messages)."""


@dataclass(slots=True)
class _Received:
    """One offer the member received, and what has become of it: its row."""

    facts: OfferInstance
    position: int
    seen_at: datetime | None = None
    completed_at: datetime | None = None
    completed_by: str | None = None
    progress: int = 0
    done: bool = False


class Past:
    """One new member from their first day on, in memory; ``insert`` gives the rows of everything that happened.

    ``program`` is the one in force all the time. Raise ``BeyondPast`` for a purchase that touches what is shared with
    others or counted by limits.
    """

    def __init__(self, program: Program, person: Person, *, actor: Actor, now: datetime) -> None:
        account = AccountState(person.member_id, wallet_limit_minor=program.settings.wallet_limit_minor)
        standing = Standing(
            tier=program.entry_tier.key,
            tier_since=person.joined_at,
            tier_until=None,
            visits=0,
            last_visit_at=None,
            spent_minor=0,
            advanced_at=now,
            window_from=_NEVER,
            window_milli=0,
        )
        self.actor = actor
        self._joined_at = person.joined_at
        self._books, self._standing = Books(account), standing
        self._state = State(program, self._books, person, standing)
        self._marks: dict[str, tuple[int, datetime]] = {}
        self._received: dict[str, _Received] = {}
        self._steps: dict[tuple[str, str, str], list[Any]] = {}
        self._tier_earned: list[tuple[Any, ...]] = []
        self._sales: list[tuple[Mapping[str, Any], list[dict[str, Any]]]] = []

    @property
    def member_id(self) -> int:
        """Return the member's number."""
        return self._books.account.member_id

    def mark(self, *entities: str, at: datetime) -> None:
        """Say that these things of the member changed, all in one transaction of that moment."""
        account = self._books.account
        account.version += 1
        self._marks.update(dict.fromkeys(entities, (account.version, at)))

    def receive(self, offer: str, *, instance: str, at: datetime) -> str | None:
        """Receive an offer, as ``offers.send`` sends it; return the instance, ``None`` where a repeat is ignored."""
        state = self._state
        receipt = offers.receive(
            state.program, state.program.offers[offer], state.offers, instance=instance, now=at
        )
        if receipt is None:
            return None
        marks = [f"offer/{instance}"]
        if receipt.replaces is not None:
            self._received[receipt.replaces].done = True
            self._drop_done()
            marks.append(f"offer/{receipt.replaces}")
        self._received[instance] = _Received(receipt.instance, len(self._received) + 1)
        state.offers.append(receipt.instance)
        self.mark(*marks, at=at)
        return instance

    def see(self, instance: str, *, at: datetime) -> None:
        """Note that the member has seen an offer; seen stays seen."""
        received = self._received[instance]
        if received.seen_at is not None:
            return
        received.seen_at = at
        for place, each in enumerate(self._state.offers):
            if each.id == instance:
                self._state.offers[place] = replace(each, seen_at=at)
        self.mark(f"offer/{instance}", at=at)

    def settle(self, request: SaleRequest, *, sale: str, at: datetime) -> Decision:
        """Settle a purchase of that moment; raise what deciding a sale raises, and ``BeyondPast``."""
        asked = Asked(self.actor, request, sale, at, at)
        self._roll(at)
        made = basket.basket_of(request, self._state, actor=self.actor, at=at)
        decision = purchase.decide(self._state, made, request.tenders, asked.moment)
        self._books.finish()
        for done in (decision.before, decision.done):
            self._follow(done, sale)
        self.mark("balance", *decision.before.entities, *decision.done.entities, at=at)
        self._sales.append(sale_rows(self._state, decision, asked))
        return decision

    def _roll(self, at: datetime) -> None:
        """Move the window of the tier counter to where it begins at that moment, as loading a state does."""
        standing = self._standing
        begins = rules.tier_window(self._state.program, at, self._joined_at)
        for _, earned, _, _, milli in self._tier_earned:
            if standing.window_from < earned <= begins:
                standing.window_milli -= milli
        standing.window_from = begins

    def _follow(self, done: Consequences, sale: str) -> None:
        """Keep what is to be written besides the books."""
        if any(_beyond(done)):
            raise BeyondPast(", ".join(name for name in _BEYOND if getattr(done, name)))
        member_id, seq = self.member_id, self._books.account.seq
        for part, (earned, milli) in enumerate(sorted(done.tier_earned.items())):
            self._tier_earned.append((member_id, earned, seq, part, milli))
        for step in done.steps:
            kept = self._steps.setdefault((step.instance, sale, step.line), [0, step.day, step.at])
            kept[0] += step.amount
        over = False
        for instance, change in done.offers.items():
            received = self._received[instance]
            received.progress, received.completed_at = change.progress, change.completed_at
            received.completed_by, received.done = change.completed_by, change.done
            over = over or change.done
        if over:
            self._drop_done()

    def _drop_done(self) -> None:
        """Forget what a sale would no longer load."""
        state = self._state
        state.offers = [each for each in state.offers if not self._received[each.id].done]

    def insert(self, inserts: Inserts) -> None:
        """Add the rows of the account, the standing and everything that happened; nothing may happen afterwards."""
        member_id = self.member_id
        ledger.write_opened(inserts, self._books)
        standing = self._standing
        inserts.insert(
            "standing",
            ("member_id", *_STANDING),
            [(member_id, *[getattr(standing, name) for name in _STANDING])],
        )
        for row, lines in self._sales:
            inserts.insert("sale", tuple(row), [tuple(row.values())])
            for line in lines:
                inserts.insert(
                    "sale_line", ("member_id", "sale_id", *line), [(member_id, row["id"], *line.values())]
                )
        inserts.insert("tier_earning", _TIER_EARNING, self._tier_earned)
        inserts.insert("offer_instance", _OFFER, [self._offer_row(each) for each in self._received.values()])
        inserts.insert(
            "challenge_step",
            _STEP,
            [(member_id, *key, amount, amount, day, at) for key, (amount, day, at) in self._steps.items()],
        )
        changes.insert_feed(inserts, member_id, self._marks)

    def _offer_row(self, received: _Received) -> tuple[Any, ...]:
        facts = received.facts
        return (
            self.member_id, facts.id, facts.offer, received.position, facts.received_at, received.seen_at,
            received.completed_at, received.completed_by, facts.window_from, facts.window_until, received.progress,
            received.done,
        )  # fmt: skip
