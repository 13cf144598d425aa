"""What the devices ask ("what since 1841?") and send (mutations); documents from the features' own queries."""

from loyalty.sync.documents import KINDS, load_all
from loyalty.sync.jobs import (
    begin_epoch,
    confirm_epoch,
    dismiss_old_notices,
    forget_failures,
    members_to_purge,
    purge_tombstones,
)
from loyalty.sync.moving import erase, merge
from loyalty.sync.mutations import VERBS
from loyalty.sync.notices import members_with_old
from loyalty.sync.policy import DeviceForked, RequestInvalid, UpdateNeeded, epoch_of
from loyalty.sync.protocol import (
    MOST_BYTES,
    MOST_MUTATIONS,
    SCHEMA,
    Cursor,
    Mutation,
    Page,
    Pushed,
    Request,
    Result,
)
from loyalty.sync.pulling import pull
from loyalty.sync.service import push

__all__ = [
    "KINDS",
    "MOST_BYTES",
    "MOST_MUTATIONS",
    "SCHEMA",
    "VERBS",
    "Cursor",
    "DeviceForked",
    "Mutation",
    "Page",
    "Pushed",
    "Request",
    "RequestInvalid",
    "Result",
    "UpdateNeeded",
    "begin_epoch",
    "confirm_epoch",
    "dismiss_old_notices",
    "epoch_of",
    "erase",
    "forget_failures",
    "load_all",
    "members_to_purge",
    "members_with_old",
    "merge",
    "pull",
    "purge_tombstones",
    "push",
]
