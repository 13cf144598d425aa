"""One synchronization: take in what a device did (``push``), then tell it what changed (``pull``).

``push`` runs in a transaction of its own; ``pull`` after it, in a snapshot (``loyalty.db.snapshot``), so that
version, changes and documents are of one moment::

    with transaction() as session:
        pushed = sync.push(session, actor=actor, request=request, now=now)
    with snapshot() as session:
        page = sync.pull(session, actor=actor, cursor=request.cursor)
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import psycopg
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from loyalty import changes
from loyalty.actor import Actor
from loyalty.db import Batch
from loyalty.errors import Busy, DomainError
from loyalty.sync import notices, policy, queries
from loyalty.sync.admission import admitted, member_of
from loyalty.sync.args import Args
from loyalty.sync.mutations import VERBS, Context, Verb
from loyalty.sync.policy import Known
from loyalty.sync.protocol import Mutation, Pushed, Request, Result
from loyalty.sync.queries import Stand

_STORE_OUTCOMES: Final = """
    INSERT INTO mutation_outcome
        (member_id, uid, device_id, number, name, args_hash, status, code, version, at)
    SELECT %(member_id)s, uid, %(device)s, number, name, args_hash, status, code, %(version)s, %(at)s
    FROM unnest(%(uids)s::text[], %(numbers)s::bigint[], %(names)s::text[], %(hashes)s::bytea[],
                %(statuses)s::text[], %(codes)s::text[]) AS o (uid, number, name, args_hash, status, code)
"""
_STORE_LAST_NUMBER: Final = """
    INSERT INTO device_queue (member_id, device_id, last_number) VALUES (%(member_id)s, %(device)s, %(last)s)
    ON CONFLICT (member_id, device_id) DO UPDATE SET last_number = excluded.last_number
"""
_STORE_FAILURE: Final = """
    INSERT INTO mutation_failure (member_id, uid, name, args, tries, error, failed_at, parked_at)
    VALUES (%(member_id)s, %(uid)s, %(name)s, %(args)s::jsonb, %(tries)s, %(error)s, %(now)s, %(parked_at)s)
    ON CONFLICT (member_id, uid) DO UPDATE
    SET tries = excluded.tries, error = excluded.error, failed_at = excluded.failed_at,
        parked_at = excluded.parked_at
"""
_LONGEST_ERROR: Final = 4000


class _Failed(Exception):
    """The server failed at a mutation, which is not the mutation's fault; ``error`` says where."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


def push(session: Session, *, actor: Actor, request: Request, now: datetime) -> Pushed:
    """Take in the mutations of a request: each counts once, whoever sends it however often.

    A refusal by a feature is a result. Raise ``DeviceForked``, ``DeviceRevoked``, ``SessionExpired``,
    ``UpdateNeeded``, ``RequestInvalid`` (then nothing was taken in).
    """
    policy.check_request(request)
    if not request.mutations:
        return Pushed()
    member_id = member_of(actor)
    changes.lock(session, member_id)
    stand = admitted(queries.stand_of(session, member_id, actor.id))
    before = queries.sent_before(
        session, member_id, actor.id, [mutation.uid for mutation in request.mutations]
    )
    same_epoch = request.cursor is None or request.cursor.epoch == stand.epoch
    policy.check_numbers(
        request.mutations, before.known, device=actor.id, last=before.last_number, same_epoch=same_epoch
    )
    taking = _Taking(session, actor, member_id, stand, request.offset_ms, now)
    return taking.take(request.mutations, before)


