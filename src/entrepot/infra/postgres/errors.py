"""What can go wrong with Entrepot's own PostgreSQL, in the operator's words."""

from __future__ import annotations


class PostgresError(Exception):
    """The message is a sentence or two for the operator: what is wrong and what to do."""


class PostgresRefusal(PostgresError):
    """Something on this machine has to change first; trying again alone will not help."""


class PostgresUnavailable(PostgresError):
    """The server did not start, or does not answer."""
