"""The till itself: who am I, what time is it, a fresh token, a key for offline queues."""

from __future__ import annotations

from typing import Final

from loyalty import codes, staff
from loyalty.db import snapshot, transaction
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Bool, Id, Instant, Key, Many, Output, Text
from pos_adapter.routes.enroll import PublicKeyIn
from pos_adapter.who import TILL, TILL_LIFETIME, till_token

routes: Final = Routes("Till", "This till: who it is, its token, its key.")


class TillState(Output):
    """A till as the server knows it."""

    till_id = Id()
    name = Text(max=60)
    store = Key()
    signs_offline = Bool(about="Whether the server knows the key that signs this till's offline queue.")
    enrolled_at = Instant()
    staff_id = Id(allow_none=True, about="The cashier who is signed in, if this request said so.")
    permissions = Many(Text(max=40), max=100, about="What this till may do at this moment.")
    server_time = Instant(about="Show a warning when the till's own clock is far from it.")


class TillToken(Output):
    """A fresh token of a till."""

    token = Text(max=1024)
    token_expires_at = Instant()


@routes.get("/till", summary="Who am I?", who=TILL, answers={200: TillState}, errors=(staff.TillMissing,))
def till(call: Call) -> object:
    """Answer what the server knows of this till, and the server's time."""
    with snapshot() as session:
        return _state(call, staff.till(session, call.actor.id))


@routes.post(
    "/till/token", summary="A fresh token", who=TILL, answers={200: TillToken}, errors=(staff.TillMissing,)
)
def renew_token(call: Call) -> object:
    """Answer a token for another 90 days; the old one stays valid until it expires."""
    with snapshot() as session:
        generation = staff.till(session, call.actor.id).generation
    token = till_token(call.site, till_id=call.actor.id, generation=generation, now=call.now)
    return {"token": token, "token_expires_at": call.now + TILL_LIFETIME}


@routes.put(
    "/till/key",
    summary="Register the key for offline queues",
    who=TILL,
    body=PublicKeyIn,
    answers={200: TillState},
    errors=(codes.KeyInvalid, staff.TillMissing),
)
def set_key(call: Call) -> object:
    """Keep the public half of the key with which this till signs what it queues offline."""
    with transaction() as session:
        return _state(call, staff.set_key(session, actor=call.actor, public_key=call.body, now=call.now))


def _state(call: Call, till: staff.Till) -> object:
    return {
        "till_id": till.id,
        "name": till.name,
        "store": till.store,
        "signs_offline": till.public_key is not None,
        "enrolled_at": till.enrolled_at,
        "staff_id": call.actor.staff_id,
        "permissions": sorted(call.actor.permissions),
        "server_time": call.now,
    }
