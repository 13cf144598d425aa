"""Passkeys: registered on a device that is signed in, they sign the next one in."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from loyalty import members, passkeys, rules
from loyalty.db import snapshot, transaction
from loyalty.members import NewDevice
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.fields import Choice, Document, Id, Input, Instant, Many, One, Output, Pattern, Text
from loyalty.web.limits import Limit
from mobile_api.browser import Base64Url, BrowserMade
from mobile_api.routes.auth import ADDRESS_LIMIT, DeviceIn, SignedIn, secret_of, signed_in
from mobile_api.who import MEMBER

routes = Routes("Passkeys", "WebAuthn: sign in on the next device without a code and without naming anybody.")

REGISTRATIONS: Final = Limit("passkeys.registration", 30, 3600)
NAME: Final = "Regulars"


# By its length it is told from /passkeys/registration.
ONE: Final = "/passkeys/<string(length=36):passkey_id>"


class PasskeyId(Pattern):
    """The id of a passkey."""

    def __init__(self) -> None:
        super().__init__(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", expected="a passkey's id", max=36)


class AttestationIn(BrowserMade):
    """The authenticator's answer to `navigator.credentials.create()`."""

    client_data = Base64Url(max=8192, required=True, data_key="clientDataJSON", attribute="clientDataJSON")
    attestation = Base64Url(
        max=65536, required=True, data_key="attestationObject", attribute="attestationObject"
    )
    transports = Many(Text(max=32), max=10, load_default=list)


class NewCredentialIn(BrowserMade):
    """A `RegistrationResponseJSON` (WebAuthn Level 3, § 5.1.8)."""

    id = Base64Url(max=1400, required=True)
    raw_id = Base64Url(max=1400, required=True, data_key="rawId", attribute="rawId")
    type = Choice(("public-key",), required=True)
    response = One(AttestationIn, required=True)


class AssertionIn(BrowserMade):
    """The authenticator's answer to `navigator.credentials.get()`."""

    client_data = Base64Url(max=8192, required=True, data_key="clientDataJSON", attribute="clientDataJSON")
    data = Base64Url(max=8192, required=True, data_key="authenticatorData", attribute="authenticatorData")
    signature = Base64Url(max=2048, required=True)
    handle = Base64Url(
        max=100, load_default=None, allow_none=True, data_key="userHandle", attribute="userHandle"
    )


class CredentialIn(BrowserMade):
    """An `AuthenticationResponseJSON` (WebAuthn Level 3, § 5.1.8)."""

    id = Base64Url(max=1400, required=True)
    raw_id = Base64Url(max=1400, required=True, data_key="rawId", attribute="rawId")
    type = Choice(("public-key",), required=True)
    response = One(AssertionIn, required=True)


class CreationOptions(Output):
    """What `PublicKeyCredential.parseCreationOptionsFromJSON` takes."""

    public_key = Document(about="A `PublicKeyCredentialCreationOptionsJSON`.")
    expires_at = Instant()


class RequestOptions(Output):
    """What `PublicKeyCredential.parseRequestOptionsFromJSON` takes."""

    public_key = Document(about="A `PublicKeyCredentialRequestOptionsJSON`; it lists no credentials.")
    expires_at = Instant()


class PasskeyIn(Input):
    """A passkey that was just made, and what to call it."""

    credential = One(NewCredentialIn, required=True)
    name = Text(required=True, min=1, max=60, example="Ann's phone")


class PasskeyNameIn(Input):
    """What to call a passkey."""

    name = Text(required=True, min=1, max=60)


class PasskeyOut(Output):
    """One passkey."""

    id = Id()
    name = Text(max=60)
    created_at = Instant()
    last_used_at = Instant(allow_none=True)


class PasskeyList(Output):
    """All passkeys, the oldest first."""

    passkeys = Many(PasskeyOut, max=passkeys.MOST_PASSKEYS * 2)


class PasskeySignInIn(Input):
    """What the browser answered with, and the device to sign in."""

    credential = One(CredentialIn, required=True)
    device = One(DeviceIn, required=True)


@routes.post(
    "/auth/passkeys",
    summary="Ask for a passkey's challenge",
    who=None,
    answers={200: RequestOptions},
    limits=(Limit("auth.passkeys", 60, 3600),),
)
def ask_for_passkey(call: Call) -> object:
    """Answer a challenge for any passkey of this site, good for five minutes and for one sign-in."""
    options = passkeys.ask(party=_party(call), secret=_secret(call), now=call.now)
    return {"public_key": options, "expires_at": _expiry(call)}


