"""The reason of an effect, as data: stored with every posting, so that "why?" can be answered for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from loyalty.record import record


@record
class Why:
    """The explanation of an effect: ``key`` names the sentence, ``inputs`` fill it (integers in their unit).

    ``loyalty.rules.explain`` renders it in a locale.
    """

    key: str
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
