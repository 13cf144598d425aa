"""What travels between a device and the server in one synchronization, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

SCHEMA: Final = 1
SCHEMAS: Final = (SCHEMA - 1, SCHEMA)
"""Versions of the documents that are served: the present one and the one before."""

MOST_MUTATIONS: Final = 50
MOST_BYTES: Final = 64 * 1024
MOST_DOCUMENTS: Final = 500
"""Documents in one answer; the rest follows in further ones (``more``)."""

Document = dict[str, Any]
ResultStatus = Literal["ok", "merged", "superseded", "rejected"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a device holds: everything of ``epoch`` up to ``version``.

    ``after`` is set between the pages of a snapshot: the last document that was sent. A device keeps it like the
    rest of the cursor and does not look into it.
    """

    epoch: str
    version: int
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """One act of a person, as its device queued it.

    ``number`` counts up per device; ``uid`` was made when the person acted and never changes; ``seen`` and
    ``seen_epoch`` say what the device held then (``None``: nothing yet); ``at`` is the device's own clock then.
    """

    number: int
    uid: str
    name: str
    args: Mapping[str, Any]
    seen: int
    seen_epoch: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """One synchronization: a prefix of the device's queue, and what the device holds.

    ``offset_ms`` is how far the server's clock is ahead of the device's, as the device last measured it from
    ``server_time`` and the round trip (0 if it has not).
    """

    schema: int = SCHEMA
    cursor: Cursor | None = None
    mutations: tuple[Mutation, ...] = ()
    offset_ms: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """How a mutation ended; the device drops exactly these uids from its queue."""

    uid: str
    number: int
    status: ResultStatus
    code: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a request's mutations.

    ``retry_after_seconds`` is set where the server failed at one: the device sends that one and the rest again.
    """

    results: tuple[Result, ...] = ()
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What changed since a cursor. With ``reset`` the device forgets its documents (not its queue) first."""

    cursor: Cursor
    reset: bool = False
    more: bool = False
    put: dict[str, Document] = field(default_factory=dict[str, Document])
    deleted: tuple[str, ...] = ()
