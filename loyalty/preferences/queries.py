"""Every question asked of a member's taste and consents.

Each takes ``only`` (names to look at, ``None`` for all) and answers in one statement.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.preferences.names import PREFERENCES, PURPOSES
from loyalty.preferences.policy import Item


@dataclass(frozen=True, slots=True)
class PreferenceView:
    """A preference as it stands; ``version`` is the member's version of its last edit."""

    name: str
    value: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class MarkedView:
    """A favorite (its ``key`` is the SKU) or a dietary note (its ``key`` is the tag)."""

    key: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class UsualView:
    """The usual of a slot. ``items`` is what holds: the chosen, else the suggested; ``version`` 0: never edited."""

    slot: str
    items: tuple[Item, ...]
    source: Literal["chosen", "purchases"]
    suggested: tuple[Item, ...]
    hidden: bool
    version: int


@dataclass(frozen=True, slots=True)
class ChannelConsent:
    """Whether a purpose is allowed on one channel. ``version`` 0: the member was never asked."""

    allowed: bool
    version: int = 0
    at: datetime | None = None
    text_version: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What a member allows for one purpose, channel by channel."""

    purpose: str
    channels: dict[str, ChannelConsent]


@dataclass(frozen=True, slots=True)
class ConsentAct:
    """One act of giving or withdrawing, from the history."""

    number: int
    purpose: str
    channel: str
    given: bool
    effective: bool
    text_version: str
    acted_at: datetime
    recorded_at: datetime
    actor_kind: str
    actor_id: str
    actor_channel: str
    staff_id: str | None


@dataclass(frozen=True, slots=True)
class TillView:
    """What a cashier may see of a scanned member: only what the member allows; ``None`` where it is not allowed."""

    usual: tuple[Item, ...] | None = None
    takes: dict[str, str] | None = None
    dietary: tuple[str, ...] | None = None
    favorites: tuple[str, ...] = field(default=())


_PREFERENCES: Final = """
    SELECT name, value, version, edited_at FROM preference
    WHERE member_id = %(member_id)s AND value IS NOT NULL
      AND (%(only)s::text[] IS NULL OR name = ANY(%(only)s)) ORDER BY name
"""
_FAVORITES: Final = """
    SELECT sku, version, added_at FROM favorite
    WHERE member_id = %(member_id)s AND (%(only)s::text[] IS NULL OR sku = ANY(%(only)s)) ORDER BY sku
"""
_DIETARY_NOTES: Final = """
    SELECT tag, version, added_at FROM dietary_note
    WHERE member_id = %(member_id)s AND (%(only)s::text[] IS NULL OR tag = ANY(%(only)s)) ORDER BY tag
"""
_DIETARY_AT_TILL: Final = """
    SELECT d.member_id, array_agg(d.tag ORDER BY d.tag) FROM dietary_note d
    JOIN consent c ON c.member_id = d.member_id AND c.purpose = 'dietary_at_till' AND c.channel = 'till' AND c.given
    WHERE d.member_id = ANY(%(members)s) GROUP BY d.member_id
"""
_USUAL: Final = """
    SELECT slot, suggested, chosen, hidden, version FROM usual
    WHERE member_id = %(member_id)s AND (%(only)s::text[] IS NULL OR slot = ANY(%(only)s)) ORDER BY slot
"""
_CONSENTS: Final = """
    SELECT purpose, channel, given, version, changed_at, text_version FROM consent
    WHERE member_id = %(member_id)s AND (%(only)s::text[] IS NULL OR purpose = ANY(%(only)s))
"""
_CONSENT_EVENTS: Final = """
    SELECT number, purpose, channel, given, effective, text_version, acted_at, recorded_at, actor_kind, actor_id,
           actor_channel, staff_id
    FROM consent_event WHERE member_id = %(member_id)s AND (%(only)s::text[] IS NULL OR purpose = ANY(%(only)s))
    ORDER BY number
