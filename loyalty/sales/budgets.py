"""Program-wide budgets: in buckets, so that not every sale waits for one row; taken from with one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from loyalty.db import Batch
from loyalty.jsontext import dumps
from loyalty.record import record
from loyalty.rules.outcome import LimitUse

BUCKETS: Final = 8
# A budget of fewer uses than this is one row: cutting it up would refuse what it still holds.
SMALL_BUDGET: Final = 10_000


@record
class Taking:
    """What is taken from one bucket of a budget, and how much that bucket may ever give."""

    limit: str
    period: str
    bucket: int
    times: int
    amount: int
    cap_times: int | None
    cap_amount: int | None


def takings(uses: Iterable[LimitUse], *, member_id: int) -> list[Taking]:
    """Return what is taken from program-wide budgets, in key order, each budget once."""
    merged: dict[tuple[str, str], list[LimitUse]] = {}
    for use in uses:
        merged.setdefault((use.limit, use.period), []).append(use)
    return [_taking(same, member_id) for _, same in sorted(merged.items())]


def _taking(same: Sequence[LimitUse], member_id: int) -> Taking:
    whole_times, whole_amount = same[0].maximum_times, same[0].maximum_amount
    small = (whole_times if whole_times is not None else (whole_amount or 0) // 1000) < SMALL_BUDGET
    buckets = 1 if small else BUCKETS
    bucket = member_id % buckets
    return Taking(
        limit=same[0].limit,
        period=same[0].period,
        bucket=bucket,
        times=sum(use.times for use in same),
        amount=sum(use.amount for use in same),
        cap_times=_share(whole_times, bucket, buckets),
        cap_amount=_share(whole_amount, bucket, buckets),
    )


def queue(batch: Batch, wanted: Sequence[Taking]) -> None:
    """Queue one statement that takes from all budgets, in their order; it returns a row for each that gave."""
    batch.add(
        """INSERT INTO budget_counter AS b (limit_key, period, bucket, times, amount)
           SELECT w.limit_key, w.period, w.bucket, w.times, w.amount
           FROM unnest(%(limits)s::text[], %(periods)s::text[], %(buckets)s::bigint[], %(times)s::bigint[],
                       %(amounts)s::bigint[], %(caps_times)s::bigint[], %(caps_amounts)s::bigint[])
                WITH ORDINALITY AS w (limit_key, period, bucket, times, amount, cap_times, cap_amount, place)
           WHERE (w.times <= w.cap_times) IS NOT FALSE AND (w.amount <= w.cap_amount) IS NOT FALSE
           ORDER BY w.place
           ON CONFLICT (limit_key, period, bucket) DO UPDATE
             SET times = b.times + excluded.times, amount = b.amount + excluded.amount
             WHERE (b.times + excluded.times <= (%(caps)s::jsonb -> b.limit_key ->> 0)::bigint) IS NOT FALSE
               AND (b.amount + excluded.amount <= (%(caps)s::jsonb -> b.limit_key ->> 1)::bigint) IS NOT FALSE
           RETURNING limit_key""",
        {
            "limits": [each.limit for each in wanted],
            "periods": [each.period for each in wanted],
            "buckets": [each.bucket for each in wanted],
            "times": [each.times for each in wanted],
            "amounts": [each.amount for each in wanted],
            "caps_times": [each.cap_times for each in wanted],
            "caps_amounts": [each.cap_amount for each in wanted],
            "caps": dumps({each.limit: (each.cap_times, each.cap_amount) for each in wanted}),
        },
    )


def _share(whole: int | None, bucket: int, buckets: int) -> int | None:
    """Return the part of a budget that one bucket may take; the parts add up to the whole."""
    return None if whole is None else whole // buckets + (bucket < whole % buckets)
