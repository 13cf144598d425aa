"""The inbox, for what devices do not hold: messages before the newest fifty."""

from __future__ import annotations

from typing import Any

from loyalty import messages
from loyalty.db import snapshot
from loyalty.messages import MessageRow
from loyalty.web.api import Call, Routes
from loyalty.web.fields import Document, Id, Instant, Map, Output, Text
from loyalty.web.paging import PageQuery, page_of
from mobile_api.who import MEMBER

routes = Routes(
    "Inbox", "Messages to a member. Devices have the newest fifty by `/sync`, and mark them as read there."
)


class MessageOut(Output):
    """One message, as devices hold it; texts by language."""

    id = Id()
    kind = Text(max=60)
    title = Map(Text(max=1000), max=50)
    text = Map(Text(max=10_000), max=50)
    data = Map(Document(), max=50)
    created_at = Instant()
    read_at = Instant(allow_none=True)


@routes.get(
    "/messages", summary="My messages", who=MEMBER, query=PageQuery, answers={200: page_of(MessageOut)}
)
def list_messages(call: Call) -> object:
    """Answer messages, the newest first."""
    assert call.actor.member_id is not None
    scope = f"messages:{call.actor.member_id}"
    position = call.site.cursors.read(scope, call.query["cursor"])
    limit = call.query["limit"]
    with snapshot() as session:
        found = messages.inbox(
            session,
            call.actor.member_id,
            before=None if position is None else str(position[0]),
            limit=limit + 1,
        )
        shown = [_message(each) for each in found[:limit]]
    cursor = call.site.cursors.write(scope, [shown[-1]["id"]]) if len(found) > limit else None
    return {"items": shown, "next": cursor}


def _message(row: MessageRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "title": row.title,
        "text": row.text,
        "data": row.data,
        "created_at": row.created_at,
        "read_at": row.read_at,
    }
