"""Idempotency keys are remembered for thirty days; what happened is in the audit for ever."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from entrepot.infra import purging
from entrepot.infra.ground import KEYS_KEPT, SQL, StoredAnswer, find_stored, read_clock
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Connection
from entrepot.infra.purging import purge_old_keys
from entrepot.infra.writing import Done, Happening, Sent, Written, act_once
from entrepot.jobs.timetable import TIMETABLE
from entrepot.orders import Accepted, ReceiveStock, StockLine, store
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network

pytestmark = pytest.mark.fresh_database("pages are counted")


class Made(msgspec.Struct, frozen=True):
    """What an act of these tests answers."""

    at: str


async def _age(counter: Counter, days: str) -> None:
    await counter.rows(f"UPDATE idempotency_keys SET claimed_at = now() - interval '{days}'")


async def _keys(counter: Counter) -> int:
    ((count,),) = await counter.rows("SELECT count(*) FROM idempotency_keys")
    assert isinstance(count, int)
    return count


async def test_young_keys_stay(network: Network, counter: Counter) -> None:
    owner = await network.organisation()
    await counter.receive(owner, await network.variant(owner), 5)
    await _age(counter, "29 days 23 hours")
    assert await purge_old_keys(counter.pool) == 0
    assert await _keys(counter) == 1


async def test_an_old_key_goes_and_its_act_stays(network: Network, counter: Counter) -> None:
    owner = await network.organisation()
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 5)
    order = order_of((variant, 1), paid=True, reference="monday")
    first = await counter.act(owner, order, "key")
    await _age(counter, "31 days")
    assert await purge_old_keys(counter.pool) == 2
    assert await _keys(counter) == 0
    assert [each[0] for each in await acts_of(counter.pool, owner)] == [
        "stock.received",
        "orders.placed",
    ]
    again = msgspec.structs.replace(order, order=new_id(), reference="tuesday")
    second = await counter.act(owner, again, "key")
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert not second.replayed


async def test_they_go_in_chunks(
    network: Network, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "KEYS_MAX", 2)
    owner = await network.organisation()
    variant = await network.variant(owner)
    for _ in range(3):
        await counter.receive(owner, variant, 1)
    await _age(counter, "31 days")
    assert [await purge_old_keys(counter.pool) for _ in range(3)] == [2, 1, 0]


async def test_the_cost_of_a_chunk_does_not_grow_with_the_keys(counter: Counter) -> None:
    """The oldest are found by an index, whatever else there is."""
    touched = []
    for _ in range(2):
        await counter.rows(
            "INSERT INTO idempotency_keys (organisation, key, body_hash, act, claimed_at)"
            " SELECT gen_random_uuid(), 'key', '', gen_random_uuid(),"
            " now() - CASE WHEN n <= 10 THEN interval '31 days' ELSE interval '1 day' END"
            " FROM generate_series(1, 5000) AS s (n)"
        )
        await counter.rows("VACUUM ANALYZE idempotency_keys")
        async with counter.pool.acquire() as connection:
            before = await read_clock(connection) - KEYS_KEPT
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {SQL['purge_keys']}"
            plan = msgspec.json.decode(await connection.fetchval(explain, before, 1000))
            assert plan[0]["Plan"]["Actual Rows"] == 10
            touched.append(_buffers(plan))
    await counter.rows("TRUNCATE idempotency_keys")  # they stood for no acts
    assert touched[1] <= touched[0] * 1.5


async def test_a_key_that_is_forgotten_while_it_is_sent_again(
    network: Network, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was there when it was to be claimed, and gone when its answer was read: a new act."""
    owner = await network.organisation()
    variant = await network.variant(owner)
    command = ReceiveStock((StockLine(variant, Decimal(5)),))
    await counter.act(owner, command, "key")
    read_facts = store.read_facts

    async def forget_and_read(connection: Connection, asked: store.Asked) -> store.Answered:
        monkeypatch.undo()
        await counter.rows("DELETE FROM idempotency_keys")
        return await read_facts(connection, asked)

    monkeypatch.setattr(store, "read_facts", forget_and_read)
    again = await counter.act(owner, command, "key")
    assert isinstance(again, Accepted)
    assert not again.replayed
    assert await counter.figures(variant) == (10, 0, 2)


async def test_the_same_outside_the_batch(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = caller_for(new_id())
    sent = Sent("key", b"content")

    async def work(_: Connection, at: datetime) -> Done[Made]:
        made = Made(str(at))
        return Done(made, (Happening("tests.made", "org_1", made),))

    first = await act_once(counter.pool, new_id, caller, sent, Made, work)

    async def forget_and_find(*asked: Any) -> StoredAnswer | None:  # noqa: ANN401 - passed on
        monkeypatch.undo()
        await counter.rows("DELETE FROM idempotency_keys")
        return await find_stored(*asked)

    monkeypatch.setattr("entrepot.infra.writing.find_stored", forget_and_find)
    again = await act_once(counter.pool, new_id, caller, sent, Made, work)
    assert isinstance(first, Written)
    assert isinstance(again, Written)
    assert not again.replayed
    assert again.answer != first.answer


def test_the_worker_purges() -> None:
    assert "purge_keys" in {job.name for job in TIMETABLE}


def _buffers(plan: Any) -> int:  # noqa: ANN401 - JSON, as the database writes it
    top = plan[0]["Plan"]
    touched: int = top["Shared Hit Blocks"] + top["Shared Read Blocks"]
    return touched
