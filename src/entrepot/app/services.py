"""Opens what doors and jobs work with: the database, brought up to date, and the intake over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from entrepot.infra.clock import Moment, by_the_clock
from entrepot.infra.ids import new_id
from entrepot.infra.intake import Intake, Watcher
from entrepot.infra.logging import open_log
from entrepot.infra.migrate import MigrationRefusal, migrate, pending
from entrepot.infra.pool import Pool, open_pool
from entrepot.infra.postgres import running_database
from entrepot.infra.rehearsing import rehearsing
from entrepot.infra.settings import Settings
from entrepot.orders import Answer, BatchTools, Desk, Submission, decide_batch

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

BATCH_LINES_MAX = 10_000
"""Lines in one batch: what bounds its memory and the time its locks are held."""
POOL_CLOSE_SECONDS = 5


class Services(msgspec.Struct, frozen=True):
    """What doors and jobs work with, for as long as the process runs."""

    settings: Settings
    log: FilteringBoundLogger
    dsn: str
    pool: Pool
    desk: Desk
    rehearsal: bool = False
    """Whether everything is undone in the end: then nothing outside the database may be kept."""


def _count_lines(submission: Submission) -> int:
    return len(getattr(submission.command, "lines", None) or ()) or 1


def open_desk(
    pool: Pool,
    settings: Settings,
    watcher: Watcher | None = None,
    moment: Moment = by_the_clock,
) -> Desk:
    """Make an intake over a pool; `desk.intake.start()` sets it going.

    `moment` says when its batches happen, given what the database's clock shows.
    """
    tools = BatchTools(pool, new_id, {}, set(), moment)

    async def handle(batch: Sequence[Submission]) -> Sequence[Answer | BaseException]:
        return await decide_batch(tools, batch)

    intake: Intake[Submission, Answer] = Intake(
        handle,
        batch_max=settings.batch_max,
        queue_max=settings.queue_max,
        weigh=_count_lines,
        weight_max=BATCH_LINES_MAX,
        watcher=watcher,
    )
    return Desk(intake, new_id, pool)


@asynccontextmanager
async def open_services(
    settings: Settings,
    log: FilteringBoundLogger | None = None,
    watcher: Watcher | None = None,
    *,
    rehearsal: bool = False,
) -> AsyncIterator[Services]:
    """Run the database (or reach the one set), bring it up to date, and open an intake over it.

    Whatever has queued is finished before the database is let go. A rehearsal undoes all of it
    then; it refuses with MigrationRefusal a database that is not up to date.
    """
    log = log or open_log(settings.log_format)
    async with (
        running_database(settings, log) as dsn,
        _rehearsal_pool(dsn, settings) if rehearsal else _migrated_pool(dsn, settings, log) as pool,
    ):
        desk = open_desk(pool, settings, watcher)
        desk.intake.start()
        try:
            yield Services(settings, log, dsn, pool, desk, rehearsal)
        finally:
            await desk.intake.close()


@asynccontextmanager
async def _migrated_pool(
    dsn: str, settings: Settings, log: FilteringBoundLogger
) -> AsyncIterator[Pool]:
    """Bring a database up to date and open a pool over it."""
    for name in await migrate(dsn):
        log.info("migrations.applied", name=name)
    async with pool_over(dsn, settings) as pool:
        yield pool


@asynccontextmanager
async def _rehearsal_pool(dsn: str, settings: Settings) -> AsyncIterator[Pool]:
    """Open a pool whose work is undone, over a database that is up to date already."""
    await refuse_old_schema(dsn)
    async with rehearsing(dsn, settings) as pool:
        yield pool


@asynccontextmanager
async def pool_over(dsn: str, settings: Settings) -> AsyncIterator[Pool]:
    """Open a pool over a database as it is."""
    pool = await open_pool(dsn, settings)
    try:
        yield pool
    finally:
        await _close(pool)


async def refuse_old_schema(dsn: str) -> None:
    """Refuse to go on where migrations are lacking and none may be applied."""
    lacking = await pending(dsn)
    if lacking:
        raise MigrationRefusal(
            f"The database lacks the migrations {', '.join(lacking)}, and this changes no schema. "
            "Run `entrepot migrate` first."
        )


async def _close(pool: Pool) -> None:
    """Let the connections go, rudely if one of them does not end in time."""
    try:
        await asyncio.wait_for(pool.close(), POOL_CLOSE_SECONDS)
    except TimeoutError:
        pool.terminate()
