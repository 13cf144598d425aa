"""Draft orders with the database: what is refused, what is brought back, what is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from loyalty import changes, orders
from loyalty.actor import Actor
from loyalty.edits import Edit, made_now
from loyalty.orders import Content, touching
from tests.domain.sync.people import join

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LATTE = Content("latte", ("oat",), 1, "extra hot")


@pytest.fixture
def ann(session: Session) -> int:
    return join(session, NOW)


def by(member_id: int, device: str = "phone", **more: Any) -> dict[str, Any]:
    actor = Actor(kind="member", id=device, channel="app", member_id=member_id)
    return {"actor": actor, "member_id": member_id, "edit": made_now(device, NOW), "now": NOW, **more}


def begin(session: Session, ann: int, draft: str = "d1", **more: Any) -> None:
    orders.create_draft(session, draft_id=draft, store="main-street", **by(ann, **more))
    orders.put_line(session, draft_id=draft, line_id="l1", content=LATTE, **by(ann, **more))


def contents(session: Session, ann: int) -> list[tuple[str, Content]]:
    return [(line.id, line.content) for line in orders.draft_lines_of(session, ann)]


def test_a_draft_is_begun_filled_changed_and_discarded(session: Session, ann: int) -> None:
    begin(session, ann)
    assert orders.edit_line(session, draft_id="d1", line_id="l1", values={"quantity": 3}, **by(ann)) == "ok"
    orders.put_line(session, draft_id="d1", line_id="l2", content=Content("scone"), **by(ann))
    assert contents(session, ann) == [
        ("l1", Content("latte", ("oat",), 3, "extra hot")),
        ("l2", Content("scone")),
    ]
    assert orders.remove_line(session, draft_id="d1", line_id="l2", **by(ann)) == "ok"
    assert orders.edit_draft(session, draft_id="d1", store=None, note="later", **by(ann)) == "ok"
    (draft,) = orders.drafts_of(session, ann)
    assert (draft.store, draft.note, draft.touched_by, draft.touched_on) == (None, "later", "phone", "app")
    assert orders.discard_draft(session, draft_id="d1", **by(ann)) == "ok"
    assert orders.drafts_of(session, ann) == []
    assert contents(session, ann) == []
    assert orders.discard_draft(session, draft_id="d1", **by(ann)) == "ok"
    assert orders.remove_line(session, draft_id="d1", line_id="none", **by(ann)) == "ok"


def test_others_see_who_was_at_it_last(session: Session, ann: int) -> None:
    begin(session, ann)
    later = NOW + timedelta(minutes=2)
    kiosk = Actor(kind="member", id="kiosk", channel="store", member_id=ann)
    edit = made_now("kiosk", later)
    orders.edit_line(
        session,
        draft_id="d1",
        line_id="l1",
        values={"note": ""},
        **by(ann, actor=kiosk, edit=edit, now=later),
    )
    (draft,) = orders.drafts_of(session, ann, ["d1"])
    assert (draft.touched_at, draft.touched_by, draft.touched_on) == (later, "kiosk", "store")


def test_what_is_not_there_is_refused(session: Session, ann: int) -> None:
    with pytest.raises(orders.DraftUnknown):
        orders.put_line(session, draft_id="d1", line_id="l1", content=LATTE, **by(ann))
    begin(session, ann)
    with pytest.raises(orders.LineUnknown):
        orders.edit_line(session, draft_id="d1", line_id="l2", values={"quantity": 2}, **by(ann))
    orders.remove_line(session, draft_id="d1", line_id="l1", **by(ann))
    with pytest.raises(orders.LineRemoved):
        orders.edit_line(session, draft_id="d1", line_id="l1", values={"quantity": 2}, **by(ann))
    orders.discard_draft(session, draft_id="d1", **by(ann))
    with pytest.raises(orders.DraftDiscarded):
        orders.edit_draft(session, draft_id="d1", store=None, **by(ann))
    with pytest.raises(orders.DraftDiscarded):
        orders.create_draft(session, draft_id="d1", store=None, **by(ann))


@pytest.mark.parametrize(
    "content",
    [
        Content(""),
        Content("latte", ("oat", "oat")),
        Content("latte", tuple(str(n) for n in range(21))),
        Content("latte", quantity=0),
        Content("latte", quantity=100),
        Content("latte", note="x" * 201),
        Content("latte", note="\x00"),
    ],
)
def test_a_line_is_something_that_can_be_made(session: Session, ann: int, content: Content) -> None:
    begin(session, ann)
    with pytest.raises(orders.DraftInvalid):
        orders.put_line(session, draft_id="d1", line_id="l2", content=content, **by(ann))


@pytest.mark.parametrize("draft", ["", "-d", "x" * 65, "a b", "é"])
def test_an_id_is_what_devices_make(session: Session, ann: int, draft: str) -> None:
    with pytest.raises(orders.DraftInvalid):
        orders.create_draft(session, draft_id=draft, store=None, **by(ann))


def test_there_is_a_limit_on_drafts_and_lines(
    session: Session, ann: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touching, "MOST_DRAFTS", 1)
    monkeypatch.setattr(touching, "MOST_LINES", 1)
    monkeypatch.setattr(touching, "_MOST_LINES_EVER", 2)
    begin(session, ann)
    with pytest.raises(orders.DraftFull):
        orders.create_draft(session, draft_id="d2", store=None, **by(ann))
    with pytest.raises(orders.DraftFull):
        orders.put_line(session, draft_id="d1", line_id="l2", content=LATTE, **by(ann))
    for line in ("l1", "l2"):
        orders.put_line(session, draft_id="d1", line_id=line, content=LATTE, **by(ann))
        orders.remove_line(session, draft_id="d1", line_id=line, **by(ann))
    with pytest.raises(orders.DraftFull):
        orders.put_line(session, draft_id="d1", line_id="l3", content=LATTE, **by(ann))


def test_an_older_concurrent_edit_of_a_line_loses_and_a_newer_one_stands(session: Session, ann: int) -> None:
    begin(session, ann, edit=made_now("phone", NOW - timedelta(minutes=9)))
    seen = changes.head(session, ann).version
    session.commit()

    def edit(device: str, minutes: int, quantity: int) -> str:
        act = Edit(device, NOW - timedelta(minutes=minutes), seen)
        values = {"quantity": quantity}
        return orders.edit_line(session, draft_id="d1", line_id="l1", values=values, **by(ann, edit=act))

    assert edit("tablet", 5, 2) == "ok"
    assert edit("web", 6, 3) == "superseded"
    assert edit("kiosk", 4, 4) == "ok"
    assert contents(session, ann)[0][1].quantity == 4


def test_an_older_edit_brings_a_removed_line_back_with_its_newer_content(session: Session, ann: int) -> None:
    begin(session, ann, edit=made_now("phone", NOW - timedelta(minutes=9)))
    seen = changes.head(session, ann).version
    session.commit()
    newer, older = (
        Edit("tablet", NOW - timedelta(minutes=4), seen),
        Edit("web", NOW - timedelta(minutes=5), seen),
    )
    orders.edit_line(session, draft_id="d1", line_id="l1", values={"quantity": 5}, **by(ann, edit=newer))
    orders.remove_line(session, draft_id="d1", line_id="l1", **by(ann))
    session.commit()
    values = {"quantity": 7}
    assert (
        orders.edit_line(session, draft_id="d1", line_id="l1", values=values, **by(ann, edit=older))
        == "merged"
    )
    assert contents(session, ann)[0][1].quantity == 5


def test_a_discarded_draft_is_forgotten_after_ninety_days(session: Session, ann: int) -> None:
    begin(session, ann)
    begin(session, ann, "d2")
    orders.discard_draft(session, draft_id="d1", **by(ann))
    assert orders.purge_discarded_drafts(session, now=NOW + timedelta(days=89)) == 0
    assert orders.purge_discarded_drafts(session, now=NOW + timedelta(days=91)) == 1
    session.expire_all()
    with pytest.raises(orders.DraftUnknown):
        orders.put_line(session, draft_id="d1", line_id="l9", content=LATTE, **by(ann))
    assert [draft.id for draft in orders.drafts_of(session, ann)] == ["d2"]


def test_a_merge_takes_open_drafts_along_and_erasing_leaves_none(session: Session, ann: int) -> None:
    other = join(session, NOW)
    begin(session, ann)
    begin(session, other, "d2")
    begin(session, other, "d3")
    orders.discard_draft(session, draft_id="d3", **by(other))
    orders.merge(session, survivor=ann, merged=other, now=NOW)
    assert {draft.id for draft in orders.drafts_of(session, ann)} == {"d1", "d2"}
    assert len(orders.export(session, ann)["draft_lines"]) == 2
    assert orders.export(session, other) == {"drafts": [], "draft_lines": []}
    values = {"quantity": 2}
    assert orders.edit_line(session, draft_id="d2", line_id="l1", values=values, **by(ann)) == "ok"
    orders.erase(session, ann)
    assert orders.export(session, ann) == {"drafts": [], "draft_lines": []}
