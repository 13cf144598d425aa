"""What each kind of step does, in one table; and through which door it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from loyalty.scenarios import acts, nouns
from loyalty.scenarios.doors import DOORS
from loyalty.scenarios.doors.offline import OfflineTill
from loyalty.scenarios.doors.phone import Phone
from loyalty.scenarios.doors.store import Store
from loyalty.scenarios.play import Outcome, Play

OFFLINE: Final = OfflineTill()


def door_of(play: Play, step: nouns.Step, action: Any) -> Store | Phone | OfflineTill:
    """Return the door of a step: that of the play, unless the step says where it happens."""
    late = ("occurred_at", "uploaded_at", "offline")
    if any(getattr(action, name, None) for name in late):
        return OFFLINE
    channel = getattr(action, "channel", None) or step.channel
    named: Any = DOORS[channel if channel is not None else play.door]
    return named


def _sale(play: Play, step: nouns.Step, action: nouns.Sale) -> Outcome:
    outcome = door_of(play, step, action).sale(play, step, action)
    if outcome.error is None:
        play.forget_holds(action)
    return outcome


def _quote(play: Play, step: nouns.Step, action: nouns.Quote) -> Outcome:
    return door_of(play, step, action.sale).quote(play, step, action.sale)


def _return(play: Play, step: nouns.Step, action: nouns.Return) -> Outcome:
    return door_of(play, step, action).give_back(play, step, action)


def _void(play: Play, step: nouns.Step, action: nouns.Void) -> Outcome:
    return door_of(play, step, action).void(play, step, action)


def _top_up(play: Play, step: nouns.Step, action: nouns.TopUp) -> Outcome:
    door = door_of(play, step, action)
    if action.by == "card" and not isinstance(door, Phone):
        outcome = Phone("app").top_up(play, step, action)
        outcome.notes.append("on the phone: a till takes no cards for the wallet")
        return outcome
    return door.top_up(play, step, action)


def _offer(play: Play, step: nouns.Step, action: nouns.OfferSent) -> Outcome:
    if step.verb == "offer":
        return acts.send_offer(play, step, action)
    return acts.touch_offer(play, step, action, step.verb)


_ACTS: Final[Mapping[type[Any], Callable[[Play, nouns.Step, Any], Outcome]]] = {
    nouns.Sale: _sale,
    nouns.Quote: _quote,
    nouns.Return: _return,
    nouns.Void: _void,
    nouns.TopUp: _top_up,
    nouns.OfferSent: _offer,
    nouns.Event: acts.event,
    nouns.Adjustment: acts.adjust,
    nouns.Merge: acts.merge,
    nouns.Application: acts.apply,
    nouns.ReceiptClaim: acts.claim,
    nouns.Hold: acts.hold,
    nouns.Release: acts.release,
    nouns.Run: acts.run,
}


def act(play: Play, step: nouns.Step) -> Outcome:
    """Do what a step says."""
    if step.action is None:
        return Outcome()
    action: Any = step.action
    return _ACTS[type(action)](play, step, action)
