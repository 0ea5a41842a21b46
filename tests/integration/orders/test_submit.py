"""Handing in: scopes, keys, a queue with an end, and callers that go away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

import msgspec
import pytest

from entrepot.app import open_desk
from entrepot.infra.ids import new_id
from entrepot.infra.intake import IntakeClosedError, IntakeFullError
from entrepot.infra.pool import Pool
from entrepot.infra.settings import Settings
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.orders import (
    Accepted,
    Desk,
    PlaceOrder,
    ReceiveStock,
    StockLine,
    place_order,
    place_orders,
    receive_stock,
)
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of
from tests.factories.network import Network
from tests.factories.patience import eventually, settle
from tests.factories.web import Asker, open_web


class Trader:
    """An organisation with goods, and a way to stop every batch."""

    def __init__(self, counter: Counter, owner: Id, variant: Id) -> None:
        self.counter = counter
        self.owner = owner
        self.variant = variant
        self.caller = caller_for(owner)

    def order(self, quantity: object = 1) -> PlaceOrder:
        return order_of((self.variant, quantity))

    async def held(self) -> Decimal:
        held: Decimal = (await self.counter.figures(self.variant))[1]
        return held

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Nobody's batch gets past the lock while this lasts."""
        sql = "SELECT 1 FROM positions WHERE variant = $1 FOR UPDATE"
        async with self.counter.pool.acquire() as connection, connection.transaction():
            await connection.execute(sql, self.variant)
            yield


@pytest.fixture
async def trader(network: Network, counter: Counter) -> Trader:
    owner = await network.organisation("trader")
    variant = await network.variant(owner)
    await counter.receive(owner, variant, 1000)
    return Trader(counter, owner, variant)


@asynccontextmanager
async def narrow_desk(pool: Pool, settings: Settings) -> AsyncIterator[Desk]:
    """An intake of batches of one and a queue of two."""
    desk = open_desk(pool, msgspec.structs.replace(settings, batch_max=1, queue_max=2))
    desk.intake.start()
    try:
        yield desk
    finally:
        await desk.intake.close()


async def test_stock_and_orders_need_scopes_of_their_own(trader: Trader, desk: Desk) -> None:
    places = caller_for(trader.owner, Scope.ORDERS_WRITE)
    stocks = caller_for(trader.owner, Scope.STOCK_WRITE)
    receipt = ReceiveStock((StockLine(trader.variant, Decimal(1)),))
    assert isinstance(await place_order(desk, places, trader.order(), "1"), Accepted)
    assert isinstance(await receive_stock(desk, stocks, receipt, "2"), Accepted)
    for refused in (
        await place_order(desk, stocks, trader.order(), "3"),
        await receive_stock(desk, places, receipt, "4"),
        *(await place_orders(desk, stocks, [(trader.order(), "5")] * 2)),
    ):
        assert code_of(refused) == "identity.scope_missing"
    assert await trader.held() == 1


async def test_the_reference_is_the_key_of_an_order_without_one(trader: Trader, desk: Desk) -> None:
    order = trader.order()
    first = await place_order(desk, trader.caller, order, "")
    anew = msgspec.structs.replace(order, order=new_id())
    second = await place_order(desk, trader.caller, anew, "")
    assert isinstance(second, Accepted)
    assert second.replayed
    assert body_of(first) == body_of(second)
    changed = msgspec.structs.replace(anew, hold_minutes=99)
    assert code_of(await place_order(desk, trader.caller, changed, "")) == "request.key_reused"
    assert await trader.held() == 1


async def test_a_key_that_looks_like_our_own_is_another(trader: Trader, desk: Desk) -> None:
    order = trader.order()
    await place_order(desk, trader.caller, order, "")
    other = trader.order()
    answer = await place_order(desk, trader.caller, other, f"order:{order.reference}")
    assert isinstance(answer, Accepted)
    assert not answer.replayed


async def test_one_key_for_two_kinds_of_act_is_refused(trader: Trader, desk: Desk) -> None:
    await place_order(desk, trader.caller, trader.order(), "one")
    receipt = ReceiveStock((StockLine(trader.variant, Decimal(1)),))
    answer = await receive_stock(desk, trader.caller, receipt, "one")
    assert code_of(answer) == "request.key_reused"


