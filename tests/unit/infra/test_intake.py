"""The intake: what queues becomes the next batch, nothing is lost, nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest

from entrepot.infra.intake import Intake, IntakeClosedError, IntakeFullError
from tests.factories.patience import settle


class Kitchen:
    """Handles batches when it is let, and remembers them."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def handle(self, batch: Sequence[int]) -> Sequence[str | BaseException]:
        self.batches.append(list(batch))
        await self.open.wait()
        return [ValueError(number) if number < 0 else f"done {number}" for number in batch]


@pytest.fixture
def kitchen() -> Kitchen:
    return Kitchen()


@pytest.fixture
async def intake(kitchen: Kitchen) -> AsyncIterator[Intake[int, str]]:
    opened: Intake[int, str] = Intake(kitchen.handle, batch_max=4, queue_max=10)
    opened.start()
    yield opened
    kitchen.open.set()
    await opened.close()


async def begin(intake: Intake[int, str], *numbers: int) -> list[asyncio.Task[str]]:
    """Hand items in without waiting for their answers."""
    tasks = [asyncio.create_task(intake.submit(number)) for number in numbers]
    await asyncio.sleep(0)
    return tasks


async def test_an_idle_intake_takes_what_comes_at_once(
    intake: Intake[int, str], kitchen: Kitchen
) -> None:
    assert await intake.submit(1) == "done 1"
    assert await intake.submit(2) == "done 2"
    assert kitchen.batches == [[1], [2]]


async def test_what_queued_meanwhile_is_the_next_batch(
    intake: Intake[int, str], kitchen: Kitchen
) -> None:
    kitchen.open.clear()
    tasks = await begin(intake, 1)
    await settle()
    tasks += await begin(intake, 2, 3, 4, 5, 6)
    assert len(intake) == 5
    kitchen.open.set()
    assert await asyncio.gather(*tasks) == [f"done {n}" for n in range(1, 7)]
    assert kitchen.batches == [[1], [2, 3, 4, 5], [6]]


async def test_each_gets_its_own_answer_or_error(intake: Intake[int, str]) -> None:
    tasks = await begin(intake, 1, -2, 3)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each).__name__ for each in answers] == ["str", "ValueError", "str"]


async def test_a_full_queue_says_when_to_come_back(
    intake: Intake[int, str], kitchen: Kitchen
) -> None:
    kitchen.open.clear()
    tasks = await begin(intake, 0)
    await settle()
    tasks += await begin(intake, *range(1, 11))
    with pytest.raises(IntakeFullError) as full:
        await intake.submit(11)
    assert full.value.retry_after_seconds >= 1
    kitchen.open.set()
    assert len(await asyncio.gather(*tasks)) == 11
    assert await intake.submit(12) == "done 12"


async def test_a_caller_that_goes_away_cancels_nothing(
    intake: Intake[int, str], kitchen: Kitchen
) -> None:
    kitchen.open.clear()
    in_flight = (await begin(intake, 1))[0]
    await settle()
    queued, neighbour = await begin(intake, 2, 3)
    for task in (in_flight, queued):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    kitchen.open.set()
    assert await neighbour == "done 3"
    assert kitchen.batches == [[1], [2, 3]], "both were decided all the same"


async def test_many_at_once_are_answered_in_order(
    intake: Intake[int, str], kitchen: Kitchen
) -> None:
    answers = await intake.submit_all([*range(25), -1])
    assert answers[:25] == [f"done {n}" for n in range(25)]
    assert isinstance(answers[25], ValueError)
    assert [n for batch in kitchen.batches for n in batch] == [*range(25), -1]
    assert max(len(batch) for batch in kitchen.batches) == 4


async def test_many_of_one_leave_room_for_others(
    intake: Intake[int, str], kitchen: Kitchen
) -> None:
    kitchen.open.clear()
    bulk = asyncio.create_task(intake.submit_all(range(100)))
    await settle()
    single = (await begin(intake, 1000))[0]
    kitchen.open.set()
    assert await single == "done 1000"
    assert not bulk.done(), "it did not have to wait for all of them"
    assert len(await bulk) == 100


async def test_heavy_items_make_smaller_batches(kitchen: Kitchen) -> None:
    intake: Intake[int, str] = Intake(
        kitchen.handle, batch_max=10, queue_max=100, weigh=lambda n: n, weight_max=10
    )
    kitchen.open.clear()
    intake.start()
    tasks = [asyncio.create_task(intake.submit(n)) for n in (1, 4, 6, 5, 50, 1, 2)]
    await settle()
    kitchen.open.set()
    await asyncio.gather(*tasks)
    assert kitchen.batches == [[1, 4], [6], [5], [50], [1, 2]]
    await intake.close()


async def test_a_handler_that_fails_fails_its_batch_only(kitchen: Kitchen) -> None:
    async def fail_once(batch: Sequence[int]) -> Sequence[str | BaseException]:
        if batch[0] == 1:
            raise ZeroDivisionError
        return await kitchen.handle(batch)

    intake: Intake[int, str] = Intake(fail_once, batch_max=2, queue_max=9)
    intake.start()
    tasks = [asyncio.create_task(intake.submit(n)) for n in (1, 2, 3)]
    first, second, third = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, ZeroDivisionError)
    assert isinstance(second, ZeroDivisionError)
    assert third == "done 3"
    await intake.close()


async def test_a_handler_that_forgets_somebody_is_a_bug_told_to_all() -> None:
    async def forget(_: Sequence[int]) -> Sequence[str | BaseException]:
        return []

    intake: Intake[int, str] = Intake(forget, batch_max=2, queue_max=9)
    intake.start()
    with pytest.raises(AssertionError, match="answers every item"):
        await intake.submit(1)
    await intake.close()


async def test_closing_finishes_what_has_queued(kitchen: Kitchen) -> None:
    intake: Intake[int, str] = Intake(kitchen.handle, batch_max=2, queue_max=9)
    kitchen.open.clear()
    intake.start()
    tasks = [asyncio.create_task(intake.submit(n)) for n in (1, 2, 3)]
    await settle()
    closing = asyncio.create_task(intake.close())
    await settle()
    with pytest.raises(IntakeClosedError):
        await intake.submit(4)
    kitchen.open.set()
    await closing
    assert await asyncio.gather(*tasks) == ["done 1", "done 2", "done 3"]


async def test_closing_ends_a_bulk_that_waits_for_room(kitchen: Kitchen) -> None:
    intake: Intake[int, str] = Intake(kitchen.handle, batch_max=1, queue_max=2)
    kitchen.open.clear()
    intake.start()
    bulk = asyncio.create_task(intake.submit_all(range(10)))
    await settle()
    closing = asyncio.create_task(intake.close())
    await settle()
    kitchen.open.set()
    await closing
    with pytest.raises(IntakeClosedError):
        await bulk


async def test_closing_one_that_never_started() -> None:
    intake: Intake[int, str] = Intake(Kitchen().handle, batch_max=1, queue_max=1)
    await intake.close()
    with pytest.raises(IntakeClosedError):
        await intake.submit(1)


class Watcher:
    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def batch_done(self, size: int, left: int, seconds: float) -> None:
        assert seconds >= 0
        self.seen.append((size, left))
        raise ZeroDivisionError


async def test_whatever_ails_a_watcher_the_next_batch_is_taken(kitchen: Kitchen) -> None:
    watcher = Watcher()
    intake: Intake[int, str] = Intake(kitchen.handle, batch_max=2, queue_max=9, watcher=watcher)
    intake.start()
    await intake.submit_all([1, 2, 3])
    await intake.close()
    assert watcher.seen == [(2, 1), (1, 0)]
