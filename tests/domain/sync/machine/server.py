"""The real service on real PostgreSQL, with every commit looked at: what changed, was it marked, is it the truth."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, ClassVar, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from loyalty import changes, ledger, orders, preferences, sync
from loyalty.actor import Actor
from loyalty.db import Batch, snapshot, transaction
from loyalty.edits import EVERYTHING, made_now
from loyalty.errors import Busy, DomainError
from loyalty.sync import Cursor, queries
from tests.domain.sync.machine.phone import Answer
from tests.domain.sync.machine.truth import Act, Truth, must
from tests.domain.sync.people import enroll, join

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
# What a backup of a member holds. Parents first.
TABLES: Final = (
    "account",
    "member",
    "device",
    "change",
    "feed_horizon",
    "preference",
    "favorite",
    "consent",
    "consent_event",
    "draft_order",
    "draft_line",
    "notice",
    "mutation_outcome",
    "device_queue",
    "ledger_transaction",
    "posting",
    "lot",
    "lot_use",
)


@dataclass(frozen=True)
class Backup:
    rows: dict[str, str]
    truth: Truth
    version: int
    shown: dict[str, Any]


class Server:
    """One member of the real server. Each verb is a transaction; after each, everything is compared with the truth."""

    current: ClassVar[Server | None] = None

    def __init__(self) -> None:
        Server.current = self
        self.now = NOON
        self.answered: set[str] = set()
        self.truth = Truth()
        self.snapshots: dict[tuple[str, int], dict[str, Any]] = {}
        self.backup: Backup | None = None
        self.interleaved: Callable[[], None] | None = None
        self.slow: Session | None = None
        self._slow_done: Callable[[], None] | None = None
        self._devices = count(1)
        with transaction() as session:
            self.member_id = join(session, self.now)
            changes.lock(session, self.member_id)
            changes.mark(session, self.member_id, "balance", "wallet", "profile", now=self.now)
        self._see()

    # what happens

    def enroll(self) -> str:
        """Sign a device in and return its id."""
        device = f"d{self.member_id}-{next(self._devices)}"
        with transaction() as session:
            enroll(session, self.member_id, device, self.now)
        self.truth.devices.add(device)
        self._committed()
        return device

    def revoke(self, device: str) -> None:
        with transaction() as session:
            changes.lock(session, self.member_id)
            session.execute(
                text("UPDATE device SET status = 'revoked', revoked_at = :now WHERE id = :id"),
                {"now": self.now, "id": device},
            )
            changes.mark(session, self.member_id, f"device/{device}", now=self.now, deleted=True)
        self.truth.revoked.add(device)
        self._committed()

    def serve(self, device: str, request: sync.Request, true_at: dict[str, datetime]) -> Answer:
        """Answer a request as the route does: push in a transaction, pull in a snapshot."""
        actor = Actor(kind="member", id=device, channel="app", member_id=self.member_id)
        try:
            pushed = self._push(actor, request, true_at)
            with snapshot() as session:
                page = sync.pull(session, actor=actor, cursor=request.cursor)
        except (Busy, DomainError) as refusal:
            known = device in self.truth.devices
            must(
                refusal.code != "device_revoked" or device in self.truth.revoked,
                "an own device was told to wipe",
            )
            must(refusal.code != "session_expired" or not known, "a known device was thrown out")
            return Answer(device, request.cursor, error=refusal.code)
        must(device not in self.truth.revoked, "a revoked device was answered", device)
        told = str(page.put)
        must("stranger" not in told, "another member's data was told", told)
        return Answer(device, request.cursor, page, pushed)

    def _push(self, actor: Actor, request: sync.Request, true_at: dict[str, datetime]) -> sync.Pushed:
        if self.slow is not None and request.mutations:
            return self._push_while_locked(actor, request, true_at)
        with transaction() as session:
            pushed = sync.push(session, actor=actor, request=request, now=self.now)
        self._arrived(actor, request, pushed, true_at)
        if request.mutations:
            self._committed()
        return pushed

    def _push_while_locked(
        self, actor: Actor, request: sync.Request, true_at: dict[str, datetime]
    ) -> sync.Pushed:
        with transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '15ms'"))
            pushed = sync.push(session, actor=actor, request=request, now=self.now)
        self._arrived(actor, request, pushed, true_at)
        self._committed()
        return pushed

    def _arrived(
        self, actor: Actor, request: sync.Request, pushed: sync.Pushed, true_at: dict[str, datetime]
    ) -> None:
        must(
            [result.uid for result in pushed.results] == [mutation.uid for mutation in request.mutations],
            "a mutation of the request has no result",
        )
        for mutation, result in zip(request.mutations, pushed.results, strict=True):
            before = self.truth.outcomes.get(mutation.uid)
            if before is not None:
                must(
                    before == (result.status, result.code),
                    "a mutation had two outcomes",
                    mutation,
                    result,
                    before,
                )
                continue
            user = self.truth.numbers.setdefault((actor.id, mutation.number), mutation.uid)
            self.answered.add(mutation.uid)
            must(user == mutation.uid, "one number of a device stood for two acts", actor.id, mutation, user)
            corrected = min(mutation.at + timedelta(milliseconds=request.offset_ms), self.now)
            held = mutation.seen_epoch == self.epoch and mutation.seen <= self.version
            act = Act(
                uid=mutation.uid,
                device=actor.id,
                name=mutation.name,
                args=dict(mutation.args),
                seen=mutation.seen if held else None,
                true_at=true_at[mutation.uid],
                at=corrected,
                arrived_at=self.now,
                version=result.version,
            )
            status = self.truth.arrive(act)
            must(status == result.status, "a mutation ended otherwise than it must", mutation, result, status)
            self.truth.outcomes[mutation.uid] = (result.status, result.code)

    def edit_online(self, uid: str, name: str, value: str) -> None:
        """Let somebody at a till change a preference: no queue, everything seen."""
        till = Actor(kind="till", id="till", permissions=frozenset({"members.edit"}), member_id=None)
        with transaction() as session:
            edit = made_now("till", self.now)
            preferences.set_preference(
                session, actor=till, member_id=self.member_id, name=name, value=value, edit=edit, now=self.now
            )
            version = changes.head(session, self.member_id).version
        args = {"name": name, "value": value}
        act = Act(uid, "till", "preference.set", args, EVERYTHING, self.now, self.now, self.now, version)
        must(self.truth.arrive(act) == "ok", "somebody online lost")
        self._committed()

    def sell(self, key: str, points_milli: int) -> None:
        """Book a sale under a key; the till sends it again when it got no answer."""
        with transaction() as session:
            self._book(session, key, points_milli)
        self.truth.sales.setdefault(key, points_milli)
        self._committed()

    def _book(self, session: Session, key: str, points_milli: int) -> None:
        books = ledger.open_books(session, self.member_id)
        there = text("SELECT 1 FROM ledger_transaction WHERE member_id = :id AND reference = :key")
        if session.execute(there, {"id": self.member_id, "key": key}).first():
            return
        books.begin("sale", at=self.now, reference=key)
        books.earn(points_milli, expires_at=None)
        ledger.write(session, books)
        changes.mark(session, self.member_id, "balance", now=self.now)

    def begin_slow_sale(self, key: str, points_milli: int) -> None:
        """Begin a sale and leave it before its commit: it holds the lock, and its number."""
        context = transaction()
        self.slow = context.__enter__()
        self._book(self.slow, key, points_milli)

        def done() -> None:
            context.__exit__(None, None, None)
            self.truth.sales.setdefault(key, points_milli)

        self._slow_done = done

    def finish_slow_sale(self) -> None:
        if self._slow_done is not None:
            self.slow, done, self._slow_done = None, self._slow_done, None
            done()
            self._committed()

    def purge(self) -> None:
        """Let 91 days pass, and the jobs run."""
        self.now += timedelta(days=91)
        with transaction() as session:
            sync.purge_tombstones(session, member_id=self.member_id, now=self.now)
        with transaction() as session:
            orders.purge_discarded_drafts(session, now=self.now)
        for key in [key for key, draft in self.truth.drafts.items() if not draft.presence.there]:
            if self.truth.drafts[key].discarded.arrived_at < self.now - orders.jobs.KEPT:  # type: ignore[union-attr]
                del self.truth.drafts[key]
        self._committed()

    def back_up(self) -> None:
        rows: dict[str, str] = {}
        with transaction() as session:
            for table in TABLES:
                dump = f"SELECT coalesce(jsonb_agg(to_jsonb(t)), '[]')::text FROM {table} t WHERE member_id = :id"
                rows[table] = session.execute(text(dump), {"id": self.member_id}).scalar_one()
        self.backup = Backup(rows, deepcopy(self.truth), self.version, self.shown)

    def restore(self) -> None:
        """Put the backup back, as an operator does: everything since is lost, and the epoch is new."""
        assert self.backup is not None
        with transaction() as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            for table in reversed(TABLES):
                session.execute(text(f"DELETE FROM {table} WHERE member_id = :id"), {"id": self.member_id})
            for table, rows in self.backup.rows.items():
                source = f"jsonb_populate_recordset(NULL::{table}, CAST(:rows AS jsonb))"
                session.execute(text(f"INSERT INTO {table} SELECT * FROM {source}"), {"rows": rows})
            sync.begin_epoch(session, now=self.now)
        self.truth = deepcopy(self.backup.truth)
        self._see()
        must(self.version == self.backup.version, "the backup is not what it was")

    # what is looked at

    def check_shown(self, base: dict[str, Any], cursor: Cursor) -> None:
        """Compare what a device shows with what the server had at that version."""
        had = self.snapshots.get((cursor.epoch, cursor.version))
        must(had is not None, "a device holds a version that never was", cursor)
        must(
            base == had, "a device shows what never was at that version", _difference(base, had or {}), cursor
        )

    def _committed(self) -> None:
        """Compare what there was and what there is with what was marked, and with the truth."""
        before_version, before = self.version, self.shown
        marked, booked = self._see(after=before_version)
        must(self.version >= before_version, "the version fell", before_version, self.version)
        if self.slow is not None:
            return
        differ = {key for key in before.keys() | self.shown.keys() if before.get(key) != self.shown.get(key)}
        # What came and went within one transaction leaves the tombstone of something that nobody ever saw.
        unseen = {key for key in marked if key not in before and key not in self.shown}
        must(differ == marked - unseen, "what changed is not what was marked", differ ^ marked)
        must(_plain(self.shown) == self.truth.expected(), "the server's state is not the truth", self.shown)
        must(booked == self.shown["balance"]["points_milli"], "the balance is not the ledger's")

    def _see(self, *, after: int = 0) -> tuple[set[str], int]:
        """Look at the state of the server; return what was marked after a version, and the ledger's sum."""
        with snapshot() as session:
            stand = queries.stand_of(session, self.member_id, "")
            assert stand is not None
            self.epoch, self.version = stand.epoch, stand.version
            self.shown = sync.load_all(session, self.member_id)
            batch = Batch()
            of = {"id": self.member_id, "after": after}
            batch.add("SELECT entity FROM change WHERE member_id = %(id)s AND version > %(after)s", of)
            batch.add("SELECT coalesce(sum(amount), 0)::bigint FROM posting WHERE member_id = %(id)s", of)
            entities, booked = batch.send(session)
        self.snapshots[self.epoch, self.version] = self.shown
        return {row[0] for row in entities}, booked[0][0]


def _plain(shown: dict[str, Any]) -> dict[str, Any]:
    """Reduce documents to what the truth speaks of."""
    plain: dict[str, Any] = {}
    for entity, document in shown.items():
        kind, _, key = entity.partition("/")
        if kind == "preference":
            plain[entity] = document["value"]
        elif kind == "favorite":
            plain[entity] = True
        elif kind == "draft":
            plain[entity] = document["quantity"] if "/line/" in key else document["note"]
        elif entity == "consent/marketing":
            plain[entity] = document["channels"]["email"]["allowed"]
        elif entity == "balance":
            plain[entity] = document["points_milli"]
    return plain


def _difference(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        key: (one.get(key), other.get(key))
        for key in one.keys() | other.keys()
        if one.get(key) != other.get(key)
    }
