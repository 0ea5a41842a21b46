"""One error for every way in which a database can be out of reach.

The driver reports a missing socket, a closed port, a wrong password and a server that still
starts as unrelated exceptions. What lies above wants to know one thing: it is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg


class DatabaseUnreachable(Exception):
    """No connection could be made; the message says why and holds no password."""


@contextmanager
def reaching() -> Iterator[None]:
    """Turn what the driver raises while it connects into DatabaseUnreachable.

    For the connecting alone: inside a transaction the same exceptions mean other things.
    """
    try:
        yield
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise DatabaseUnreachable(f"The database cannot be reached: {reason}") from error
