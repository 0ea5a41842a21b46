"""The timetable: which job runs how often. A job that fails is logged and comes round again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from structlog.typing import FilteringBoundLogger

from entrepot.infra.purging import purge_old_keys
from entrepot.orders import Desk, recheck_waiting, sweep_expired


class Job(NamedTuple):
    """A job: its action, which says how much it found, and the pause when it found nothing."""

    name: str
    action: Callable[[Desk], Awaitable[int]]
    pause_seconds: float


async def purge_keys(desk: Desk) -> int:
    """Forget idempotency keys that are older than they are remembered."""
    return await purge_old_keys(desk.pool)


TIMETABLE: Final = (
    Job("sweep_expired", sweep_expired, 1.0),
    Job("recheck_waiting", recheck_waiting, 0.5),
    Job("purge_keys", purge_keys, 60.0),
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
            log.warning("jobs.failed", job=job.name, error=str(error) or type(error).__name__)
            await asyncio.sleep(FAILED_PAUSE_SECONDS)
        else:
            await asyncio.sleep(0.0 if found else job.pause_seconds)
