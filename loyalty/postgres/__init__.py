"""The embedded PostgreSQL server of the demo and the tests; in production ``REGULARS_DATABASE_URL`` names yours.

Several processes that ask for the server of one folder share it. The last one to leave stops it, also when an
earlier one was killed; ``regulars database start`` keeps it until ``regulars database stop``.
"""

from loyalty.postgres.binaries import Binaries, DatabaseError, find_binaries
from loyalty.postgres.cluster import FAST_AND_LOSSY
from loyalty.postgres.server import (
    Server,
    database_url,
    ensure,
    running,
    temporary,
    temporary_folder,
)
from loyalty.postgres.siblings import beside

__all__ = [
    "FAST_AND_LOSSY",
    "Binaries",
    "DatabaseError",
    "Server",
    "beside",
    "database_url",
    "ensure",
    "find_binaries",
    "running",
    "temporary",
    "temporary_folder",
]
