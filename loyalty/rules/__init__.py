"""The program: what a brand promises its members as data, checked, compiled and evaluated in one place."""

from __future__ import annotations

from loyalty.rules.check import ProgramInvalid, check, compile_program
from loyalty.rules.program import Program
from loyalty.rules.schema import json_schema
from loyalty.rules.shipped import SHIPPED, load_shipped

__all__ = [
    "SHIPPED",
    "Program",
    "ProgramInvalid",
    "check",
    "compile_program",
    "json_schema",
    "load_shipped",
]
