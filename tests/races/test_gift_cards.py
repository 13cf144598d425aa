"""Two people redeem one gift card at the same moment; first shown to go wrong without the lock."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from loyalty import checkout, wallet
from loyalty.clock import SetClock
from loyalty.config import Settings
from loyalty.db import transaction
from loyalty.wallet import GiftOrder, redeeming
from tests.conftest import Together
from tests.joined import Joined
from tests.paying import Counter, put_program_in_force

AMOUNT = 2_500


@pytest.fixture
def counter(app: Flask, settings: Settings, clock: SetClock) -> Counter:
    put_program_in_force()
    return Counter(app, settings, clock)


def race(counter: Counter, together: Together, people: list[Joined]) -> tuple[list[Any], int]:
    """Let everybody redeem one new card at once; return what each got, and what all wallets hold of it."""
    with transaction() as session:
        card = wallet.issue_gift_card(session, GiftOrder(AMOUNT, "USD"), now=counter.now)

    def one(place: int) -> Any:
        with counter.app.app_context():
            who = people[place % len(people)]
            return checkout.redeem_gift_card(member_id=who.member_id, code=card.code, now=counter.now)

    before = sum(counter.wallet(each) for each in people)
    got = together(one, max(2, len(people)))
    return got, sum(counter.wallet(each) for each in people) - before


def test_one_card_fills_one_wallet(counter: Counter, together: Together) -> None:
    people = [counter.join(f"{name}@example.com") for name in ("ann", "ben", "cleo", "dan")]
    for _ in range(10):
        got, loaded = race(counter, together, people)
        refused = [each for each in got if isinstance(each, wallet.GiftCardUsed)]
        assert loaded == AMOUNT
        assert len(refused) == len(people) - 1
    assert counter.findings() == []


def test_two_devices_of_one_member_load_it_once_and_both_hear_so(
    counter: Counter, together: Together
) -> None:
    ann = counter.join()
    for _ in range(10):
        got, loaded = race(counter, together, [ann])
        assert loaded == AMOUNT
        assert {each.seq for each in got} == {got[0].seq}


@pytest.mark.parametrize(("lock", "loaded"), [(False, 2 * AMOUNT), (True, AMOUNT)])
def test_without_the_lock_one_card_fills_two_wallets(
    counter: Counter, together: Together, monkeypatch: pytest.MonkeyPatch, lock: bool, loaded: int
) -> None:
    """Ben looks at the card; Ann claims and books it; Ben goes on with what he saw. Only the lock keeps Ann waiting."""
    ann, ben = counter.join("ann@example.com"), counter.join("ben@example.com")
    with transaction() as session:
        card = wallet.issue_gift_card(session, GiftOrder(AMOUNT, "USD"), now=counter.now)
    ben_looked, ann_booked = threading.Event(), threading.Event()
    look = redeeming._look

    def slowly(session: Any, code_hash: bytes) -> Any:
        row = look(session, code_hash, lock=lock)
        if threading.current_thread().name == "ben":
            ben_looked.set()
            ann_booked.wait(0.5)
        return row

    monkeypatch.setattr(redeeming, "_look", slowly)

    def redeem(place: int) -> None:
        who = (ann, ben)[place]
        threading.current_thread().name = ("ann", "ben")[place]
        if place == 0:
            ben_looked.wait(5)
        with counter.app.app_context():
            with transaction() as session:
                claim = wallet.claim_gift_card(session, card.code, member_id=who.member_id, now=counter.now)
            with transaction() as session:
                wallet.book_gift_card(session, claim, now=counter.now)
        if place == 0:
            ann_booked.set()

    together(redeem, 2)
    assert counter.wallet(ann) + counter.wallet(ben) == loaded
