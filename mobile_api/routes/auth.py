"""Signing in and out: a code to an address, tokens for a device."""

from __future__ import annotations

from typing import Any, Final

from loyalty import members, referrals, rules, sales
from loyalty.db import transaction
from loyalty.members import DeviceSession, Entry, MemberSecret, NewDevice, Profile
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.fields import Bool, Choice, Day, Id, Input, Instant, One, Output, Pattern, Text, Whole
from loyalty.web.limits import Limit
from mobile_api.who import LIFETIME, MEMBER, access_token, actor_of

routes = Routes(
    "Signing in", "No passwords: a code to an e-mail address or a phone, then tokens of the device."
)

ADDRESS_LIMIT: Final = Limit("auth.address", 30, 3600)
CODES_OF_IDENTITY: Final = Limit("auth.codes", 5, 3600)
TRIES_OF_IDENTITY: Final = Limit("auth.tries", 20, 3600)
REFRESH_LIMIT: Final = Limit("auth.refresh", 120, 3600)


class AddressIn(Input):
    """An address to sign in with."""

    address = Text(
        required=True,
        min=3,
        max=254,
        about="An e-mail address, or a phone number.",
        example="ann@example.com",
    )
    region = Pattern(
        r"^[A-Z]{2}$",
        expected="a country such as US",
        load_default=None,
        about="The country of a phone number that is written without one.",
    )


class CodeRequestIn(AddressIn):
    """Where to send a code."""

    locale = Text(load_default="en", max=20, about="The language of the message.")


class CodeRequested(Output):
    """A code is on its way, whether or not the address is known."""

    expires_at = Instant()


class DeviceIn(Input):
    """The device somebody signs in on."""

    name = Text(required=True, min=1, max=60, example="Ann's phone")
    platform = Choice(("app", "web", "kiosk"), required=True)
    id = Id(load_default=None, about="The device's id of an earlier sign-in, if it remembers one.")


class ProfileIn(Input):
    """What is kept of somebody who joins; ignored for members."""

    given_name = Text(load_default="", max=100)
    family_name = Text(load_default="", max=100)
    locale = Text(load_default="en", max=20)
    birthday = Day(load_default=None, allow_none=True)
    referral = Text(
        load_default=None,
        allow_none=True,
        max=64,
        about="The code of the link (`/app/join?ref=…`) by which somebody joins; one that does not count is ignored.",
    )


class SignInIn(AddressIn):
    """An address, the code that came there, and the device."""

    code = Pattern(r"^[0-9]{6}$", expected="the six digits of the code", required=True)
    device = One(DeviceIn, required=True)
    profile = One(ProfileIn, load_default=dict)


class RefreshIn(Input):
    """The refresh token of the device."""

    refresh_token = Text(required=True, min=1, max=100)


class TokenPair(Output):
    """Tokens of one device. The refresh token is good once: keep the new one before using it."""

    access_token = Text(max=1024)
    expires_in = Whole(about="Seconds until the access token ends.")
    refresh_token = Text(max=100)
    refresh_expires_at = Instant()
    device_id = Id()


class SignedIn(TokenPair):
    """Tokens, and who signed in."""

    member_id = Id(about="The member's public id.")
    joined = Bool(about="Whether somebody new has joined.")


@routes.post(
    "/auth/codes",
    summary="Ask for a code",
    who=None,
    body=CodeRequestIn,
    answers={202: CodeRequested},
    errors=(members.ContactInvalid, members.CodesSpent),
    limits=(ADDRESS_LIMIT,),
)
def ask_for_code(call: Call) -> object:
    """Send a code of six digits to an address, good for ten minutes. The answer is the same for everybody."""
    contact = members.contact(call.body["address"], region=call.body["region"])
    call.limit(CODES_OF_IDENTITY, contact.value)
    with transaction() as session:
        expires_at = members.request_code(
            session, contact=contact, secret=secret_of(call), locale=call.body["locale"], now=call.now
        )
    return {"expires_at": expires_at}


