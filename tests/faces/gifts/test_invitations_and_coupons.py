"""Invitations: one referrer for each newcomer, thanks by the program's rules. Coupons: typed, kept, used."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from loyalty import codes, members, offers, referrals, rules, sales
from loyalty.actor import SYSTEM
from loyalty.db import transaction
from loyalty.rules.shipped import load_shipped
from tests.faces.gifts.conftest import Phone
from tests.joined import Joined
from tests.paying import actor_of

Work = Callable[[], list[Any]]
SECRET = "a secret of the test, long enough"


@given(st.integers(1, 2**40 - 1))
def test_only_the_server_reads_a_code(member_id: int) -> None:
    code = referrals.code_of(member_id, SECRET)
    assert len(code) == 16
    assert referrals.read_code(code.upper(), SECRET) == member_id
    assert referrals.read_code(code, "another") is None
    assert str(member_id) not in code or member_id < 100


@given(st.text(max_size=40))
def test_a_made_up_code_is_nobodys(code: str) -> None:
    assert referrals.read_code(code, SECRET) is None


@pytest.fixture
def thanking(ann: Phone) -> None:
    """Have a program in force that thanks both with points."""
    document: dict[str, Any] = deepcopy(dict(load_shipped("cafe-stars")))
    for key, when, points in (("thanks", "referral", 30_000), ("welcome-in", "event:invited", 20_000)):
        document["rules"].append(
            {
                "key": key,
                "name": {"en": key, "fr": key},
                "when": when,
                "then": [{"earn": {"points_milli": points}}],
            }
        )
    with transaction() as session:
        rules.apply(
            session, document, actor=SYSTEM, now=ann.counter.now, live_from=ann.counter.now,
            without_notice="a test",
        )  # fmt: skip


def join(
    client: FlaskClient, work: Work, address: str, referral: str | None, device: str | None = None
) -> Any:
    assert client.post("/api/v1/auth/codes", json={"address": address}).status_code == 202
    code = next(each for each in work() if each.recipient == address).subject.split()[0]
    body = {
        "address": address,
        "code": code,
        "device": {"name": "Phone", "platform": "app", "id": device},
        "profile": {"given_name": "New", "referral": referral},
    }
    answer = client.post("/api/v1/auth/sessions", json=body)
    assert answer.status_code == 201, answer.json
    return answer.json


def buy(ann: Phone, joined: Any, work: Work) -> None:
    """Have somebody buy a donut with money from the wallet."""
    with transaction() as session:
        member_id = members.find(session, joined["member_id"])
    assert member_id is not None
    who = Joined(member_id, joined["member_id"], joined["device_id"], "", None)
    ann.counter.top_up(who)
    Phone(ann.counter, ann.client, who).post(
        "/sales",
        {"lines": [{"sku": "donut"}], "tenders": [{"kind": "wallet", "amount_minor": price(who, ann)}]},
    )
    work()


def price(who: Joined, ann: Phone) -> int:
    with transaction() as session:
        _, answer = sales.quote(
            session,
            actor=actor_of(who),
            request=sales.SaleRequest(lines=(sales.LineRequest("donut"),)),
            secret=codes.code_secret(ann.counter.settings.secret_key),
            now=ann.counter.now,
        )
    return answer["due_minor"]


@pytest.mark.usefixtures("thanking")
def test_both_are_thanked_once_when_the_newcomer_has_bought(
    ann: Phone, client: FlaskClient, work: Work
) -> None:
    work()
    mine = ann.get("/referral").json
    assert mine["url"].endswith(f"/app/join?ref={mine['code']}")
    assert [re.findall(r"\d+ stars", each) for each in mine["thanks"]] == [["30 stars"], ["20 stars"]]
    before = ann.counter.books(ann.who).account.points_milli
    cleo = join(client, work, "cleo@example.com", mine["code"])
    assert ann.get("/referral").json["joined"] == 1
    assert ann.counter.books(ann.who).account.points_milli == before
    buy(ann, cleo, work)
    assert ann.counter.books(ann.who).account.points_milli == before + 30_000
    buy(ann, cleo, work)
    assert ann.counter.books(ann.who).account.points_milli == before + 30_000
    assert {key: ann.get("/referral").json[key] for key in ("joined", "rewarded")} == {
        "joined": 1,
        "rewarded": 1,
    }
    assert ann.counter.findings() == []


@pytest.mark.usefixtures("thanking")
def test_nobody_invites_themself_by_a_second_address_on_their_own_device(
    ann: Phone, client: FlaskClient, work: Work
) -> None:
    code = ann.get("/referral").json["code"]
    join(client, work, "ann.too@example.com", code, device=ann.who.device_id)
    assert ann.get("/referral").json["joined"] == 0


def test_a_code_that_does_not_count_never_stands_in_the_way(
    ann: Phone, client: FlaskClient, work: Work
) -> None:
    assert join(client, work, "dan@example.com", "no-such-code")["joined"] is True
    code = ann.get("/referral").json["code"]
    ann.counter.wait(minutes=1)
    assert join(client, work, "dan@example.com", code)["joined"] is False  # a member already
    assert ann.get("/referral").json["joined"] == 0


# Coupons.


def issue(ann: Phone, coupon: str, **more: Any) -> str:
    with transaction() as session:
        return offers.issue_coupons(session, coupon, actor=SYSTEM, now=ann.counter.now, **more)[0].code


def test_a_typed_code_is_kept_until_it_is_used(ann: Phone) -> None:
    code = issue(ann, "cookie-on-us")
    kept = ann.post("/coupons", {"code": code.lower().replace("-", " ")})
    assert (kept.status_code, kept.json["coupon"]) == (200, "cookie-on-us"), kept.json
    assert kept.json["text"].startswith("One free (")
    assert ann.post("/coupons", {"code": code}).json["id"] == kept.json["id"]
    (document,) = ann.document("coupon")
    assert document["name"]["fr"] == "Un cookie offert"
    basket = {"lines": [{"sku": "cookie"}], "coupons": [document["code"]]}
    due = ann.post("/quotes", basket).json["due_minor"]
    tenders = [{"kind": "wallet", "amount_minor": due}] if due else []
    assert ann.post("/sales", {**basket, "tenders": tenders}).status_code == 200
    assert ann.document("coupon") == []
    assert ann.get("/coupons").json["items"] == []
    assert ann.post("/coupons", {"code": code}).json["code"] == "coupon_used_up"


def test_a_code_says_why_not(ann: Phone, bob: Phone) -> None:
    personal = issue(ann, "welcome", member_id=bob.who.member_id)
    over = issue(ann, "rainy-day", valid_until=ann.counter.now - timedelta(seconds=1))
    early = issue(ann, "rainy-day", valid_from=ann.counter.now + timedelta(days=1))
    for code, reason in (("nothing", "coupon_unknown"), (personal, "coupon_unknown"), (over, "coupon_expired"),
                         (early, "coupon_expired")):  # fmt: skip
        assert ann.post("/coupons", {"code": code}).json["code"] == reason
    assert bob.post("/coupons", {"code": personal}).status_code == 200
    assert ann.document("coupon") == []


def test_a_coupon_is_put_away_and_its_code_stays_good(ann: Phone) -> None:
    code = issue(ann, "rainy-day")
    kept = ann.post("/coupons", {"code": code}).json
    for _ in range(2):
        assert ann.ask("DELETE", f"/coupons/{kept['id']}").status_code == 204
    assert ann.get("/coupons").json["items"] == []
    assert ann.post("/coupons", {"code": code}).status_code == 200
