"""Rounds that take turns, medians, and verdicts against a stated target."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Literal


@dataclass(frozen=True)
class Verdict:
    """One claim: what was measured, what was promised, whether it holds. ``void`` says why it does not count."""

    claim: str
    measured: float
    unit: str
    target: float
    sense: Literal["at least", "at most"]
    void: str = ""

    @property
    def met(self) -> bool:
        """Tell whether the measured value keeps the promise."""
        return self.measured >= self.target if self.sense == "at least" else self.measured <= self.target


@dataclass
class Report:
    """Everything one benchmark has to say."""

    name: str
    title: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self, name: str, value: str) -> None:
        """Add a line of the table."""
        self.rows.append((name, value))

    def note(self, text: str) -> None:
        """Add what a reader has to know to judge the numbers."""
        self.notes.append(text)

    def claim(
        self,
        claim: str,
        measured: float,
        unit: str,
        sense: Literal["at least", "at most"],
        target: float,
        void: str = "",
    ) -> None:
        """Hold a measured value against its target."""
        self.verdicts.append(Verdict(claim, measured, unit, target, sense, void))


def interleaved(sides: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, list[float]]:
    """Measure every side once per round, in turn, so that a busy minute hits all of them; return all values."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        order = list(sides.items())
        for name, measure in order if number % 2 == 0 else reversed(order):
            found[name].append(measure())
    return found


def middle(values: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of each side."""
    return {name: median(each) for name, each in values.items()}


def ratio_of(values: Mapping[str, list[float]], mine: str, theirs: str) -> float:
    """Return the median over the rounds of mine / theirs: each round's two values were measured side by side."""
    return median(one / other for one, other in zip(values[mine], values[theirs], strict=True))


def per_second(work: Callable[[], object], *, seconds: float = 0.5) -> float:
    """Return how often ``work`` can be done in a second, called in a loop for about ``seconds``."""
    gc.collect()
    gc.disable()
    try:
        done, batch = 0, 1
        began = time.perf_counter()
        while True:
            for _ in range(batch):
                work()
            done += batch
            took = time.perf_counter() - began
            if took >= seconds:
                return done / took
            batch = max(1, min(done, int((seconds - took) * done / took)))
    finally:
        gc.enable()
