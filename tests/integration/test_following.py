"""Every committed event gets one number, whoever commits when and however many sequencers run."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import asyncpg
import msgspec
import pytest

from entrepot.infra import following
from entrepot.infra.following import (
    SEQUENCER,
    SQL,
    Event,
    advance,
    is_behind,
    number_events,
    read_events,
    take_turn,
)
from entrepot.infra.ground import read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Happening, record, writing
from entrepot.kernel.ids import Id
from tests.factories.callers import caller_for
from tests.factories.feeding import Said, number_all, tell

SECONDS_MAX = 60


async def happen(connection: Connection, organisation: Id, subject: str) -> None:
    """Write an event in a transaction that is open."""
    now = await read_clock(connection)
    happening = Happening("tests.happened", subject, Said())
    await record(connection, now, new_id, caller_for(organisation), [happening])


async def numbered(pool: Pool) -> list[tuple[int | None, str]]:
    """Every event's number and subject, by their numbers; those without one last."""
    rows = await pool.fetch("SELECT seq, subject FROM outbox ORDER BY seq NULLS LAST, at, id")
    return [(row[0], row[1]) for row in rows]


async def head_of(pool: Pool, follower: str = SEQUENCER) -> int:
    head: int = await pool.fetchval("SELECT seq FROM followers WHERE name = $1", follower)
    return head


async def test_events_get_numbers_from_one_in_their_order(pool: Pool) -> None:
    organisation = new_id()
    for number in range(5):
        await tell(pool, organisation, "tests.happened", f"thing {number}")
    assert await number_events(pool) == 5
    assert await number_events(pool) == 0
    assert await numbered(pool) == [(n + 1, f"thing {n}") for n in range(5)]
    assert await head_of(pool) == 5


async def test_they_are_numbered_in_chunks(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "EVENTS_MAX", 2)
    organisation = new_id()
    for number in range(5):
        await tell(pool, organisation, "tests.happened", f"thing {number}")
    assert [await number_events(pool) for _ in range(4)] == [2, 2, 1, 0]
    assert [subject for _, subject in await numbered(pool)] == [f"thing {n}" for n in range(5)]


async def test_what_commits_late_is_numbered_late_and_not_lost(pool: Pool) -> None:
    """Somebody writes an event and keeps the transaction open, while others come and go."""
    organisation = new_id()
    async with pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await happen(slow, organisation, "slow")
        await tell(pool, organisation, "tests.happened", "quick")
        assert await number_events(pool) == 1
        async with pool.acquire() as connection:
            assert [each.subject for each in await read_events(connection, "reader", 10)] == [
                "quick"
            ]
            await advance(connection, "reader", 1)
        await transaction.commit()
    assert await number_events(pool) == 1
    assert await numbered(pool) == [(1, "quick"), (2, "slow")]
    async with pool.acquire() as connection:
        assert [each.subject for each in await read_events(connection, "reader", 10)] == ["slow"]


async def test_what_is_undone_has_no_number(pool: Pool) -> None:
    organisation = new_id()
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await happen(connection, organisation, "undone")
        await transaction.rollback()
    await tell(pool, organisation, "tests.happened", "done")
    await number_all(pool)
    assert await numbered(pool) == [(1, "done")]


async def test_many_writers_and_two_sequencers(pool: Pool, *, full_size: bool) -> None:
    """Whoever reads on by numbers meanwhile reads every event once, and each thing's in order."""
    dice, writers, each_writes = Random(7), 6, 200 if full_size else 25
    seen: list[str] = []
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for step in range(each_writes):
            async with writing(pool) as connection:
                await happen(connection, new_id(), f"{writer}/{step}")
                await asyncio.sleep(dice.random() * 0.01)

    async def sequence() -> None:
        while not done.is_set():
            await number_events(pool)
            await asyncio.sleep(0)

    async def read() -> None:
        while len(seen) < writers * each_writes:
            async with writing(pool) as connection:
                events = await read_events(connection, "reader", 10)
                if events:
                    await advance(connection, "reader", events[-1].seq)
            assert [each.seq for each in events] == [
                *range(len(seen) + 1, len(seen) + 1 + len(events))
            ]
            seen.extend(each.subject for each in events)
            await asyncio.sleep(0.001)

    async with asyncio.timeout(SECONDS_MAX), asyncio.TaskGroup() as group:
        group.create_task(sequence())
        group.create_task(sequence())
        reading = group.create_task(read())
        async with asyncio.TaskGroup() as writing_group:
            for writer in range(writers):
                writing_group.create_task(write(writer))
        await reading
        done.set()
    assert len(set(seen)) == len(seen) == writers * each_writes
    for writer in range(writers):
        steps = [int(each.split("/")[1]) for each in seen if each.startswith(f"{writer}/")]
        assert steps == list(range(each_writes))


