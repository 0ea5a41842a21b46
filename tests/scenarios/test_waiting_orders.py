"""Orders that wait: who gets what arrives, also when more wait than a batch looks at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from entrepot.app import open_desk
from entrepot.infra.settings import Settings
from entrepot.kernel.ids import Id
from entrepot.orders import (
    CancelOrder,
    ChangeOrder,
    Desk,
    PlaceOrder,
    PrioritiseOrder,
    ReceiveStock,
    StockLine,
    recheck_waiting,
    sweep_expired,
)
from entrepot.orders.actions import run_batch
from tests.factories.counter import Counter, body_of, order_of, wanted
from tests.factories.network import Network


@pytest.fixture
async def shop(network: Network) -> Id:
    return await network.organisation("greengrocer")


@pytest.fixture
async def carrots(network: Network, shop: Id) -> Id:
    return await network.variant(shop, "CARROTS")


@pytest.fixture
async def desk(counter: Counter, settings: Settings) -> AsyncIterator[Desk]:
    """The process's desk, for jobs."""
    opened = open_desk(counter.pool, settings)
    opened.intake.start()
    yield opened
    await opened.intake.close()


def waiting(variant: Id, quantity: object, **terms: object) -> PlaceOrder:
    """A paid order that waits when it cannot go whole."""
    return order_of((variant, quantity), **{"policy": "ship_complete", "paid": True} | terms)  # type: ignore[arg-type] # terms of an order


async def status(counter: Counter, order: PlaceOrder) -> str:
    return (await counter.order(order.order))[0]


async def statuses(counter: Counter, *orders: PlaceOrder) -> list[str]:
    return [await status(counter, order) for order in orders]


async def test_goods_that_arrive_serve_the_queue_in_its_order(
    counter: Counter, shop: Id, carrots: Id
) -> None:
    """First what a recount cut short, then by priority, then whoever came first."""
    await counter.receive(shop, carrots, 3)
    cut = order_of((carrots, 3), paid=True)
    await counter.place(shop, cut)
    early, late = waiting(carrots, 2), waiting(carrots, 2)
    await counter.place(shop, early)
    await counter.place(shop, late)
    hurry = waiting(carrots, 2, priority=5)
    await counter.place(shop, hurry)
    await counter.count(shop, carrots, 1)
    assert await counter.lines(cut.order) == ["1: 3 = 1 held + 2 short"]

    held = {}
    for _ in range(8):
        await counter.receive(shop, carrots, 1)
        for name, order in {"cut": cut, "hurry": hurry, "early": early, "late": late}.items():
            (line,) = await counter.rows(
                "SELECT held FROM order_lines WHERE order_id = $1", order.order
            )
            held[name] = line[0]
        served = [name for name in ("cut", "hurry", "early", "late") if held[name]]
        assert served == ["cut", "hurry", "early", "late"][: len(served)]
        assert sum(1 for name in served if held[name] not in {2, 3}) <= 1
    assert await statuses(counter, cut, hurry, early, late) == ["complete"] * 4
    events = await counter.rows("SELECT event FROM outbox WHERE event LIKE 'orders.%' ORDER BY id")
    assert [event for (event,) in events][4:] == ["orders.supplied"] * 3 + [
        "orders.released",
        "orders.supplied",
        "orders.released",
        "orders.supplied",
        "orders.released",
    ]


async def test_one_receipt_serves_many_and_leaves_the_rest(
    counter: Counter, shop: Id, carrots: Id
) -> None:
    orders = [waiting(carrots, 2) for _ in range(5)]
    for order in orders:
        await counter.place(shop, order)
    await counter.receive(shop, carrots, 7)
    assert await statuses(counter, *orders) == ["complete"] * 3 + ["waiting"] * 2
    assert await counter.lines(orders[3].order) == ["1: 2 = 1 held + 1 missing"]
    assert await counter.figures(carrots) == (Decimal(7), Decimal(7), 5)


