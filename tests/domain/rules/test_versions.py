"""Versions of the program: who may, when they come into force, which one a moment belongs to, what stays fair."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from loyalty import rules
from loyalty.actor import SYSTEM, Actor
from loyalty.db import Batch
from loyalty.errors import Denied, Invalid
from loyalty.rules import fairness, version_refusals

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WRITER = Actor("staff", "ann", staff_id="ann", permissions=frozenset({"program.edit", "program.apply"}))
OTHER = Actor("staff", "bob", staff_id="bob", permissions=frozenset({"program.edit", "program.apply"}))
STRANGER = Actor("staff", "eve", staff_id="eve")
CHAIN = rules.normalized(rules.load_shipped("coffee-chain-2026"))


def document(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(CHAIN), **parts}


def renamed(name: str) -> dict[str, Any]:
    return document(name={"en": name, "fr": name})


def priced(points_milli: int) -> dict[str, Any]:
    made = document()
    made["rewards"][3]["price_milli"] = points_milli
    return made


def apply(session: Session, made: dict[str, Any], **options: Any) -> int:
    return rules.apply(session, made, **{"actor": SYSTEM, "now": NOW, **options})


def status(session: Session, version: int) -> str:
    return rules.get_version(session, version).status


def test_the_first_version_is_live_at_once_and_found_by_its_moment(session: Session) -> None:
    version = apply(session, document(), note="the beginning")
    row = rules.get_version(session, version)
    assert (row.status, row.live_from, row.note, row.program) == (
        "live",
        NOW,
        "the beginning",
        "coffee-chain-2026",
    )
    assert (row.created_by, row.approved_by) == ("system:system", "system:system")
    assert rules.version_at(session, NOW) == version
    assert rules.program(session, version).version == version
    assert rules.program(session, version) is rules.program(session, version)


def test_before_any_version_there_is_a_clear_refusal(session: Session) -> None:
    with pytest.raises(rules.NoProgram, match="regulars program apply"):
        rules.version_at(session, NOW)
    apply(session, document())
    with pytest.raises(rules.NoProgram):
        rules.version_at(session, NOW - timedelta(seconds=1))
    with pytest.raises(rules.NoProgram):
        rules.program_at(session, NOW - timedelta(seconds=1))


def test_a_late_sale_belongs_to_the_version_of_its_moment(session: Session) -> None:
    old = apply(session, document())
    new = apply(session, renamed("New"), now=NOW + DAY)
    assert rules.version_at(session, NOW + DAY - timedelta(microseconds=1)) == old
    assert rules.version_at(session, NOW + DAY) == new
    assert (status(session, old), status(session, new)) == ("superseded", "live")


def test_a_scheduled_version_waits_and_then_takes_over(session: Session) -> None:
    old = apply(session, document())
    new = apply(session, renamed("Later"), live_from=NOW + DAY)
    assert (status(session, old), status(session, new)) == ("live", "scheduled")
    assert rules.program_at(session, NOW + DAY / 2).version == old
    assert rules.program_at(session, NOW + 2 * DAY).version == new
    rules.refresh(session, now=NOW + DAY)
    session.expire_all()
    assert (status(session, old), status(session, new)) == ("superseded", "live")


def test_of_two_versions_from_one_moment_the_later_one_counts(session: Session) -> None:
    apply(session, document())
    second = apply(session, renamed("Second"))
    assert rules.version_at(session, NOW) == second


def test_the_very_document_in_force_makes_no_new_version(session: Session) -> None:
    first = apply(session, document())
    assert apply(session, document(), now=NOW + DAY) == first
    shuffled = dict(reversed(list(document().items())))
    assert apply(session, shuffled, now=NOW + DAY) == first
    later = apply(session, renamed("Later"), live_from=NOW + 9 * DAY)
    assert apply(session, document(), now=NOW + DAY) not in (first, later)


def test_nothing_comes_into_force_in_the_past(session: Session) -> None:
    apply(session, document(), live_from=NOW - 400 * DAY)
    with pytest.raises(rules.LiveInThePast):
        apply(session, renamed("Rewritten"), live_from=NOW - DAY)


def test_a_flawed_document_is_refused_with_all_its_flaws(session: Session) -> None:
    with pytest.raises(rules.ProgramInvalid) as caught:
        apply(session, {**document(), "currency": "USX", "zzz": 1})
    assert {flaw.pointer for flaw in caught.value.flaws} == {"/currency", "/zzz"}
    assert rules.list_versions(session) == []


def test_a_draft_is_reviewed_by_another_person_and_then_scheduled(session: Session) -> None:
    version = rules.draft(session, document(), actor=WRITER, note="summer", now=NOW)
    assert status(session, version) == "draft"
    with pytest.raises(version_refusals.NotApproved):
        rules.schedule(session, version, actor=WRITER, now=NOW)
    with pytest.raises(version_refusals.OwnApproval):
        rules.approve(session, version, actor=WRITER, now=NOW)
    rules.approve(session, version, actor=OTHER, now=NOW)
    rules.schedule(session, version, actor=WRITER, now=NOW)
    row = rules.get_version(session, version)
    assert (row.status, row.created_by, row.approved_by) == ("live", "staff:ann", "staff:bob")
    for again in (rules.approve, rules.schedule):
        with pytest.raises(version_refusals.NotADraft):
            again(session, version, actor=OTHER, now=NOW)


def test_strangers_may_do_nothing(session: Session) -> None:
    version = apply(session, document())
    for refused in (
        lambda: rules.draft(session, document(), actor=STRANGER, now=NOW),
        lambda: rules.approve(session, version, actor=STRANGER, now=NOW),
        lambda: rules.schedule(session, version, actor=STRANGER, now=NOW),
        lambda: rules.rollback(session, version, actor=STRANGER, now=NOW),
        lambda: rules.withdraw(session, version, actor=STRANGER, now=NOW),
        lambda: rules.apply(session, document(), actor=WRITER, now=NOW),
    ):
        with pytest.raises(Denied) as denied:
            refused()
        # By whoever it is asked, a missing permission has one code.
        assert denied.value.code in ("permission_missing", "not_allowed")
        assert (denied.value.code == "permission_missing") == ("permission" in denied.value.data)


def test_a_scheduled_version_can_be_withdrawn_until_it_begins(session: Session) -> None:
    first = apply(session, document())
    later = apply(session, renamed("Later"), live_from=NOW + DAY)
    rules.withdraw(session, later, actor=OTHER, now=NOW)
    assert status(session, later) == "draft"
    assert rules.version_at(session, NOW + 2 * DAY) == first
    with pytest.raises(version_refusals.AlreadyInForce):
        rules.withdraw(session, first, actor=OTHER, now=NOW)


def test_an_older_version_comes_back_as_a_new_one(session: Session) -> None:
    old = apply(session, document())
    bad = apply(session, renamed("Bad"), now=NOW + DAY)
    back = rules.rollback(session, old, actor=OTHER, note="took it back", now=NOW + 2 * DAY)
    assert back > bad > old
    row = rules.get_version(session, back)
    assert (row.based_on, row.sha256) == (old, rules.get_version(session, old).sha256)
    assert rules.version_at(session, NOW + DAY) == bad
    assert rules.version_at(session, NOW + 2 * DAY) == back
    assert rules.program(session, back).version == back


def test_an_unreviewed_draft_is_nothing_to_go_back_to(session: Session) -> None:
    version = rules.draft(session, document(), actor=WRITER, now=NOW)
    with pytest.raises(version_refusals.NotApproved):
        rules.rollback(session, version, actor=OTHER, now=NOW)


def test_a_version_that_is_not_there_is_missing(session: Session) -> None:
    with pytest.raises(version_refusals.NoSuchVersion):
        rules.get_version(session, 999_999)
    with pytest.raises(rules.NoProgram):
        rules.program(session, 999_999)


def test_a_price_rise_needs_notice_or_a_reason_that_is_kept(session: Session) -> None:
    apply(session, document())
    dearer = priced(250_000)
    with pytest.raises(rules.NoticeTooShort) as caught:
        apply(session, dearer, live_from=NOW + 29 * DAY)
    assert caught.value.data["changes"] == [
        "reward ladder-200 costs 250 instead of 200 points (green, gold, reserve)"
    ]
    assert caught.value.data["earliest"] == "2026-04-01T12:00:00+00:00"
    with pytest.raises(rules.NoticeTooShort):
        apply(session, dearer, without_notice="  ")
    announced = apply(session, dearer, live_from=NOW + 30 * DAY)
    assert rules.get_version(session, announced).waived is None
    sudden = apply(session, priced(300_000), without_notice="printed wrongly")
    assert rules.get_version(session, sudden).waived == "printed wrongly"


def test_the_notice_is_that_of_the_version_in_force(session: Session) -> None:
    apply(session, document())
    dearer = priced(250_000)
    dearer["settings"]["notice_days"] = 0
    with pytest.raises(rules.NoticeTooShort):
        apply(session, dearer)


def test_an_announced_price_may_be_taken_over_without_new_notice(session: Session) -> None:
    apply(session, document())
    apply(session, priced(250_000), live_from=NOW + 30 * DAY)
    again = priced(250_000)
    again["name"] = {"en": "With a typo mended", "fr": "Corrigé"}
    apply(session, again, live_from=NOW + 30 * DAY, now=NOW + 20 * DAY)


def test_points_already_earned_keep_their_life(session: Session) -> None:
    apply(session, document())
    worse = document()
    worse["settings"]["on_tier_loss_expiry"] = "original"
    with pytest.raises(rules.PointsLifeShortened, match="points kept alive by a tier would end earlier"):
        apply(session, worse, live_from=NOW + 300 * DAY, without_notice="we want to")
    fewer = document(tiers=CHAIN["tiers"][:2])
    fewer["rules"] = [
        rule
        for rule in fewer["rules"]
        if not rule["key"].endswith("reserve") and rule["key"] != "reserve-base"
    ]
    with pytest.raises(rules.PointsLifeShortened, match="tier reserve points of its members outlive"):
        apply(session, fewer)


def fair(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    first, second = rules.compile_program(old), rules.compile_program(new)
    return [
        f"{each.kind} {each.key}"
        for each in (*fairness.shortens_life(first, second), *fairness.needs_notice(first, second))
    ]


def test_what_is_fair_and_what_is_not() -> None:
    def gives(place: int, **gift: Any) -> dict[str, Any]:
        made = document()
        made["rewards"][place]["gives"] = gift
        return made

    cheaper, granted, by_tier = priced(150_000), document(), document()
    granted["rewards"][3]["granted_only"] = True
    by_tier["rewards"][3]["price_milli"] = {"green": 200_000, "gold": 210_000}
    shorter, gone = document(), document()
    shorter["tiers"][0]["expiry"] = {"kind": "days", "count": 1}
    gone["rules"] = [rule for rule in gone["rules"] if rule["key"] != "activity"]
    kept = document()
    kept["settings"]["on_tier_loss_expiry"] = "keep"
    assert fair(CHAIN, cheaper) == []
    assert fair(CHAIN, shorter) == []  # makes new lots only
    assert fair(CHAIN, kept) == []
    assert fair(kept, CHAIN) == ["setting on_tier_loss_expiry"]
    assert fair(CHAIN, granted) == ["reward ladder-200"]
    assert fair(CHAIN, by_tier) == ["reward ladder-200"]
    assert fair(CHAIN, gives(3, free_item={"max_minor": 900})) == ["reward ladder-200"]
    assert fair(CHAIN, gives(3, free_item={})) == []
    assert fair(CHAIN, gives(1, amount_off={"amount_minor": 100})) == ["reward ladder-60"]
    assert fair(CHAIN, gone) == ["rule activity"]
    assert fair(CHAIN, document(rewards=CHAIN["rewards"][1:])) == []  # rewards come and go


def test_a_note_is_not_endless(session: Session) -> None:
    with pytest.raises(Invalid):
        apply(session, document(), note="x" * 2001)


def test_the_document_of_a_version_never_changes(session: Session) -> None:
    version = apply(session, document())
    with pytest.raises(DBAPIError, match="never changes"), session.begin_nested():
        session.execute(text("UPDATE program_version SET document = '{}' WHERE version = :v"), {"v": version})


def test_a_draft_has_no_moment_and_only_one_version_is_live(session: Session) -> None:
    version = apply(session, document())
    for wrong in (
        "UPDATE program_version SET live_from = NULL WHERE version = :v",
        "UPDATE program_version SET status = 'draft' WHERE version = :v",
        "UPDATE program_version SET approved_by = NULL, approved_at = NULL WHERE version = :v",
    ):
        with pytest.raises(DBAPIError, match="violates check constraint"), session.begin_nested():
            session.execute(text(wrong), {"v": version})


def test_numbers_are_never_used_again_so_a_process_may_keep_what_it_compiled(session: Session) -> None:
    with session.begin_nested() as attempt:
        lost = apply(session, document())
        assert rules.program(session, lost).name["en"] == "Coffee Chain Rewards 2026"
        attempt.rollback()
    kept = apply(session, renamed("Another"))
    assert kept > lost
    assert rules.program(session, kept).name["en"] == "Another"


def test_a_known_program_costs_no_round_trip(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(session, document())
    session.info.clear()  # as if another session had applied it
    rules.program_at(session, NOW)
    asked: list[str] = []
    monkeypatch.setattr(session, "execute", lambda *_: asked.append("execute"))
    monkeypatch.setattr(session, "scalar", lambda *_: asked.append("scalar"))
    assert rules.program_at(session, NOW + DAY).key == "coffee-chain-2026"
    assert asked == []
    rules.forget_timeline(session)
    with pytest.raises(TypeError):
        rules.program_at(session, NOW)
    assert asked == ["execute"]


def test_the_statement_that_sales_send_finds_the_same_version(session: Session) -> None:
    apply(session, document())
    apply(session, renamed("New"), now=NOW + DAY)
    rules.draft(session, renamed("Draft"), actor=WRITER, now=NOW + DAY)
    batch = Batch()
    batch.add(
        "SELECT version FROM program_version WHERE live_from <= %(at)s ORDER BY live_from DESC, version DESC LIMIT 1",
        {"at": NOW + 2 * DAY},
    )
    assert batch.send(session)[0][0][0] == rules.version_at(session, NOW + 2 * DAY)