async def test_the_second_sequencer_does_not_wait(pool: Pool) -> None:
    await tell(pool, new_id(), "tests.happened", "first")
    assert await number_events(pool) == 1
    await tell(pool, new_id(), "tests.happened", "second")
    async with writing(pool) as connection:
        assert await take_turn(connection, SEQUENCER) == 1
        async with asyncio.timeout(SECONDS_MAX):
            assert await number_events(pool) == 0
    assert await number_events(pool) == 1


async def test_a_sequencer_killed_in_the_middle_has_numbered_nothing(pool: Pool) -> None:
    organisation = new_id()
    for number in range(3):
        await tell(pool, organisation, "tests.happened", f"thing {number}")
    doomed = await pool.acquire()
    transaction = doomed.transaction()
    await transaction.start()
    assert await take_turn(doomed, SEQUENCER) == 0
    await doomed.fetchrow(SQL["number_events"], 0, 2)
    # Waited for: a backend that is told to end may still commit.
    await pool.execute("SELECT pg_terminate_backend($1, 5000)", doomed.get_server_pid())
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await transaction.commit()
    await pool.release(doomed)
    async with asyncio.timeout(SECONDS_MAX):
        while not await number_events(pool):  # noqa: ASYNC110 - the server lets go when it can
            await asyncio.sleep(0.01)
    assert await numbered(pool) == [(n + 1, f"thing {n}") for n in range(3)]


async def test_a_follower_that_fails_reads_the_same_again(pool: Pool) -> None:
    organisation = new_id()
    for number in range(3):
        await tell(pool, organisation, "tests.happened", f"thing {number}", organisation)
    await number_all(pool)
    events: list[Event] = []

    async def read_and_fail() -> None:
        async with writing(pool) as connection:
            events.extend(await read_events(connection, "reader", 2))
            await advance(connection, "reader", events[-1].seq)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await read_and_fail()
    async with writing(pool) as connection:
        assert await read_events(connection, "reader", 2) == events
        assert [(each.seq, each.variants) for each in events] == [
            (1, [organisation]),
            (2, [organisation]),
        ]
        await advance(connection, "reader", 2)
        assert await is_behind(connection, "reader")
    async with writing(pool) as connection:
        assert [each.subject for each in await read_events(connection, "reader", 9)] == ["thing 2"]
        await advance(connection, "reader", 3)
        assert not await is_behind(connection, "reader")
        with pytest.raises(AssertionError, match="never goes back"):
            await advance(connection, "reader", 2)


async def test_one_process_has_a_followers_turn(pool: Pool) -> None:
    await tell(pool, new_id(), "tests.happened", "thing")
    await number_all(pool)
    async with writing(pool) as connection, writing(pool) as other:
        assert len(await read_events(connection, "reader", 9)) == 1
        assert (
            await take_turn(other, "another") == 0
        )  # who follows something else is not in the way
    async with writing(pool) as connection, writing(pool) as other:
        assert len(await read_events(connection, "reader", 9)) == 1
        assert await read_events(other, "reader", 9) == []


@pytest.mark.fresh_database("pages are counted")
async def test_the_cost_of_a_chunk_does_not_grow_with_what_was_numbered(pool: Pool) -> None:
    organisation, touched = new_id(), []
    for _ in range(2):
        for number in range(10):
            await tell(pool, organisation, "tests.happened", f"thing {number}")
        await pool.execute("VACUUM ANALYZE outbox")
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute("SET LOCAL enable_seqscan = off")
            head = await take_turn(connection, SEQUENCER)
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {SQL['number_events']}"
            plan = msgspec.json.decode(await connection.fetchval(explain, head, 2000))
            touched.append(_buffers(plan[0]["Plan"]))
            await transaction.rollback()
        await number_all(pool)
        await _write_many(pool, organisation)
    # Ten keys are looked up in a tree, which is a few pages deep; the table has many pages.
    pages = await pool.fetchval("SELECT pg_relation_size('outbox') / 8192")
    assert pages > 100
    assert touched[0] <= touched[1] <= 60


async def _write_many(pool: Pool, organisation: Id) -> None:
    """Five thousand acts, all numbered."""
    happenings = [Happening("tests.happened", f"old {n}", Said()) for n in range(5000)]
    async with writing(pool) as connection:
        now = await read_clock(connection)
        await record(connection, now, new_id, caller_for(organisation), happenings)
    await number_all(pool)


def _buffers(node: Any) -> int:  # noqa: ANN401 - JSON, as the database writes it
    """Pages read to find events; where their new versions go depends on what is free where."""
    if node.get("Relation Name") == "outbox" and node["Node Type"] != "ModifyTable":
        return int(node["Shared Hit Blocks"] + node["Shared Read Blocks"])
    return sum(_buffers(each) for each in node.get("Plans", ()))
