"""Lets a crowd live through its plan: every event through the real routes, at its own time, in order.

The application runs in this process on a clock that is set for each event. So joining, top-ups, sales, returns and gift
cards are what they are in earnest, and so are the mails, the usual that is learned, and what expires in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import uuid4

from flask import Flask

from loyalty import codes, members, offers, staff
from loyalty.clock import SetClock
from loyalty.db import transaction
from loyalty.demo.crowd import Event, Guest, Item
from loyalty.demo.phone import Phone
from loyalty.demo.setting import CASHIER, MANAGER, employ
from loyalty.demo.till import Till, enroll
from loyalty.demo.wire import Inside, Wire
from loyalty.jobs import outbox, schedule
from loyalty.jobs.work import work_of
from loyalty.web import site
from mobile_api.who import access_token

TILL: Final = "Counter"
_LADDER: Final = (
    (200_000, "ladder-200"),
    (100_000, "ladder-100"),
    (60_000, "ladder-60"),
    (25_000, "ladder-25"),
)
_BILL_MINOR: Final = 2000  # cash is paid in twenties


@dataclass(slots=True)
class Somebody:
    """A guest who has joined: their phone, and what the last receipt said they have."""

    guest: Guest
    phone: Phone
    points_milli: int = 0
    wallet_minor: int = 0

    def note(self, standing: Mapping[str, Any] | None) -> None:
        """Remember where the member stands."""
        if standing is not None:
            self.points_milli, self.wallet_minor = standing["points_milli"], standing["wallet_minor"]


@dataclass(slots=True)
class Life:
    """The café on a set clock, with everybody who has joined so far."""

    app: Flask
    clock: SetClock
    random: Random
    done: Counter[str] = field(default_factory=Counter[str])
    turnover_minor: int = 0
    people: dict[int, Somebody] = field(default_factory=dict[int, Somebody])
    tills: dict[str, Till] = field(default_factory=dict[str, Till])

    def play(self, events: Sequence[Event], *, progress: Callable[[int], None]) -> None:
        """Let everything happen in order; ``progress`` is told how many events have."""
        acts = {
            "join": self._join,
            "visit": self._visit,
            "order": self._order,
            "gift": self._gift,
            "offer": self._send_offer,
        }
        day = None
        for number, event in enumerate(events, 1):
            if day is not None and event.at.date() != day:
                self._night()
            day = event.at.date()
            self.clock.set(event.at)
            acts[event.kind](event)
            progress(number)
        self._night()

    def _night(self) -> None:
        """Deliver what was told and run what is due: the usual is learned, points age, payments are looked after."""
        work = self._work
        while outbox.deliver(work):
            pass
        schedule.prepare(work.now)
        schedule.run_due(work)

    @property
    def _work(self) -> Any:
        here = site.current()
        return work_of(here.settings, here.clock)

    @property
    def _wire(self) -> Wire:
        return Wire(Inside(self.app.test_client()))

    def _somebody(self, guest: Guest | None) -> Somebody:
        """Return somebody with the phone in hand: a fresh token, today's epoch (as the app fetches both)."""
        assert guest is not None
        found, here, now = self.people[guest.number], site.current(), self.clock.now()
        found.phone.token = access_token(here, device_id=found.phone.device, now=now)
        found.phone.epoch = codes.epochs_at(codes.code_secret(here.settings.secret_key), now)[0].value
        return found

    def _join(self, event: Event) -> None:
        guest = event.guest
        assert guest is not None
        phone = Phone(
            self._wire, guest.given_name, guest.family_name, guest.address,
            clock=self.clock, wait=lambda: outbox.deliver(self._work), locale=guest.locale,
            birthday=guest.birthday.isoformat() if guest.birthday else None,
        )  # fmt: skip
        phone.sign_in(phone.ask_for_code())
        phone.register_key()
        if guest.milk:
            phone.put("/preferences/milk", {"value": guest.milk})
        if guest.shares_usual:
            phone.put("/consents/usual_at_till/till", {"allowed": True, "text_version": "demo"})
        phone.put(f"/favorites/{guest.drink['sku']}", {})
        phone.put("/preferences/store", {"value": guest.store})
        self.people[guest.number] = Somebody(guest, phone)
        self.done["members"] += 1

    def _till(self, store: str) -> Till:
        if store not in self.tills:
            with transaction() as session:
                manager = employ(session, MANAGER, now=self.clock.now())
                employ(session, CASHIER, now=self.clock.now())
                code = staff.offer_enrollment(
                    session, actor=manager, name=TILL, store=store, now=self.clock.now()
                )
            self.tills[store] = enroll(self._wire, code, self.clock)
        return self.tills[store]

    def _visit(self, event: Event) -> None:
        who, till = self._somebody(event.guest), self._till(event.store)
        basket: dict[str, Any] = {"id": str(uuid4()), "code": who.phone.draw(), "lines": list(event.items)}
        reward = self._reward(who, event)
        if reward is not None:
            basket["rewards"] = [{"reward": reward}]
            self.done["rewards"] += 1
        due = till.quote(basket)["due_minor"]
        receipt = till.sell({**basket, "tenders": self._tenders(who, due)}, key=str(uuid4()))
        self._sold(who, receipt)
        if event.returns:
            till.sign_in(CASHIER)
            back = till.take_back(receipt["sale"], receipt["lines"][-1]["line"])
            self.done["returns"] += 1
            self.turnover_minor -= back["amount_minor"]
            who.note(back["member"])
            till.cashier = None

    def _reward(self, who: Somebody, event: Event) -> str | None:
        """Return the dearest reward somebody can pay for, where they feel like it and it saves something."""
        if not event.redeems:
            return None
        for price_milli, reward in _LADDER:
            if who.points_milli >= price_milli and (reward != "ladder-25" or _has_extra(event.items)):
                return reward
        return None

    def _tenders(self, who: Somebody, due_minor: int) -> list[dict[str, Any]]:
        if not due_minor:
            return []
        match who.guest.pays:
            case "wallet":
                self._fill(who, due_minor)
                return [{"kind": "wallet", "amount_minor": due_minor}]
            case "card":
                return [{"kind": "card", "amount_minor": due_minor}]
            case "cash":
                return [{"kind": "cash", "amount_minor": -(-due_minor // _BILL_MINOR) * _BILL_MINOR}]

    def _fill(self, who: Somebody, needed_minor: int) -> None:
        """Top the wallet up by card where it does not cover what is needed."""
        if who.wallet_minor >= needed_minor:
            return
        amounts = [each for each in (2500, 3000, 5000) if who.wallet_minor + each >= needed_minor] or [10_000]
        who.phone.top_up(self.random.choice(amounts), "test_success")
        who.note(who.phone.get("/balance"))
        self.done["top-ups"] += 1

    def _order(self, event: Event) -> None:
        who = self._somebody(event.guest)
        lines, store = list(event.items), event.store
        due = who.phone.post("/quotes", {"lines": lines, "store": store})["due_minor"]
        self._fill(who, due)
        self._sold(who, who.phone.buy(lines, store))

    def _gift(self, event: Event) -> None:
        """Buy a gift card at the till; the friend loads it into their wallet."""
        who, friend, till = self._somebody(event.guest), self._somebody(event.friend), self._till(event.store)
        amount = self.random.choice((1500, 2000, 2500))
        line = {"sku": "gift-card", "name": "Gift card", "kind": "gift_card", "price_minor": amount}
        paid = [{"kind": "card", "amount_minor": amount}]
        sale = {"id": str(uuid4()), "code": who.phone.draw(), "lines": [line], "tenders": paid}
        till.sign_in(CASHIER)
        receipt = till.sell(sale, key=str(uuid4()))
        till.cashier = None
        self._sold(who, receipt)
        friend.phone.post("/gift-cards/redeem", {"code": receipt["gift_cards"][0]["code"]})
        friend.note(friend.phone.get("/balance"))
        self.done["gift cards"] += 1

    def _sold(self, who: Somebody, receipt: Mapping[str, Any]) -> None:
        who.note(receipt["member"])
        self.done["sales"] += 1
        self.turnover_minor += receipt["total_minor"]

    def _send_offer(self, event: Event) -> None:
        """Send an offer to everybody who is there; most of them activate it where that is needed."""
        now = self.clock.now()
        for who in list(self.people.values()):
            with transaction() as session:
                member_id = members.find(session, who.phone.member)
                instance = offers.send(session, member_id, event.offer, now=now, channel="app")
            if instance and self.random.random() < 0.7:
                self._somebody(who.guest).phone.post(f"/offers/{instance}/activate", None)
            self.done["offers"] += 1


def _has_extra(items: Sequence[Item]) -> bool:
    """Tell whether a basket has an option that costs something: only then the smallest reward saves anything."""
    return any(option in ("medium", "large", "oat", "soy") for item in items for option in item["options"])