class TestMoreThanABatchLooksAt:
    """Ten wait; a batch looks at three; the cursor remembers where to go on."""

    @pytest.fixture
    async def queue(
        self, counter: Counter, shop: Id, carrots: Id, monkeypatch: pytest.MonkeyPatch
    ) -> list[PlaceOrder]:
        monkeypatch.setattr(run_batch, "CANDIDATES_MAX", 3)
        orders = [waiting(carrots, 1) for _ in range(10)]
        for order in orders:
            await counter.place(shop, order)
        return orders

    async def test_the_job_goes_on_until_nobody_is_left(
        self, counter: Counter, shop: Id, carrots: Id, queue: list[PlaceOrder], desk: Desk
    ) -> None:
        await counter.receive(shop, carrots, 8)
        served = ["complete"] * 3 + ["waiting"] * 7
        assert await statuses(counter, *queue) == served
        found = [await recheck_waiting(desk) for _ in range(4)]
        assert found == [1, 1, 0, 0]
        assert await statuses(counter, *queue) == ["complete"] * 8 + ["waiting"] * 2
        assert await counter.rows("SELECT recheck_after FROM positions") == [(None,)]

    async def test_newcomers_do_not_overtake_those_looked_at(
        self, counter: Counter, shop: Id, carrots: Id, queue: list[PlaceOrder]
    ) -> None:
        await counter.receive(shop, carrots, 5)
        newcomer = order_of((carrots, 1), paid=True)
        (answer,) = await counter.batch((shop, newcomer))
        assert not hasattr(answer, "body"), "the two that are left are for the fourth and fifth"
        assert await statuses(counter, *queue) == ["complete"] * 5 + ["waiting"] * 5

    async def test_a_batch_of_others_goes_on_too(
        self, counter: Counter, shop: Id, carrots: Id, queue: list[PlaceOrder], network: Network
    ) -> None:
        """Whoever locks the position next continues, whatever its own acts are about."""
        await counter.receive(shop, carrots, 6)
        leeks = await network.variant(shop, "LEEKS")
        await counter.receive(shop, leeks, 1)
        assert await statuses(counter, *queue) == ["complete"] * 3 + ["waiting"] * 7
        await counter.batch((shop, order_of((leeks, 1), (carrots, 99), paid=True)))
        assert await statuses(counter, *queue) == ["complete"] * 6 + ["waiting"] * 4

    async def test_two_processes_go_on_where_the_other_left_off(
        self, counter: Counter, shop: Id, carrots: Id, queue: list[PlaceOrder], desk: Desk
    ) -> None:
        await counter.receive(shop, carrots, 3)
        await counter.receive(shop, carrots, 7)
        while await recheck_waiting(desk):
            pass
        assert await statuses(counter, *queue) == ["complete"] * 10

    async def test_several_variants_at_once(
        self,
        counter: Counter,
        shop: Id,
        carrots: Id,
        queue: list[PlaceOrder],
        desk: Desk,
        network: Network,
    ) -> None:
        leeks = await network.variant(shop, "LEEKS")
        others = [waiting(leeks, 1) for _ in range(5)]
        for order in others:
            await counter.place(shop, order)
        lines = (StockLine(carrots, Decimal(10)), StockLine(leeks, Decimal(4)))
        await counter.done(shop, ReceiveStock(lines))
        while await recheck_waiting(desk):
            pass
        assert await statuses(counter, *queue) == ["complete"] * 10
        assert await statuses(counter, *others) == ["complete"] * 4 + ["waiting"]


async def test_a_limit_that_passed_frees_for_those_who_wait_before_newcomers(
    counter: Counter, network: Network, shop: Id, carrots: Id
) -> None:
    await counter.receive(shop, carrots, 2)
    lapsed = order_of((carrots, 2))
    await counter.place(shop, lapsed)
    waits = waiting(carrots, 2)
    await counter.place(shop, waits)
    await network.set_clock_past(lapsed.order)
    (answer,) = await counter.batch((shop, order_of((carrots, 1), paid=True)))
    assert not hasattr(answer, "body")
    assert await status(counter, waits) == "complete"


async def test_the_sweep_frees_for_those_who_wait(
    counter: Counter, network: Network, shop: Id, carrots: Id, desk: Desk
) -> None:
    await counter.receive(shop, carrots, 2)
    lapsed = order_of((carrots, 2))
    await counter.place(shop, lapsed)
    waits = waiting(carrots, 2)
    await counter.place(shop, waits)
    assert await sweep_expired(desk) == 0
    await network.set_clock_past(lapsed.order)
    assert await sweep_expired(desk) == 1
    assert await counter.order(lapsed.order) == ("cancelled", "cancelled", "cancelled")
    assert await status(counter, waits) == "complete"
    assert await sweep_expired(desk) == 0


