"""Let a rotating number in, or count it as wrong: the one place where guessing is stopped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty.codes import queries
from loyalty.codes.models import CodeHandle, CodeUse, NumberState
from loyalty.codes.number import LOCKED_FOR, TRIES, number_matches, number_secret
from loyalty.codes.parsing import NumberCode
from loyalty.codes.pay import require_same_check
from loyalty.codes.refusals import CodeAlreadyUsed, CodeRefused, NumberLocked, NumberWrong
from loyalty.codes.secrecy import CodeSecret


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a number was let in. A refusal is carried, not raised, because its count must be committed."""

    member_id: int | None
    refusal: CodeRefused | None = None

    def require(self) -> int:
        """Return whose number it is, or raise the refusal: after the commit."""
        if self.refusal is not None:
            raise self.refusal
        assert self.member_id is not None
        return self.member_id


def admit_number(
    session: Session, code: NumberCode, *, reference: str, secret: CodeSecret, now: datetime
) -> Admission:
    """Compare a number with the member's secret and bind it to the check ``reference``, or count it as wrong.

    Runs in a transaction of its own, before the quote or sale it is for, and is committed whatever it answers::

        with transaction() as session:
            admission = codes.admit_number(session, code, reference="sale:…", secret=…, now=now)
        member_id = admission.require()

    Guesses for one member wait for each other, so that no burst is compared before it is counted. The fifth
    wrong number in a row locks for 15 minutes and changes the secret. Whether an account number exists is not
    told: ``NumberWrong`` either way. Other refusals: ``NumberLocked``, ``CodeAlreadyUsed``.
    """
    state = session.execute(
        select(NumberState)
        .join(CodeHandle, CodeHandle.member_id == NumberState.member_id)
        .where(CodeHandle.handle == code.handle)
        .with_for_update(of=NumberState)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if state is None:
        number_matches(number_secret(secret, 0, code.account_number, 0), code.password, now=now)
        return Admission(None, NumberWrong())
    member_id = state.member_id
    use = queries.use_of(session, member_id, code.use_key)
    if use is not None:
        try:
            require_same_check(use, reference, now)
        except CodeAlreadyUsed as refusal:
            return Admission(member_id, refusal)
        return Admission(member_id)
    if state.locked_until is not None and now < state.locked_until:
        return Admission(member_id, NumberLocked())
    key = number_secret(secret, member_id, code.account_number, state.rotation)
    if not number_matches(key, code.password, now=now):
        return Admission(member_id, _count_wrong(session, state, now))
    _tries(session, member_id, tries=0, locked_until=None)
    session.execute(
        insert(CodeUse).values(member_id=member_id, code=code.use_key, reference=reference, used_at=now)
    )
    return Admission(member_id)


def _count_wrong(session: Session, state: NumberState, now: datetime) -> CodeRefused:
    if state.tries + 1 < TRIES:
        _tries(session, state.member_id, tries=state.tries + 1, locked_until=None)
        return NumberWrong()
    _tries(session, state.member_id, tries=0, locked_until=now + LOCKED_FOR, rotation=state.rotation + 1)
    return NumberLocked()


def _tries(session: Session, member_id: int, **values: int | datetime | None) -> None:
    session.execute(update(NumberState).where(NumberState.member_id == member_id).values(**values))
