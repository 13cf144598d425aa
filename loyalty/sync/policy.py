"""Decisions of synchronization on plain values: whose queue this is, what was sent before, what a cursor is worth."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from loyalty.edits import Edit
from loyalty.errors import Flaw, Invalid, Outdated, Refused
from loyalty.sync.protocol import MOST_MUTATIONS, SCHEMAS, Cursor, Mutation, Request, Result

HORIZON: Final = timedelta(days=90)
"""How long a tombstone stays in the feed."""

TRIES: Final = 3
"""How often the server may fail at a mutation before it is parked."""

RETRY_SECONDS: Final = (2, 10)
"""How long a device waits after the first and the second failure."""


class DeviceForked(Refused):
    """The device's numbers do not continue what it sent before: its storage was copied or rolled back."""

    code = "device_forked"
    text = "This device's queue does not continue what it sent before. Enroll it anew and send the same uids."


class UpdateNeeded(Outdated):
    """The device's version of the protocol is not served (any more)."""

    code = "update_needed"
    text = "This version of the app is too old. Update it; nothing is lost."


class RequestInvalid(Invalid):
    """The request breaks a rule of the protocol."""

    code = "sync_invalid"
    text = "This synchronization is not valid."


@dataclass(frozen=True, slots=True)
class Known:
    """The stored outcome of a mutation that was sent before."""

    device: str
    number: int
    args_hash: bytes
    result: Result


def check_request(request: Request) -> None:
    """Raise ``UpdateNeeded`` for a schema that is not served, ``RequestInvalid`` for a queue that is no queue."""
    if request.schema not in SCHEMAS:
        raise UpdateNeeded
    if len(request.mutations) > MOST_MUTATIONS:
        raise _invalid("/mutations", f"Expected at most {MOST_MUTATIONS} mutations.")
    if len({mutation.uid for mutation in request.mutations}) < len(request.mutations):
        raise _invalid("/mutations", "Expected a uid once.")
    for place, (one, following) in enumerate(zip(request.mutations, request.mutations[1:], strict=False), 1):
        if following.number != one.number + 1:
            raise _invalid(f"/mutations/{place}/id", "Expected consecutive numbers.")


def check_numbers(
    mutations: Sequence[Mutation], known: Mapping[str, Known], *, device: str, last: int, same_epoch: bool
) -> int:
    """Return the device's last number after this request; raise ``DeviceForked``.

    A number below the next one must belong to a mutation that is known; a gap means that mutations were lost,
    unless the server itself lost them (the device comes from another epoch).
    """
    following = last + 1
    for mutation in mutations:
        before = known.get(mutation.uid)
        if before is not None and before.device == device and before.number != mutation.number:
            raise DeviceForked
        if mutation.number < following and before is None:
            raise DeviceForked
        if mutation.number > following and same_epoch:
            raise DeviceForked
        following = max(following, mutation.number + 1)
    return following - 1


def args_hash(mutation: Mutation) -> bytes:
    """Return the SHA-256 of what a mutation says (its name and arguments)."""
    said = json.dumps(
        [mutation.name, mutation.args], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()


def epoch_of(member_id: int, member_epoch: int, database_epoch: str) -> str:
    """Return the epoch as devices see it.

    It differs between members (a merged member's device must start again), after a merge, and after the database
    was restored from a backup.
    """
    said = f"{database_epoch}:{member_id}:{member_epoch}"
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def edit_of(
    mutation: Mutation, *, device: str, epoch: str, version: int, offset_ms: int, now: datetime
) -> Edit:
    """Return the edit that a mutation is: its clock corrected, and never later than ``now``.

    A state of another epoch is not this one seen, nor is a version that does not exist yet.
    """
    at = mutation.at + timedelta(milliseconds=offset_ms)
    held = mutation.seen_epoch == epoch and mutation.seen <= version
    return Edit(device=device, at=min(at, now), seen=mutation.seen if held else None)


def needs_reset(cursor: Cursor | None, *, epoch: str, version: int, horizon: int) -> bool:
    """Tell whether a device must start again: it holds nothing, another epoch's state, or a too old or future one."""
    return cursor is None or cursor.epoch != epoch or not horizon <= cursor.version <= version


def _invalid(pointer: str, expected: str) -> RequestInvalid:
    return RequestInvalid(flaws=(Flaw(pointer, expected),))
