"""Every module that defines tables, in one list: importing this one fills ``Base.metadata``.

One line per feature: ``import loyalty.<feature>.models``.
"""

# ruff: noqa: F401
# pyright: reportUnusedImport=false

import loyalty.codes.models
import loyalty.jobs.models
import loyalty.members.models
import loyalty.messages.models
import loyalty.wallet.models
import loyalty.orders.models
import loyalty.preferences.models
import loyalty.sync.models
from loyalty.db import Base

metadata = Base.metadata

__all__ = ["metadata"]
