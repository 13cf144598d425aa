"""Scenario files: played through every door's real HTTP interface, compared with what they expect."""

from loyalty.scenarios.doors import ABOUT, DOORS
from loyalty.scenarios.format import FormatInvalid, described, json_schema, lines_of, load, load_text, read
from loyalty.scenarios.nouns import Scenario
from loyalty.scenarios.runner import Failure, Result, play
from loyalty.scenarios.workshop import Workshop

__all__ = [
    "ABOUT",
    "DOORS",
    "Failure",
    "FormatInvalid",
    "Result",
    "Scenario",
    "Workshop",
    "described",
    "json_schema",
    "lines_of",
    "load",
    "load_text",
    "play",
    "read",
]
