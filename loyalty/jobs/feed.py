"""What devices no longer need: old tombstones, notices nobody read, drafts thrown away, failures never sent again."""

from __future__ import annotations

from loyalty import orders, sync
from loyalty.db import transaction
from loyalty.jobs.work import Work


def forget(work: Work) -> int:
    """Forget what is past its 90 (notices: 30) days, one member per transaction; return how much went."""
    with transaction() as session:
        gone = orders.purge_discarded_drafts(session, now=work.now) + sync.forget_failures(
            session, now=work.now
        )
        notices = sync.members_with_old(session, now=work.now)
    for member_id, uids in notices:
        with transaction() as session:
            sync.dismiss_old_notices(session, member_id=member_id, uids=uids, now=work.now)
    return gone + len(notices) + _tombstones(work)


def _tombstones(work: Work) -> int:
    gone, after = 0, 0
    while True:
        with transaction() as session:
            members, following = sync.members_to_purge(session, now=work.now, after=after)
        for member_id in members:
            with transaction() as session:
                gone += sync.purge_tombstones(session, member_id=member_id, now=work.now)
        if following is None:
            return gone
        after = following
