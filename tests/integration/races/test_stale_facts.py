"""A fact that is looked up by the locking statement is stale after a lock wait; ours is not.

After it waited for a row, the locking statement sees the new version of that row only; whatever
else it joined is as it was when the statement began. The wrong variant is planted here to show
that the race is real and that these tests would notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from entrepot.infra.pool import Connection
from entrepot.kernel.ids import Id
from entrepot.kernel.refusal import Refusal
from entrepot.orders import Accepted, Answer, PlaceOrder
from entrepot.orders import store as orders_store
from entrepot.stock import store as stock_store
from tests.factories.counter import order_of
from tests.factories.locks import blocked_by
from tests.factories.stall import Stall

REVOKE = "UPDATE trading_rights SET state = 'ended' WHERE seller = $1"
DEACTIVATE = "UPDATE variants SET state = 'deactivated' WHERE organisation = $1"

JOINED_RIGHT = """,
    EXISTS (
        SELECT 1 FROM trading_rights AS t
        WHERE t.seller = p.owner AND t.kind = 'session' AND t.state = 'active'
    ) AS fact
FROM positions AS p"""

JOINED_STATE = """,
    EXISTS (
        SELECT 1 FROM variants AS v
        WHERE v.organisation = p.owner AND v.id = p.variant AND v.state = 'active'
    ) AS fact
FROM positions AS p"""


async def race(stall: Stall, buyer: Id, order: PlaceOrder, change: str) -> Answer:
    """Place an order that waits for its position while a rival changes a fact and commits."""
    (line, *_) = order.lines
    async with stall.pool.acquire() as rival, stall.pool.acquire() as watcher:
        turn = rival.transaction()
        await turn.start()
        await rival.execute("SELECT 1 FROM positions WHERE variant = $1 FOR UPDATE", line.variant)
        placing = asyncio.create_task(stall.counter.act(buyer, order))
        await blocked_by(watcher, rival.get_server_pid())
        await rival.execute(change, stall.owner)
        await turn.commit()
        return await placing


def plant(monkeypatch: pytest.MonkeyPatch, joined: str, spoil: Callable[[Any, bool], None]) -> None:
    """Let the locking statement look the fact up, and the decision rest on what it saw."""
    sql = stock_store.SQL["lock_positions"].replace("\nFROM positions AS p", joined)
    assert "AS fact" in sql
    seen: list[bool] = []
    lock, read = stock_store.lock_positions, orders_store.read_facts

    async def lock_and_look(connection: Connection, variants: Sequence[tuple[Id, Id]]) -> Any:  # noqa: ANN401 - passed on unseen
        rows = await connection.fetch(sql, *zip(*variants, strict=True))
        seen.append(all(row["fact"] for row in rows))
        return await lock(connection, variants)

    async def read_rest(*args: Any) -> Any:  # noqa: ANN401 - passed on unseen
        answered = await read(*args)
        spoil(answered, seen[-1])
        return answered

    monkeypatch.setattr(stock_store, "lock_positions", lock_and_look)
    monkeypatch.setattr(orders_store, "read_facts", read_rest)


@pytest.fixture
async def buyer(stall: Stall) -> Id:
    buyer = await stall.network.organisation("buyer")
    await stall.network.right(stall.owner, buyer, "session")
    return buyer


async def test_a_right_revoked_during_the_wait_is_refused(stall: Stall, buyer: Id) -> None:
    variant = await stall.goods(5)
    answer = await race(stall, buyer, order_of((variant, 1), kind="session"), REVOKE)
    assert isinstance(answer, Refusal)
    assert answer.code == "orders.unknown_variant"
    assert await stall.left(variant) == 5


async def test_a_variant_deactivated_during_the_wait_is_refused(stall: Stall, buyer: Id) -> None:
    variant = await stall.goods(5)
    answer = await race(stall, buyer, order_of((variant, 1), kind="session"), DEACTIVATE)
    assert isinstance(answer, Refusal)
    assert answer.code == "orders.variant_not_orderable"
    assert await stall.left(variant) == 5


async def test_a_right_looked_up_by_the_lock_is_stale(
    stall: Stall, buyer: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = await stall.goods(5)

    def spoil(answered: Any, fact: bool) -> None:  # noqa: ANN401, FBT001 - what the store gave back
        if fact:
            answered.rights.add((stall.owner, buyer, "session"))

    plant(monkeypatch, JOINED_RIGHT, spoil)
    answer = await race(stall, buyer, order_of((variant, 1), kind="session"), REVOKE)
    assert isinstance(answer, Accepted), "the wrong variant decides on the right as it was"


async def test_a_state_looked_up_by_the_lock_is_stale(
    stall: Stall, buyer: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = await stall.goods(5)

    def spoil(answered: Any, fact: bool) -> None:  # noqa: ANN401, FBT001 - what the store gave back
        for ident, each in list(answered.variants.items()):
            fields = {name: getattr(each, name) for name in each.__struct_fields__}
            answered.variants[ident] = type(each)(**{**fields, "is_orderable": fact})

    plant(monkeypatch, JOINED_STATE, spoil)
    answer = await race(stall, buyer, order_of((variant, 1), kind="session"), DEACTIVATE)
    assert isinstance(answer, Accepted), "the wrong variant decides on the state as it was"


async def test_the_wrong_variant_is_right_while_nothing_changes(
    stall: Stall, buyer: Id, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it does wrong is stale facts alone: without a wait it refuses as it should."""
    variant = await stall.goods(5)
    async with stall.pool.acquire() as connection:
        await connection.execute(REVOKE, stall.owner)

    def spoil(answered: Any, fact: bool) -> None:  # noqa: ANN401, FBT001 - what the store gave back
        if fact:
            answered.rights.add((stall.owner, buyer, "session"))

    plant(monkeypatch, JOINED_RIGHT, spoil)
    answer = await stall.counter.act(buyer, order_of((variant, 1), kind="session"))
    assert isinstance(answer, Refusal)
