"""How a store takes orders ahead: what the shape of its entry cannot say, and its entry as a value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any, Final

from loyalty.rules.references import Checking, objects
from loyalty.rules.schema.catalog import WEEKDAYS
from loyalty.rules.specs import OrderAhead

EVERY_MINUTES: Final = 5


def check_order_ahead(checking: Checking) -> None:
    """Check hours, days and products of every store that takes orders ahead."""
    for place, store in objects(checking.document.get("stores")):
        ahead: Mapping[str, Any] = store.get("order_ahead") or {}
        pointer = f"/stores/{place}/order_ahead"
        checking.all_known(f"{pointer}/not_skus", "products", ahead.get("not_skus"))
        for number, day in enumerate(ahead.get("closed_days") or ()):
            _check_day(checking, f"{pointer}/closed_days/{number}", day)
        for weekday, spans in (ahead.get("hours") or {}).items():
            _check_spans(checking, f"{pointer}/hours/{weekday}", spans)


def order_ahead_of(document: Mapping[str, Any]) -> OrderAhead:
    """Return a sound entry with its defaults filled in."""
    hours = document["hours"]
    return OrderAhead(
        lead_minutes=document["lead_minutes"],
        every_minutes=document.get("every_minutes", EVERY_MINUTES),
        most_per_slot=document.get("most_per_slot"),
        days_ahead=document.get("days_ahead", 0),
        hours=tuple(
            tuple((_minutes(start), _minutes(end)) for start, end in hours.get(day, ())) for day in WEEKDAYS
        ),
        closed_days=frozenset(date.fromisoformat(day) for day in document.get("closed_days", ())),
        not_skus=frozenset(document.get("not_skus", ())),
    )


def _check_day(checking: Checking, pointer: str, day: str | None) -> None:
    try:
        if day is not None:
            date.fromisoformat(day)
    except ValueError:
        checking.add(pointer, f"expected a day of the calendar, not {day}", "date")


def _check_spans(checking: Checking, pointer: str, spans: Any) -> None:
    minutes = [
        None if span is None or None in span else (_minutes(span[0]), _minutes(span[1]))
        for span in spans or ()
    ]
    for place, span in enumerate(minutes):
        if span is not None and span[0] >= span[1]:
            checking.add(f"{pointer}/{place}", "expected an end after the beginning", "range")
    for place, (before, after) in enumerate(pairwise(minutes), start=1):
        if before is not None and after is not None and after[0] < before[1]:
            checking.add(f"{pointer}/{place}", "expected a beginning after the end before it", "range")


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
