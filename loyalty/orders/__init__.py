"""A draft basket on all of a member's devices, and the order ahead that it becomes."""

from loyalty.orders.audit import audit
from loyalty.orders.fingerprint import lines_hash
from loyalty.orders.jobs import overdue_orders, purge_discarded_drafts, purge_numbers
from loyalty.orders.lines import edit_line, put_line, remove_line
from loyalty.orders.menu import store_of
from loyalty.orders.moving import erase, export, merge
from loyalty.orders.order_queries import history, orders_of, queue_of, taken
from loyalty.orders.pickup import Slot, day_of, day_with, free_slots, soonest
from loyalty.orders.placing import Placing, place
from loyalty.orders.policy import Content, DraftInvalid
from loyalty.orders.queries import DraftLineView, DraftView, continued, draft_lines_of, drafts_of
from loyalty.orders.refusals import (
    DraftChanged,
    DraftDiscarded,
    DraftEmpty,
    DraftFull,
    DraftSubmitted,
    DraftUnknown,
    LineRemoved,
    LinesUnavailable,
    LineUnknown,
    NoOrderAhead,
    OrderMissing,
    OrderState,
    PickupUnavailable,
    StoreUnknown,
    TotalChanged,
)
from loyalty.orders.reordering import order_again
from loyalty.orders.service import create_draft, discard_draft, edit_draft
from loyalty.orders.serving import cancel, expire, hand_over, sale_undone, serve
from loyalty.orders.showing import TIMES
from loyalty.orders.stages import STATES, Step

__all__ = [
    "STATES",
    "TIMES",
    "Content",
    "DraftChanged",
    "DraftDiscarded",
    "DraftEmpty",
    "DraftFull",
    "DraftInvalid",
    "DraftLineView",
    "DraftSubmitted",
    "DraftUnknown",
    "DraftView",
    "LineRemoved",
    "LineUnknown",
    "LinesUnavailable",
    "NoOrderAhead",
    "OrderMissing",
    "OrderState",
    "PickupUnavailable",
    "Placing",
    "Slot",
    "Step",
    "StoreUnknown",
    "TotalChanged",
    "audit",
    "cancel",
    "continued",
    "create_draft",
    "day_of",
    "day_with",
    "discard_draft",
    "draft_lines_of",
    "drafts_of",
    "edit_draft",
    "edit_line",
    "erase",
    "expire",
    "export",
    "free_slots",
    "hand_over",
    "history",
    "lines_hash",
    "merge",
    "order_again",
    "orders_of",
    "overdue_orders",
    "place",
    "purge_discarded_drafts",
    "purge_numbers",
    "put_line",
    "queue_of",
    "remove_line",
    "sale_undone",
    "serve",
    "soonest",
    "store_of",
    "taken",
]
