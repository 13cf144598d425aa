"""One scenario being played through one door: the world, the people in it, and what has been done so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from loyalty import codes, rules
from loyalty.db import snapshot, transaction
from loyalty.errors import Flaw
from loyalty.rules import Program
from loyalty.scenarios import cast, nouns
from loyalty.scenarios.cast import ANY_STORE, MAIN_TILL, SECRET, Cast, Person, Platform, Till
from loyalty.scenarios.format import FormatInvalid
from loyalty.scenarios.gifts import given_code
from loyalty.scenarios.http import Client
from loyalty.scenarios.values import Moment, Unreadable, milli_of, minor_of
from loyalty.scenarios.workshop import World
from loyalty.web.site import current
from mobile_api.who import access_token
from pos_adapter.who import CASHIER_HEADER, cashier_token, till_token


@dataclass(slots=True)
class Sold:
    """A sale under the name it has in the file: who bought, the code that was shown, what was sent, the answer.

    ``stood_for`` is what a phone's card payment would have been at the till, by kind.
    """

    action: nouns.Sale
    member: str | None
    code: str | None = None
    request: Mapping[str, Any] | None = None
    key: str = ""
    receipt: Mapping[str, Any] | None = None
    stood_for: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(slots=True)
class Outcome:
    """What became of a step.

    ``answer`` is the receipt, quote or return; ``error`` the code of the refusal with its ``facts``. ``due_minor`` and
    ``unseen`` say what this door shows in another way or not at all; ``broken`` what went wrong besides (a retry that
    changed something); ``notes`` what was done another way than at the till; ``left_out`` why the door cannot carry it.
    """

    answer: Mapping[str, Any] = field(default_factory=dict[str, Any])
    error: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    detail: str = ""
    earned_milli: int | None = None
    due_minor: int | None = None
    unseen: frozenset[str] = frozenset()
    broken: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    left_out: str | None = None


@dataclass(slots=True)
class Play:
    """The state of a play; ``door`` is the name of the door it goes through."""

    scenario: nouns.Scenario
    world: World
    cast: Cast
    door: str
    document: dict[str, Any]
    program: Program
    sold: dict[str, Sold] = field(default_factory=dict[str, Sold])
    holds: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    held_until: dict[str, datetime] = field(default_factory=dict[str, datetime])
    tried: dict[str, list[nouns.Sale]] = field(default_factory=dict[str, list[nouns.Sale]])
    requests: int = 0
    hand_in_at: datetime | None = None

    @property
    def client(self) -> Client:
        """Return the client of the world's interface."""
        return Client(self.world.port)

    @property
    def now(self) -> datetime:
        """Return what the clock of the world says."""
        return self.world.clock.now()

    # -- places and times ---------------------------------------------------------------------------------------

    def store_of(self, step: nouns.Step) -> str | None:
        """Return the store of a step: its own, the scenario's, or the program's first."""
        action = step.action.sale if isinstance(step.action, nouns.Quote) else step.action
        named = getattr(action, "store", None) or step.store or self.scenario.store
        return named or next(iter(self.program.stores), None)

    def zone_of(self, step: nouns.Step) -> ZoneInfo:
        """Return the zone in which the step's times are written."""
        return self.program.zone_of(self.store_of(step))

    def instant(self, step: nouns.Step, moment: Moment) -> datetime:
        """Return the instant of a moment of a step."""
        return moment.instant(self.zone_of(step))

    # -- amounts ------------------------------------------------------------------------------------------------

    def minor(self, amount: Decimal, step: nouns.Step) -> int:
        """Return money in minor units; raise ``FormatInvalid`` for what is finer."""
        try:
            return minor_of(amount, self.program.currency_digits)
        except Unreadable as error:
            raise self.flawed(step, f"{amount}: {error}") from None

    def milli(self, points: Decimal, step: nouns.Step) -> int:
        """Return points in thousandths; raise ``FormatInvalid`` for what is finer."""
        try:
            return milli_of(points)
        except Unreadable as error:
            raise self.flawed(step, f"{points}: {error}") from None

    def flawed(self, step: nouns.Step, detail: str) -> FormatInvalid:
        """Return the error of a step that means nothing in this program."""
        return FormatInvalid(self.scenario.path, (Flaw(f"/steps/{step.number - 1}/{step.verb}", detail),))

    # -- people -------------------------------------------------------------------------------------------------

    def person(self, name: str | None, step: nouns.Step) -> Person:
        """Return a member by name; the only one where none is named. Raise ``FormatInvalid``."""
        if name is None and len(self.cast.people) == 1:
            return next(iter(self.cast.people.values()))
        if name is None:
            raise self.flawed(step, "expected member: there is more than one")
        return self.cast.people[name]

    def phone_headers(self, person: Person, platform: Platform) -> dict[str, str]:
        """Return the headers of a request of a member's device, signed in on it first where it is new."""
        if platform not in person.phones:
            with transaction() as session:
                person.phones[platform] = cast.enroll_phone(session, person, platform, now=self.now)
        token = access_token(current(), device_id=person.phones[platform].device_id, now=self.now)
        return {"Authorization": f"Bearer {token}"}

    def till(self, store: str | None, name: str | None = None) -> Till:
        """Return a till of a store, enrolled when it is first used."""
        place = (store or ANY_STORE, name or MAIN_TILL)
        if place not in self.cast.tills:
            with transaction() as session:
                self.cast.tills[place] = cast.enroll_till(
                    session, store=place[0], name=place[1], now=self.now
                )
        return self.cast.tills[place]

    def till_headers(self, till: Till) -> dict[str, str]:
        """Return the headers of a request of a till with its cashier."""
        site, now = current(), self.now
        cashier, _ = cashier_token(
            site,
            till_id=till.till_id,
            staff_id=till.staff_id,
            session_id=till.session_id,
            ends_at=till.session_ends_at,
            now=now,
        )
        token = till_token(site, till_id=till.till_id, generation=till.generation, now=now)
        return {"Authorization": f"Bearer {token}", CASHIER_HEADER: cashier}

    def number_of(self, person: Person) -> str:
        """Return the 19-digit number that the member's app shows now."""
        secret = codes.code_secret(SECRET)
        with snapshot() as session:
            rotation = codes.number_rotation(session, person.member_id)
        key = codes.number_secret(secret, person.member_id, person.account_number, rotation)
        return codes.draw_number(key, person.account_number, now=self.now)

    def coupon(self, member: str | None, text: str) -> str:
        """Return the code that a text in a basket stands for: issued by the file, given by a rule, or itself."""
        person = self.cast.people.get(member) if member is not None else None
        issued = self.cast.coupon(member, text)
        if issued != text or person is None or text not in self.program.coupons:
            return issued
        return given_code(person.member_id, text) or text

    # -- requests -----------------------------------------------------------------------------------------------

    def key(self) -> str:
        """Return an idempotency key that was not used before."""
        self.requests += 1
        return f"scenario-{self.requests}"

    def known(self, sale: nouns.Sale) -> Sold | None:
        """Return the sale of this name that was settled already, if it is this very one: then this is a retry."""
        sold = self.sold.get(sale.id) if sale.id else None
        if sold is None or sold.request is None or _content(sold.action) != _content(sale):
            return None
        return sold

    def number_of_sale(self, sale: nouns.Sale) -> str | None:
        """Return the id under which a sale is sent: its name; a changed try after a refusal gets another one."""
        if sale.id is None:
            return None
        tried = self.tried.setdefault(sale.id, [])
        if _content(sale) not in tried:
            tried.append(_content(sale))
        if sale.id in self.sold and self.sold[sale.id].receipt is not None:
            return sale.id
        return sale.id if len(tried) == 1 else f"{sale.id}-{tried.index(_content(sale)) + 1}"

    def sale_number(self, name: str) -> str:
        """Return the id of the sale that a return names."""
        sold = self.sold.get(name)
        return name if sold is None or sold.receipt is None else str(sold.receipt["sale"])

    def holds_now(self, member: str | None, reward: str) -> bool:
        """Tell whether a member has this reward set aside now: then a claim of it means that hold."""
        hold_id = self.holds.get((member or "", reward))
        return hold_id is not None and self.held_until[hold_id] > self.now

    def forget_holds(self, sale: nouns.Sale) -> None:
        """Forget the holds that a settled sale captured: the next claim of the same reward is another one."""
        member = sale.member or ""
        for claim in sale.rewards:
            by_reward = self.holds.get((member, claim.reward))
            if by_reward is not None and by_reward == self.holds.get((member, claim.hold or claim.reward)):
                del self.holds[member, claim.reward]

    def reload_program(self) -> None:
        """See the program version that is in force now."""
        with snapshot() as session:
            self.program = rules.program_at(session, self.now, fresh=True)


def _content(sale: nouns.Sale) -> nouns.Sale:
    """Return a sale without what tells one sending of it from another."""
    return replace(sale, retry=None, uploaded_at=None, occurred_at=None, offline=None)
