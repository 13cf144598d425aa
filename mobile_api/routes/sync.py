"""Synchronization: a device sends what was done on it and gets what changed elsewhere, in one request."""

from __future__ import annotations

from typing import Any, Final

from flask import request as http_request
from marshmallow import EXCLUDE
from marshmallow.types import UnknownOption

from loyalty import members, sync
from loyalty.db import retrying, snapshot, transaction
from loyalty.errors import Invalid
from loyalty.web.api import Call, Routes
from loyalty.web.fields import (
    MAX_INT,
    Bool,
    Choice,
    Document,
    Id,
    Input,
    Instant,
    Many,
    Map,
    One,
    Output,
    Text,
    Whole,
)
from mobile_api.who import MEMBER

routes = Routes(
    "Synchronization",
    "A device keeps documents and a queue. It sends the head of its queue with what it holds, and gets the outcome of "
    "each mutation and every document that changed. Sending anything twice is safe.",
)

MOST_ARGS: Final = 20


class SyncTooLarge(Invalid):
    """The request is larger than a synchronization may be: send a shorter head of the queue."""

    code = "sync_too_large"
    text = f"A synchronization has at most {sync.MOST_BYTES} bytes. Send fewer mutations at once."


class _Lenient(Input):
    """What a newer app sends besides is ignored here, and kept there."""

    def __init__(self, *, unknown: UnknownOption = EXCLUDE, **options: Any) -> None:
        super().__init__(unknown=unknown, **options)


class CursorIn(_Lenient):
    """What the device holds, as the last answer said."""

    epoch = Text(required=True, min=1, max=64)
    version = Whole(required=True)
    after = Text(load_default=None, allow_none=True, max=300)


class MutationIn(_Lenient):
    """One act of a person, as it lies in the device's queue."""

    number = Whole(required=True, data_key="id", min=1, about="Counts up by one on each device.")
    uid = Id(required=True, about="Made when the person acted, and never again.")
    name = Text(required=True, min=1, max=60, example="preference.set")
    args = Map(Document(), max=MOST_ARGS, load_default=dict)
    seen = Whole(load_default=0, about="The version that the device held when the person acted.")
    seen_epoch = Text(load_default=None, allow_none=True, max=64)
    at = Instant(required=True, about="The device's own clock when the person acted.")


class SyncIn(_Lenient):
    """A head of the queue, and what the device holds."""

    schema = Whole(
        required=True, min=0, max=1000, about="The version of the documents the device understands."
    )
    cursor = One(CursorIn, load_default=None, allow_none=True, about="Null the first time.")
    mutations = Many(MutationIn, max=sync.MOST_MUTATIONS, load_default=list)
    offset_ms = Whole(
        min=-MAX_INT // 10_000,
        max=MAX_INT // 10_000,
        load_default=0,
        about="How far the server's clock is ahead of the device's, as measured from `server_time` and the round trip.",
    )


class CursorOut(Output):
    """What the device will hold; to be kept as it is and sent back."""

    epoch = Text(max=64)
    version = Whole()
    after = Text(allow_none=True, max=300)


class ResultOut(Output):
    """How a mutation ended. The device drops exactly these uids from its queue."""

    uid = Id()
    number = Whole(data_key="id")
    status = Choice(("ok", "merged", "superseded", "rejected"))
    code = Text(allow_none=True, max=60)
    version = Whole()


class SyncOut(Output):
    """What changed. The device takes it in only if `base` is what it holds, all of it in one transaction."""

    base = One(CursorOut, allow_none=True, about="The request's cursor.")
    cursor = One(CursorOut)
    reset = Bool(about="Forget all documents first (not the queue).")
    more = Bool(about="Ask again with the new cursor, and show nothing before the last page is here.")
    put = Map(
        Document(), max=100_000, keys=Text(max=300), about="Documents by entity, such as `preference/milk`."
    )
    deleted = Many(Text(max=300), max=100_000, data_key="del")
    results = Many(ResultOut, max=sync.MOST_MUTATIONS)
    retry_after_seconds = Whole(
        allow_none=True,
        about="The server failed at the next mutation of the queue: send it again after this time.",
    )
    server_time = Instant()


@routes.post(
    "/sync",
    summary="Synchronize a device",
    who=MEMBER,
    body=SyncIn,
    answers={200: SyncOut},
    errors=(
        sync.DeviceForked,
        sync.RequestInvalid,
        sync.UpdateNeeded,
        SyncTooLarge,
        members.MemberUnknown,
    ),
)
def synchronize(call: Call) -> object:
    """Take in mutations and answer what changed since the cursor.

    409 `device_forked`: the storage was copied or rolled back; sign in as a new device and keep the queue's uids.
    401 keeps the queue, 403 `device_revoked` forgets everything, 426 asks for an update and keeps the queue.
    """
    if len(http_request.get_data()) > sync.MOST_BYTES:
        raise SyncTooLarge
    request = _request(call.body)
    pushed = retrying(lambda: _push(call, request))
    with snapshot() as session:
        page = sync.pull(session, actor=call.actor, cursor=request.cursor)
    return {
        "base": request.cursor,
        "cursor": page.cursor,
        "reset": page.reset,
        "more": page.more,
        "put": page.put,
        "deleted": page.deleted,
        "results": pushed.results,
        "retry_after_seconds": pushed.retry_after_seconds,
        "server_time": call.now,
    }


def _push(call: Call, request: sync.Request) -> sync.Pushed:
    with transaction() as session:
        return sync.push(session, actor=call.actor, request=request, now=call.now)


def _request(body: dict[str, Any]) -> sync.Request:
    cursor = body["cursor"]
    return sync.Request(
        schema=body["schema"],
        cursor=None if cursor is None else sync.Cursor(**cursor),
        mutations=tuple(sync.Mutation(**mutation) for mutation in body["mutations"]),
        offset_ms=body["offset_ms"],
    )
