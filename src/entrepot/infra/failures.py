"""What a failed transaction means for whoever asked: try again, come back later, or a named rule.

The driver has dozens of exceptions; nothing above `infra` needs to know them apart.
"""

from enum import Enum
from typing import Final

import asyncpg

from entrepot.infra.reach import DatabaseUnreachable

_TRY_AGAIN: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
_AWAY: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresIOError,
    # A server that dies says so on idle connections too. What is asked next on such a one, before
    # the driver has seen it close, fails with this, and nothing was sent.
    asyncpg.InternalClientError,
    DatabaseUnreachable,
)
# A value that the driver or the server cannot read is a bug, though the driver files it with the
# lost connections.
_NO_VALUE: Final = (ValueError, asyncpg.exceptions.ProtocolViolationError)


class Failure(Enum):
    """What an error means.

    TRY_AGAIN: rivals met, nothing happened. AWAY: the database is lost or full, and what was being
    committed may or may not have happened. OTHER: a rule was broken, or there is a bug.
    """

    TRY_AGAIN = "try again"
    AWAY = "away"
    OTHER = "other"


def failure_of(error: BaseException) -> Failure:
    """Say what an error of a transaction means."""
    if isinstance(error, _TRY_AGAIN):
        return Failure.TRY_AGAIN
    if isinstance(error, _NO_VALUE):
        return Failure.OTHER
    return Failure.AWAY if isinstance(error, _AWAY) else Failure.OTHER


def broken_constraint(error: BaseException) -> str | None:
    """Name the constraint that an error says was broken, if it is of that kind."""
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return error.constraint_name
    return None
