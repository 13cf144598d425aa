"""Splits a whole into integer parts that always add up to it again: largest remainder, ties to the earlier part."""

from __future__ import annotations

from collections.abc import Sequence


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` (not negative) in proportion to ``weights`` (not negative), in integers.

    Each part is its exact share rounded down, and what is left over goes one by one to the largest remainders, the
    earlier part first among equals (Hamilton's method). Where every weight is zero the parts weigh the same.
    The parts add up to ``total``; with ``total <= sum(weights)`` no part exceeds its weight.
    """
    count = len(weights)
    if count == 1:
        return [total]
    whole = sum(weights)
    if whole == 0:
        if not count:
            return []
        weights, whole = [1] * count, count
    parts = [total * weight // whole for weight in weights]
    rest = total - sum(parts)
    if rest:
        remainders = [total * weight % whole for weight in weights]
        if rest == 1:
            parts[remainders.index(max(remainders))] += 1
        else:
            for index in sorted(range(count), key=remainders.__getitem__, reverse=True)[:rest]:
                parts[index] += 1
    return parts


def half_even(numerator: int, denominator: int) -> int:
    """Round a fraction to the nearest integer, halves to the even one. ``denominator`` must be positive."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    if twice > denominator or (twice == denominator and quotient & 1):
        return quotient + 1
    return quotient


def half_up(numerator: int, denominator: int) -> int:
    """Round a fraction that is not negative to the nearest integer, halves up. ``denominator`` must be positive."""
    return (2 * numerator + denominator) // (2 * denominator)
