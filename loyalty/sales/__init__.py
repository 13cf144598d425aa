"""Basket → quote → settle → return: the one road of a sale, whichever door it came through."""

from loyalty.rules.facts import RewardClaim
from loyalty.sales.claims import claim
from loyalty.sales.holding import hold_reward, release_hold
from loyalty.sales.occasions import adjust, bring_up_to_date, record_event, top_up, view
from loyalty.sales.requests import LineRequest, ReturnLine, SaleRequest, TenderRequest
from loyalty.sales.returns import find, return_lines, void
from loyalty.sales.service import quote, settle

__all__ = [
    "LineRequest",
    "ReturnLine",
    "RewardClaim",
    "SaleRequest",
    "TenderRequest",
    "adjust",
    "bring_up_to_date",
    "claim",
    "find",
    "hold_reward",
    "quote",
    "record_event",
    "release_hold",
    "return_lines",
    "settle",
    "top_up",
    "view",
    "void",
]
