"""Preferences, favorites, dietary notes, the usual and consents with the database: refusals, limits, the till."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from loyalty import changes, preferences
from loyalty.actor import SYSTEM, Actor
from loyalty.edits import Edit, NotYours, made_now
from loyalty.members import Member
from loyalty.preferences import Item, Purchase
from loyalty.preferences import service as service_module
from tests.domain.sync.people import join

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
WORDING = "2026-03"


@pytest.fixture
def ann(session: Session) -> int:
    return join(session, NOW)


def by(member_id: int, device: str = "phone", **more: Any) -> dict[str, Any]:
    """Return the arguments that every verb takes: the member on a device, online."""
    actor = Actor(kind="member", id=device, channel="app", member_id=member_id)
    return {"actor": actor, "member_id": member_id, "edit": made_now(device, NOW), "now": NOW, **more}


# who may


def test_only_the_member_or_somebody_who_may_edit_members_changes_anything(
    session: Session, ann: int
) -> None:
    bob = Actor(kind="member", id="bob's phone", member_id=ann + 1)
    till = Actor(kind="till", id="t1")
    for stranger in (bob, till):
        with pytest.raises(NotYours):
            preferences.set_preference(session, name="milk", value="oat", **by(ann, actor=stranger))
    cashier = Actor(kind="till", id="t1", permissions=frozenset({"members.edit"}))
    preferences.set_preference(session, name="milk", value="oat", **by(ann, actor=cashier))
    assert [found.value for found in preferences.preferences_of(session, ann)] == ["oat"]


def test_a_member_who_never_was_is_missing(session: Session) -> None:
    with pytest.raises(changes.MemberMissing):
        preferences.add_favorite(session, sku="latte", **by(10**9, actor=SYSTEM))


# preferences


@pytest.mark.parametrize("name", ["", "Milk", "1st", "milk-kind", "m" * 41, "mi lk"])
def test_a_name_is_lower_case_and_short(session: Session, ann: int, name: str) -> None:
    with pytest.raises(preferences.PreferenceInvalid):
        preferences.set_preference(session, name=name, value="oat", **by(ann))


@pytest.mark.parametrize("value", ["", "x" * 201, "a\x00b", "line\nbreak", "\ud800"])
def test_a_value_is_a_text_that_can_be_shown(session: Session, ann: int, value: str) -> None:
    with pytest.raises(preferences.PreferenceInvalid):
        preferences.set_preference(session, name="milk", value=value, **by(ann))


def test_there_is_a_limit_on_how_much_one_member_keeps(
    session: Session, ann: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MOST_PREFERENCES", "MOST_FAVORITES", "MOST_DIETARY_NOTES"):
        monkeypatch.setattr(service_module, name, 2)
    for n in range(2):
        preferences.set_preference(session, name=f"n{n}", value="x", **by(ann))
        preferences.add_favorite(session, sku=f"n{n}", **by(ann))
        preferences.add_dietary_note(session, tag=f"n{n}", **by(ann))
    preferences.set_preference(session, name="n1", value="y", **by(ann))
    preferences.add_favorite(session, sku="n1", **by(ann))
    with pytest.raises(preferences.TooManyOfThem):
        preferences.set_preference(session, name="n3", value="x", **by(ann))
    with pytest.raises(preferences.TooManyOfThem):
        preferences.add_favorite(session, sku="n3", **by(ann))
    with pytest.raises(preferences.TooManyOfThem):
        preferences.add_dietary_note(session, tag="n3", **by(ann))


def test_the_favorite_store_is_told_to_the_rules(session: Session, ann: int) -> None:
    preferences.set_preference(session, name="store", value="main-street", **by(ann))
    session.expire_all()
    member = session.get(Member, ann)
    assert member is not None
    assert member.favorite_store == "main-street"
    preferences.clear_preference(session, name="store", **by(ann))
    session.expire_all()
    assert member.favorite_store is None


# the usual


def lattes(*days: int, sku: str = "latte") -> list[Purchase]:
    return [Purchase(f"s{day}", NOW - timedelta(days=day, hours=6), sku, ("oat",)) for day in days]


def usual(session: Session, member_id: int) -> preferences.UsualView:
    (found,) = preferences.usual_of(session, member_id, ["morning"])
    return found


def test_the_usual_is_learned_and_learned_again_only_when_it_changed(session: Session, ann: int) -> None:
    assert not preferences.learn_usual(session, member_id=ann, purchases=lattes(1, 2), now=NOW)
    assert preferences.learn_usual(session, member_id=ann, purchases=lattes(1, 2, 3), now=NOW)
    version = changes.head(session, ann).version
    assert not preferences.learn_usual(session, member_id=ann, purchases=lattes(1, 2, 3), now=NOW)
    assert changes.head(session, ann).version == version
    assert usual(session, ann).items == (Item("latte", ("oat",)),)
    assert preferences.learn_usual(session, member_id=ann, purchases=lattes(1), now=NOW)
    assert usual(session, ann).items == ()


def test_what_the_member_chose_stands_whatever_is_learned(session: Session, ann: int) -> None:
    preferences.set_usual(session, slot="morning", items=[Item("tea", ("honey", "a-cup"))], **by(ann))
    preferences.learn_usual(session, member_id=ann, purchases=lattes(1, 2, 3), now=NOW)
    found = usual(session, ann)
    assert found.items == (Item("tea", ("a-cup", "honey")),)
    assert found.source == "chosen"
    assert found.suggested == (Item("latte", ("oat",)),)
    preferences.forget_chosen_usual(session, slot="morning", **by(ann))
    assert (usual(session, ann).source, usual(session, ann).items) == (
        "purchases",
        (Item("latte", ("oat",)),),
    )


def test_an_edit_does_not_lose_to_learning_that_it_has_not_seen(session: Session, ann: int) -> None:
    preferences.learn_usual(session, member_id=ann, purchases=lattes(1, 2, 3), now=NOW)
    blind = Edit("phone", NOW - timedelta(days=1), seen=0)
    assert preferences.hide_usual(session, slot="morning", **by(ann, edit=blind)) == "ok"
    assert usual(session, ann).hidden


@pytest.mark.parametrize(
    "items",
    [
        [],
        [Item("latte")] * 6,
        [Item("")],
        [Item("latte", ("oat", "oat"))],
        [Item("latte", tuple(str(n) for n in range(21)))],
        [Item("latte", quantity=0)],
        [Item("latte", quantity=21)],
    ],
)
def test_a_chosen_usual_is_something_that_can_be_ordered(
    session: Session, ann: int, items: list[Item]
) -> None:
    with pytest.raises(preferences.PreferenceInvalid):
        preferences.set_usual(session, slot="morning", items=items, **by(ann))


def test_there_are_four_times_of_day(session: Session, ann: int) -> None:
    with pytest.raises(preferences.PreferenceInvalid):
        preferences.hide_usual(session, slot="night", **by(ann))


# consents


def give(session: Session, ann: int, purpose: str, channel: str, **more: Any) -> str:
    return preferences.give_consent(
        session, purpose=purpose, channel=channel, text_version=WORDING, **by(ann, **more)
    )


def withdraw(session: Session, ann: int, purpose: str, channel: str, **more: Any) -> str:
    return preferences.withdraw_consent(
        session, purpose=purpose, channel=channel, text_version=WORDING, **by(ann, **more)
    )


def test_nobody_is_written_to_who_was_never_asked_but_about_their_account(session: Session, ann: int) -> None:
    assert not preferences.allows(session, ann, "marketing", "email")
    assert preferences.allows(session, ann, "service", "email")
    assert not preferences.allows(session, ann, "service", "sms")
    assert not preferences.allows(session, ann, "usual_at_till", "till")
    assert not preferences.allows(session, ann, "usual_at_till", "email")
    assert not preferences.allows(session, ann, "world peace", "email")
    withdraw(session, ann, "service", "email")
    assert not preferences.allows(session, ann, "service", "email")


def test_a_withdrawal_that_the_giving_knew_is_over_and_another_is_not(session: Session, ann: int) -> None:
    withdraw(session, ann, "marketing", "sms", edit=Edit("phone", NOW, seen=0))
    known = changes.head(session, ann).version
    session.commit()
    withdraw(session, ann, "marketing", "sms", edit=Edit("tablet", NOW, seen=0))
    assert give(session, ann, "marketing", "sms", edit=Edit("web", NOW, seen=known)) == "superseded"
    assert give(session, ann, "marketing", "sms") == "ok"
    assert preferences.allows(session, ann, "marketing", "sms")


def test_every_act_is_kept_with_who_where_and_which_wording(session: Session, ann: int) -> None:
    cashier = Actor(kind="till", id="t1", staff_id="s9", permissions=frozenset({"members.edit"}))
    give(session, ann, "usual_at_till", "till", actor=cashier)
    withdraw(session, ann, "usual_at_till", "till")
    first, second = preferences.consent_history(session, ann, ["usual_at_till"])
    assert (first.number, first.given, first.actor_kind, first.staff_id) == (1, True, "till", "s9")
    assert (second.number, second.given, second.actor_kind, second.actor_channel) == (
        2,
        False,
        "member",
        "app",
    )
    assert {first.text_version, second.text_version} == {WORDING}
    assert preferences.consent_history(session, ann, ["marketing"]) == []


# the till


def test_the_till_sees_nothing_unless_allowed(session: Session, ann: int) -> None:
    preferences.learn_usual(session, member_id=ann, purchases=lattes(1, 2, 3), now=NOW)
    preferences.add_dietary_note(session, tag="no_nuts", **by(ann))
    preferences.set_preference(session, name="milk", value="oat", **by(ann))
    preferences.set_preference(session, name="store", value="main-street", **by(ann))
    assert preferences.till_view(session, ann, slot="morning") == preferences.TillView()
    give(session, ann, "usual_at_till", "till")
    seen = preferences.till_view(session, ann, slot="morning")
    assert seen.usual == (Item("latte", ("oat",)),)
    assert seen.takes == {"milk": "oat"}
    assert seen.dietary is None
    assert preferences.till_view(session, ann, slot="evening").usual == ()
    preferences.hide_usual(session, slot="morning", **by(ann))
    assert preferences.till_view(session, ann, slot="morning").usual == ()
    withdraw(session, ann, "usual_at_till", "till")
    give(session, ann, "dietary_at_till", "till")
    seen = preferences.till_view(session, ann, slot="morning")
    assert (seen.usual, seen.takes, seen.dietary) == (None, None, ("no_nuts",))


# moving


def test_a_merge_adds_up_and_the_survivors_own_words_stand(session: Session, ann: int) -> None:
    other = join(session, NOW)
    for who, milk in ((ann, "oat"), (other, "soy")):
        preferences.set_preference(session, name="milk", value=milk, **by(who))
        preferences.add_favorite(session, sku=f"of-{milk}", **by(who))
        preferences.add_favorite(session, sku="latte", **by(who))
    preferences.set_preference(session, name="size", value="large", **by(other))
    preferences.set_usual(session, slot="morning", items=[Item("tea")], **by(other))
    give(session, ann, "marketing", "email")
    withdraw(session, other, "marketing", "email")
    give(session, other, "insights", "push")
    preferences.merge(session, survivor=ann, merged=other, now=NOW)
    held = {each.name: each.value for each in preferences.preferences_of(session, ann)}
    assert held == {"milk": "oat", "size": "large"}
    assert [each.key for each in preferences.favorites_of(session, ann)] == ["latte", "of-oat", "of-soy"]
    assert usual(session, ann).items == (Item("tea"),)
    assert not preferences.allows(session, ann, "marketing", "email")
    assert preferences.allows(session, ann, "insights", "push")
    assert [act.number for act in preferences.consent_history(session, ann)] == [1, 2, 3]
    left = preferences.export(session, other)
    assert not left["preferences"]
    assert not left["consent_history"]


def test_erasing_leaves_nothing(session: Session, ann: int) -> None:
    preferences.set_preference(session, name="milk", value="oat", **by(ann))
    give(session, ann, "marketing", "email")
    assert preferences.export(session, ann)["preferences"][0]["value"] == "oat"
    preferences.erase(session, ann)
    left = preferences.export(session, ann)
    assert not left["preferences"]
    assert not left["consent_history"]
