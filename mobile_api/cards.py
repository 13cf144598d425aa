"""Drawing a member's card for a wallet, for whoever asks: the member's app, or the pass itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import Final

from flask import Response, request
from sqlalchemy.orm import Session

from loyalty import codes, passes, rules
from loyalty.passes import PassNotOffered, WalletPass
from loyalty.web.api import Call, Media
from loyalty.web.site import Site

PKPASS: Final = Media(passes.MEDIA_TYPE, "A signed pass.")


def apple_signer(site: Site) -> passes.AppleSigner:
    """Return who signs Apple's passes; raise ``PassNotOffered``."""
    settings = site.settings
    if not settings.apple_pass_type_id:
        raise PassNotOffered
    return passes.apple_signer(
        settings.apple_pass_type_id,
        settings.apple_pass_team_id,
        settings.apple_pass_certificate,
        settings.apple_pass_key,
        settings.apple_pass_intermediate,
    )


def card_of(call: Call, session: Session, row: WalletPass) -> tuple[passes.Card, datetime]:
    """Return what stands on a pass now, and when that last changed."""
    program = rules.program_at(session, call.now)
    secret = codes.code_secret(call.site.settings.secret_key)
    card = passes.card_of(session, row, program, secret=secret, now=call.now)
    return card, passes.changed_at(session, row, program_since(session, call.now))


def program_since(session: Session, now: datetime) -> datetime:
    """Return since when the program looks as it does."""
    version = rules.get_version(session, rules.program_at(session, now).version)
    assert version.live_from is not None
    return version.live_from


def keys_of(site: Site) -> Sequence[bytes]:
    """Return the keys of passes' tokens: those of former secrets are in passes that were given then."""
    old = (each.strip() for each in site.settings.old_secret_keys.split(","))
    return [passes.pass_secret(each) for each in (site.settings.secret_key, *filter(None, old))]


def answer_of(
    site: Site, card: passes.Card, signer: passes.AppleSigner, *, changed: datetime | None = None
) -> Response:
    """Answer the signed pass, or 304 where the wallet has what last ``changed``."""
    settings = site.settings
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'attachment; filename="card.pkpass"',
    }
    if changed is not None and passes.is_settled(changed, card.made_at):
        if not card.void and _knows(changed):
            return Response(status=HTTPStatus.NOT_MODIFIED)
        headers["Last-Modified"] = format_datetime(changed.astimezone(UTC), usegmt=True)
    data = passes.pkpass(
        card,
        signer,
        token=passes.token_of(passes.pass_secret(settings.secret_key), card.serial),
        service_url=f"{settings.public_url.rstrip('/')}/api/v1/passes",
    )
    return Response(data, content_type=passes.MEDIA_TYPE, headers=headers)


def _knows(changed: datetime) -> bool:
    """Tell whether the wallet says that it has what last changed then."""
    since = request.if_modified_since
    return since is not None and changed.replace(microsecond=0) <= since
