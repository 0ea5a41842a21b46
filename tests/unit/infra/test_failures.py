"""What an error of the driver means for whoever asked."""

from __future__ import annotations

import asyncpg
import pytest

from entrepot.infra.failures import Failure, failure_of
from entrepot.infra.reach import DatabaseUnreachable


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (asyncpg.DeadlockDetectedError("rivals"), Failure.TRY_AGAIN),
        (asyncpg.LockNotAvailableError("five seconds"), Failure.TRY_AGAIN),
        (asyncpg.SerializationError("rivals"), Failure.TRY_AGAIN),
        (ConnectionResetError(), Failure.AWAY),
        (TimeoutError(), Failure.AWAY),
        (asyncpg.ConnectionDoesNotExistError("closed"), Failure.AWAY),
        (asyncpg.InterfaceError("connection is closed"), Failure.AWAY),
        (asyncpg.AdminShutdownError("stopping"), Failure.AWAY),
        (asyncpg.DiskFullError("no space"), Failure.AWAY),
        (DatabaseUnreachable("no socket"), Failure.AWAY),
        # Found by killing PostgreSQL ten times under load: the crash is announced on an idle
        # connection, and the next statement on it meets the driver in a state of its own.
        (asyncpg.InternalClientError("cannot switch to state 15"), Failure.AWAY),
        (asyncpg.DataError("invalid input"), Failure.OTHER),
        (asyncpg.UniqueViolationError("twice"), Failure.OTHER),
        (AssertionError("a bug"), Failure.OTHER),
    ],
)
def test_what_an_error_means(error: Exception, meant: Failure) -> None:
    assert failure_of(error) is meant
