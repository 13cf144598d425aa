"""A till becomes known: once, by a code that a manager was given."""

from __future__ import annotations

from typing import Final

from loyalty import codes, staff
from loyalty.db import transaction
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Id, Input, Instant, Key, One, Output, Pattern, Text
from loyalty.web.limits import Limit
from pos_adapter.who import TILL_LIFETIME, till_token

routes: Final = Routes("Enrollment", "A till becomes known once, by a code that a manager was given.")

_COORDINATE: Final = r"^[A-Za-z0-9_-]{43}$"


class PublicKeyIn(Input):
    """The public half of a P-256 key as a JWK (RFC 7518 § 6.2.1)."""

    kty = Pattern("^EC$", expected="EC", required=True, max=2)
    crv = Pattern("^P-256$", expected="P-256", required=True, max=5)
    x = Pattern(_COORDINATE, expected="32 bytes in base64url", required=True)
    y = Pattern(_COORDINATE, expected="32 bytes in base64url", required=True)


class EnrollIn(Input):
    """What a new till sends."""

    code = Text(
        min=8,
        max=20,
        required=True,
        about="As the manager reads it out; case, dashes and spaces don't matter.",
    )
    name = Text(min=1, max=60, load_default=None, about="Another name than the manager gave.")
    public_key = One(
        PublicKeyIn, load_default=None, about="Verifies what the till signs while it is offline."
    )


class EnrolledTill(Output):
    """A till that is known from now on."""

    till_id = Id()
    name = Text(max=60)
    store = Key()
    token = Text(max=1024, about="For `Authorization: Bearer`. Keep it; it is not shown again.")
    token_expires_at = Instant()


@routes.post(
    "/enroll",
    summary="Enroll this till",
    who=None,
    body=EnrollIn,
    answers={201: EnrolledTill},
    errors=(staff.EnrollmentInvalid, codes.KeyInvalid),
    limits=(Limit("till.enroll", 10, 600),),
)
def enroll(call: Call) -> object:
    """Use up an enrollment code (it is valid for 15 minutes, once) and answer the till's token."""
    with transaction() as session:
        till = staff.enroll(session, **call.body, now=call.now)
    token = till_token(call.site, till_id=till.id, generation=till.generation, now=call.now)
    return {
        "till_id": till.id,
        "name": till.name,
        "store": till.store,
        "token": token,
        "token_expires_at": call.now + TILL_LIFETIME,
    }
