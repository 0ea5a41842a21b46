"""Entrepot's own PostgreSQL: finds the engine, makes the cluster, starts it and keeps it running.

Everything that an operator would otherwise set up by hand happens here, and only for a database
that Entrepot starts itself. Nothing here knows the schema, and no file outside the data directory
is ever opened to others.
"""

from entrepot.infra.postgres.errors import PostgresError, PostgresRefusal, PostgresUnavailable
from entrepot.infra.postgres.places import places_for
from entrepot.infra.postgres.running import running_database
from entrepot.infra.postgres.supervisor import Supervisor

__all__ = [
    "PostgresError",
    "PostgresRefusal",
    "PostgresUnavailable",
    "Supervisor",
    "places_for",
    "running_database",
]
