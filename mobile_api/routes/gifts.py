"""Gifts: buy a gift card for somebody, have it sent, see what became of it, take it back; invitations; coupon codes."""

from __future__ import annotations

from typing import Any, Final

from loyalty import gifts, members, offers, referrals, rules
from loyalty.db import snapshot, transaction
from loyalty.gifts import GiftOrder
from loyalty.gifts.models import Gift
from loyalty.rules import plain
from loyalty.web.api import Call, Routes
from loyalty.web.basket_errors import BASKET_ERRORS
from loyalty.web.fields import Choice, Id, Input, Instant, Many, Minor, One, Output, Text, Whole
from loyalty.web.limits import Limit
from mobile_api.routes.auth import AddressIn
from mobile_api.routes.sales import member_id_of
from mobile_api.routes.wallet import changed_at
from mobile_api.who import MEMBER

routes: Final = Routes("Gifts and invitations", "Gift cards for somebody, invitations, coupon codes.")

SENDING: Final = Limit("gifts.send", 20, 3600)
TYPING: Final = Limit("coupons.type", 20, 3600)
STATUSES: Final = ("scheduled", "sent", "redeemed", "canceled")


class GiftIn(Input):
    """What is sent to whom, and how it is paid."""

    amount_minor = Minor(required=True, min=1)
    to = One(AddressIn, required=True, about="Where the gift is sent: an e-mail address or a phone number.")
    to_name = Text(load_default="", max=60)
    from_name = Text(load_default=None, max=60, allow_none=True, about="The member's first name if left out.")
    message = Text(load_default="", max=300)
    design = Choice(gifts.DESIGNS, load_default=gifts.DESIGNS[0])
    locale = Text(
        load_default=None,
        max=20,
        allow_none=True,
        about="The recipient's language; the member's if left out.",
    )
    send_at = Instant(load_default=None, allow_none=True, about="Now if left out; at most a year ahead.")
    payment = Id(
        load_default=None,
        allow_none=True,
        about="A paid card payment of this amount (`POST /payments`); from the wallet if left out.",
    )


class GiftOut(Output):
    """A gift that the member sent."""

    id = Id()
    status = Choice(STATUSES)
    amount_minor = Minor()
    currency = Text(max=3)
    last4 = Text(max=4)
    code = Text(max=64, allow_none=True, about="Only until the gift is sent: then only its recipient has it.")
    to = Text(max=254, allow_none=True)
    to_name = Text(max=60, allow_none=True)
    from_name = Text(max=60, allow_none=True)
    message = Text(max=300, allow_none=True)
    design = Text(max=64)
    send_at = Instant()
    created_at = Instant()
    sent_at = Instant(allow_none=True)
    redeemed_at = Instant(allow_none=True)
    canceled_at = Instant(allow_none=True)


class GiftsOut(Output):
    """The newest gifts."""

    items = Many(GiftOut, max=200)


@routes.post(
    "/gifts",
    summary="Send a gift card",
    who=MEMBER,
    body=GiftIn,
    answers={201: GiftOut},
    errors=(
        *BASKET_ERRORS,
        gifts.GiftGuarded,
        gifts.GiftLimit,
        members.ContactInvalid,
        members.MemberUnknown,
    ),
    idempotent=True,
    limits=(SENDING,),
)
def send_gift(call: Call) -> object:
    """Buy a gift card and have it sent, once per key. Not within 24 hours of a new device or address."""
    body, member_id = call.body, member_id_of(call)
    to = members.contact(body["to"]["address"], region=body["to"]["region"])
    with transaction() as session:
        member = members.member(session, member_id)
        sender = member.given_name if body["from_name"] is None else body["from_name"]
        gift = gifts.send(
            session,
            GiftOrder(
                amount_minor=body["amount_minor"],
                to=to,
                to_name=body["to_name"],
                from_name=sender,
                message=body["message"],
                design=body["design"],
                locale=body["locale"] or member.locale,
                send_at=body["send_at"],
                payment=body["payment"],
            ),
            actor=call.actor,
            member_id=member_id,
            changed_at=changed_at(session, member_id),
            secret_key=call.site.settings.secret_key,
            key=call.key,
            now=call.now,
        )
        return _gift(call, gift)


@routes.get("/gifts", summary="Gifts I sent", who=MEMBER, answers={200: GiftsOut})
def list_gifts(call: Call) -> object:
    """Answer the newest gifts and whether they were redeemed."""
    with snapshot() as session:
        return {"items": [_gift(call, each) for each in gifts.gifts_of(session, member_id_of(call))]}


