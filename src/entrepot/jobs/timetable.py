"""The timetable: which job runs how often. A job that fails is logged and comes round again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from structlog.typing import FilteringBoundLogger

from entrepot import sales_sessions, settlement, stock
from entrepot.connectors import feed, webhooks
from entrepot.infra import following
from entrepot.infra.keeping import purge_sheets
from entrepot.infra.purging import purge_old_keys
from entrepot.infra.queue import purge_queue
from entrepot.orders import Desk, recheck_waiting, sweep_expired


class Job(NamedTuple):
    """A job: its action, which says how much it found, and the pause when it found nothing."""

    name: str
    action: Callable[[Desk], Awaitable[int]]
    pause_seconds: float


async def sweep_allocations(desk: Desk) -> int:
    """Write the end of allocations that nobody can use any more."""
    return await stock.sweep_allocations(desk.pool, desk.new_id)


async def close_due_weeks(desk: Desk) -> int:
    """Close and write the weeks of partnerships as they end."""
    return await settlement.close_due_weeks(desk.pool, desk.new_id)


async def close_due_sessions(desk: Desk) -> int:
    """Close sales sessions as they end, and go on with those that wait for payments."""
    return await sales_sessions.close_due_sessions(desk)


async def purge_keys(desk: Desk) -> int:
    """Forget idempotency keys that are older than they are remembered, and sheets left behind."""
    return await purge_old_keys(desk.pool) + await purge_sheets(desk.pool)


async def number_events(desk: Desk) -> int:
    """Give what happened its numbers, by which others follow it."""
    return await following.number_events(desk.pool)


async def touch_numbers(desk: Desk) -> int:
    """Note which published numbers may have changed by what happened."""
    return await feed.touch_numbers(desk.pool)


async def publish_numbers(desk: Desk) -> int:
    """Publish what changed of what shops can promise, as events too to whose webhooks ask."""
    return await feed.publish_numbers(desk.pool, webhooks.who_asks, desk.new_id)


async def tell_webhooks(desk: Desk) -> int:
    """Make deliveries of what happened, for whoever wants to be told."""
    return await webhooks.tell_webhooks(desk.pool)


async def purge_deliveries(desk: Desk) -> int:
    """Forget deliveries that ended long ago, and what the queue did yesterday."""
    return await webhooks.purge_deliveries(desk.pool) + await purge_queue(desk.pool)


TIMETABLE: Final = (
    Job("sweep_expired", sweep_expired, 1.0),
    Job("recheck_waiting", recheck_waiting, 0.5),
    Job("sweep_allocations", sweep_allocations, 10.0),
    Job("number_events", number_events, 0.2),
    Job("touch_numbers", touch_numbers, 0.2),
    Job("publish_numbers", publish_numbers, 0.2),
    Job("tell_webhooks", tell_webhooks, 0.2),
    Job("close_due_sessions", close_due_sessions, 2.0),
    Job("close_due_weeks", close_due_weeks, 30.0),
    Job("purge_keys", purge_keys, 60.0),
    Job("purge_deliveries", purge_deliveries, 60.0),
)

FAILED_PAUSE_SECONDS: Final = 5.0


async def run_jobs(desk: Desk, log: FilteringBoundLogger) -> None:
    """Run every job of the timetable until cancelled."""
    async with asyncio.TaskGroup() as group:
        for job in TIMETABLE:
            group.create_task(_run_job(job, desk, log), name=job.name)


async def _run_job(job: Job, desk: Desk, log: FilteringBoundLogger) -> None:
    """Run one job for ever: at once again while it finds something, else after its pause."""
    while True:
        try:
            found = await job.action(desk)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the job comes round again
            log.warning("jobs.failed", job=job.name, error=words_of(error))
            await asyncio.sleep(FAILED_PAUSE_SECONDS)
        else:
            await asyncio.sleep(0.0 if found else job.pause_seconds)


def words_of(error: Exception) -> str:
    """Say what went wrong; of several errors at once, what each was."""
    if isinstance(error, ExceptionGroup):
        return " ".join([error.message, *map(words_of, error.exceptions)])
    says = str(error) or type(error).__name__
    return " ".join([*getattr(error, "__notes__", ()), says])