@routes.post(
    "/auth/passkeys/sessions",
    summary="Sign in with a passkey",
    who=None,
    body=PasskeySignInIn,
    answers={201: SignedIn},
    errors=(
        passkeys.PasskeyWrong,
        passkeys.PasskeyCopied,
        members.MemberBlocked,
        members.DeviceNameInvalid,
    ),
    limits=(ADDRESS_LIMIT,),
)
def sign_in_with_passkey(call: Call) -> object:
    """Sign a device in with a passkey: whose it is, the passkey says.

    A challenge is good once: after a lost answer, ask for a new one.
    """
    with transaction() as session:
        done = passkeys.sign_in(
            session,
            credential=call.body["credential"],
            device=NewDevice(**call.body["device"]),
            party=_party(call),
            secret=_secret(call),
            keys=secret_of(call),
            now=call.now,
        )
    return signed_in(call, done)


@routes.post(
    "/passkeys/registration",
    summary="Begin to register a passkey",
    who=MEMBER,
    answers={200: CreationOptions},
    errors=(rules.NoProgram,),
    limits=(REGISTRATIONS,),
)
def begin_passkey(call: Call) -> object:
    """Answer what the browser needs to make a passkey on this device, good for five minutes and for one passkey."""
    with snapshot() as session:
        brand = rules.program_at(session, call.now).document.get("brand", {}).get("name") or NAME
        options = passkeys.invite(
            session,
            member_id=_member_id(call),
            device_id=call.actor.id,
            brand=brand,
            party=_party(call),
            secret=_secret(call),
            now=call.now,
        )
    return {"public_key": options, "expires_at": _expiry(call)}


@routes.post(
    "/passkeys",
    summary="Register a passkey",
    who=MEMBER,
    body=PasskeyIn,
    answers={201: PasskeyOut},
    errors=(
        passkeys.PasskeyInvalid,
        passkeys.PasskeyTaken,
        passkeys.TooManyPasskeys,
        passkeys.PasskeyNameInvalid,
    ),
    limits=(REGISTRATIONS,),
)
def register_passkey(call: Call) -> object:
    """Keep the passkey that this device made; the other devices, and the member's e-mail addresses, are told."""
    with transaction() as session:
        kept = passkeys.register(
            session,
            member_id=_member_id(call),
            device_id=call.actor.id,
            credential=call.body["credential"],
            name=call.body["name"],
            party=_party(call),
            secret=_secret(call),
            now=call.now,
        )
        return _passkey(kept)


@routes.get("/passkeys", summary="See my passkeys", who=MEMBER, answers={200: PasskeyList})
def see_passkeys(call: Call) -> object:
    """List the passkeys that sign in to this account."""
    with snapshot() as session:
        return {"passkeys": [_passkey(each) for each in passkeys.passkeys_of(session, _member_id(call))]}


@routes.patch(
    ONE,
    path={"passkey_id": PasskeyId()},
    summary="Rename a passkey",
    who=MEMBER,
    body=PasskeyNameIn,
    answers={200: PasskeyOut},
    errors=(passkeys.PasskeyUnknown, passkeys.PasskeyNameInvalid),
)
def rename_passkey(call: Call) -> object:
    """Call a passkey something else."""
    with transaction() as session:
        kept = passkeys.rename(
            session,
            member_id=_member_id(call),
            passkey_id=call.path["passkey_id"],
            name=call.body["name"],
            now=call.now,
        )
        return _passkey(kept)


@routes.delete(
    ONE,
    path={"passkey_id": PasskeyId()},
    summary="Delete a passkey",
    who=MEMBER,
    answers={204: None},
    errors=(passkeys.PasskeyUnknown,),
)
def delete_passkey(call: Call) -> object:
    """Let a passkey sign in no more; devices that it signed in stay signed in."""
    with transaction() as session:
        passkeys.remove(session, member_id=_member_id(call), passkey_id=call.path["passkey_id"], now=call.now)
    return Answer(status=204)


def _passkey(passkey: passkeys.Passkey) -> dict[str, object]:
    return {
        "id": passkey.id,
        "name": passkey.name,
        "created_at": passkey.created_at,
        "last_used_at": passkey.last_used_at,
    }


def _party(call: Call) -> passkeys.Party:
    return passkeys.party_of(call.site.settings.public_url)


def _secret(call: Call) -> passkeys.PasskeySecret:
    return passkeys.passkey_secret(call.site.settings.secret_key)


def _expiry(call: Call) -> datetime:
    return call.now + passkeys.LIFE


def _member_id(call: Call) -> int:
    assert call.actor.member_id is not None
    return call.actor.member_id