class _Taking:
    """Taking in the mutations of one request, one after the other."""

    def __init__(
        self, session: Session, actor: Actor, member_id: int, stand: Stand, offset_ms: int, now: datetime
    ) -> None:
        self._session = session
        self._actor = actor
        self._member_id = member_id
        self._stand = stand
        self._offset_ms = offset_ms
        self._now = now

    def take(self, mutations: Sequence[Mutation], before: queries.Before) -> Pushed:
        """Take in each mutation until the server fails at one, and store the outcomes of the new ones."""
        results: list[Result] = []
        fresh: list[tuple[Mutation, Result]] = []
        retry: int | None = None
        for mutation in mutations:
            known = before.known.get(mutation.uid)
            if known is not None:
                results.append(_again(mutation, known))
                continue
            try:
                result = self._apply(mutation)
            except _Failed as failure:
                tries = before.failures.get(mutation.uid, 0) + 1
                self._note_failure(mutation, failure, tries)
                if tries < policy.TRIES:
                    retry = policy.RETRY_SECONDS[tries - 1]
                    break
                result = self._park(mutation)
            results.append(result)
            fresh.append((mutation, result))
        version = changes.head(self._session, self._member_id).version
        self._store(fresh, version, before.last_number, mutations[: len(results)])
        new = {mutation.uid for mutation, _ in fresh}
        answered = [replace(result, version=version) if result.uid in new else result for result in results]
        return Pushed(tuple(answered), retry)

    def _apply(self, mutation: Mutation) -> Result:
        verb = VERBS.get(mutation.name)
        if verb is None:
            return _result(mutation, "rejected", "mutation_unknown")
        edit = policy.edit_of(
            mutation,
            device=self._actor.id,
            epoch=self._stand.epoch,
            version=self._stand.version,
            offset_ms=self._offset_ms,
            now=self._now,
        )
        context = Context(self._actor, self._member_id, edit, self._now)
        try:
            with self._session.begin_nested():
                return self._done(mutation, verb, context)
        except (Busy, OperationalError, psycopg.OperationalError):
            raise  # a lock or the connection, not the mutation: the whole request comes again
        except DomainError as refusal:
            return _result(mutation, "rejected", refusal.code)
        except Exception as error:
            raise _Failed("".join(traceback.format_exception(error))[-_LONGEST_ERROR:]) from error

    def _done(self, mutation: Mutation, verb: Verb, context: Context) -> Result:
        args = Args(mutation.args)
        status = verb.apply(self._session, context, args)
        if status == "ok":
            return _result(mutation, status, None)
        late = None if verb.late is None else verb.late(self._session, context, args)
        code, facts = late or (verb.contested, {})
        if code is not None and (late or (status == "merged" and verb.notice)):
            about = {key: mutation.args[key] for key in ("draft", "line") if key in mutation.args}
            notices.add(
                self._session,
                member_id=self._member_id,
                uid=mutation.uid,
                code=code,
                data={"name": mutation.name, **about, **facts},
                now=self._now,
            )
        return _result(mutation, status, code)

    def _note_failure(self, mutation: Mutation, failure: _Failed, tries: int) -> None:
        batch = Batch()
        batch.add(
            _STORE_FAILURE,
            {
                "member_id": self._member_id,
                "uid": mutation.uid,
                "name": mutation.name,
                "args": json.dumps(dict(mutation.args)),
                "tries": tries,
                "error": failure.error,
                "now": self._now,
                "parked_at": self._now if tries >= policy.TRIES else None,
            },
        )
        batch.send(self._session)

    def _park(self, mutation: Mutation) -> Result:
        notices.add(
            self._session,
            member_id=self._member_id,
            uid=mutation.uid,
            code="parked",
            data={"name": mutation.name},
            now=self._now,
        )
        return _result(mutation, "rejected", "parked")

    def _store(
        self,
        fresh: Sequence[tuple[Mutation, Result]],
        version: int,
        last_number: int,
        taken: Sequence[Mutation],
    ) -> None:
        of = {"member_id": self._member_id, "device": self._actor.id}
        batch = Batch()
        if fresh:
            batch.add(
                _STORE_OUTCOMES,
                {
                    **of,
                    "version": version,
                    "at": self._now,
                    "uids": [mutation.uid for mutation, _ in fresh],
                    "numbers": [mutation.number for mutation, _ in fresh],
                    "names": [mutation.name for mutation, _ in fresh],
                    "hashes": [policy.args_hash(mutation) for mutation, _ in fresh],
                    "statuses": [result.status for _, result in fresh],
                    "codes": [result.code for _, result in fresh],
                },
            )
        last = max((mutation.number for mutation in taken), default=0)
        if last > last_number:
            batch.add(_STORE_LAST_NUMBER, {**of, "last": last})
        if len(batch):
            batch.send(self._session)


def _again(mutation: Mutation, known: Known) -> Result:
    if known.args_hash != policy.args_hash(mutation):
        return _result(mutation, "rejected", "uid_reused")
    return replace(known.result, number=mutation.number)


def _result(mutation: Mutation, status: str, code: str | None) -> Result:
    assert status in ("ok", "merged", "superseded", "rejected")
    return Result(mutation.uid, mutation.number, status, code, 0)
