"""The one call that the rest of Entrepot makes: a database, for as long as it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from entrepot.infra.postgres.supervisor import Log, Supervisor
from entrepot.infra.settings import Settings


@asynccontextmanager
async def running_database(settings: Settings, log: Log) -> AsyncIterator[str]:
    """The address of a database that answers, kept running until the context ends.

    With ENTREPOT_DATABASE_URL set, that address is all it is: nothing is started or watched. Else
    refuses and raises what `Supervisor.start` does.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    supervisor = Supervisor(settings, log)
    dsn = await supervisor.start()
    try:
        yield dsn
    finally:
        await supervisor.stop()
