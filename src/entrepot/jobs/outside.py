"""Jobs that reach outside: what the queue does, and what puts it there."""

import asyncio
from contextlib import aclosing
from functools import partial
from typing import Final

from structlog.typing import FilteringBoundLogger

from entrepot.connectors import webhooks
from entrepot.connectors.webhooks import Ask, Sender
from entrepot.infra.outgoing import Outgoing, open_guard
from entrepot.infra.queue import Queue
from entrepot.infra.secrets import open_box
from entrepot.infra.settings import Settings
from entrepot.orders import Desk

PAUSE_SECONDS: Final = 0.5
"""How often it is looked for something to send."""
FAILED_PAUSE_SECONDS: Final = 5.0


async def run_outside(
    desk: Desk, dsn: str, settings: Settings, log: FilteringBoundLogger, ask: Ask
) -> None:
    """Send what is due to the outside until cancelled. Raises SecretsError for keys that are none.

    `ask` runs the queries of receivers. Beside the pool it keeps one connection to the database
    at `dsn`.
    """
    box = open_box(settings)
    outgoing, queue = Outgoing(open_guard(settings)), Queue(dsn, settings)
    sender = Sender(desk.pool, desk.new_id, box, outgoing.post, ask)
    handlers = {webhooks.KIND: partial(webhooks.deliver_webhook, sender)}
    async with aclosing(outgoing), aclosing(queue), asyncio.TaskGroup() as group:
        group.create_task(queue.work(handlers, log), name="queue")
        group.create_task(_start(desk, queue, log), name="start_deliveries")


async def _start(desk: Desk, queue: Queue, log: FilteringBoundLogger) -> None:
    """Put what is due into the queue, for ever."""
    while True:
        pause = PAUSE_SECONDS
        try:
            await webhooks.start_deliveries(desk.pool, queue)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it comes round again
            says = str(error) or type(error).__name__
            log.warning("jobs.failed", job="start_deliveries", error=says)
            pause = FAILED_PAUSE_SECONDS
        await asyncio.sleep(pause)
