"""The program: what a brand promises its members as data, checked, compiled and evaluated in one place."""

from __future__ import annotations

from loyalty.rules.cache import NoProgram, forget_timeline, program, program_at
from loyalty.rules.challenges import challenge_progress
from loyalty.rules.check import ProgramInvalid, check, compile_program, normalized
from loyalty.rules.diff import Difference, diff
from loyalty.rules.evaluate import answer, base_earnings, evaluate
from loyalty.rules.expiry import expires_at, expiry_of, extended
from loyalty.rules.explain import explain
from loyalty.rules.limits import limit_periods
from loyalty.rules.models import ProgramVersion
from loyalty.rules.program import Program
from loyalty.rules.schema import json_schema, ordered
from loyalty.rules.shipped import SHIPPED, NotShipped, load_shipped
from loyalty.rules.source import parse_json, write_json
from loyalty.rules.tiers import (
    birthday_on,
    demotion,
    demotion_at,
    scheduled,
    tier_after,
    tier_window,
    valid_until,
)
from loyalty.rules.version_queries import get_version, list_versions, next_version, version_at
from loyalty.rules.version_refusals import (
    AlreadyInForce,
    LiveInThePast,
    NoSuchVersion,
    NotADraft,
    NotApproved,
    NoticeTooShort,
    OwnApproval,
    PointsLifeShortened,
)
from loyalty.rules.versions import (
    apply,
    approve,
    draft,
    refresh,
    rollback,
    schedule,
    withdraw,
)

__all__ = [
    "SHIPPED",
    "AlreadyInForce",
    "Difference",
    "LiveInThePast",
    "NoProgram",
    "NoSuchVersion",
    "NotADraft",
    "NotApproved",
    "NotShipped",
    "NoticeTooShort",
    "OwnApproval",
    "PointsLifeShortened",
    "Program",
    "ProgramInvalid",
    "ProgramVersion",
    "answer",
    "apply",
    "approve",
    "base_earnings",
    "birthday_on",
    "challenge_progress",
    "check",
    "compile_program",
    "demotion",
    "demotion_at",
    "diff",
    "draft",
    "evaluate",
    "expires_at",
    "expiry_of",
    "explain",
    "extended",
    "forget_timeline",
    "get_version",
    "json_schema",
    "limit_periods",
    "list_versions",
    "load_shipped",
    "next_version",
    "normalized",
    "ordered",
    "parse_json",
    "program",
    "program_at",
    "refresh",
    "rollback",
    "schedule",
    "scheduled",
    "tier_after",
    "tier_window",
    "valid_until",
    "version_at",
    "withdraw",
    "write_json",
]
