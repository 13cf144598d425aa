"""What a request was answered: kept, so that a retry gets the same, and told from another request's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from loyalty.actor import Actor
from loyalty.db import Batch
from loyalty.errors import Denied, DomainError, PaymentDeclined, Refused
from loyalty.jsontext import canonical, dumps
from loyalty.sales.refusals import KeyReused
from loyalty.sales.state import StoredAnswer

_KINDS: Final = {"Refused": Refused, "Denied": Denied, "PaymentDeclined": PaymentDeclined}


def request_hash_of(values: Any) -> bytes:
    """Return the hash by which a retry is told from another request: of the request's values, not of its bytes."""
    return hashlib.sha256(canonical(values, _plain)).digest()


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def queue_answer(
    batch: Batch,
    *,
    client: str,
    key: str,
    member_id: int,
    request_hash: bytes,
    answer: Mapping[str, Any],
    now: datetime,
    refused: bool = False,
) -> None:
    """Queue the answer that a retry with this key will get."""
    batch.add(
        """INSERT INTO request_key (client, key, member_id, request_hash, refused, answer, created_at)
           VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s)""",
        (client, key, member_id, request_hash, refused, dumps(answer), now),
    )


def replay(stored: StoredAnswer, digest: bytes) -> dict[str, Any]:
    """Give the stored answer again, or raise the stored refusal; raise ``KeyReused`` for another request."""
    if stored.request_hash != digest:
        raise KeyReused
    if not stored.refused:
        return stored.answer
    kind = _KINDS[stored.answer["kind"]]
    error = kind(stored.answer["detail"], **stored.answer["data"])
    error.code = stored.answer["code"]  # pyright: ignore[reportAttributeAccessIssue] - the code of the first refusal
    raise error


def remember_refusal(
    session: Session,
    error: DomainError,
    *,
    actor: Actor,
    key: str,
    digest: bytes,
    member_id: int,
    now: datetime,
) -> None:
    """Store that this request was refused, so that a retry is refused alike; bad input and lock trouble are not."""
    kind = next((name for name, cls in _KINDS.items() if isinstance(error, cls)), None)
    if kind is None or not key:
        return
    batch = Batch()
    answer = {"kind": kind, "code": error.code, "detail": error.detail, "data": error.data}
    queue_answer(
        batch,
        client=actor.client,
        key=key,
        member_id=member_id,
        request_hash=digest,
        answer=answer,
        now=now,
        refused=True,
    )
    batch.send(session)
    error.keeps = True
