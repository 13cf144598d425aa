"""The pure parts of orders: the fingerprint of lines, numbers, states; and how a store's entry is checked."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import codes, orders, rules
from loyalty.orders import Content, stages

LINES = [("l2", Content("cookie")), ("l1", Content("latte", ("small", "oat", "hot"), 1, "extra hot"))]
contents = st.builds(
    Content,
    sku=st.text(min_size=1, max_size=5),
    options=st.lists(st.text(min_size=1, max_size=3), max_size=4, unique=True).map(tuple),
    quantity=st.integers(1, 99),
    note=st.text(max_size=5),
)
drafts = st.dictionaries(st.text("abl019-_", min_size=1, max_size=4), contents, max_size=4)


def test_the_fingerprint_is_that_of_the_canonical_text() -> None:
    text = '[["l1","latte",["hot","oat","small"],1,"extra hot"],["l2","cookie",[],1,""]]'
    assert orders.lines_hash(LINES) == hashlib.sha256(text.encode()).hexdigest()[:32]
    assert orders.lines_hash(LINES[1:]) == "18ca99e8104f6f9232ce0c122f5593c6"  # as Node.js says, too
    assert orders.lines_hash([]) == hashlib.sha256(b"[]").hexdigest()[:32]


def test_texts_are_compared_as_ecmascript_does() -> None:
    # U+FF5E comes before U+1F600 by code point, and after it by UTF-16 code unit.
    text = '[["l1","tea",["\U0001f600","\uff5e"],1,"a\\nb \\"c\\" é \u2028"]]'
    hashed = orders.lines_hash([("l1", Content("tea", ("\uff5e", "\U0001f600"), 1, 'a\nb "c" é \u2028'))])
    assert hashed == hashlib.sha256(text.encode()).hexdigest()[:32]


@given(lines=drafts, other=drafts)
def test_the_fingerprint_knows_lines_whatever_their_order(
    lines: dict[str, Content], other: dict[str, Content]
) -> None:
    def meant(draft: dict[str, Content]) -> Any:
        return {
            key: (each.sku, frozenset(each.options), each.quantity, each.note) for key, each in draft.items()
        }

    turned = [
        (key, Content(each.sku, each.options[::-1], each.quantity, each.note))
        for key, each in reversed(lines.items())
    ]
    assert orders.lines_hash(turned) == orders.lines_hash(lines.items())
    same = orders.lines_hash(lines.items()) == orders.lines_hash(other.items())
    assert same == (meant(lines) == meant(other))


def test_numbers_are_short_and_different() -> None:
    assert [stages.number_text(number) for number in (1, 47, 99, 100, 2574, 2575)] == [
        "A1", "A47", "A99", "B1", "Z99", "AA1",
    ]  # fmt: skip
    texts = [stages.number_text(number) for number in range(1, 20_000)]
    assert len(set(texts)) == len(texts)


@given(number=st.integers(1, 70_000))
def test_a_number_that_is_called_out_is_understood(number: int) -> None:
    text = stages.number_text(number)
    letters = text.rstrip("0123456789")
    assert stages.number_of(letters, int(text[len(letters) :])) == number


def test_only_states_lead_to_states() -> None:
    for before, after in stages.STEPS.values():
        assert {*before, after} <= set(stages.STATES)
        assert after not in before
    assert not [step for step in stages.STEPS if stages.allows("picked_up", step)]
    assert not [step for step in stages.STEPS if stages.allows("cancelled", step)]


def test_a_pickup_code_is_bound_to_its_order_and_to_the_servers_secret() -> None:
    secret, other = (codes.code_secret(f"a secret of the tests, long enough {n}") for n in (1, 2))
    drawn = codes.draw_pickup(secret, "order-1")
    assert drawn == codes.draw_pickup(secret, "order-1")
    assert (
        len(
            {
                each.qr
                for each in (drawn, codes.draw_pickup(secret, "order-2"), codes.draw_pickup(other, "order-1"))
            }
        )
        == 3
    )
    assert codes.typed_pickup(drawn.short.lower().replace("-", " ")) == drawn.short
    assert codes.typed_pickup("o1l-il0") == "011-110"


def entry(**more: Any) -> dict[str, Any]:
    document = rules.load_shipped("cafe-stars")
    document["stores"][0]["order_ahead"] = {"lead_minutes": 8, "hours": {"mon": [["07:00", "19:00"]]}, **more}
    return document


def test_an_entry_has_its_defaults() -> None:
    ahead = rules.compile_program(entry()).stores["main-street"].order_ahead
    assert ahead is not None
    assert (ahead.every_minutes, ahead.most_per_slot, ahead.days_ahead) == (5, None, 0)
    assert ahead.hours == (((420, 1140),), (), (), (), (), (), ())
    assert rules.compile_program(rules.load_shipped("cafe-stars")).stores["station"].order_ahead is None


@pytest.mark.parametrize(
    ("more", "pointer", "code"),
    [
        ({"lead_minutes": 0}, "lead_minutes", "range"),
        ({"lead": 5}, "lead", "unknown_key"),
        ({"hours": {"mon": [["7:00", "19:00"]]}}, "hours/mon/0/0", "format"),
        ({"hours": {"mon": [["07:00"]]}}, "hours/mon/0", "length"),
        ({"hours": {"monday": []}}, "hours/monday", "unknown_key"),
        ({"hours": {"tue": [["19:00", "07:00"]]}}, "hours/tue/0", "range"),
        ({"hours": {"tue": [["07:00", "12:00"], ["11:00", "13:00"]]}}, "hours/tue/1", "range"),
        ({"closed_days": ["2026-12-25", "2026-02-30"]}, "closed_days/1", "date"),
        ({"closed_days": ["tomorrow"]}, "closed_days/0", "format"),
        ({"not_skus": ["latte", "lattte"]}, "not_skus/1", "unknown_reference"),
        ({"most_per_slot": 0}, "most_per_slot", "range"),
        ({"days_ahead": 31}, "days_ahead", "range"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_place(more: dict[str, Any], pointer: str, code: str) -> None:
    flaws = [(flaw.pointer, flaw.code) for flaw in rules.check(entry(**more))]
    assert (f"/stores/0/order_ahead/{pointer}", code) in flaws


def test_a_program_with_an_entry_is_in_the_published_format() -> None:
    definitions = rules.json_schema()["$defs"]
    assert set(definitions["OrderAhead"]["required"]) == {"lead_minutes", "hours"}
    assert list(definitions["PickupHours"]["properties"]) == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
