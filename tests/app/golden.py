"""What the server makes of every mutation: documents before it and after it, as devices get them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import changes, messages, offers, preferences, rules, sales
from loyalty.actor import SYSTEM
from loyalty.preferences import Purchase
from loyalty.sync import notices
from tests.domain.sync.people import Phone, join

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
Act = tuple[str, dict[str, Any]]
Before = Callable[[Phone], dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """A mutation's arguments, what the device did before, and what happened elsewhere (which may add arguments)."""

    args: Mapping[str, Any]
    acts: tuple[Act, ...] = ()
    before: Before | None = None


def _learned(phone: Phone) -> dict[str, Any]:
    """Buy the same latte on four Mondays to Thursdays at seven: the usual of the morning is learned."""
    bought = [Purchase(f"s{n}", NOW - timedelta(days=n + 1, hours=5), "caramel-latte", ()) for n in range(4)]
    preferences.learn_usual(phone.session, member_id=phone.member_id, purchases=bought, now=NOW)
    return {}


def _message(phone: Phone) -> dict[str, Any]:
    title, text = {"en": "Hello"}, {"en": "there"}
    found = messages.put_in_inbox(
        phone.session, member_id=phone.member_id, kind="test", title=title, text=text, now=NOW
    )
    return {"message": found}


def _read_message(phone: Phone) -> dict[str, Any]:
    found = _message(phone)
    messages.mark_read(phone.session, member_id=phone.member_id, message_id=found["message"], now=NOW)
    return found


def _notice(phone: Phone) -> dict[str, Any]:
    changes.lock(phone.session, phone.member_id)
    notices.add(phone.session, member_id=phone.member_id, uid="n1", code="parked", data={}, now=NOW)
    return {"notice": "n1"}


def _offer(phone: Phone) -> dict[str, Any]:
    rules.apply(
        phone.session,
        rules.load_shipped("cafe-stars"),
        actor=SYSTEM,
        live_from=NOW - timedelta(days=90),
        now=NOW,
    )
    return {"id": offers.send(phone.session, phone.member_id, "five-visits", now=NOW)}


def _points(phone: Phone) -> dict[str, Any]:
    _offer(phone)
    sales.adjust(
        phone.session,
        actor=SYSTEM,
        member_id=phone.member_id,
        points_milli=90_000,
        reason="start",
        key=f"start-{phone.member_id}",
        now=NOW,
    )
    return {}


DRAFT: Final[Act] = ("draft.create", {"draft": "d1", "store": "main-street", "note": ""})
LINE: Final[Act] = (
    "draft.line.add",
    {"draft": "d1", "line": "l1", "sku": "caramel-latte", "options": ["oat"], "quantity": 2},
)
USUAL: Final[Act] = (
    "usual.set",
    {"slot": "morning", "items": [{"sku": "chai", "options": [], "quantity": 1}]},
)
CONSENT: Final = {"purpose": "marketing", "channel": "email", "text_version": "2"}
HELD: Final[Act] = ("reward.hold", {"id": "h1", "reward": "ladder-60"})