async def test_what_lapsed_on_another_variant_of_a_batch_is_not_forgotten(
    counter: Counter, network: Network, shop: Id, carrots: Id, desk: Desk
) -> None:
    """Leeks are locked only because an order waits for both; what lapses there frees, too."""
    leeks = await network.variant(shop, "LEEKS")
    await counter.receive(shop, leeks, 2)
    lapsed = order_of((leeks, 2))
    await counter.place(shop, lapsed)
    for_leeks = waiting(leeks, 2)
    await counter.place(shop, for_leeks)
    for_both = order_of((carrots, 1), (leeks, 1), policy="ship_complete", paid=True)
    await counter.place(shop, for_both)
    await network.set_clock_past(lapsed.order)
    await counter.receive(shop, carrots, 1)
    while await recheck_waiting(desk):
        pass
    held = await counter.rows("SELECT held, on_hand FROM positions WHERE variant = $1", leeks)
    assert held == [(Decimal(2), Decimal(2))], "nothing lies free while somebody waits for it"


async def test_a_count_gives_up_in_the_designed_order_with_notices(
    counter: Counter, network: Network, shop: Id, carrots: Id
) -> None:
    leeks = await network.variant(shop, "LEEKS")
    await counter.receive(shop, carrots, 10)
    paid = order_of((carrots, 3), paid=True, reference="paid")
    unpaid = order_of((carrots, 3), reference="unpaid")
    waits = order_of((carrots, 3), (leeks, 1), policy="ship_complete", paid=True, reference="w")
    for order in (paid, unpaid, waits):
        await counter.place(shop, order)

    answer = await counter.count(shop, carrots, 5)  # one was free; four promises go
    assert [(each["order"], each["quantity"]) for each in answer["given_up"]] == [
        (f"ord_{waits.order}", "3"),
        (f"ord_{unpaid.order}", "1"),
    ]
    assert await counter.lines(paid.order) == ["1: 3 = 3 held"]
    assert await counter.lines(unpaid.order) == ["1: 3 = 2 held + 1 short"]
    assert await counter.lines(waits.order) == ["1: 3 = 3 missing", "2: 1 = 1 missing"]
    notices = await counter.rows("SELECT kind, subject FROM notices")
    assert notices == [("orders.line_short", f"ord_{unpaid.order}")]
    await counter.receive(shop, carrots, 1)
    assert await counter.lines(unpaid.order) == ["1: 3 = 3 held"]


async def test_allow_split_makes_exactly_one_successor(
    counter: Counter, shop: Id, carrots: Id
) -> None:
    await counter.receive(shop, carrots, 2)
    order = order_of((carrots, 9), policy="allow_split", paid=True, reference="A")
    answer = await counter.place(shop, order)
    for _ in range(6):
        await counter.receive(shop, carrots, 1)
    rows = await counter.rows("SELECT reference, status, follows FROM orders ORDER BY 1")
    assert rows == [("A", "complete", None), ("A#2", "waiting", order.order)]
    successor = answer["followed_by"].removeprefix("ord_")
    assert await counter.lines(successor) == ["1: 7 = 6 held + 1 missing"]
    await counter.receive(shop, carrots, 1)
    assert (await counter.order(successor))[0] == "complete"


async def test_a_change_keeps_its_place(counter: Counter, shop: Id, carrots: Id) -> None:
    first, second = waiting(carrots, 2), waiting(carrots, 2)
    await counter.place(shop, first)
    await counter.place(shop, second)
    changed = ChangeOrder(first.order, wanted((carrots, 3)))
    assert body_of((await counter.batch((shop, changed)))[0])["status"] == "waiting"
    await counter.receive(shop, carrots, 3)
    assert await statuses(counter, first, second) == ["complete", "waiting"]


async def test_priority_moves_it(counter: Counter, shop: Id, carrots: Id) -> None:
    first, second = waiting(carrots, 2), waiting(carrots, 2)
    await counter.place(shop, first)
    await counter.place(shop, second)
    await counter.done(shop, PrioritiseOrder(second.order, 1))
    await counter.receive(shop, carrots, 2)
    assert await statuses(counter, first, second) == ["waiting", "complete"]


async def test_who_begins_to_wait_in_a_batch_gets_what_a_change_in_it_gives_back(
    counter: Counter, shop: Id, carrots: Id
) -> None:
    await counter.receive(shop, carrots, 5)
    holder = order_of((carrots, 5), paid=True)
    await counter.place(shop, holder)
    newcomer = waiting(carrots, 3)
    await counter.batch((shop, newcomer), (shop, ChangeOrder(holder.order, wanted((carrots, 1)))))
    assert await status(counter, newcomer) == "complete"


async def test_a_cancelled_order_no_longer_waits(counter: Counter, shop: Id, carrots: Id) -> None:
    order = waiting(carrots, 2)
    await counter.place(shop, order)
    await counter.done(shop, CancelOrder(order.order))
    assert await counter.rows("SELECT 1 FROM waiting_lines") == []
    await counter.receive(shop, carrots, 2)
    assert (await counter.figures(carrots))[1] == 0
