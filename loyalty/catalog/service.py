"""Prices a store sets for itself: read and set."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from loyalty.catalog.models import StorePrice


def set_price(session: Session, *, store: str, sku: str, price_minor: int) -> None:
    """Let one piece of a product (options apart) cost this much at a store, from now on."""
    session.execute(
        insert(StorePrice)
        .values(store=store, sku=sku, price_minor=price_minor)
        .on_conflict_do_update(index_elements=["store", "sku"], set_={"price_minor": price_minor})
    )


def prices_of(session: Session, store: str) -> dict[str, int]:
    """Return the prices that a store sets for itself, by product, in minor units."""
    rows = session.execute(select(StorePrice.sku, StorePrice.price_minor).where(StorePrice.store == store))
    return {row.sku: row.price_minor for row in rows}
