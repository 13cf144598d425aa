"""Prices that a store sets for itself, over those of the program."""

from __future__ import annotations

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.db import Base


class StorePrice(Base):
    """What one piece of a product costs at one store now, in minor units, options apart."""

    __tablename__ = "store_price"

    store: Mapped[str] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(primary_key=True)
    price_minor: Mapped[int]

    __table_args__ = (CheckConstraint("price_minor >= 0", name="price"),)
