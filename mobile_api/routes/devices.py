"""The member's devices."""

from __future__ import annotations

from loyalty import codes, members
from loyalty.db import snapshot, transaction
from loyalty.web.api import Answer, Call, Routes
from loyalty.web.fields import Bool, Choice, Id, Input, Instant, Many, Output, Pattern, Text
from loyalty.web.limits import Limit
from mobile_api.who import MEMBER

routes = Routes("Devices", "Where a member is signed in.")


class DeviceOut(Output):
    """One device."""

    id = Id()
    name = Text(max=60)
    platform = Choice(("app", "web", "kiosk"))
    created_at = Instant()
    last_seen_at = Instant()
    kid = Pattern(
        r"^[A-Za-z0-9_-]{8}$", expected="a key's name", allow_none=True, about="The key of its pay codes."
    )
    current = Bool(about="Whether it is the device that asks.")


class DeviceList(Output):
    """All devices, the last seen first."""

    devices = Many(DeviceOut, max=members.MOST_DEVICES)


class DeviceNameIn(Input):
    """What to call a device."""

    name = Text(required=True, min=1, max=60)


class PublicKeyIn(Input):
    """The public half of a P-256 key, as `crypto.subtle.exportKey('jwk', …)` gives it."""

    kty = Choice(("EC",), required=True)
    crv = Choice(("P-256",), required=True)
    x = Text(required=True, min=43, max=43)
    y = Text(required=True, min=43, max=43)
    ext = Bool(load_default=True)
    key_ops = Many(Text(max=20), max=10, load_default=list)


class KeyRegistered(Output):
    """The name of the registered key: the `kid` of the device's pay codes."""

    kid = Pattern(r"^[A-Za-z0-9_-]{8}$", expected="a key's name")


@routes.get("/devices", summary="See my devices", who=MEMBER, answers={200: DeviceList})
def see_devices(call: Call) -> object:
    """List the devices that are signed in."""
    with snapshot() as session:
        found = members.devices_of(session, _member_id(call))
        return {"devices": [_device(each, call) for each in found]}


@routes.patch(
    "/devices/<device_id>",
    summary="Rename a device",
    who=MEMBER,
    body=DeviceNameIn,
    answers={200: DeviceOut},
    errors=(members.DeviceUnknown, members.DeviceNameInvalid),
)
def rename_device(call: Call) -> object:
    """Call a device something else."""
    device_id = call.path["device_id"]
    with transaction() as session:
        members.rename(
            session, member_id=_member_id(call), device_id=device_id, name=call.body["name"], now=call.now
        )
        (renamed,) = members.devices_of(session, _member_id(call), ids=[device_id])
        return _device(renamed, call)


@routes.delete(
    "/devices/<device_id>",
    summary="Sign a device out",
    who=MEMBER,
    answers={204: None},
    errors=(members.DeviceUnknown,),
)
def revoke_device(call: Call) -> object:
    """End a device's session and its pay codes, now."""
    with transaction() as session:
        members.revoke(session, member_id=_member_id(call), device_id=call.path["device_id"], now=call.now)
    return Answer(status=204)


@routes.put(
    "/devices/current/key",
    summary="Register my key",
    who=MEMBER,
    body=PublicKeyIn,
    answers={200: KeyRegistered},
    errors=(codes.KeyInvalid, members.DeviceRevoked),
    limits=(Limit("devices.key", 30, 3600),),
)
def register_key(call: Call) -> object:
    """Register the key this device signs pay codes with; the same key again changes nothing."""
    with transaction() as session:
        kid = members.register_key(
            session,
            member_id=_member_id(call),
            device_id=call.actor.id,
            public_key=call.body,
            now=call.now,
        )
    return {"kid": kid}


def _member_id(call: Call) -> int:
    assert call.actor.member_id is not None
    return call.actor.member_id


def _device(device: members.DeviceView, call: Call) -> dict[str, object]:
    return {
        "id": device.id,
        "name": device.name,
        "platform": device.platform,
        "created_at": device.created_at,
        "last_seen_at": device.last_seen_at,
        "kid": device.kid,
        "current": device.id == call.actor.id,
    }
