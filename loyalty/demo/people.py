"""Names for the people of the demo, from many places, in no particular order."""

from __future__ import annotations

import unicodedata
from typing import Final

GIVEN: Final = (
    "Mia", "Noah", "Amara", "Luca", "Priya", "Jonas", "Leïla", "Mateo", "Sakura", "Owen", "Inès", "Tariq",
    "Freya", "Diego", "Nora", "Kwame", "Elise", "Ravi", "Hana", "Felix", "Zoë", "Samuel", "Ingrid", "Omar",
    "Chloé", "Anders", "Maya", "Théo", "Ada", "Rafael", "Yuki", "Clara", "Idris", "Beatriz", "Hugo", "Salma",
    "Peter", "Linnea", "Marcus", "Aisha", "Emil", "Rosa", "Kenji", "Daphne", "Walter", "Soraya", "Tobias", "Greta",
)  # fmt: skip
FAMILY: Final = (
    "Laurent", "Berg", "Okafor", "Rossi", "Nair", "Keller", "Haddad", "Álvarez", "Mori", "Hughes", "Dubois", "Aziz",
    "Lindqvist", "Ortega", "Sullivan", "Mensah", "Moreau", "Iyer", "Tanaka", "Brandt", "Visser", "Cohen", "Dahl",
    "Farouk", "Girard", "Holm", "Kapoor", "Leclerc", "Byron", "Costa", "Sato", "Weiss", "Bello", "Silva", "Petit",
    "Rahman", "Novak", "Ek", "Reed", "Yusuf", "Falk", "Marín", "Ito", "Pappas", "Grant", "Najafi", "Lang", "Voss",
)  # fmt: skip


def name_of(number: int) -> tuple[str, str]:
    """Return given and family name of the ``number``-th person; the first 2,256 are all different."""
    given = number % len(GIVEN)
    return GIVEN[given], FAMILY[(given + number // len(GIVEN)) % len(FAMILY)]


def address_of(given: str, family: str, number: int) -> str:
    """Return an e-mail address nobody has: example.com belongs to nobody."""
    plain = unicodedata.normalize("NFKD", f"{given}.{family}").encode("ascii", "ignore").decode().lower()
    return f"{plain}.{number}@example.com"
