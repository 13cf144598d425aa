"""A member with devices, as the tests of this folder need them: one that does everything right, step by step."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import changes, members, sync
from loyalty.actor import Actor
from loyalty.members import Device
from loyalty.sync import Cursor, Mutation, Request

_uids = count(1)


def join(session: Session, now: datetime) -> int:
    """Make a member with an account and return who it is."""
    entry = members.Entry(tier="green", wallet_limit_minor=50_000)
    profile = members.Profile("Ann", "Smith", "en", None)
    return members.create_member(session, profile=profile, entry=entry, now=now).member_id


def enroll(session: Session, member_id: int, device_id: str, now: datetime) -> Actor:
    """Give the member a device and return it as an actor."""
    session.add(
        Device(
            member_id=member_id,
            id=device_id,
            name=device_id,
            platform="app",
            created_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    changes.lock(session, member_id)
    changes.mark(session, member_id, f"device/{device_id}", now=now)
    return Actor(kind="member", id=device_id, channel="app", member_id=member_id)


class Phone:
    """A device without a network in between: it calls the service in one session, transaction by transaction."""

    def __init__(self, session: Session, member_id: int, device_id: str, now: datetime) -> None:
        self.session = session
        self.member_id = member_id
        self.now = now
        self.actor = enroll(session, member_id, device_id, now)
        session.commit()
        self.queue: list[Mutation] = []
        self.base: dict[str, dict[str, Any]] = {}
        self.cursor: Cursor | None = None
        self.last_number = 0
        self.offset_ms = 0
        self.pages = 0

    def act(self, verb: str, /, *, at: datetime | None = None, uid: str | None = None, **args: Any) -> None:
        self.last_number += 1
        mutation = Mutation(
            number=self.last_number,
            uid=uid or f"uid-{next(_uids)}",
            name=verb,
            args=args,
            seen=self.cursor.version if self.cursor else 0,
            seen_epoch=self.cursor.epoch if self.cursor else None,
            at=at or self.now,
        )
        self.queue.append(mutation)

    def request(self) -> Request:
        return Request(
            cursor=self.cursor,
            mutations=tuple(self.queue[: sync.MOST_MUTATIONS]),
            offset_ms=self.offset_ms,
        )

    def push(self, request: Request) -> sync.Pushed:
        try:
            pushed = sync.push(self.session, actor=self.actor, request=request, now=self.now)
        except Exception:
            self.session.rollback()
            raise
        self.session.commit()
        self.session.expire_all()
        return pushed

    def pull(self, cursor: Cursor | None) -> sync.Page:
        return sync.pull(self.session, actor=self.actor, cursor=cursor)

    def pulled(self) -> dict[str, dict[str, Any]]:
        return self.pull(None).put

    def sync(self) -> sync.Pushed:
        """Synchronize until nothing more comes, and return what became of the first request's mutations."""
        pushed = self.push(self.request())
        staged, cursor, more = dict(self.base), self.cursor, True
        while more:
            page = self.pull(cursor)
            self.pages += 1
            staged = ({} if page.reset else staged) | page.put
            for entity in page.deleted:
                staged.pop(entity, None)
            cursor, more = page.cursor, page.more
        done = {result.uid for result in pushed.results}
        self.queue = [queued for queued in self.queue if queued.uid not in done]
        self.base, self.cursor = staged, cursor
        return pushed

    def version(self) -> int:
        return changes.head(self.session, self.member_id).version

    def copied(self) -> Phone:
        """Return another device with this one's storage, identity included."""
        other = object.__new__(Phone)
        other.__dict__.update(self.__dict__)
        other.queue, other.base = list(self.queue), deepcopy(self.base)
        return other

    def enroll_anew(self, device_id: str) -> None:
        """Become another device with the same queue: uids stay, numbers begin at one."""
        self.actor = enroll(self.session, self.member_id, device_id, self.now)
        self.session.commit()
        self.queue = [replace(queued, number=number) for number, queued in enumerate(self.queue, 1)]
        self.last_number = len(self.queue)

    def revoke(self) -> None:
        self.session.execute(
            text("UPDATE device SET status = 'revoked', revoked_at = :now WHERE id = :id"),
            {"now": self.now, "id": self.actor.id},
        )
        self.session.commit()
