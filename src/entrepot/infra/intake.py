"""The intake: a bounded queue whose waiting items become the next batch (natural batching).

While one batch is in flight, whatever arrives queues up and is the next batch: no timer, no cost
when idle. A caller that goes away cancels nothing. Knows nothing of orders or stock.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from entrepot.infra.clock import monotonic_seconds

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Handler = Callable[[Sequence[Item]], Awaitable[Sequence[Answer | BaseException]]]


class IntakeFullError(Exception):
    """The queue is full: come back after `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: int) -> None:
        """Say when to come back."""
        super().__init__("the intake is full")
        self.retry_after_seconds = retry_after_seconds


class IntakeClosedError(Exception):
    """The intake is closing and takes nothing any more."""


class Watcher(Protocol):
    """Is told of each batch, for metrics."""

    def batch_done(self, size: int, left: int, seconds: float) -> None:
        """A batch of `size` was handled in so many seconds; `left` wait."""


class Intake(Generic[Item, Answer]):
    """Queues items and hands them to `handler` in batches of at most `batch_max`.

    The handler answers each item of a batch, in order, with an answer or an exception to raise.
    """

    def __init__(
        self,
        handler: Handler[Item, Answer],
        *,
        batch_max: int,
        queue_max: int,
        weigh: Callable[[Item], int] = lambda _: 1,
        weight_max: int = 1_000_000,
        watcher: Watcher | None = None,
    ) -> None:
        """Prepare an intake; `start` sets it going.

        A batch also ends before its weights, by `weigh`, pass `weight_max`; a single item that is
        heavier than that still goes, alone.
        """
        self._handler = handler
        self._weigh = weigh
        self._weight_max = weight_max
        self._batch_max = batch_max
        self._queue_max = queue_max
        self._watcher = watcher
        self._queue: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many items wait."""
        return len(self._queue)

    def start(self) -> None:
        """Begin to take batches."""
        self._task = asyncio.create_task(self._run(), name="intake")

    async def close(self) -> None:
        """Take nothing more, finish what has queued, and stop."""
        self._closing = True
        self._wake.set()
        self._room.set()
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def submit(self, item: Item) -> Answer:
        """Queue an item and wait for its answer; a full queue raises `IntakeFullError`."""
        if len(self._queue) >= self._queue_max:
            raise IntakeFullError(1)
        return await self._enqueue(item)

    async def submit_all(self, items: Sequence[Item]) -> list[Answer | BaseException]:
        """Queue many items of one caller, waiting for room, and wait for all their answers.

        They take up to half of the queue, so that a single item finds room meanwhile.
        """
        futures: list[asyncio.Future[Answer]] = []
        for item in items:
            while len(self._queue) >= (self._queue_max + 1) // 2 and not self._closing:
                self._room.clear()
                await self._room.wait()
            futures.append(self._enqueue(item))
        return await asyncio.gather(*futures, return_exceptions=True)

    def _enqueue(self, item: Item) -> asyncio.Future[Answer]:
        if self._closing:
            raise IntakeClosedError
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        self._wake.set()
        return future

    async def _run(self) -> None:
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = self._next_batch()
            self._room.set()
            began = monotonic_seconds()
            await self._handle(batch)
            if self._watcher is not None:
                # Whatever ails a watcher, the next batch is taken: callers wait for it.
                with suppress(Exception):
                    seconds = monotonic_seconds() - began
                    self._watcher.batch_done(len(batch), len(self._queue), seconds)

    def _next_batch(self) -> list[tuple[Item, asyncio.Future[Answer]]]:
        """Take what has queued, up to the most and the heaviest a batch may be."""
        batch: list[tuple[Item, asyncio.Future[Answer]]] = []
        weight = 0
        while self._queue and len(batch) < self._batch_max:
            weight += self._weigh(self._queue[0][0])
            if batch and weight > self._weight_max:
                break
            batch.append(self._queue.popleft())
        return batch

    async def _handle(self, batch: list[tuple[Item, asyncio.Future[Answer]]]) -> None:
        answers: Sequence[Answer | BaseException]
        try:
            answers = await self._handler([item for item, _ in batch])
            assert len(answers) == len(batch), "the handler answers every item"
        except Exception as error:  # noqa: BLE001 - whatever went wrong is each caller's answer
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():  # The caller went away; what happened has happened.
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
