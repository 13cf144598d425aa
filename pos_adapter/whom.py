"""Whom a request at a till is about: what was scanned, or a member the till knows already."""

from __future__ import annotations

from typing import Final

from loyalty import codes, members
from loyalty.db import snapshot, transaction
from loyalty.errors import DomainError, Invalid
from loyalty.web.api import Call
from loyalty.web.basket_errors import CODE_ERRORS
from loyalty.web.fields import Id, Input, Text


class MemberNeeded(Invalid):
    """Neither a code nor a member was given, or both."""

    code = "member_needed"
    text = "Send either what was scanned (code) or the member."


class Shown(Input):
    """Who: what the till scanned, or a member it knows."""

    code = Text(load_default=None, max=400, about="What the till scanned: pay code, number or card.")
    member = Id(load_default=None, about="A member the till knows already.")


# What naming somebody may be refused for.
WHOM_ERRORS: Final[tuple[type[DomainError], ...]] = (*CODE_ERRORS, MemberNeeded, members.MemberUnknown)


def member_of(call: Call, reference: str) -> int:
    """Return whom the body of a call names; what was scanned is bound to ``reference``. Raise ``MemberNeeded``."""
    found = anybody_of(call, reference)
    if found is None:
        raise MemberNeeded
    return found


def anybody_of(call: Call, reference: str) -> int | None:
    """Return whom the body names, ``None`` for nobody; raise ``MemberNeeded`` where it names both."""
    scanned, known = call.body["code"], call.body["member"]
    if scanned is not None and known is not None:
        raise MemberNeeded
    if known is not None:
        with snapshot() as session:
            return members.find(session, known)
    return None if scanned is None else _scanned(call, scanned, reference)


def secret_of(call: Call) -> codes.CodeSecret:
    """Return the secret that codes are made with."""
    return codes.code_secret(call.site.settings.secret_key)


def admit(call: Call, code: codes.NumberCode, reference: str) -> None:
    """Let a number in for ``reference``, in a transaction of its own: a wrong one is counted, whatever comes after."""
    with transaction() as session:
        admission = codes.admit_number(
            session, code, reference=reference, secret=secret_of(call), now=call.now
        )
    admission.require()


def _scanned(call: Call, scanned: str, reference: str) -> int:
    code = codes.parse(scanned)
    if isinstance(code, codes.NumberCode):
        admit(call, code, reference)
    with transaction() as session:
        found = codes.identify(session, code, secret=secret_of(call), reference=reference, now=call.now)
        return found.member_id
