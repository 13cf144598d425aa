"""Records: dataclasses that the type checker keeps frozen, at the price of plain ones.

A frozen dataclass sets every field through ``object.__setattr__``, three times the time of a plain one; a sale makes
hundreds of them. That nobody changes a record is checked where it costs nothing: by ``make check``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a record of a class: slots, equality and hash by value."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
