"""A draft basket on all of a member's devices."""

from loyalty.orders.jobs import purge_discarded_drafts
from loyalty.orders.lines import edit_line, put_line, remove_line
from loyalty.orders.moving import erase, export, merge
from loyalty.orders.policy import Content, DraftInvalid
from loyalty.orders.queries import DraftLineView, DraftView, draft_lines_of, drafts_of
from loyalty.orders.refusals import DraftDiscarded, DraftFull, DraftUnknown, LineRemoved, LineUnknown
from loyalty.orders.service import create_draft, discard_draft, edit_draft

__all__ = [
    "Content",
    "DraftDiscarded",
    "DraftFull",
    "DraftInvalid",
    "DraftLineView",
    "DraftUnknown",
    "DraftView",
    "LineRemoved",
    "LineUnknown",
    "create_draft",
    "discard_draft",
    "draft_lines_of",
    "drafts_of",
    "edit_draft",
    "edit_line",
    "erase",
    "export",
    "merge",
    "purge_discarded_drafts",
    "put_line",
    "remove_line",
]
