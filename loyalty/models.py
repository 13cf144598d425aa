"""Every module that defines tables, in one list: importing this one fills ``Base.metadata``.

One line per feature: ``import loyalty.<feature>.models``.
"""

# ruff: noqa: F401
# pyright: reportUnusedImport=false

import loyalty.attempts.models
import loyalty.catalog.models
import loyalty.changes.models
import loyalty.codes.models
import loyalty.gifts.models
import loyalty.jobs.models
import loyalty.ledger.models
import loyalty.members.models
import loyalty.messages.models
import loyalty.offers.models
import loyalty.orders.models
import loyalty.passes.models
import loyalty.passkeys.models
import loyalty.preferences.models
import loyalty.push.models
import loyalty.referrals.models
import loyalty.replays.models
import loyalty.rewards.models
import loyalty.rules.models
import loyalty.sales.models
import loyalty.staff.models
import loyalty.sync.models
import loyalty.wallet.gateways.models
import loyalty.wallet.models
from loyalty.db import Base

metadata = Base.metadata

__all__ = ["metadata"]
