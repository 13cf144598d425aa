"""Prices that a store sets for itself; products, options, categories and stores are the program's."""

from loyalty.catalog.service import prices_of, set_price

__all__ = ["prices_of", "set_price"]
