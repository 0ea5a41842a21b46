"""An act with a key happens once, whoever sends it how often; without one, each time."""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection, Pool
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.kernel.caller import Caller
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal, refuse
from tests.factories.network import Network


class Answered(msgspec.Struct, frozen=True):
    """What the act of these tests answers."""

    number: int
    at: datetime


class Teller:
    """Does an act and counts how often."""

    def __init__(self, pool: Pool, caller: Caller) -> None:
        self.pool = pool
        self.caller = caller
        self.calls = 0
        self.refuses = False
        self.changes = True

    async def work(self, _: Connection, now: datetime) -> Done[Answered] | Refusal:
        self.calls += 1
        await asyncio.sleep(0.01)
        if self.refuses:
            return refuse("test.refused", "Not now.")
        answer = Answered(self.calls, now)
        happenings = (Happening("test.done", "sub_1", answer),) if self.changes else ()
        return Done(answer, happenings)

    async def send(self, key: str | None, content: bytes = b"c") -> Written[Answered] | Refusal:
        sent = None if key is None else Sent(key, content, "req")
        return await act_once(self.pool, new_id, self.caller, sent, Answered, self.work)

    async def rows(self) -> tuple[int, int, int]:
        """How many keys, audit rows and outbox rows the caller's organisation has."""
        counts = []
        for table in ("idempotency_keys", "audit", "outbox"):
            sql = f"SELECT count(*) FROM {table} WHERE organisation = $1"
            counts.append(await self.pool.fetchval(sql, self.caller.organisation))
        return counts[0], counts[1], counts[2]


async def teller(pool: Pool, network: Network) -> Teller:
    return Teller(pool, Caller(await network.organisation(), frozenset()))


async def test_sent_again_it_is_answered_and_does_nothing(pool: Pool, network: Network) -> None:
    tell = await teller(pool, network)
    first = await tell.send("k")
    again = await tell.send("k")
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert (tell.calls, await tell.rows()) == (1, (1, 1, 1))


async def test_twins_at_once_are_one(pool: Pool, network: Network) -> None:
    tell = await teller(pool, network)
    answers = await asyncio.gather(*(tell.send("k") for _ in range(5)))
    assert {each.answer.number for each in answers if isinstance(each, Written)} == {1}
    assert sum(each.replayed for each in answers if isinstance(each, Written)) == 4
    assert (tell.calls, await tell.rows()) == (1, (1, 1, 1))


async def test_other_content_under_the_same_key_is_refused(pool: Pool, network: Network) -> None:
    tell = await teller(pool, network)
    await tell.send("k")
    other = await tell.send("k", b"other")
    assert isinstance(other, Refusal)
    assert other.code == "request.key_reused"
    assert (tell.calls, await tell.rows()) == (1, (1, 1, 1))


async def test_what_was_refused_gives_its_key_back(pool: Pool, network: Network) -> None:
    tell = await teller(pool, network)
    tell.refuses = True
    refused = await tell.send("k")
    assert isinstance(refused, Refusal)
    assert await tell.rows() == (0, 0, 0)
    tell.refuses = False
    assert isinstance(await tell.send("k"), Written)


async def test_an_act_that_changes_nothing_is_remembered_too(pool: Pool, network: Network) -> None:
    tell = await teller(pool, network)
    tell.changes = False
    first = await tell.send("k")
    again = await tell.send("k")
    assert isinstance(first, Written)
    assert again == Written(first.answer, replayed=True)
    assert await tell.rows() == (1, 1, 1)


async def test_without_a_key_it_happens_each_time(pool: Pool, network: Network) -> None:
    tell = await teller(pool, network)
    await tell.send(None)
    await tell.send(None)
    assert (tell.calls, await tell.rows()) == (2, (0, 2, 2))


async def test_rivals_that_lock_each_other_out_are_tried_again(
    pool: Pool, network: Network
) -> None:
    """Two acts lock two rows in opposite order: the database gives one up, and it goes again."""
    tell = await teller(pool, network)
    rows = [tell.caller.organisation, await network.organisation()]
    met = asyncio.Barrier(2)
    tries = []

    async def act(order: list[Id]) -> Written[Answered] | Refusal:
        async def work(connection: Connection, now: datetime) -> Done[Answered] | Refusal:
            tries.append(order)
            for number, row in enumerate(order):
                await connection.execute(
                    "SELECT 1 FROM organisations WHERE id = $1 FOR UPDATE", row
                )
                if number == 0 and len(tries) <= 2:
                    await met.wait()
            return Done(Answered(1, now))

        return await act_once(pool, new_id, tell.caller, None, Answered, work)

    answers = await asyncio.gather(act(rows), act(rows[::-1]))
    assert all(isinstance(each, Written) for each in answers)
    assert len(tries) == 3