"""

_Only = Collection[str] | None


def preferences_of(session: Session, member_id: int, only: _Only = None) -> list[PreferenceView]:
    """Return the preferences that have a value, by name."""
    return [PreferenceView(*row) for row in _rows(session, _PREFERENCES, member_id, only)]


def favorites_of(session: Session, member_id: int, only: _Only = None) -> list[MarkedView]:
    """Return the favorite products, by SKU."""
    return [MarkedView(*row) for row in _rows(session, _FAVORITES, member_id, only)]


def dietary_notes_of(session: Session, member_id: int, only: _Only = None) -> list[MarkedView]:
    """Return the dietary notes, by tag."""
    return [MarkedView(*row) for row in _rows(session, _DIETARY_NOTES, member_id, only)]


def usual_of(session: Session, member_id: int, only: _Only = None) -> list[UsualView]:
    """Return the usual of each slot of which something is known, hidden ones included."""
    return [_usual_view(row) for row in _rows(session, _USUAL, member_id, only)]


def consents_of(session: Session, member_id: int, only: _Only = None) -> list[ConsentView]:
    """Return what the member allows, for every known purpose and channel (or those in ``only``)."""
    return _consent_views(_rows(session, _CONSENTS, member_id, only), only)


def consent_history(session: Session, member_id: int, only: _Only = None) -> list[ConsentAct]:
    """Return every act of giving and withdrawing, in the order in which we learned of them."""
    return [ConsentAct(*row) for row in _rows(session, _CONSENT_EVENTS, member_id, only)]


def allows(session: Session, member_id: int, purpose: str, channel: str) -> bool:
    """Tell whether the member allows ``purpose`` on ``channel`` (unknown ones are never allowed)."""
    return any(
        view.channels[channel].allowed
        for view in consents_of(session, member_id, [purpose])
        if channel in view.channels
    )


def till_view(session: Session, member_id: int, *, slot: str) -> TillView:
    """Return what the till may show of a scanned member at this time of day, in one round trip."""
    batch = Batch()
    of = {"member_id": member_id, "only": None}
    batch.add(_CONSENTS, {**of, "only": ["usual_at_till", "dietary_at_till"]})
    batch.add(_USUAL, {**of, "only": [slot]})
    batch.add(_PREFERENCES, of)
    batch.add(_DIETARY_NOTES, of)
    batch.add(_FAVORITES, of)
    consents, usual, preferences, dietary, favorites = batch.send(session)
    allowed = {
        view.purpose
        for view in _consent_views(consents, ["usual_at_till", "dietary_at_till"])
        if view.channels["till"].allowed
    }
    view = TillView()
    if "usual_at_till" in allowed:
        shown = [found.items for found in map(_usual_view, usual) if not found.hidden]
        takes = {
            row[0]: row[1] for row in preferences if row[0] not in PREFERENCES or PREFERENCES[row[0]].at_till
        }
        view = TillView(shown[0] if shown else (), takes, None, tuple(row[0] for row in favorites))
    if "dietary_at_till" in allowed:
        view = TillView(view.usual, view.takes, tuple(row[0] for row in dietary), view.favorites)
    return view


def dietary_at_till_of(session: Session, member_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the dietary notes of those of these members who let cashiers see them."""
    batch = Batch()
    batch.add(_DIETARY_AT_TILL, {"members": list(member_ids)})
    (rows,) = batch.send(session)
    return {member_id: tuple(tags) for member_id, tags in rows}


def _rows(session: Session, statement: str, member_id: int, only: _Only) -> list[tuple[Any, ...]]:
    batch = Batch()
    batch.add(statement, {"member_id": member_id, "only": None if only is None else list(only)})
    (rows,) = batch.send(session)
    return rows


def _usual_view(row: tuple[Any, ...]) -> UsualView:
    slot, suggested, chosen, hidden, version = row
    held = suggested if chosen is None else chosen
    source: Literal["chosen", "purchases"] = "purchases" if chosen is None else "chosen"
    return UsualView(slot, _items(held), source, _items(suggested), hidden, version)


def _items(stored: list[dict[str, Any]]) -> tuple[Item, ...]:
    return tuple(Item(item["sku"], tuple(item["options"]), item["quantity"]) for item in stored)


def _consent_views(rows: list[tuple[Any, ...]], only: _Only) -> list[ConsentView]:
    said = {(row[0], row[1]): ChannelConsent(row[2], row[3], row[4], row[5]) for row in rows}
    return [
        ConsentView(
            key,
            {
                channel: said.get((key, channel), ChannelConsent(channel in purpose.unless_withdrawn))
                for channel in sorted(purpose.channels)
            },
        )
        for key, purpose in PURPOSES.items()
        if only is None or key in only
    ]
