"""Sign what happened since yesterday: the daily root of everybody's books (``ledger.roots``)."""

from __future__ import annotations

from loyalty import ledger
from loyalty.db import transaction
from loyalty.jobs.work import Work


def sign_root(work: Work) -> int:
    """Take a root of the books as they stand, if they have moved; once a day is enough, so nothing is left to do."""
    with transaction() as session:
        ledger.take_root(session, key=ledger.RootKey.of(work.settings.secret_key), now=work.now)
    return 0