@routes.post(
    "/gifts/<gift>/cancel",
    summary="Take a gift back",
    who=MEMBER,
    path={"gift": Id()},
    answers={200: GiftOut},
    errors=(gifts.GiftMissing, gifts.GiftNotCancelable, rules.NoProgram),
)
def cancel_gift(call: Call) -> object:
    """Void a gift that nobody has redeemed; the money goes back to the wallet or card it came from."""
    with transaction() as session:
        gift = gifts.cancel(session, member_id=member_id_of(call), gift_id=call.path["gift"], now=call.now)
        return _gift(call, gift)


def _gift(call: Call, gift: Gift) -> dict[str, Any]:
    same = ("id", "status", "amount_minor", "currency", "last4", "to_name", "from_name", "message", "design")
    times = ("send_at", "created_at", "sent_at", "redeemed_at", "canceled_at")
    return {
        **{name: getattr(gift, name) for name in (*same, *times)},
        "to": gift.to_value,
        "code": gifts.code_of(gift, call.site.settings.secret_key),
    }


class ReferralOut(Output):
    """The member's link, and what became of it."""

    url = Text(max=500, about="To share, also as a QR code.")
    code = Text(max=64)
    joined = Whole(about="How many joined by it.")
    rewarded = Whole(about="For how many of them the program has thanked the member.")
    thanks = Many(
        Text(max=2000), max=20, about="What both get, in plain words; empty where the program thanks nobody."
    )


@routes.get(
    "/referral",
    summary="My invitation",
    who=MEMBER,
    answers={200: ReferralOut},
    errors=(members.MemberUnknown, rules.NoProgram),
)
def referral(call: Call) -> object:
    """Answer the link by which others join; when one of them buys for the first time, the program thanks both."""
    settings, member_id = call.site.settings, member_id_of(call)
    code = referrals.code_of(member_id, settings.secret_key)
    with snapshot() as session:
        found = referrals.of_member(session, member_id)
        locale = members.member(session, member_id).locale
        thanks = plain.rules_on(rules.program_at(session, call.now), referrals.OCCASIONS, locale, call.now)
    url = f"{settings.public_url.rstrip('/')}/app/join?ref={code}"
    return {
        "url": url,
        "code": code,
        "joined": found.joined,
        "rewarded": found.rewarded,
        "thanks": thanks,
    }


class CouponIn(Input):
    """A coupon's code, as it is printed, typed or scanned."""

    code = Text(required=True, min=1, max=64)


class CouponOut(Output):
    """A coupon that the member holds: present its code among the `coupons` of a basket."""

    id = Id()
    code = Text(max=64)
    coupon = Text(max=64)
    name = Text(max=400)
    text = Text(max=2000, about="What it does and within which limits, in plain words.")
    valid_from = Instant(allow_none=True)
    valid_until = Instant(allow_none=True)
    kept_at = Instant()


class CouponsOut(Output):
    """The coupons that the member holds."""

    items = Many(CouponOut, max=50)


@routes.post(
    "/coupons",
    summary="Add a coupon",
    who=MEMBER,
    body=CouponIn,
    answers={200: CouponOut},
    errors=(
        offers.CouponCodeOver,
        offers.CouponCodeUnknown,
        offers.CouponCodeUsed,
        offers.CouponNotForYou,
        offers.TooManyCoupons,
        members.MemberUnknown,
        rules.NoProgram,
    ),
    limits=(TYPING,),
)
def add_coupon(call: Call) -> object:
    """Check a code and keep it among the member's things, or say why not; nothing is used up. Again is the same."""
    member_id = member_id_of(call)
    with transaction() as session:
        held = offers.keep_coupon(
            session,
            call.body["code"],
            member_id=member_id,
            tier=members.standing(session, member_id).tier,
            now=call.now,
        )
        return _coupon(held, members.member(session, member_id).locale)


@routes.get(
    "/coupons", summary="My coupons", who=MEMBER, answers={200: CouponsOut}, errors=(members.MemberUnknown,)
)
def list_coupons(call: Call) -> object:
    """Answer the coupons that can still be used."""
    member_id = member_id_of(call)
    with snapshot() as session:
        locale = members.member(session, member_id).locale
        held = offers.kept_coupons_of(session, member_id, now=call.now)
        return {"items": [_coupon(each, locale) for each in held]}


@routes.delete(
    "/coupons/<coupon>", summary="Remove a coupon", who=MEMBER, path={"coupon": Id()}, answers={204: None}
)
def remove_coupon(call: Call) -> None:
    """Take a coupon out of the member's things; its code stays as good as it was."""
    with transaction() as session:
        offers.drop_coupon(session, call.path["coupon"], member_id=member_id_of(call), now=call.now)


def _coupon(held: offers.HeldCoupon, locale: str) -> dict[str, Any]:
    return {
        "id": held.id,
        "code": held.code,
        "coupon": held.coupon.key,
        "name": held.program.text(held.coupon.name, locale),
        "text": plain.coupon(held.program, held.coupon, locale),
        "valid_from": held.valid_from,
        "valid_until": held.valid_until,
        "kept_at": held.kept_at,
    }
