"""The program: what a brand promises its members as data, checked, compiled and evaluated in one place."""

from __future__ import annotations

from loyalty.rules.cache import NoProgram, forget_timeline, program, program_at
from loyalty.rules.check import ProgramInvalid, check, compile_program, normalized
from loyalty.rules.diff import Difference, diff
from loyalty.rules.models import ProgramVersion
from loyalty.rules.program import Program
from loyalty.rules.schema import json_schema, ordered
from loyalty.rules.shipped import SHIPPED, NotShipped, load_shipped
from loyalty.rules.versions import (
    NoticeTooShort,
    PointsLifeShortened,
    apply,
    approve,
    draft,
    get_version,
    list_versions,
    refresh,
    rollback,
    schedule,
    version_at,
    withdraw,
)

__all__ = [
    "SHIPPED",
    "Difference",
    "NoProgram",
    "NotShipped",
    "NoticeTooShort",
    "PointsLifeShortened",
    "Program",
    "ProgramInvalid",
    "ProgramVersion",
    "apply",
    "approve",
    "check",
    "compile_program",
    "diff",
    "draft",
    "forget_timeline",
    "get_version",
    "json_schema",
    "list_versions",
    "load_shipped",
    "normalized",
    "ordered",
    "program",
    "program_at",
    "refresh",
    "rollback",
    "schedule",
    "version_at",
    "withdraw",
]
