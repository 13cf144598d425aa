"""Whatever a verb does, the snapshots before and after differ in exactly the things that were marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import changes, members, messages, orders, preferences, sync
from loyalty.actor import Actor
from loyalty.db import snapshot, transaction
from loyalty.edits import EVERYTHING, Edit
from loyalty.errors import DomainError
from loyalty.preferences import Item, Purchase
from loyalty.sync import notices, profile
from tests.domain.sync.people import enroll, join

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LATTE = orders.Content("latte", ("oat",), 1)
Verb = Callable[[Session, dict[str, Any]], Any]

names, skus = st.sampled_from(["milk", "store"]), st.sampled_from(["latte", "scone"])
slots, drafts = st.sampled_from(["morning", "evening"]), st.sampled_from(["d1", "d2"])
lines, words = st.sampled_from(["l1", "l2"]), st.sampled_from(["a", "b"])
purposes = st.sampled_from([("marketing", "email"), ("marketing", "sms"), ("service", "push")])


def verb(function: Any, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Verb]:
    """Return a strategy of calls of a verb that edits: it takes actor, member, edit and now."""
    return st.fixed_dictionaries(given).map(
        lambda values: lambda session, common: function(session, **values, **common)
    )


def consent(function: Any) -> st.SearchStrategy[Verb]:
    return purposes.map(
        lambda which: (
            lambda session, common: function(
                session, purpose=which[0], channel=which[1], text_version="1", **common
            )
        )
    )


def learn(session: Session, common: dict[str, Any]) -> None:
    member_id, now = common["member_id"], common["now"]
    count = common["edit"].at.second % 5
    bought = [Purchase(f"s{n}", now - timedelta(days=n + 1, hours=7), "latte", ()) for n in range(count)]
    preferences.learn_usual(session, member_id=member_id, purchases=bought, now=now)


def write_message(session: Session, common: dict[str, Any]) -> None:
    message = messages.put_in_inbox(
        session,
        member_id=common["member_id"],
        kind="test",
        title={"en": "Hello"},
        text={"en": "there"},
        now=common["now"],
    )
    if common["edit"].seen:
        messages.mark_read(session, member_id=common["member_id"], message_id=message, now=common["now"])


def notice(session: Session, common: dict[str, Any]) -> None:
    of = {"member_id": common["member_id"], "now": common["now"]}
    changes.lock(session, common["member_id"])
    if common["edit"].seen:
        notices.dismiss(session, uid="n1", **of)
    elif not notices.notices_of(session, common["member_id"]):
        notices.add(session, uid="n1", code="parked", data={}, **of)


def rename(session: Session, common: dict[str, Any]) -> None:
    name = f"phone {common['edit'].at.second}"
    members.rename(
        session, member_id=common["member_id"], device_id=common["actor"].id, name=name, now=common["now"]
    )


VERBS = st.one_of(
    verb(preferences.set_preference, name=names, value=words),
    verb(preferences.clear_preference, name=names),
    verb(preferences.add_favorite, sku=skus),
    verb(preferences.remove_favorite, sku=skus),
    verb(preferences.add_dietary_note, tag=words),
    verb(preferences.remove_dietary_note, tag=words),
    verb(preferences.set_usual, slot=slots, items=st.just([Item("tea")])),
    verb(preferences.forget_chosen_usual, slot=slots),
    verb(preferences.hide_usual, slot=slots),
    verb(preferences.show_usual, slot=slots),
    consent(preferences.give_consent),
    consent(preferences.withdraw_consent),
    verb(
        profile.set_field,
        field=st.sampled_from(profile.FIELDS),
        value=st.sampled_from(["Ann", "fr", "1990-05-17"]),
    ),
    verb(orders.create_draft, draft_id=drafts, store=st.none(), note=words),
    verb(orders.edit_draft, draft_id=drafts, store=words, note=words),
    verb(orders.discard_draft, draft_id=drafts),
    verb(orders.put_line, draft_id=drafts, line_id=lines, content=st.just(LATTE)),
    verb(
        orders.edit_line,
        draft_id=drafts,
        line_id=lines,
        values=st.fixed_dictionaries({"quantity": st.integers(1, 9)}),
    ),
    verb(orders.remove_line, draft_id=drafts, line_id=lines),
    st.sampled_from([learn, write_message, notice, rename]),
)
EDITS = st.tuples(
    st.sampled_from(["phone", "tablet"]), st.integers(0, 59), st.sampled_from([0, None, EVERYTHING])
)


class World:
    """One member, looked at before and after everything."""

    def __init__(self) -> None:
        with transaction() as session:
            self.member_id = join(session, NOW)
            for device in ("phone", "tablet"):
                enroll(session, self.member_id, f"{device}-{self.member_id}", NOW)
            changes.mark(session, self.member_id, "profile", now=NOW)
        self.shown, self.version, _ = self.look(0)

    def look(self, after: int) -> tuple[dict[str, Any], int, set[str]]:
        with snapshot() as session:
            marked = text("SELECT entity FROM change WHERE member_id = :id AND version > :after")
            found = session.execute(marked, {"id": self.member_id, "after": after}).scalars()
            marks = set(found)
            return (
                sync.load_all(session, self.member_id),
                changes.head(session, self.member_id).version,
                marks,
            )

    def do(self, act: Verb, device: str, second: int, seen: int | None) -> None:
        actor = Actor(kind="member", id=f"{device}-{self.member_id}", member_id=self.member_id)
        edit = Edit(actor.id, NOW + timedelta(seconds=second), seen)
        common = {
            "actor": actor,
            "member_id": self.member_id,
            "edit": edit,
            "now": NOW + timedelta(minutes=1),
        }
        try:
            with transaction() as session:
                act(session, common)
        except DomainError:
            pass
        before, version = self.shown, self.version
        self.shown, self.version, marked = self.look(version)
        differ = {key for key in before.keys() | self.shown.keys() if before.get(key) != self.shown.get(key)}
        assert differ == marked
        assert self.version in (version, version + 1)


@pytest.mark.usefixtures("app")
@settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(st.lists(st.tuples(VERBS, EDITS), min_size=5, max_size=20))
def test_what_changed_is_what_was_marked(
    app: Flask, acts: list[tuple[Verb, tuple[str, int, int | None]]]
) -> None:
    world = World()
    for act, (device, second, seen) in acts:
        world.do(act, device, second, seen)