@routes.post(
    "/auth/sessions",
    summary="Sign in",
    who=None,
    body=SignInIn,
    answers={201: SignedIn},
    errors=(
        members.ContactInvalid,
        members.SignInCodeWrong,
        members.TriesSpent,
        members.MemberBlocked,
        members.ProfileInvalid,
        members.DeviceNameInvalid,
        rules.NoProgram,
    ),
    limits=(ADDRESS_LIMIT,),
)
def sign_in(call: Call) -> object:
    """Sign a device in with a code; somebody new joins by it."""
    contact = members.contact(call.body["address"], region=call.body["region"])
    call.limit(TRIES_OF_IDENTITY, contact.value)
    profile = dict(call.body["profile"])
    invited_by = _referrer(call, profile.pop("referral", None))
    with transaction() as session:
        members.count_try(session, contact=contact, secret=secret_of(call))
    with transaction() as session:
        program = rules.program_at(session, call.now)
        done = members.sign_in(
            session,
            contact=contact,
            code=call.body["code"],
            device=NewDevice(**call.body["device"]),
            profile=Profile(**profile),
            entry=Entry(next(iter(program.tiers)), program.settings.wallet_limit_minor),
            secret=secret_of(call),
            now=call.now,
        )
        if done.joined and invited_by is not None:
            referrals.join_by(
                session,
                member_id=done.member_id,
                referrer=invited_by,
                device_id=call.body["device"]["id"],
                now=call.now,
            )
        if done.joined:
            # The program may greet who joins (points, a grant): in the same transaction, once.
            sales.record_event(
                session,
                actor=actor_of(done.session),
                member_id=done.member_id,
                name="signup",
                key="signup",
                now=call.now,
            )
    return signed_in(call, done)


def _referrer(call: Call, code: str | None) -> int | None:
    return referrals.read_code(code, call.site.settings.secret_key) if code else None


@routes.post(
    "/auth/refresh",
    summary="Get new tokens",
    who=None,
    body=RefreshIn,
    answers={200: TokenPair},
    errors=(
        members.SessionExpired,
        members.SessionReplayed,
        members.DeviceRevoked,
        members.MemberBlocked,
    ),
    limits=(REFRESH_LIMIT,),
)
def refresh(call: Call) -> object:
    """Exchange a refresh token for new tokens.

    A token that was used before ends the session of its device, except when its answer was lost within the last 30
    seconds: then the same answer is given again. After `session_expired` keep what is queued and sign in again; after
    `device_revoked` forget everything.
    """
    token, secret = call.body["refresh_token"], secret_of(call)
    try:
        with transaction() as session:
            given = members.refresh(session, token=token, secret=secret, now=call.now)
    except members.SessionReplayed:
        # The refusal has rolled its transaction back; that the session is over must be kept.
        with transaction() as session:
            members.end_replayed(session, token=token, secret=secret, now=call.now)
        raise
    return _tokens(call, given)


@routes.delete("/auth/session", summary="Sign out", who=MEMBER, answers={204: None})
def sign_out(call: Call) -> object:
    """Sign this device out: its tokens and its pay codes end now."""
    assert call.actor.member_id is not None
    with transaction() as session:
        members.sign_out(session, member_id=call.actor.member_id, device_id=call.actor.id, now=call.now)
    return Answer(status=204)


def secret_of(call: Call) -> MemberSecret:
    """Return the keys that members' hashes and tokens are made with."""
    return members.member_secret(call.site.settings.secret_key)


def signed_in(call: Call, done: members.SignedIn) -> dict[str, Any]:
    """Return the answer to a finished sign-in, by code or by passkey."""
    return {**_tokens(call, done.session), "member_id": done.public_id, "joined": done.joined}


def _tokens(call: Call, given: DeviceSession) -> dict[str, Any]:
    return {
        "access_token": access_token(call.site, device_id=given.device_id, now=call.now),
        "expires_in": int(LIFETIME.total_seconds()),
        "refresh_token": given.refresh_token,
        "refresh_expires_at": given.expires_at,
        "device_id": given.device_id,
    }
