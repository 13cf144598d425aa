"""Auto-reload: once per sale, within limits, guarded, and off after three declines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from loyalty import checkout, ledger, messages, wallet
from loyalty.db import transaction
from loyalty.messages.models import OutboxRow
from loyalty.wallet import AutoReloadSettings, CardRow
from loyalty.wallet.gateway import ProviderUnavailable
from tests.joined import Joined
from tests.paying import Counter, actor_of


def keep_card(counter: Counter, who: Joined, method: str = "test_success") -> CardRow:
    return checkout.keep_card(
        counter.desk, actor=actor_of(who), reference=who.public_id, method=method, key=counter.key()
    )


def switch_on(
    counter: Counter,
    who: Joined,
    *,
    method: str = "test_success",
    threshold: int = 1_000,
    amount: int = 2_000,
) -> CardRow:
    card = keep_card(counter, who, method)
    with transaction() as session:
        wallet.set_auto_reload(
            session,
            member_id=who.member_id,
            settings=AutoReloadSettings(True, threshold, amount, card.id),
            changed_at=None,
            now=counter.now,
        )
    return card


def reload(counter: Counter, who: Joined, trigger: str | None = None) -> str | None:
    return checkout.reload(counter.desk, member_id=who.member_id, trigger=trigger or counter.key())


def order(counter: Counter, who: Joined) -> Any:
    with transaction() as session:
        return wallet.auto_reload_of(session, who.member_id)


def kinds(who: Joined) -> list[str]:
    with transaction() as session:
        return [each.kind for each in messages.inbox(session, who.member_id)]


def test_a_wallet_below_its_threshold_is_filled_once_per_sale(counter: Counter, ann: Joined) -> None:
    switch_on(counter, ann)
    assert reload(counter, ann, "sale:1") == "credited"
    assert reload(counter, ann, "sale:1") == "credited"
    assert counter.wallet(ann) == 2_000
    assert reload(counter, ann, "sale:2") is None  # above the threshold now
    assert counter.findings() == []


def test_nothing_happens_where_it_is_off(counter: Counter, ann: Joined) -> None:
    assert reload(counter, ann) is None
    card = switch_on(counter, ann)
    with transaction() as session:
        settings = AutoReloadSettings(False, 1_000, 2_000, card.id)
        wallet.set_auto_reload(
            session, member_id=ann.member_id, settings=settings, changed_at=counter.now, now=counter.now
        )
    assert reload(counter, ann) is None


def test_there_is_a_limit_a_day(counter: Counter) -> None:
    ann = counter.join(wallet_limit_minor=1_000_000)
    switch_on(counter, ann, threshold=100_000)
    assert [reload(counter, ann) for _ in range(4)] == ["credited", "credited", "credited", None]
    counter.wait(hours=24, seconds=1)
    assert reload(counter, ann) == "credited"


def test_one_at_a_time(counter: Counter, ann: Joined) -> None:
    switch_on(counter, ann, method="test_processing")
    assert reload(counter, ann) == "processing"
    assert reload(counter, ann) is None
    counter.wait(minutes=2)
    checkout.ask_about_unfinished(counter.desk)
    assert counter.wallet(ann) == 2_000


def test_three_declines_in_a_row_switch_it_off_and_tell_the_member(counter: Counter, ann: Joined) -> None:
    switch_on(counter, ann, method="test_later_declined")
    assert [reload(counter, ann) for _ in range(4)] == ["declined", "declined", "declined", None]
    row = order(counter, ann)
    assert (row.enabled, row.stopped_because) == (False, "card_declined")
    assert sorted(kinds(ann)) == ["auto_reload_declined", "auto_reload_declined", "auto_reload_stopped"]
    assert counter.wallet(ann) == 0


def test_a_success_forgets_the_declines(counter: Counter, ann: Joined) -> None:
    switch_on(counter, ann, method="test_later_declined")
    reload(counter, ann)
    reload(counter, ann)
    assert order(counter, ann).failures == 2
    switch_on(counter, ann)
    reload(counter, ann)
    assert order(counter, ann).failures == 0


def test_a_challenge_with_nobody_there_is_a_decline(counter: Counter, ann: Joined) -> None:
    with pytest.raises(checkout.CardNeedsHolder) as asked:
        keep_card(counter, ann, "test_challenge")
    setup, url = asked.value.data["setup"], asked.value.data["url"]
    counter.gateway.answer_challenge(setup, url.rpartition("secret=")[2], approve=True)
    card = checkout.finish_card(counter.desk, actor=actor_of(ann), setup_id=setup)
    with transaction() as session:
        settings = AutoReloadSettings(True, 1_000, 2_000, card.id)
        wallet.set_auto_reload(
            session, member_id=ann.member_id, settings=settings, changed_at=None, now=counter.now
        )
    assert reload(counter, ann) == "declined"
    assert order(counter, ann).failures == 1


def test_a_lost_answer_is_asked_again_and_charged_once(
    counter: Counter, ann: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_on(counter, ann)
    real = counter.gateway.create

    def lost(charge: Any) -> Any:
        real(charge)
        raise ProviderUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(counter.gateway, "create", lost, raising=False)
        with pytest.raises(ProviderUnavailable):
            reload(counter, ann, "sale:1")
    assert reload(counter, ann, "sale:1") == "credited"
    assert counter.wallet(ann) == 2_000


def test_what_would_not_fit_into_the_wallet_is_not_begun(counter: Counter) -> None:
    ann = counter.join(wallet_limit_minor=2_500)
    switch_on(counter, ann, threshold=1_000)
    with transaction() as session:
        books = ledger.open_books(session, ann.member_id)
        books.begin("test", at=counter.now)
        books.load_wallet(900, source=ledger.chart.LOADS_CASH)
        ledger.write(session, books)
    assert reload(counter, ann) is None


def test_a_forgotten_card_ends_it(counter: Counter, ann: Joined) -> None:
    card = switch_on(counter, ann)
    checkout.forget_card(counter.desk, actor=actor_of(ann), card_id=card.id)
    assert order(counter, ann).enabled is False
    assert reload(counter, ann) is None
    with pytest.raises(wallet.CardMissing):
        checkout.forget_card(counter.desk, actor=actor_of(ann), card_id=card.id)


def test_a_card_forgotten_at_the_provider_counts_as_declined(counter: Counter, ann: Joined) -> None:
    card = switch_on(counter, ann)
    counter.gateway.forget_card(card.method)
    assert reload(counter, ann) == "declined"
    assert order(counter, ann).failures == 1


def test_a_declined_card_is_not_kept(counter: Counter, ann: Joined) -> None:
    with pytest.raises(checkout.CardRefused):
        keep_card(counter, ann, "test_declined")
    with transaction() as session:
        assert wallet.cards_of(session, ann.member_id) == []


def test_a_kept_card_pays_the_next_top_up_and_nobody_elses(counter: Counter, ann: Joined) -> None:
    ben = counter.join("ben@example.com")
    card = keep_card(counter, ann)
    assert counter.top_up(ann, method=card.id).status == "credited"
    for method in (card.id, card.method):
        with pytest.raises(wallet.MethodUnknown):
            counter.top_up(ben, method=method)


# -- the guard ------------------------------------------------------------------------------------------------------


def change(counter: Counter, who: Joined, settings: AutoReloadSettings, *, hours_ago: float) -> None:
    with transaction() as session:
        wallet.set_auto_reload(
            session,
            member_id=who.member_id,
            settings=settings,
            changed_at=counter.now - timedelta(hours=hours_ago),
            notify=["ann@example.com", "old@example.com", "ann@example.com"],
            now=counter.now,
        )


def test_within_a_day_of_a_new_device_or_address_it_cannot_be_switched_on_or_raised(
    counter: Counter, ann: Joined
) -> None:
    card, other = keep_card(counter, ann), keep_card(counter, ann, "test_later_declined")
    on = AutoReloadSettings(True, 1_000, 2_000, card.id)
    with pytest.raises(wallet.AutoReloadGuarded) as refusal:
        change(counter, ann, on, hours_ago=23)
    assert refusal.value.retry_after_seconds == 3_601
    change(counter, ann, on, hours_ago=24)
    for raised in (
        AutoReloadSettings(True, 1_001, 2_000, card.id),
        AutoReloadSettings(True, 1_000, 2_001, card.id),
        AutoReloadSettings(True, 1_000, 2_000, other.id),
    ):
        with pytest.raises(wallet.AutoReloadGuarded):
            change(counter, ann, raised, hours_ago=1)


def test_lowering_and_switching_off_are_always_allowed(counter: Counter, ann: Joined) -> None:
    card = keep_card(counter, ann)
    change(counter, ann, AutoReloadSettings(True, 1_000, 2_000, card.id), hours_ago=100)
    change(counter, ann, AutoReloadSettings(True, 500, 1_000, card.id), hours_ago=1)
    change(counter, ann, AutoReloadSettings(False, 500, 1_000, card.id), hours_ago=1)
    with pytest.raises(wallet.AutoReloadGuarded):
        change(counter, ann, AutoReloadSettings(True, 500, 1_000, card.id), hours_ago=1)


def test_every_change_is_told_to_every_address_once(counter: Counter, ann: Joined) -> None:
    card = keep_card(counter, ann)
    settings = AutoReloadSettings(True, 1_000, 2_000, card.id)
    change(counter, ann, settings, hours_ago=100)
    change(counter, ann, settings, hours_ago=100)  # no change, no mail
    with transaction() as session:
        rows = session.query(OutboxRow).where(OutboxRow.topic == "mail").all()
    assert sorted(row.payload["to"] for row in rows) == ["ann@example.com", "old@example.com"]


def test_settings_must_make_sense(counter: Counter, ann: Joined) -> None:
    card = keep_card(counter, ann)
    for settings, error in (
        (AutoReloadSettings(True, 1_000, 499, card.id), wallet.AmountOutOfRange),
        (AutoReloadSettings(True, 50_001, 2_000, card.id), wallet.AmountOutOfRange),
        (AutoReloadSettings(True, 1_000, 2_000, "no-card"), wallet.CardMissing),
    ):
        with pytest.raises(error):
            change(counter, ann, settings, hours_ago=100)
