"""What a member is told when the ways into their account change: in the inbox of every device, and by mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from babel.dates import format_datetime
from sqlalchemy.orm import Session

from loyalty import messages, rules
from loyalty.members.identities import contacts_of
from loyalty.members.models import Device, Member

# By the kind of message and the language: its title and its text.
_TEXTS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "device_added": {
        "en": ("New device", "{name}, {when}. Not you? Sign it out."),
        "fr": ("Nouvel appareil", "{name}, {when}. Ce n'était pas vous ? Déconnectez-le."),
    },
    "passkey_added": {
        "en": ("New passkey", "{name}, {when}. Not you? Delete it."),
        "fr": ("Nouvelle clé d'accès", "{name}, {when}. Ce n'était pas vous ? Supprimez-la."),
    },
}
_MOMENT: Final = {"en": "d MMMM HH:mm", "fr": "d MMMM HH:mm"}


def tell_of_device(session: Session, *, member: Member, device_id: str, now: datetime) -> None:
    """Say that somebody signed in on a new device; ``data.device`` is what to sign out. The caller holds the lock."""
    device = session.get_one(Device, (member.member_id, device_id))
    data = {"device": device_id, "name": device.name, "platform": device.platform}
    _tell(session, member, "device_added", data, now)


def tell_of_passkey(session: Session, *, member_id: int, passkey_id: str, name: str, now: datetime) -> None:
    """Say that a passkey was registered; ``data.passkey`` is what to delete. The caller holds the lock."""
    member = session.get_one(Member, member_id)
    _tell(session, member, "passkey_added", {"passkey": passkey_id, "name": name}, now)


def _tell(session: Session, member: Member, kind: str, data: Mapping[str, Any], now: datetime) -> None:
    local = now.astimezone(_zone(session, now))
    moments = {language: format_datetime(local, _MOMENT[language], locale=language) for language in _MOMENT}
    texts = _TEXTS[kind]
    messages.put_in_inbox(
        session,
        member_id=member.member_id,
        kind=kind,
        title={language: title for language, (title, _) in texts.items()},
        text={
            language: text.format(name=data["name"], when=moments[language])
            for language, (_, text) in texts.items()
        },
        data=data,
        now=now,
    )
    language = member.locale.partition("-")[0]
    for each in contacts_of(session, member.member_id):
        if each.kind == "email" and each.verified_at is not None:
            payload = {
                "kind": each.kind,
                "to": each.value,
                "name": data["name"],
                "when": moments.get(language, moments["en"]),
                "locale": member.locale,
            }
            messages.tell(session, kind, payload, member_id=member.member_id, now=now)


def _zone(session: Session, now: datetime) -> Any:
    try:
        return rules.program_at(session, now).zone
    except rules.NoProgram:
        return UTC
