"""The format of a program document: what may stand where. Read strictly by ``read``, published by ``json_schema``."""

from __future__ import annotations

from loyalty.rules.schema.ordering import ordered
from loyalty.rules.schema.publish import json_schema
from loyalty.rules.schema.reading import Reading, read

__all__ = ["Reading", "json_schema", "ordered", "read"]
