"""Database addresses."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


def with_database(dsn: str, name: str) -> str:
    """The same server and role as in `dsn`, with another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))
