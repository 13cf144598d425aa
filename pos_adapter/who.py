"""Who calls the tills' API: a till, by its token, and the cashier who signed in at it.

The tokens are only names; what they stand for (is the till revoked, is the cashier still signed in, may they still)
is read from the database and kept for ``FRESH_SECONDS``, so that a sale pays no round trip for it and a revoked till
is a stranger within that time. ``sales`` looks at the till's row once more, under its lock.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Request

from loyalty import staff
from loyalty.actor import Actor
from loyalty.db import ask, transaction
from loyalty.errors import Unauthenticated
from loyalty.staff import Standing
from loyalty.web.api import Caller
from loyalty.web.bearer import bearer_of
from loyalty.web.site import Site
from loyalty.web.tokens import TokenExpired, TokenInvalid

TILL_AUDIENCE: Final = "regulars:till"
TILL_LIFETIME: Final = timedelta(days=90)
CASHIER_AUDIENCE: Final = "regulars:cashier"
CASHIER_LIFETIME: Final = timedelta(minutes=30)
CASHIER_HEADER: Final = "X-Cashier"
FRESH_SECONDS: Final = 3.0
_MAX_KEPT: Final = 4096


class TillRevoked(Unauthenticated):
    """This till was revoked, or enrolled anew: its token is worth nothing any more."""

    code = "till_revoked"
    text = "This till was revoked. Enroll it again."


class CashierSignedOut(Unauthenticated):
    """The cashier's sign-in is over: they signed out, somebody else signed in, or they were sent away."""

    code = "cashier_signed_out"
    text = "The cashier is signed out. Sign in again."


class CashierNeeded(Unauthenticated):
    """This needs a cashier who is signed in."""

    code = "cashier_needed"
    text = "Sign a cashier in first."


class _Standings:
    """What tills are, as read at most ``FRESH_SECONDS`` ago, in this process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, str, str | None], tuple[float, Standing]] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, site: Site, till_id: str, session_id: str | None, now: datetime) -> Standing:
        key = (id(site), till_id, session_id)
        moment = now.timestamp()
        kept = self._kept.get(key)
        if kept is not None and 0 <= moment - kept[0] < FRESH_SECONDS:
            return kept[1]
        found = _read(till_id, session_id, now)
        with self._guard:
            self._kept[key] = (moment, found)
            self._kept.move_to_end(key)
            if len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        return found

    def forget(self, till_id: str) -> None:
        with self._guard:
            for key in [key for key in self._kept if key[1] == till_id]:
                del self._kept[key]


_standings: Final = _Standings()


def till_token(site: Site, *, till_id: str, generation: int, now: datetime) -> str:
    """Return the token of a till; a higher ``generation`` makes it worthless."""
    return site.tokens.issue(TILL_AUDIENCE, till_id, now=now, lifetime=TILL_LIFETIME, generation=generation)


def cashier_token(
    site: Site, *, till_id: str, staff_id: str, session_id: str, ends_at: datetime, now: datetime
) -> tuple[str, datetime]:
    """Return the token of a cashier at this till, and when it ends: in 30 minutes, or with the sign-in."""
    until = min(now + CASHIER_LIFETIME, ends_at)
    token = site.tokens.issue(
        CASHIER_AUDIENCE, staff_id, now=now, lifetime=until - now, till=till_id, session=session_id
    )
    return token, until


def forget(till_id: str) -> None:
    """Read this till anew at its next request (in this process): it has just changed."""
    _standings.forget(till_id)


def identify_till(request: Request, site: Site, now: datetime) -> Actor:
    """Return the till as the actor, with the cashier's permissions if one is signed in and says so."""
    claims = site.tokens.read(bearer_of(request), TILL_AUDIENCE, now=now)
    till_id: str = claims["sub"]
    given = request.headers.get(CASHIER_HEADER)
    cashier = None if given is None else _cashier_claims(site, given, till_id, now)
    standing = _standings.get(site, till_id, None if cashier is None else cashier["session"], now)
    if not standing.active or standing.generation != claims["generation"]:
        raise TillRevoked
    if cashier is not None and (standing.staff_id != cashier["sub"] or not _lasts(standing, now)):
        raise CashierSignedOut
    return Actor(
        kind="till",
        id=till_id,
        channel="store",
        store=standing.store,
        staff_id=standing.staff_id,
        permissions=standing.permissions,
    )


def identify_cashier(request: Request, site: Site, now: datetime) -> Actor:
    """Return the till as the actor, with the cashier who must be signed in."""
    actor = identify_till(request, site, now)
    if actor.staff_id is None:
        raise CashierNeeded
    return actor


def _cashier_claims(site: Site, token: str, till_id: str, now: datetime) -> Any:
    claims = site.tokens.read(token, CASHIER_AUDIENCE, now=now)
    if claims["till"] != till_id:
        raise TokenInvalid
    return claims


def _lasts(standing: Standing, now: datetime) -> bool:
    return standing.session_ends_at is not None and standing.session_ends_at > now


def _read(till_id: str, session_id: str | None, now: datetime) -> Standing:
    found = staff.standing_of(ask(staff.STANDING, {"till_id": till_id, "session_id": session_id}))
    if found is None:
        raise TillRevoked
    if now - found.last_seen_at >= staff.SEEN_EVERY:
        with transaction() as session:
            staff.seen(session, till_id=till_id, now=now)
    return found


_ERRORS: Final = (TokenInvalid, TokenExpired, TillRevoked, CashierSignedOut)
_SCHEMES: Final = {
    "till": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The token of an enrolled till; it lives for 90 days and is renewed by `POST /till/token`.",
    },
    "cashier": {
        "type": "apiKey",
        "in": "header",
        "name": CASHIER_HEADER,
        "description": "The token of the cashier who signed in at this till; it lives for 30 minutes.",
    },
}

TILL: Final = Caller(identify_till, _SCHEMES, ({"till": ()}, {"till": (), "cashier": ()}), _ERRORS)
"""A till, and its cashier if one is signed in."""

CASHIER: Final = Caller(identify_cashier, _SCHEMES, ({"till": (), "cashier": ()},), (*_ERRORS, CashierNeeded))
"""A till at which a cashier is signed in."""