async def test_a_full_queue_takes_nothing_more(
    trader: Trader, pool: Pool, settings: Settings
) -> None:
    async with narrow_desk(pool, settings) as desk:
        async with trader.stopped():
            taken = []
            for number in range(3):  # one in flight, two that wait
                placing = place_order(desk, trader.caller, trader.order(), f"k{number}")
                taken.append(asyncio.create_task(placing))
                await settle()
            assert len(desk.intake) == 2
            with pytest.raises(IntakeFullError) as full:
                await place_order(desk, trader.caller, trader.order(), "one too many")
            assert full.value.retry_after_seconds >= 1
        assert all(isinstance(each, Accepted) for each in await asyncio.gather(*taken))
        after = await place_order(desk, trader.caller, trader.order(), "one too many")
        assert isinstance(after, Accepted)
    assert await trader.held() == 4


async def test_a_list_waits_for_room_in_the_queue(
    trader: Trader, pool: Pool, settings: Settings
) -> None:
    async with narrow_desk(pool, settings) as desk:
        answers = await place_orders(
            desk, trader.caller, [(trader.order(), f"list {n}") for n in range(12)]
        )
    assert all(isinstance(each, Accepted) for each in answers)
    assert await trader.held() == 12


async def test_a_full_queue_is_503_with_a_time_to_come_back(
    trader: Trader, pool: Pool, settings: Settings
) -> None:
    narrow = msgspec.structs.replace(settings, batch_max=1, queue_max=2)
    async with open_web(pool, narrow) as web:
        asker = await web.asker(trader.owner)
        assert await place_by_web(asker, trader, "first") == 201
        async with trader.stopped():
            sent = [
                asyncio.create_task(place_by_web(asker, trader, f"reference {n}")) for n in range(8)
            ]
            # One in flight and two that wait; how many of them had room is up to who came first.
            await eventually(lambda: sum(each.done() for each in sent) >= 5)
            done = [each for each in sent if each.done()]
            waiting = [each for each in sent if not each.done()]
            assert {each.result() for each in done} == {503}
            assert 1 <= len(waiting) <= 3
        assert {await each for each in waiting} in ({201}, {201, 503})
        again = [await place_by_web(asker, trader, f"reference {n}") for n in range(8)]
        assert again == [201] * 8
    assert await trader.held() == 9


async def place_by_web(asker: Asker, trader: Trader, reference: str) -> int:
    """Order one unit; the status of the answer."""
    lines = [{"variant": f"var_{trader.variant}", "quantity": "1"}]
    body = {"reference": reference, "kind": "own", "lines": lines}
    response = await asker.send("POST", "/api/v1/orders", body)
    if response.status_code == 503:
        assert response.json()["code"] == "request.too_busy"
        assert int(response.headers["retry-after"]) >= 1
    return response.status_code


@pytest.mark.parametrize("others", [0, 5])
async def test_a_caller_that_goes_away_cancels_nothing(
    trader: Trader, desk: Desk, others: int
) -> None:
    """Neither its own order, which is in flight or waits, nor its neighbours'."""
    order = trader.order()
    async with trader.stopped():
        first = [
            asyncio.create_task(place_order(desk, trader.caller, trader.order(), f"other {n}"))
            for n in range(others)
        ]
        await settle()
        gone = asyncio.create_task(place_order(desk, trader.caller, order, "gone"))
        await settle()
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
    assert all(isinstance(each, Accepted) for each in await asyncio.gather(*first))
    again = await place_order(desk, trader.caller, order, "gone")
    assert isinstance(again, Accepted)
    assert again.replayed
    assert await trader.held() == 1 + others


async def test_a_closing_intake_finishes_what_it_took(
    trader: Trader, pool: Pool, settings: Settings
) -> None:
    desk = open_desk(pool, msgspec.structs.replace(settings, batch_max=2))
    desk.intake.start()
    taken = [
        asyncio.create_task(place_order(desk, trader.caller, trader.order(), f"k{n}"))
        for n in range(7)
    ]
    await asyncio.sleep(0)
    await desk.intake.close()
    assert all(isinstance(each, Accepted) for each in await asyncio.gather(*taken))
    with pytest.raises(IntakeClosedError):
        await place_order(desk, trader.caller, trader.order(), "too late")
    assert await trader.held() == 7
