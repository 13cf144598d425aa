"""The same machine through the real route: real tokens, real JSON, real statuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from flask.testing import FlaskClient

from loyalty import sync
from loyalty.actor import Actor
from loyalty.clock import SetClock
from loyalty.sync import Cursor
from loyalty.web.site import current
from mobile_api.who import access_token
from tests.domain.sync.machine.machine import Machine
from tests.domain.sync.machine.phone import Answer
from tests.domain.sync.machine.server import Server
from tests.domain.sync.machine.truth import must

STATUSES = {
    "device_revoked": 403,
    "session_expired": 401,
    "device_forked": 409,
    "update_needed": 426,
}


class HttpServer(Server):
    """The server behind its route. A request is one call; nothing happens between its statements."""

    client: ClassVar[FlaskClient]
    clock: ClassVar[SetClock]

    def serve(self, device: str, request: sync.Request, true_at: dict[str, datetime]) -> Answer:
        self.interleaved = None
        self.clock.set(self.now)
        token = access_token(current(), device_id=device, now=self.now)
        answer = self.client.post(
            "/api/v1/sync", json=_wire(request), headers={"Authorization": f"Bearer {token}"}
        )
        body = answer.get_json()
        if answer.status_code != 200:
            must(STATUSES.get(body["code"]) == answer.status_code, "an undocumented answer", body)
            return Answer(device, request.cursor, error=body["code"])
        must(device not in self.truth.revoked, "a revoked device was answered", device)
        pushed = sync.Pushed(
            tuple(
                sync.Result(each["uid"], each["id"], each["status"], each["code"], each["version"])
                for each in body["results"]
            )
        )
        self._arrived(Actor(kind="member", id=device, member_id=self.member_id), request, pushed, true_at)
        self._committed()
        page = sync.Page(
            _cursor(body["cursor"]), body["reset"], body["more"], body["put"], tuple(body["del"])
        )
        base = None if body["base"] is None else _cursor(body["base"])
        return Answer(device, base, page, pushed)


class HttpMachine(Machine):
    """The machine, without sales that hold the lock for long: over HTTP the server would wait and try again."""

    server_class = HttpServer

    def begin_slow_sale(self) -> None:
        """Leave it out."""


def _cursor(said: dict[str, Any]) -> Cursor:
    return Cursor(said["epoch"], said["version"], said["after"])


def _wire(request: sync.Request) -> dict[str, Any]:
    held = request.cursor
    return {
        "schema": request.schema,
        "cursor": held and {"epoch": held.epoch, "version": held.version, "after": held.after},
        "offset_ms": request.offset_ms,
        "mutations": [
            {
                "id": each.number,
                "uid": each.uid,
                "name": each.name,
                "args": dict(each.args),
                "seen": each.seen,
                "seen_epoch": each.seen_epoch,
                "at": each.at.isoformat(),
            }
            for each in request.mutations
        ],
    }