CASES: Final[Mapping[str, tuple[Case, ...]]] = {
    "profile.set": (
        Case({"field": "given_name", "value": "Anna"}),
        Case({"field": "birthday", "value": "1990-05-17"}),
        Case({"field": "locale", "value": "fr"}),
    ),
    "preference.set": (
        Case({"name": "milk", "value": "oat"}),
        Case({"name": "milk", "value": "soy"}, (("preference.set", {"name": "milk", "value": "oat"}),)),
    ),
    "preference.clear": (
        Case({"name": "milk"}, (("preference.set", {"name": "milk", "value": "oat"}),)),
        Case({"name": "milk"}),
    ),
    "favorite.add": (
        Case({"sku": "caramel-latte"}),
        Case({"sku": "chai"}, (("favorite.add", {"sku": "chai"}),)),
    ),
    "favorite.remove": (Case({"sku": "chai"}, (("favorite.add", {"sku": "chai"}),)), Case({"sku": "chai"})),
    "dietary.add": (Case({"tag": "nuts"}),),
    "dietary.remove": (Case({"tag": "nuts"}, (("dietary.add", {"tag": "nuts"}),)), Case({"tag": "nuts"})),
    "usual.set": (
        Case(USUAL[1]),
        Case(USUAL[1], before=_learned),
        Case(
            {"slot": "morning", "items": [{"sku": "caramel-latte"}]},
            (USUAL, ("usual.hide", {"slot": "morning"})),
        ),
    ),
    "usual.forget": (
        Case({"slot": "morning"}, (USUAL,)),
        Case({"slot": "morning"}, (USUAL,), before=_learned),
        Case({"slot": "morning"}),
        Case({"slot": "morning"}, (USUAL, ("usual.hide", {"slot": "morning"}))),
    ),
    "usual.hide": (
        Case({"slot": "morning"}, (USUAL,)),
        Case({"slot": "morning"}, before=_learned),
        Case({"slot": "morning"}),
    ),
    "usual.show": (
        Case({"slot": "morning"}, (USUAL, ("usual.hide", {"slot": "morning"}))),
        Case({"slot": "morning"}, (("usual.hide", {"slot": "morning"}),), before=_learned),
        Case({"slot": "morning"}),
    ),
    "consent.give": (
        Case(CONSENT),
        Case({**CONSENT, "channel": "sms"}, (("consent.give", CONSENT),)),
        Case(CONSENT, (("consent.withdraw", CONSENT),)),
    ),
    "consent.withdraw": (Case(CONSENT, (("consent.give", CONSENT),)), Case(CONSENT)),
    "message.read": (Case({}, before=_message), Case({}, before=_read_message), Case({"message": "gone"})),
    "notice.dismiss": (Case({}, before=_notice), Case({"notice": "gone"})),
    "draft.create": (
        Case(DRAFT[1]),
        Case({"draft": "d1"}),
        Case({"draft": "d1", "store": None, "note": "hot"}, (DRAFT, LINE)),
    ),
    "draft.set": (
        Case({"draft": "d1", "store": None, "note": "extra hot"}, (DRAFT,)),
        Case({"draft": "d1", "note": "hot"}),
    ),
    "draft.discard": (Case({"draft": "d1"}, (DRAFT, LINE)), Case({"draft": "d1"})),
    "draft.line.add": (
        Case(LINE[1], (DRAFT,)),
        Case({"draft": "d1", "line": "l2", "sku": "chai"}, (DRAFT, LINE)),
        Case({"draft": "d1", "line": "l1", "sku": "chai", "quantity": 1}, (DRAFT, LINE)),
        Case(LINE[1]),
    ),
    "draft.line.edit": (
        Case({"draft": "d1", "line": "l1", "quantity": 5}, (DRAFT, LINE)),
        Case({"draft": "d1", "line": "l1", "options": [], "note": "hot"}, (DRAFT, LINE)),
        Case({"draft": "d1", "line": "l9", "quantity": 5}, (DRAFT,)),
    ),
    "draft.line.remove": (
        Case({"draft": "d1", "line": "l1"}, (DRAFT, LINE)),
        Case({"draft": "d1", "line": "l9"}, (DRAFT,)),
    ),
    "offer.activate": (Case({}, before=_offer),),
    "offer.see": (Case({}, before=_offer),),
    "reward.hold": (Case(HELD[1], before=_points),),
    "reward.release": (Case({"id": "h1"}, (HELD,), before=_points),),
}


def play(session: Session, name: str, case: Case) -> dict[str, Any]:
    """Return the documents before and after a mutation of a new member's phone, and the mutation."""
    phone = Phone(session, join(session, NOW), f"phone-{name}", NOW)
    more = {} if case.before is None else case.before(phone)
    session.commit()
    phone.sync()
    for earlier, args in case.acts:
        phone.act(earlier, **args)
        assert phone.sync().results[0].status == "ok", (earlier, args)
    before = dict(phone.base)
    phone.act(name, **{**case.args, **more})
    act = phone.queue[0]
    (result,) = phone.sync().results
    return {
        "before": before,
        "act": {
            "id": act.number,
            "uid": act.uid,
            "name": act.name,
            "args": dict(act.args),
            "seen": act.seen,
            "seen_epoch": act.seen_epoch,
            "at": "2026-03-02T12:00:00.000Z",
        },
        "after": dict(phone.base),
        "status": result.status,
        "code": result.code,
    }
