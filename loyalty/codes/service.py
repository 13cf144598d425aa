"""Change what is known of codes: numbers given, keys registered and revoked, codes bound to the check that saw them.

Nothing here locks the member's account row. A sale, which does, reads and writes ``code_use`` and ``device_key`` in
its own statements; the rows written here stand before the sale begins and are only ever added or tightened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty.codes import queries
from loyalty.codes.card import new_account_number, new_card_number
from loyalty.codes.keys import clean_jwk, new_kid
from loyalty.codes.models import CodeHandle, CodeUse, DeviceKey, NumberState
from loyalty.codes.number import verify_admitted_number
from loyalty.codes.parsing import CardCode, ClaimCode, Code, NumberCode
from loyalty.codes.pay import WINDOW_SECONDS, Verified, require_same_check, verify_pay
from loyalty.codes.refusals import CodeInvalid, CodeUnknown, NumberWrong
from loyalty.codes.secrecy import CodeSecret, epochs_at

KEPT: Final = timedelta(days=90)
_ATTEMPTS: Final = 20


def give_numbers(session: Session, member_id: int) -> tuple[str, str]:
    """Give a new member an account number and a card number that nobody has; return both."""
    session.execute(insert(NumberState).values(member_id=member_id))
    account_number = _take(session, member_id, "number", new_account_number)
    return account_number, _take(session, member_id, "card", new_card_number)


def keep_card(session: Session, member_id: int, card_number: str) -> bool:
    """Let an already printed card name this member; return whether it was free (or the member's already)."""
    session.execute(
        insert(CodeHandle).values(handle=f"card:{card_number}", member_id=member_id).on_conflict_do_nothing()
    )
    return queries.member_of(session, f"card:{card_number}") == member_id


def register_key(
    session: Session, *, member_id: int, device_id: str, public_key: Mapping[str, Any], now: datetime
) -> str:
    """Register a device's public key and return its ``kid``; the same key again gets the same one.

    A device has one key: an older one is revoked. Raise ``KeyInvalid``.
    """
    clean = clean_jwk(public_key)
    for known in queries.device_keys(session, member_id):
        if known.device_id == device_id and known.status != "revoked":
            if known.public_key == clean:
                return known.kid
            _revoke(session, member_id, device_id)
    kid = _take(session, member_id, "kid", new_kid)
    session.execute(
        insert(DeviceKey).values(
            member_id=member_id, kid=kid, device_id=device_id, public_key=clean, created_at=now
        )
    )
    return kid


def revoke_keys(session: Session, *, member_id: int, device_id: str) -> None:
    """Let a device's codes be refused from now on."""
    _revoke(session, member_id, device_id)


def suspend_key(session: Session, *, member_id: int, kid: str) -> None:
    """Let a key identify and no longer pay: it spent offline what the wallet did not cover."""
    session.execute(
        update(DeviceKey)
        .where(DeviceKey.member_id == member_id, DeviceKey.kid == kid, DeviceKey.status == "active")
        .values(status="suspended")
    )


def resume_keys(session: Session, *, member_id: int) -> None:
    """Let suspended keys pay again: the loss was settled."""
    session.execute(
        update(DeviceKey)
        .where(DeviceKey.member_id == member_id, DeviceKey.status == "suspended")
        .values(status="active")
    )


def identify(
    session: Session,
    code: Code,
    *,
    secret: CodeSecret,
    reference: str | None,
    now: datetime,
    window_seconds: int = WINDOW_SECONDS,
) -> Verified:
    """Tell whose code it is and what it proves, and bind it to the check ``reference`` (none: it is not bound).

    For the quote, the order and every look-up that is not a settle: a till shows the code once and sends it
    again when the sale is settled, by then too old for anybody else. A number must have been admitted
    (``admit_number``) for the same reference. Raise the reasons of ``verify_pay``, ``CodeUnknown`` for a card
    or phone nobody has, ``NumberWrong``, and ``CodeInvalid`` for a receipt's claim code.
    """
    if isinstance(code, ClaimCode):
        raise CodeInvalid("This is a receipt to be claimed in the app, not a member's code.")
    member_id = queries.member_of(session, code.handle)
    if isinstance(code, CardCode):
        if member_id is None:
            raise CodeUnknown
        return Verified(member_id, "identity")
    if member_id is None:
        raise NumberWrong if isinstance(code, NumberCode) else CodeUnknown
    use = queries.use_of(session, member_id, code.use_key)
    if isinstance(code, NumberCode):
        return verify_admitted_number(code, member_id, use=use, reference=reference, now=now)
    verified = verify_pay(
        code,
        queries.device_key(session, member_id, code.kid),
        epochs=epochs_at(secret, now),
        now=now,
        reference=reference,
        use=use,
        window_seconds=window_seconds,
    )
    if reference is not None and verified.first_seen:
        bind(session, verified, reference=reference, now=now)
    return verified


def bind(session: Session, verified: Verified, *, reference: str, now: datetime) -> None:
    """Remember which check saw a code first, and the device's counter; raise ``CodeAlreadyUsed`` if another did."""
    assert verified.use_key is not None
    added = session.execute(
        insert(CodeUse)
        .values(member_id=verified.member_id, code=verified.use_key, reference=reference, used_at=now)
        .on_conflict_do_nothing()
        .returning(CodeUse.code)
    ).first()
    if added is None:
        use = queries.use_of(session, verified.member_id, verified.use_key)
        assert use is not None, "rows of code_use that bind a fresh code are not deleted"
        require_same_check(use, reference, now)
    if verified.counter is not None:
        session.execute(
            update(DeviceKey)
            .where(
                DeviceKey.member_id == verified.member_id,
                DeviceKey.kid == verified.kid,
                DeviceKey.counter < verified.counter,
            )
            .values(counter=verified.counter)
        )


def merge(session: Session, *, survivor: int, merged: int) -> None:
    """Let everything that named ``merged`` name ``survivor``: its cards, numbers and phones go on working."""
    session.execute(update(CodeHandle).where(CodeHandle.member_id == merged).values(member_id=survivor))
    for model in (DeviceKey, CodeUse):
        session.execute(update(model).where(model.member_id == merged).values(member_id=survivor))
    session.execute(delete(NumberState).where(NumberState.member_id == merged))


def export(session: Session, member_id: int) -> dict[str, Any]:
    """Return what is kept here about a member, as JSON values."""
    return {
        "handles": list(
            session.scalars(
                select(CodeHandle.handle).where(CodeHandle.member_id == member_id).order_by(CodeHandle.handle)
            )
        ),
        "keys": [
            {
                "kid": key.kid,
                "device": key.device_id,
                "public_key": dict(key.public_key),
                "status": key.status,
            }
            for key in queries.device_keys(session, member_id)
        ],
        "used_codes": [
            {"code": code, "reference": reference, "used_at": used_at.isoformat()}
            for code, reference, used_at in queries.uses_of(session, member_id)
        ],
    }


def erase(session: Session, member_id: int) -> None:
    """Forget every handle, key and used code of a member; codes shown from now on are unknown."""
    for model in (CodeHandle, DeviceKey, CodeUse, NumberState):
        session.execute(delete(model).where(model.member_id == member_id))


def _take(session: Session, member_id: int, kind: str, draw: Callable[[], str]) -> str:
    """Draw values until one is free, and keep it as this member's handle."""
    for _ in range(_ATTEMPTS):
        value = draw()
        taken = (
            insert(CodeHandle).values(handle=f"{kind}:{value}", member_id=member_id).on_conflict_do_nothing()
        )
        if session.execute(taken.returning(CodeHandle.handle)).first() is not None:
            return value
    raise RuntimeError(f"no free {kind} in {_ATTEMPTS} draws: the space is full, or the randomness is broken")


def _revoke(session: Session, member_id: int, device_id: str) -> None:
    session.execute(
        update(DeviceKey)
        .where(DeviceKey.member_id == member_id, DeviceKey.device_id == device_id)
        .values(status="revoked")
    )


def purge(session: Session, *, now: datetime) -> int:
    """Delete uses older than ``KEPT``, at most 10,000 at a time; return how many.

    Longer than any offline till keeps its queue: until then a code that comes back is known.
    """
    old = text("ctid = ANY(ARRAY(SELECT ctid FROM code_use WHERE used_at < :before LIMIT 10000))").bindparams(
        before=now - KEPT
    )
    return len(session.execute(delete(CodeUse).where(old).returning(CodeUse.code)).all())
