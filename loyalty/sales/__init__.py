"""Basket → quote → settle → return: the one road of a sale, whichever door it came through."""

from loyalty.rules.facts import RewardClaim
from loyalty.sales.claims import claim
from loyalty.sales.holding import hold_reward, release_hold
from loyalty.sales.occasions import adjust, bring_up_to_date, record_event, top_up, view
from loyalty.sales.receiptless import return_without_receipt
from loyalty.sales.records import describe, history, learn, member_card, rewards_of, standing_of, statement
from loyalty.sales.refusals import SaleMissing
from loyalty.sales.requests import LineRequest, ReturnLine, SaleRequest, TenderRequest
from loyalty.sales.returns import return_lines, void
from loyalty.sales.service import quote, settle
from loyalty.sales.sold import find
from loyalty.sales.statements import whole_statement

__all__ = [
    "LineRequest",
    "ReturnLine",
    "RewardClaim",
    "SaleMissing",
    "SaleRequest",
    "TenderRequest",
    "adjust",
    "bring_up_to_date",
    "claim",
    "describe",
    "find",
    "history",
    "hold_reward",
    "learn",
    "member_card",
    "quote",
    "record_event",
    "release_hold",
    "return_lines",
    "return_without_receipt",
    "rewards_of",
    "settle",
    "standing_of",
    "statement",
    "top_up",
    "view",
    "void",
    "whole_statement",
]
