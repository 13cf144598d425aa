"""A device as SYNC.md § 5 has it: base, queue and stage on its disk, and a clock that may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from loyalty import sync
from loyalty.sync import Cursor, Mutation
from tests.domain.sync.machine.truth import must


@dataclass(frozen=True)
class Stage:
    """Pages of an answer that is not complete yet: shown to nobody."""

    cursor: Cursor
    base: dict[str, Any]
    done: frozenset[str]


@dataclass(frozen=True)
class Storage:
    """What is on the device's disk: it can be rolled back, copied and wiped as a whole."""

    device: str
    queue: tuple[Mutation, ...] = ()
    base: dict[str, Any] = field(default_factory=dict)
    cursor: Cursor | None = None
    stage: Stage | None = None
    last_number: int = 0


@dataclass(frozen=True)
class Answer:
    """What the server answered to a request of ``device``; ``error`` is the code of a refusal."""

    device: str
    base: Cursor | None
    page: sync.Page | None = None
    pushed: sync.Pushed | None = None
    error: str | None = None


@dataclass
class Bugs:
    """Mistakes a client could make (a test of the test)."""

    ack_by_number: bool = False
    clear_queue_on_reset: bool = False
    ignore_base: bool = False
    drop_results_early: bool = False


class Phone:
    """One device. ``check`` is called with every state it shows: (base, cursor)."""

    def __init__(
        self,
        name: str,
        device: str,
        *,
        skew_ms: int,
        corrected: bool,
        check: Callable[[dict[str, Any], Cursor], None],
    ) -> None:
        self.name = name
        self.storage = Storage(device)
        self.skew = timedelta(milliseconds=skew_ms)
        self.offset_ms = -skew_ms if corrected else 0
        self.schema = sync.SCHEMA
        self.kept: Storage | None = None
        self.dead = False
        self.true_at: dict[str, datetime] = {}
        self.bugs = Bugs()
        self._check = check

    def copied(self, name: str) -> Phone:
        """Return another device that starts from a copy of this one's disk."""
        other = object.__new__(Phone)
        other.__dict__.update(self.__dict__)
        other.name, other.kept = name, None
        return other

    def act(self, uid: str, name: str, args: dict[str, Any], now: datetime) -> None:
        """Let the person do something: it is on disk before it is on screen."""
        held = self.storage.cursor
        mutation = Mutation(
            number=self.storage.last_number + 1,
            uid=uid,
            name=name,
            args=args,
            seen=held.version if held else 0,
            seen_epoch=held.epoch if held else None,
            at=now + self.skew,
        )
        self.true_at[uid] = now
        self.storage = replace(
            self.storage, queue=(*self.storage.queue, mutation), last_number=mutation.number
        )

    def request(self, most: int) -> sync.Request:
        """Return the next request: a head of the queue without what a staged page has answered already."""
        stage = self.storage.stage
        done = stage.done if stage else frozenset[str]()
        waiting = [mutation for mutation in self.storage.queue if mutation.uid not in done]
        return sync.Request(
            schema=self.schema,
            cursor=stage.cursor if stage else self.storage.cursor,
            mutations=tuple(waiting[:most]),
            offset_ms=self.offset_ms,
        )

    def receive(self, answer: Answer, enroll: Callable[[], str]) -> bool:
        """Take in an answer and return whether it was of any use; a stale one is left alone."""
        if self.dead or answer.device != self.storage.device:
            return False
        if answer.error is not None:
            return self._refused(answer.error, enroll)
        assert answer.page is not None
        assert answer.pushed is not None
        stage = self.storage.stage
        if answer.base != (stage.cursor if stage else self.storage.cursor) and not self.bugs.ignore_base:
            return False
        self._take_in(answer.page, answer.pushed)
        return True

    def _refused(self, error: str, enroll: Callable[[], str]) -> bool:
        if error == "device_revoked":
            self.dead = True
            self.storage = Storage(self.storage.device)
        elif error in ("device_forked", "session_expired"):
            queue = tuple(replace(each, number=n) for n, each in enumerate(self.storage.queue, 1))
            self.storage = replace(
                self.storage, device=enroll(), queue=queue, last_number=len(queue), stage=None
            )
        elif error == "update_needed":
            self.schema = sync.SCHEMA
        return True

    def _take_in(self, page: sync.Page, pushed: sync.Pushed) -> None:
        stage = self.storage.stage
        base = {} if page.reset else dict(stage.base if stage else self.storage.base)
        base |= page.put
        for entity in page.deleted:
            base.pop(entity, None)
        done = (stage.done if stage else frozenset[str]()) | {result.uid for result in pushed.results}
        queue = self.storage.queue
        if self.bugs.ack_by_number and pushed.results:
            last = max(result.number for result in pushed.results)
            done |= {mutation.uid for mutation in queue if mutation.number <= last}
        if self.bugs.clear_queue_on_reset and page.reset:
            queue = ()
        if self.bugs.drop_results_early:
            queue = tuple(mutation for mutation in queue if mutation.uid not in done)
        if page.more:
            self.storage = replace(self.storage, stage=Stage(page.cursor, base, done), queue=queue)
            return
        left = tuple(mutation for mutation in queue if mutation.uid not in done)
        self.storage = replace(self.storage, base=base, cursor=page.cursor, stage=None, queue=left)
        self._check(base, page.cursor)

    def must_show(self, uid: str, version: int, epoch: str) -> None:
        """Check that an answered mutation is in what is shown, or still waits."""
        cursor = self.storage.cursor
        waits = any(mutation.uid == uid for mutation in self.storage.queue)
        shown = cursor is not None and (cursor.epoch != epoch or cursor.version >= version)
        must(waits or shown, "a mutation left the queue before its effect was shown", self.name, uid, version)
