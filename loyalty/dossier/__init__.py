"""Everything kept about one member, across all features: export, merge, erase."""

from loyalty.dossier.service import erase, export, merge
from loyalty.dossier.table import PARTS, Part

__all__ = ["PARTS", "Part", "erase", "export", "merge"]
