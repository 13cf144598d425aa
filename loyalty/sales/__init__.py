"""Basket → quote → settle → return: the one road of a sale, whichever door it came through."""

from loyalty.sales.claims import claim
from loyalty.sales.occasions import adjust, bring_up_to_date, record_event, top_up, view
from loyalty.sales.requests import LineRequest, ReturnLine, SaleRequest, TenderRequest
from loyalty.sales.returns import find, return_lines, void
from loyalty.sales.service import quote, settle

__all__ = [
    "LineRequest",
    "ReturnLine",
    "SaleRequest",
    "TenderRequest",
    "adjust",
    "bring_up_to_date",
    "claim",
    "find",
    "quote",
    "record_event",
    "return_lines",
    "settle",
    "top_up",
    "view",
    "void",
]
