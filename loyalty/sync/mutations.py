"""The table of mutations: what a device may ask for in its queue, and which feature does it.

A new mutation is one line in ``VERBS``. A verb returns how it ended and raises what it refuses; no mutation names an
amount of points or money.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty import messages, offers, orders, preferences, sales
from loyalty.actor import Actor
from loyalty.edits import Edit, Status
from loyalty.sync.args import Args
from loyalty.sync.notices import dismiss
from loyalty.sync.profile import set_field


@dataclass(frozen=True, slots=True)
class Context:
    """Who acts for which member, on what knowledge, and when the server takes it in."""

    actor: Actor
    member_id: int
    edit: Edit
    now: datetime

    @property
    def common(self) -> dict[str, Any]:
        """Return the arguments that every verb of an editing feature takes."""
        return {"actor": self.actor, "member_id": self.member_id, "edit": self.edit, "now": self.now}


Told = tuple[str, dict[str, Any]]
"""What is told of a change that is not simply done: its code, and facts."""


@dataclass(frozen=True, slots=True)
class Verb:
    """A mutation: ``apply`` does it.

    ``contested`` is the code of a result that is not simply ``ok``. With ``notice`` the member is told on all
    devices when it was merged: somebody's removal, answered ``ok`` before, has just been undone. ``late`` tells where
    the change came too late for an order: its code and facts are told instead, and the member is told in any case.
    """

    apply: Callable[[Session, Context, Args], Status]
    contested: str | None = None
    notice: bool = False
    late: Callable[[Session, Context, Args], Told | None] | None = None


def _set_profile(session: Session, context: Context, args: Args) -> Status:
    return set_field(session, field=args.text("field"), value=args.text("value"), **context.common)


def _set_preference(session: Session, context: Context, args: Args) -> Status:
    name, value = args.text("name"), args.text("value")
    return preferences.set_preference(session, name=name, value=value, **context.common)


def _clear_preference(session: Session, context: Context, args: Args) -> Status:
    return preferences.clear_preference(session, name=args.text("name"), **context.common)


def _add_favorite(session: Session, context: Context, args: Args) -> Status:
    return preferences.add_favorite(session, sku=args.text("sku"), **context.common)


def _remove_favorite(session: Session, context: Context, args: Args) -> Status:
    return preferences.remove_favorite(session, sku=args.text("sku"), **context.common)


def _add_dietary_note(session: Session, context: Context, args: Args) -> Status:
    return preferences.add_dietary_note(session, tag=args.text("tag"), **context.common)


def _remove_dietary_note(session: Session, context: Context, args: Args) -> Status:
    return preferences.remove_dietary_note(session, tag=args.text("tag"), **context.common)


def _set_usual(session: Session, context: Context, args: Args) -> Status:
    items = [
        preferences.Item(item.text("sku"), item.texts("options"), item.whole("quantity", 1))
        for item in args.many("items")
    ]
    return preferences.set_usual(session, slot=args.text("slot"), items=items, **context.common)


def _forget_usual(session: Session, context: Context, args: Args) -> Status:
    return preferences.forget_chosen_usual(session, slot=args.text("slot"), **context.common)


def _hide_usual(session: Session, context: Context, args: Args) -> Status:
    return preferences.hide_usual(session, slot=args.text("slot"), **context.common)


def _show_usual(session: Session, context: Context, args: Args) -> Status:
    return preferences.show_usual(session, slot=args.text("slot"), **context.common)


def _give_consent(session: Session, context: Context, args: Args) -> Status:
    return preferences.give_consent(session, **_consent(args), **context.common)


def _withdraw_consent(session: Session, context: Context, args: Args) -> Status:
    return preferences.withdraw_consent(session, **_consent(args), **context.common)


def _consent(args: Args) -> dict[str, str]:
    return {name: args.text(name) for name in ("purpose", "channel", "text_version")}


def _read_message(session: Session, context: Context, args: Args) -> Status:
    messages.mark_read(session, member_id=context.member_id, message_id=args.text("message"), now=context.now)
    return "ok"


def _dismiss_notice(session: Session, context: Context, args: Args) -> Status:
    dismiss(session, member_id=context.member_id, uid=args.text("notice"), now=context.now)
    return "ok"


def _create_draft(session: Session, context: Context, args: Args) -> Status:
    return orders.create_draft(session, draft_id=args.text("draft"), **_header(args), **context.common)


def _edit_draft(session: Session, context: Context, args: Args) -> Status:
    return orders.edit_draft(session, draft_id=args.text("draft"), **_header(args), **context.common)


def _discard_draft(session: Session, context: Context, args: Args) -> Status:
    return orders.discard_draft(session, draft_id=args.text("draft"), **context.common)


def _header(args: Args) -> dict[str, str | None]:
    return {"store": args.text_or_null("store"), "note": args.text("note", "")}


def _add_line(session: Session, context: Context, args: Args) -> Status:
    content = orders.Content(
        args.text("sku"), args.texts("options"), args.whole("quantity", 1), args.text("note", "")
    )
    return orders.put_line(session, **_line(args), content=content, **context.common)


def _edit_line(session: Session, context: Context, args: Args) -> Status:
    values: dict[str, Any] = {}
    if "quantity" in args:
        values["quantity"] = args.whole("quantity")
    if "options" in args:
        values["options"] = list(args.texts("options"))
    if "note" in args:
        values["note"] = args.text("note")
    return orders.edit_line(session, **_line(args), values=values, **context.common)


def _remove_line(session: Session, context: Context, args: Args) -> Status:
    return orders.remove_line(session, **_line(args), **context.common)


def _line(args: Args) -> dict[str, str]:
    return {"draft_id": args.text("draft"), "line_id": args.text("line")}


def _submitted(session: Session, context: Context, args: Args) -> Told | None:
    found = orders.continued(session, context.member_id, args.text("draft"))
    return None if found is None else ("draft_submitted", {"order": found[0], "continued": found[1]})


_BACK: Final = "brought_back"


def _activate_offer(session: Session, context: Context, args: Args) -> Status:
    offers.activate(session, context.member_id, args.text("id"), now=context.now)
    return "ok"


def _see_offer(session: Session, context: Context, args: Args) -> Status:
    offers.see(session, context.member_id, args.text("id"), now=context.now)
    return "ok"


def _hold_reward(session: Session, context: Context, args: Args) -> Status:
    sales.hold_reward(
        session,
        actor=context.actor,
        member_id=context.member_id,
        reward=args.text("reward"),
        key="",
        hold_id=args.text("id"),
        now=context.now,
    )
    return "ok"


def _release_hold(session: Session, context: Context, args: Args) -> Status:
    sales.release_hold(session, member_id=context.member_id, hold_id=args.text("id"), now=context.now)
    return "ok"


VERBS: Final[Mapping[str, Verb]] = {
    "profile.set": Verb(_set_profile),
    "preference.set": Verb(_set_preference),
    "preference.clear": Verb(_clear_preference),
    "favorite.add": Verb(_add_favorite),
    "favorite.remove": Verb(_remove_favorite),
    "dietary.add": Verb(_add_dietary_note),
    "dietary.remove": Verb(_remove_dietary_note),
    "usual.set": Verb(_set_usual),
    "usual.forget": Verb(_forget_usual),
    "usual.hide": Verb(_hide_usual),
    "usual.show": Verb(_show_usual),
    "consent.give": Verb(_give_consent, contested="withdrawn_elsewhere"),
    "consent.withdraw": Verb(_withdraw_consent),
    "message.read": Verb(_read_message),
    "notice.dismiss": Verb(_dismiss_notice),
    "draft.create": Verb(_create_draft, contested=_BACK, notice=True, late=_submitted),
    "draft.set": Verb(_edit_draft, contested=_BACK, notice=True, late=_submitted),
    "draft.discard": Verb(_discard_draft, contested=_BACK, late=_submitted),
    "draft.line.add": Verb(_add_line, contested=_BACK, notice=True, late=_submitted),
    "draft.line.edit": Verb(_edit_line, contested=_BACK, notice=True, late=_submitted),
    "draft.line.remove": Verb(_remove_line, contested=_BACK, late=_submitted),
    "offer.activate": Verb(_activate_offer),
    "offer.see": Verb(_see_offer),
    "reward.hold": Verb(_hold_reward),
    "reward.release": Verb(_release_hold),
}
