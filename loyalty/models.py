"""Every module that defines tables, in one list: importing this one fills ``Base.metadata``.

One line per feature: ``import loyalty.<feature>.models``.
"""

import loyalty.codes.models
import loyalty.members.models
from loyalty.db import Base

metadata = Base.metadata

__all__ = ["metadata"]
