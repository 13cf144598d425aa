"""Money and points are conserved, whatever is bought and returned in whatever parts and order."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from loyalty import ledger, offers, rules, sales
from loyalty.actor import SYSTEM
from tests.domain.sales.conftest import TILL, Cafe

EXAMPLES = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

LINES = st.lists(
    st.tuples(
        st.sampled_from(["latte", "caramel-latte", "cookie", "toast", "beans", "wine"]),
        st.integers(1, 4000),
        st.integers(1, 4),
    ),
    min_size=1,
    max_size=5,
)
REWARDS = st.lists(st.sampled_from(["ladder-25", "ladder-60", "ladder-100", "ladder-200"]), max_size=2)


def picture(cafe: Cafe, member_id: int) -> dict[str, Any]:
    """Return everything a sale can change of a member, without the history."""
    books = cafe.books(member_id)
    account = books.account
    # Which of two lots with the same end holds a point is nothing anybody can see.
    ends: Counter[datetime | None] = Counter()
    for lot in books.lots.values():
        if lot.free_milli:
            ends[lot.expires_at] += lot.free_milli

    def rows(statement: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in cafe.session.execute(text(statement), {"m": member_id})]

    return {
        "points": account.points_milli,
        "owed": account.owed_milli,
        "held": account.held_milli,
        "wallet": account.wallet_minor,
        "ends": sorted(ends.items()),
        "standing": rows(
            "SELECT tier, tier_since, tier_until, visits, spent_minor, window_milli, last_visit_at "
            "FROM standing WHERE member_id = :m"
        ),
        "limits": rows(
            "SELECT limit_key, period, times, amount FROM limit_counter "
            "WHERE member_id = :m AND times + amount > 0 ORDER BY 1, 2"
        ),
        "challenges": rows(
            "SELECT id, progress, completed_at FROM offer_instance WHERE member_id = :m ORDER BY position"
        ),
        "steps": rows("SELECT * FROM challenge_step WHERE member_id = :m AND amount > 0"),
        "coupons": rows("SELECT uses_left FROM coupon_code ORDER BY id"),
        "grants": rows(
            "SELECT reward FROM reward_grant "
            "WHERE member_id = :m AND used_by IS NULL AND withdrawn_at IS NULL"
        ),
    }


@EXAMPLES
@given(data=st.data())
def test_buying_and_returning_everything_in_any_parts_is_as_if_nothing_happened(
    cafe: Cafe, data: Any
) -> None:
    with cafe.session.begin_nested() as savepoint:
        cafe.at(2026, 6, 2, 9)
        ann = cafe.member(points=data.draw(st.sampled_from([0, 100, 480, 3000])), wallet=5000)
        cafe.wait(days=data.draw(st.sampled_from([0, 1, 5])))
        instance = offers.send(cafe.session, ann, "three-days", now=cafe.now)
        assert instance is not None
        offers.activate(cafe.session, ann, instance, now=cafe.now)
        cafe.wait(hours=1)
        sales.bring_up_to_date(cafe.session, ann, now=cafe.now)
        before = picture(cafe, ann)
        left: list[tuple[str, str]] = []
        for lines in data.draw(st.lists(LINES, min_size=1, max_size=3)):
            receipt = buy(cafe, ann, lines, data)
            for line, (_, _, quantity) in enumerate(lines, 1):
                left += [(receipt["sale"], str(line))] * quantity
            cafe.wait(hours=data.draw(st.sampled_from([0, 1, 30])))
        for sale, line in data.draw(st.permutations(left)):
            cafe.give_back(sale, (line, 1))
        assert picture(cafe, ann) == before
        assert cafe.findings() == []
        savepoint.rollback()


def buy(cafe: Cafe, ann: int, lines: list[tuple[str, int, int]], data: Any) -> dict[str, Any]:
    """Buy with whatever rewards fit, own cup or not, some of it from the wallet."""
    total = sum(price * quantity for _, price, quantity in lines)
    wanted = tuple(sales.RewardClaim(key) for key in data.draw(REWARDS))
    tags = frozenset(data.draw(st.sets(st.just("own-cup"))))
    wallet = data.draw(st.integers(0, min(total, cafe.books(ann).account.wallet_minor)))
    for rewards, paid in ((wanted, wallet), ((), wallet), ((), 0)):
        tenders = (sales.TenderRequest("wallet", paid),) if paid else ()
        try:
            return cafe.sell(ann, *lines, rewards=rewards, tags=tags, tenders=tenders)
        except Exception as error:
            if not hasattr(error, "code"):
                raise
    raise AssertionError("a plain sale is never refused")


@EXAMPLES
@given(data=st.data())
def test_partial_returns_in_any_parts_equal_one_whole_return(cafe: Cafe, data: Any) -> None:
    """Two members do the same; one gives all back at once, the other piece by piece."""
    with cafe.session.begin_nested() as savepoint:
        lines = data.draw(LINES)
        whole, pieces = cafe.member(points=500), cafe.member(points=500)
        receipts = [cafe.sell(each, *lines, tags=frozenset({"own-cup"})) for each in (whole, pieces)]
        wanted = [(str(place), q) for place, (_, _, q) in enumerate(lines, 1)]
        once = cafe.give_back(receipts[0]["sale"], *wanted)
        parts = [(line, 1) for line, quantity in wanted for _ in range(quantity)]
        backs = [cafe.give_back(receipts[1]["sale"], part) for part in data.draw(st.permutations(parts))]
        assert sum(back["amount_minor"] for back in backs) == once["amount_minor"]
        assert sum(back["taken_milli"] for back in backs) == once["taken_milli"]
        assert cafe.books(whole).account.points_milli == cafe.books(pieces).account.points_milli == 500_000
        savepoint.rollback()


@EXAMPLES
@given(data=st.data())
def test_replaying_any_request_changes_nothing_and_answers_the_same(cafe: Cafe, data: Any) -> None:
    with cafe.session.begin_nested() as savepoint:
        ann = cafe.member(points=300, wallet=3000)
        request = cafe.request(ann, *data.draw(LINES))
        sale = cafe.settle(request, key="sale")
        back = cafe.give_back(sale["sale"], ("1", 1), key="back")
        after = picture(cafe, ann), cafe.books(ann).account.seq
        cafe.now += timedelta(days=data.draw(st.integers(0, 3)))
        assert cafe.settle(request, key="sale") == sale
        assert cafe.give_back(sale["sale"], ("1", 1), key="back") == back
        assert (picture(cafe, ann), cafe.books(ann).account.seq) == after
        savepoint.rollback()


def test_a_budget_is_never_overrun_and_a_return_gives_it_back(cafe: Cafe) -> None:
    document = rules.load_shipped("cafe-stars")
    document["rules"].append(
        {
            "key": "launch",
            "name": {"en": "Launch bonus", "fr": "Bonus de lancement"},
            "when": "purchase",
            "on": {"skus": ["cookie"]},
            "then": [{"earn": {"points_milli": 50_000}}],
            "limits": [{"points_milli": 120_000, "per": "program", "budget": True}],
            "stack": {"group": "launch"},
        }
    )
    rules.apply(cafe.session, document, actor=SYSTEM, live_from=cafe.now, now=cafe.now)
    buyers = [cafe.member() for _ in range(4)]
    receipts = [cafe.sell(buyer, ("cookie", 300)) for buyer in buyers]
    assert [receipt["earned_milli"] for receipt in receipts] == [53_000, 53_000, 23_000, 3_000]
    cafe.give_back(receipts[0]["sale"], ("1", 1))
    assert cafe.sell(cafe.member(), ("cookie", 300))["earned_milli"] == 53_000
    assert [finding.what for finding in ledger.audit(cafe.session)] == []
    assert TILL.kind == "till"
