"""A sale as it stands in the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from loyalty.db import Batch
from loyalty.sales import queries
from loyalty.sales.refusals import SaleMissing

# What a sale did, by kind (discounts, earnings, progress, limits, grants, extensions): see ``Consequences``.
Record = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(slots=True)
class Sold:
    """A sale: its row by column name, and its lines."""

    row: dict[str, Any]
    lines: list[dict[str, Any]]

    @property
    def id(self) -> str:
        """Return the sale's id."""
        return self.row["id"]

    @property
    def reference(self) -> str:
        """Return the name of the sale in ledger and codes."""
        return f"sale:{self.id}"

    @property
    def record(self) -> dict[str, Any]:
        """Return what the sale did."""
        return self.row["effects"]


def find(session: Session, sale: str) -> Sold:
    """Load a sale and its lines; raise ``SaleMissing``."""
    batch = Batch()
    batch.add(queries.SALE, {"sale": sale})
    batch.add(queries.SALE_LINES, {"sale": sale})
    rows, lines = batch.send(session)
    if not rows:
        raise SaleMissing
    return Sold(
        dict(zip(queries.SALE_COLUMNS.split(", "), rows[0], strict=True)),
        [dict(zip(queries.LINE_COLUMNS.split(", "), line, strict=True)) for line in lines],
    )
