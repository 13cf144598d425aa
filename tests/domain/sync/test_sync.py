"""One synchronization after the other: what is taken in, refused, answered again, and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import changes, members, messages, preferences, sync
from loyalty.edits import made_now
from loyalty.sync import Cursor, Request, pulling
from loyalty.sync import mutations as table
from loyalty.sync.mutations import Verb
from tests.domain.sync.people import Phone, join

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def phone(session: Session) -> Phone:
    return Phone(session, join(session, NOW), "phone", NOW)


@pytest.fixture
def tablet(session: Session, phone: Phone) -> Phone:
    return Phone(session, phone.member_id, "tablet", NOW)


def statuses(answer: sync.Pushed) -> list[tuple[str, str | None]]:
    return [(result.status, result.code) for result in answer.results]


# taking in


def test_a_mutation_is_done_and_told(phone: Phone) -> None:
    phone.act("preference.set", name="milk", value="oat")
    phone.act("favorite.add", sku="caramel-latte")
    answer = phone.sync()
    assert statuses(answer) == [("ok", None), ("ok", None)]
    assert phone.base["preference/milk"]["value"] == "oat"
    assert phone.base["favorite/caramel-latte"]["sku"] == "caramel-latte"
    assert phone.queue == []


def test_the_same_request_again_gives_the_same_results_and_changes_nothing(phone: Phone) -> None:
    phone.act("preference.set", name="milk", value="oat")
    request = phone.request()
    first = phone.push(request)
    version = phone.version()
    assert phone.push(request) == first
    assert phone.version() == version


def test_a_uid_with_other_arguments_is_refused(phone: Phone) -> None:
    phone.act("preference.set", name="milk", value="oat", uid="u-1")
    phone.push(phone.request())
    phone.queue[0] = replace(phone.queue[0], args={"name": "milk", "value": "soy"})
    assert statuses(phone.push(phone.request())) == [("rejected", "uid_reused")]
    assert phone.pulled()["preference/milk"]["value"] == "oat"


def test_a_refusal_of_a_feature_is_a_result_and_the_rest_goes_on(phone: Phone) -> None:
    phone.act("preference.set", name="Not A Name", value="x")
    phone.act("preference.set", name="milk")
    phone.act("tea.brew", minutes=3)
    phone.act("message.read", message="none")
    phone.act("draft.line.add", draft="none", line="l1", sku="latte")
    phone.act("preference.set", name="milk", value="oat")
    assert statuses(phone.sync()) == [
        ("rejected", "preference_invalid"),
        ("rejected", "mutation_invalid"),
        ("rejected", "mutation_unknown"),
        ("rejected", "message_not_found"),
        ("rejected", "draft_not_found"),
        ("ok", None),
    ]
    assert phone.base["preference/milk"]["value"] == "oat"


def test_a_number_that_another_uid_has_used_means_a_copied_storage(phone: Phone) -> None:
    copy = phone.copied()
    phone.act("preference.set", name="milk", value="oat")
    phone.sync()
    copy.act("preference.set", name="size", value="large")
    with pytest.raises(sync.DeviceForked):
        copy.sync()
    assert "preference/size" not in phone.pulled()


def test_a_gap_means_that_something_was_lost(phone: Phone) -> None:
    phone.act("preference.set", name="milk", value="oat")
    phone.act("preference.set", name="size", value="large")
    del phone.queue[0]
    with pytest.raises(sync.DeviceForked):
        phone.sync()


def test_a_forked_device_enrolls_anew_and_its_uids_count_once(session: Session, phone: Phone) -> None:
    phone.act("favorite.add", sku="latte")
    copy = phone.copied()
    phone.sync()
    phone.act("favorite.remove", sku="latte")
    phone.sync()
    copy.act("favorite.add", sku="scone")
    copy.act("favorite.add", sku="tea")
    phone.act("favorite.add", sku="mint-tea")
    phone.sync()
    with pytest.raises(sync.DeviceForked):
        copy.sync()
    copy.enroll_anew("copy")
    assert [result.status for result in copy.sync().results] == ["ok", "ok", "ok"]
    assert {key for key in copy.base if key.startswith("favorite/")} == {
        "favorite/scone",
        "favorite/tea",
        "favorite/mint-tea",
    }


def test_a_revoked_device_gets_nothing_in_and_nothing_out(session: Session, phone: Phone) -> None:
    phone.act("preference.set", name="milk", value="oat")
    phone.revoke()
    with pytest.raises(members.DeviceRevoked):
        phone.push(phone.request())
    with pytest.raises(members.DeviceRevoked):
        phone.pulled()


def test_requests_that_break_the_protocol_are_refused(phone: Phone) -> None:
    for n in range(51):
        phone.act("favorite.add", sku=f"sku-{n}")
    queue = tuple(phone.queue)
    for mutations in (queue, (queue[0], queue[0]), (queue[0], queue[2])):
        with pytest.raises(sync.RequestInvalid):
            phone.push(Request(mutations=mutations))
    with pytest.raises(sync.UpdateNeeded):
        phone.push(Request(schema=sync.SCHEMA + 1))
    with pytest.raises(sync.UpdateNeeded):
        phone.push(Request(schema=sync.SCHEMA - 2))
    assert statuses(phone.push(Request(schema=sync.SCHEMA - 1, mutations=queue[:1]))) == [("ok", None)]


def test_a_mutation_at_which_the_server_fails_is_tried_three_times_then_parked(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(table, "VERBS", table.VERBS)
    monkeypatch.setitem(table.VERBS, "dietary.add", Verb(fail))  # type: ignore[arg-type]
    phone.act("favorite.add", sku="latte")
    phone.act("dietary.add", tag="vegan")
    phone.act("favorite.add", sku="scone")
    first = phone.sync()
    assert (statuses(first), first.retry_after_seconds) == ([("ok", None)], 2)
    assert "favorite/latte" in phone.base
    second = phone.sync()
    assert (statuses(second), second.retry_after_seconds) == ([], 10)
    third = phone.sync()
    assert statuses(third) == [("rejected", "parked"), ("ok", None)]
    (notice,) = [document for key, document in phone.base.items() if key.startswith("notice/")]
    assert (notice["code"], notice["data"]) == ("parked", {"name": "dietary.add"})


def test_a_busy_database_is_no_failure_of_the_mutation(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any) -> Any:
        raise psycopg.errors.LockNotAvailable

    monkeypatch.setitem(table.VERBS, "dietary.add", Verb(busy))  # type: ignore[arg-type]
    phone.act("favorite.add", sku="latte")
    phone.act("dietary.add", tag="vegan")
    for _ in range(3):
        with pytest.raises(psycopg.OperationalError):
            phone.push(phone.request())
    assert "favorite/latte" not in phone.pulled()
    monkeypatch.undo()
    assert statuses(phone.sync()) == [("ok", None), ("ok", None)]


def test_a_constraint_that_strikes_is_a_failure_and_leaves_nothing(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strike(session: Session, context: table.Context, args: Any) -> Any:
        preferences.add_dietary_note(session, tag="vegan", **context.common)
        session.execute(
            text("UPDATE account SET points_milli = -1 WHERE member_id = :id"), {"id": context.member_id}
        )

    monkeypatch.setitem(table.VERBS, "dietary.add", Verb(strike))  # type: ignore[arg-type]
    phone.act("dietary.add", tag="vegan")
    phone.act("favorite.add", sku="latte")
    version = phone.version()
    first = phone.sync()
    assert (statuses(first), phone.version()) == ([], version)
    phone.sync()
    assert statuses(phone.sync()) == [("rejected", "parked"), ("ok", None)]
    assert "dietary/vegan" not in phone.base


# who wins


def test_who_saw_it_wins_though_the_clock_is_behind(phone: Phone, tablet: Phone) -> None:
    phone.act("preference.set", name="milk", value="oat")
    phone.sync()
    tablet.sync()
    tablet.act("preference.set", name="milk", value="soy", at=NOW - timedelta(hours=5))
    assert statuses(tablet.sync()) == [("ok", None)]
    assert tablet.base["preference/milk"]["value"] == "soy"


def test_of_concurrent_edits_the_newer_stands_and_the_other_is_told(phone: Phone, tablet: Phone) -> None:
    phone.act("preference.set", name="milk", value="oat", at=NOW - timedelta(seconds=10))
    tablet.act("preference.set", name="milk", value="soy", at=NOW - timedelta(seconds=20))
    assert statuses(phone.sync()) == [("ok", None)]
    assert statuses(tablet.sync()) == [("superseded", None)]
    assert tablet.base["preference/milk"]["value"] == "oat"


def test_a_wrong_clock_is_corrected_and_never_beats_now(phone: Phone, tablet: Phone) -> None:
    phone.act("preference.set", name="milk", value="oat", at=NOW + timedelta(seconds=500))
    phone.sync()
    tablet.act("preference.set", name="milk", value="soy", at=NOW + timedelta(seconds=1))
    tablet.now = NOW + timedelta(seconds=1)
    assert statuses(tablet.sync()) == [("ok", None)]
    phone.act("preference.set", name="size", value="large", at=NOW + timedelta(seconds=495))
    tablet.act("preference.set", name="size", value="small", at=NOW + timedelta(seconds=1))
    phone.now = tablet.now = NOW + timedelta(seconds=2)
    tablet.sync()
    phone.offset_ms = -500_000
    assert statuses(phone.sync()) == [("superseded", None)]


def test_a_cleared_preference_does_not_come_back_by_an_older_setting(phone: Phone, tablet: Phone) -> None:
    tablet.act("preference.set", name="milk", value="soy", at=NOW - timedelta(seconds=20))
    phone.act("preference.clear", name="milk", at=NOW - timedelta(seconds=10))
    phone.sync()
    assert statuses(tablet.sync()) == [("superseded", None)]
    assert "preference/milk" not in tablet.base


def test_adding_a_favorite_wins_over_a_concurrent_removal(phone: Phone, tablet: Phone) -> None:
    phone.act("favorite.add", sku="latte")
    phone.sync()
    tablet.sync()
    phone.act("favorite.add", sku="latte")
    tablet.act("favorite.remove", sku="latte")
    phone.sync()
    assert statuses(tablet.sync()) == [("superseded", None)]
    assert "favorite/latte" in tablet.base
    tablet.act("favorite.remove", sku="latte")
    assert statuses(tablet.sync()) == [("ok", None)]
    phone.sync()
    assert "favorite/latte" not in phone.base


def consent(phone: Phone, verb: str) -> None:
    phone.act(f"consent.{verb}", purpose="marketing", channel="email", text_version="2026-03")


def test_a_withdrawal_wins_over_a_concurrent_giving_in_either_order(
    session: Session, phone: Phone, tablet: Phone
) -> None:
    consent(tablet, "give")
    consent(phone, "withdraw")
    phone.sync()
    assert statuses(tablet.sync()) == [("superseded", "withdrawn_elsewhere")]
    assert not tablet.base["consent/marketing"]["channels"]["email"]["allowed"]
    consent(tablet, "give")
    assert statuses(tablet.sync()) == [("ok", None)]
    consent(phone, "withdraw")
    assert statuses(phone.sync()) == [("ok", None)]
    assert not preferences.allows(session, phone.member_id, "marketing", "email")
    acts = preferences.consent_history(session, phone.member_id)
    assert [(act.given, act.effective, act.actor_id) for act in acts] == [
        (False, True, "phone"),
        (True, False, "tablet"),
        (True, True, "tablet"),
        (False, True, "phone"),
    ]
    assert {act.text_version for act in acts} == {"2026-03"}


def test_a_removed_line_is_brought_back_by_a_concurrent_edit_and_everybody_is_told(
    phone: Phone, tablet: Phone
) -> None:
    phone.act("draft.create", draft="d1", store="main-street")
    phone.act("draft.line.add", draft="d1", line="l1", sku="latte", options=["oat"], quantity=1)
    phone.sync()
    tablet.sync()
    phone.act("draft.line.remove", draft="d1", line="l1")
    phone.sync()
    assert "draft/d1/line/l1" not in phone.base
    tablet.act("draft.line.edit", draft="d1", line="l1", quantity=2)
    assert statuses(tablet.sync()) == [("merged", "brought_back")]
    phone.sync()
    assert phone.base["draft/d1/line/l1"]["quantity"] == 2
    (notice,) = [key for key in phone.base if key.startswith("notice/")]
    assert phone.base[notice]["data"] == {"name": "draft.line.edit", "draft": "d1", "line": "l1"}
    phone.act("notice.dismiss", notice=notice.removeprefix("notice/"))
    phone.sync()
    tablet.sync()
    assert notice not in tablet.base


def test_a_discarded_draft_comes_back_with_its_lines_for_a_concurrent_edit(
    phone: Phone, tablet: Phone
) -> None:
    phone.act("draft.create", draft="d1")
    phone.act("draft.line.add", draft="d1", line="l1", sku="latte")
    phone.sync()
    tablet.sync()
    phone.act("draft.discard", draft="d1")
    phone.sync()
    assert not [key for key in phone.base if key.startswith("draft/")]
    tablet.act("draft.line.add", draft="d1", line="l2", sku="scone")
    assert statuses(tablet.sync()) == [("merged", "brought_back")]
    phone.sync()
    held = {"draft/d1", "draft/d1/line/l1", "draft/d1/line/l2"}
    assert {key for key in phone.base if key.startswith("draft/")} == held
    phone.act("draft.discard", draft="d1")
    assert statuses(phone.sync()) == [("ok", None)]
    phone.act("draft.line.add", draft="d1", line="l3", sku="tea")
    assert statuses(phone.sync()) == [("rejected", "draft_discarded")]


# telling


def test_a_first_pull_is_a_snapshot(phone: Phone) -> None:
    answer = phone.pull(None)
    assert (answer.reset, answer.more) == (True, False)
    assert {"balance", "wallet", "device/phone", "consent/marketing"} <= set(answer.put)


def test_nothing_new_is_an_empty_answer(phone: Phone) -> None:
    phone.sync()
    assert phone.pull(phone.cursor) == sync.Page(phone.cursor)


def test_another_epoch_and_a_future_version_start_again(session: Session, phone: Phone) -> None:
    phone.sync()
    assert phone.cursor is not None
    assert phone.pull(Cursor("another", phone.cursor.version)).reset
    assert phone.pull(Cursor(phone.cursor.epoch, phone.cursor.version + 1)).reset
    assert not phone.pull(phone.cursor).reset
    sync.begin_epoch(session, now=NOW)
    assert phone.pull(phone.cursor).reset


def test_a_restored_database_accepts_a_gap_that_it_made_itself(session: Session, phone: Phone) -> None:
    phone.act("favorite.add", sku="latte")
    phone.sync()
    session.execute(text("DELETE FROM mutation_outcome"))
    session.execute(text("DELETE FROM device_queue"))
    sync.begin_epoch(session, now=NOW)
    phone.act("favorite.add", sku="scone")
    assert phone.queue[0].number == 2
    assert statuses(phone.sync()) == [("ok", None)]


def test_a_cursor_beyond_the_horizon_starts_again_and_nothing_resurrects(
    session: Session, phone: Phone, tablet: Phone
) -> None:
    phone.act("favorite.add", sku="latte")
    phone.sync()
    tablet.sync()
    phone.act("favorite.remove", sku="latte")
    phone.sync()
    later = NOW + timedelta(days=91)
    assert sync.members_to_purge(session, now=NOW) == ([], None)
    assert sync.members_to_purge(session, now=later) == ([phone.member_id], None)
    assert sync.purge_tombstones(session, member_id=phone.member_id, now=later) == 1
    assert sync.purge_tombstones(session, member_id=phone.member_id, now=later) == 0
    assert not phone.pull(phone.cursor).reset
    assert tablet.pull(tablet.cursor).reset
    tablet.sync()
    assert "favorite/latte" not in tablet.base


def test_big_answers_come_in_pages_that_add_up(
    session: Session, phone: Phone, tablet: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling, "MOST_DOCUMENTS", 7)
    tablet.sync()
    for n in range(30):
        phone.act("favorite.add", sku=f"sku-{n:02}")
    phone.sync()
    tablet.sync()
    expected = sync.load_all(session, phone.member_id)
    assert phone.base == tablet.base == expected
    assert tablet.pages > 3


def test_what_one_transaction_changed_is_never_cut(
    session: Session, phone: Phone, tablet: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    tablet.sync()
    changes.lock(session, phone.member_id)
    for n in range(20):
        preferences.add_favorite(
            session,
            actor=phone.actor,
            member_id=phone.member_id,
            sku=f"sku-{n}",
            edit=made_now("phone", NOW),
            now=NOW,
        )
    session.commit()
    monkeypatch.setattr(pulling, "MOST_DOCUMENTS", 7)
    page = tablet.pull(tablet.cursor)
    assert (len(page.put), page.more) == (20, False)


def test_a_message_that_was_read_stays_read(session: Session, phone: Phone, tablet: Phone) -> None:
    message = messages.put_in_inbox(
        session, member_id=phone.member_id, kind="test", title={"en": "Hello"}, text={"en": "World"}, now=NOW
    )
    session.commit()
    for device in (phone, tablet):
        device.act("message.read", message=message)
        assert statuses(device.sync()) == [("ok", None)]
    assert tablet.base[f"message/{message}"]["read_at"] is not None


def test_the_epoch_is_confirmed_while_the_database_stays_where_it_is(session: Session) -> None:
    first = sync.confirm_epoch(session, now=NOW)
    assert sync.confirm_epoch(session, now=NOW) == first
    session.execute(text("UPDATE feed_epoch SET lineage = 'another cluster'"))
    assert sync.confirm_epoch(session, now=NOW) != first
