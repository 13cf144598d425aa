"""Gifts: bought from the wallet, sent at their time, redeemed by whoever has the code, or taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from loyalty import gifts
from loyalty.clock import rfc3339
from loyalty.db import transaction
from tests.faces.gifts.conftest import Phone

GIFT = {
    "amount_minor": 2_500,
    "to": {"address": "bob@example.com"},
    "to_name": "Bob",
    "message": "For the {long} week",
    "locale": "fr",
}
Work = Callable[[], list[Any]]


def code_in(text: str) -> str:
    found = re.search(r"/app/gift#(\S+)", text)
    assert found
    return found[1]


def test_a_gift_is_paid_sent_and_redeemed(ann: Phone, bob: Phone, work: Work) -> None:
    before = ann.counter.wallet(ann.who)
    answer = ann.post("/gifts", GIFT)
    assert answer.status_code == 201, answer.json
    assert answer.json["status"] == "scheduled"
    assert answer.json["from_name"] == "Ann"
    assert ann.counter.wallet(ann.who) == before - 2_500
    letter = next(each for each in work() if each.recipient == "bob@example.com")
    assert letter.subject == "Ann vous offre 25,00\xa0$US chez Fernlight"
    assert "For the {long} week" in letter.text
    (sent,) = ann.get("/gifts").json["items"]
    assert (sent["status"], sent["code"], sent["last4"]) == ("sent", None, answer.json["last4"])
    redeemed = bob.post("/gift-cards/redeem", {"code": code_in(letter.text)})
    assert redeemed.json["amount_minor"] == 2_500
    work()
    (opened,) = ann.document("gift")
    assert opened["status"] == "redeemed"
    assert "Bob has put your gift" in ann.document("message")[-1]["text"]["en"]
    assert ann.counter.findings() == []


def test_the_same_key_buys_one_gift_and_never_another(ann: Phone, work: Work) -> None:
    before = ann.counter.wallet(ann.who)
    first = ann.post("/gifts", GIFT, key="once")
    again = ann.post("/gifts", GIFT, key="once")
    assert again.json["id"] == first.json["id"]
    assert ann.counter.wallet(ann.who) == before - 2_500
    other = ann.post("/gifts", {**GIFT, "to": {"address": "eve@example.com"}}, key="once")
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert sum(each.recipient == "bob@example.com" for each in work()) == 1


def test_a_gift_for_later_still_comes_when_its_sender_has_left_and_then_is_forgotten(
    ann: Phone, bob: Phone, work: Work
) -> None:
    ann.post("/gifts", {**GIFT, "send_at": rfc3339(ann.counter.now + timedelta(days=3))})
    assert ann.ask("DELETE", "/me?forfeit_wallet=true").status_code == 204
    ann.counter.wait(days=3)
    (letter,) = [each for each in work() if each.recipient == "bob@example.com"]
    assert bob.post("/gift-cards/redeem", {"code": code_in(letter.text)}).json["amount_minor"] == 2_500
    work()
    with transaction() as session:
        rows = session.execute(text("SELECT to_jsonb(g) FROM gift g")).scalars()
        left = [{key: value for key, value in row.items() if key in gifts.SAID} for row in rows]
    assert left == [dict.fromkeys(gifts.SAID)]
    assert ann.counter.findings() == []


def test_a_gift_for_later_waits_and_shows_its_code_until_then(ann: Phone, work: Work) -> None:
    later = rfc3339(ann.counter.now + timedelta(days=3))
    gift = ann.post("/gifts", {**GIFT, "send_at": later}).json
    assert not any(each.recipient == "bob@example.com" for each in work())
    assert len(ann.get("/gifts").json["items"][0]["code"].replace("-", "")) == 20
    ann.counter.wait(days=3)
    (letter,) = [each for each in work() if each.recipient == "bob@example.com"]
    assert code_in(letter.text)[-4:] == gift["last4"]
    assert ann.get("/gifts").json["items"][0]["code"] is None


def test_a_gift_is_taken_back_while_nobody_has_redeemed_it(ann: Phone, bob: Phone, work: Work) -> None:
    before = ann.counter.wallet(ann.who)
    gift = ann.post("/gifts", GIFT).json
    code = gift["code"]
    for _ in range(2):  # again changes nothing
        canceled = ann.post(f"/gifts/{gift['id']}/cancel")
        assert (canceled.status_code, canceled.json["status"]) == (200, "canceled")
    assert ann.counter.wallet(ann.who) == before
    assert not any(each.recipient == "bob@example.com" for each in work())
    assert bob.post("/gift-cards/redeem", {"code": code}).json["code"] == "gift_card_not_found"
    assert ann.counter.findings() == []


def test_a_redeemed_gift_cannot_be_taken_back(ann: Phone, bob: Phone) -> None:
    gift = ann.post("/gifts", GIFT).json
    bob.post("/gift-cards/redeem", {"code": gift["code"]})
    refused = ann.post(f"/gifts/{gift['id']}/cancel")
    assert (refused.status_code, refused.json["code"]) == (409, "gift_not_cancelable")
    assert ann.counter.findings() == []


def test_a_card_payment_pays_for_a_gift_and_gets_its_money_back(ann: Phone, work: Work) -> None:
    paid = ann.post("/payments", {"amount_minor": 2_500, "method": "test_success"}).json
    before = ann.counter.wallet(ann.who)
    gift = ann.post("/gifts", {**GIFT, "payment": paid["id"]}).json
    assert gift["status"] == "scheduled", gift
    assert ann.counter.wallet(ann.who) == before
    ann.post(f"/gifts/{gift['id']}/cancel")
    work()
    payment = ann.counter.payment(ann.who, paid["id"])
    assert payment.refunded_minor + payment.refunding_minor == 2_500
    assert ann.counter.wallet(ann.who) == before


def test_nobody_sends_gifts_on_a_new_device(bob: Phone) -> None:
    bob.counter.top_up(bob.who)
    refused = bob.post("/gifts", {**GIFT, "to": {"address": "eve@example.com"}, "amount_minor": 500})
    assert (refused.status_code, refused.json["code"]) == (429, "gift_guarded")
    assert "Retry-After" in refused.headers


def test_a_day_has_a_limit(ann: Phone) -> None:
    for _ in range(10):
        assert ann.post("/gifts", {**GIFT, "amount_minor": 500}).status_code == 201
    before = ann.counter.wallet(ann.who)
    refused = ann.post("/gifts", {**GIFT, "amount_minor": 500})
    assert (refused.status_code, refused.json["code"]) == (429, "gift_limit")
    assert ann.counter.wallet(ann.who) == before
    ann.counter.wait(hours=25)
    assert ann.post("/gifts", {**GIFT, "amount_minor": 500}).status_code == 201


def test_a_day_has_a_limit_of_money_too(ann: Phone) -> None:
    assert ann.post("/gifts", {**GIFT, "amount_minor": 30_000}).status_code == 201
    ann.counter.top_up(ann.who, 30_000)
    assert ann.post("/gifts", {**GIFT, "amount_minor": 20_001}).json["code"] == "gift_limit"
    assert ann.post("/gifts", {**GIFT, "amount_minor": 20_000}).status_code == 201


def test_more_than_is_in_the_wallet_buys_nothing(ann: Phone) -> None:
    refused = ann.post("/gifts", {**GIFT, "amount_minor": 40_001})
    assert refused.json["code"] == "insufficient_funds"
    assert ann.get("/gifts").json["items"] == []


def test_gifts_are_their_senders_alone(ann: Phone, bob: Phone) -> None:
    gift = ann.post("/gifts", GIFT).json
    assert bob.get("/gifts").json["items"] == []
    assert bob.post(f"/gifts/{gift['id']}/cancel").status_code == 404


def test_a_gift_goes_to_a_phone_as_one_short_message(ann: Phone, work: Work) -> None:
    ann.post("/gifts", {**GIFT, "to": {"address": "+12025550143"}})
    (letter,) = [each for each in work() if each.channel == "sms"]
    assert "\n" not in letter.text
    assert code_in(letter.text)
