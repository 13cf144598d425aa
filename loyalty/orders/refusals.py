"""Why a change of a draft order is refused."""

from __future__ import annotations

from loyalty.errors import Missing, Refused


class DraftUnknown(Missing):
    """The member has no such draft, or it was discarded long ago."""

    code = "draft_not_found"
    text = "There is no such draft order."


class DraftDiscarded(Refused):
    """The draft was discarded, and the caller knew."""

    code = "draft_discarded"
    text = "This draft order was discarded."


class LineUnknown(Missing):
    """The draft has no such line."""

    code = "line_not_found"
    text = "The draft order has no such line."


class LineRemoved(Refused):
    """The line was removed, and the caller knew."""

    code = "line_removed"
    text = "This line was removed."


class DraftFull(Refused):
    """As many drafts, or lines in one, as there may be."""

    code = "draft_full"
    text = "At most {most} of these can be kept."
