"""Being told while the app is closed."""

from __future__ import annotations

from base64 import urlsafe_b64decode

from loyalty import push
from loyalty.db import transaction
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.fields import One, Output, Text
from loyalty.web.limits import Limit
from mobile_api.browser import Base64Url, BrowserMade
from mobile_api.who import MEMBER

routes = Routes("Push", "Web Push: what a device is told while the app is closed, if the member allows it.")


class PushKeys(BrowserMade):
    """The keys of a subscription: what is sent there, only this browser can read."""

    p256dh = Base64Url(max=100, required=True)
    auth = Base64Url(max=40, required=True)


class PushSubscriptionIn(BrowserMade):
    """A browser's subscription, as `PushSubscription.toJSON()` gives it."""

    endpoint = Text(required=True, min=1, max=push.ENDPOINT_MAX)
    keys = One(PushKeys, required=True)


class PushKeyOut(Output):
    """Our public key: the `applicationServerKey` of `pushManager.subscribe()`."""

    key = Base64Url(max=88, about="If a subscription was made with another one, subscribe anew.")


@routes.get("/push/key", summary="The key of push messages", who=None, answers={200: PushKeyOut})
def see_push_key(call: Call) -> object:
    """Answer what a browser needs to subscribe."""
    return {"key": push.vapid_key(call.site.settings.secret_key).text}


@routes.put(
    "/devices/current/push",
    summary="Be told on this device",
    who=MEMBER,
    body=PushSubscriptionIn,
    answers={204: None},
    errors=(push.SubscriptionInvalid, push.PushNotHere),
    limits=(Limit("devices.push", 60, 3600),),
)
def subscribe_to_push(call: Call) -> object:
    """Send messages of the inbox to this device while the app is closed, where the member's consents allow `push`."""
    settings, keys = call.site.settings, call.body["keys"]
    with transaction() as session:
        push.subscribe(
            session,
            actor=call.actor,
            endpoint=call.body["endpoint"],
            public_key=_bytes(keys["p256dh"]),
            auth_secret=_bytes(keys["auth"]),
            key_name=push.vapid_key(settings.secret_key).name,
            loopback=not settings.is_public,
            now=call.now,
        )
    return Answer(status=204)


@routes.delete("/devices/current/push", summary="Be told no more", who=MEMBER, answers={204: None})
def unsubscribe_from_push(call: Call) -> object:
    """Send no more messages to this device."""
    assert call.actor.member_id is not None
    with transaction() as session:
        push.unsubscribe(session, member_id=call.actor.member_id, device_id=call.actor.id)
    return Answer(status=204)


def _bytes(text: str) -> bytes:
    """Return the bytes of a base64url text; of one that is none, no bytes, which are refused by their length."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
