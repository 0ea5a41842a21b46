"""Orders as people look at them: lists that fit a filter, one order with its partners, its history.

What a page shows of each is tested in tests/integration/portal; here is what the views find, and
what it costs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from entrepot import orders
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import HIGHEST, LOWEST, Page
from entrepot.kernel.refusal import Refusal
from entrepot.orders import OrderFilter, PrioritiseOrder
from entrepot.orders.store import showing
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, order_of, parts
from tests.factories.network import Network
from tests.factories.street import Street
from tests.integration.rest.test_cost import BUFFERS_MAX, buffers_of, fill


@dataclass
class Shop:
    """A shop with three of `a`, and a wholesaler that offers five of `b`, two of theirs each."""

    pool: Pool
    street: Street
    id: Id

    async def listed(self, page: Page | None = None, **wanted: Any) -> Any:  # noqa: ANN401 - a stretch of orders
        return await orders.search_orders(
            self.pool, caller_for(self.id), page or Page(), OrderFilter(**wanted)
        )

    async def references(self, **wanted: Any) -> list[str]:  # noqa: ANN401 - fields of a filter
        stretch = await self.listed(**wanted)
        return [each.reference for each in stretch.rows]


@pytest.fixture
async def shop(network: Network, counter: Counter) -> Shop:
    street = Street(network, counter)
    await street.opens("wholesale", {"b": 10})
    ident = await street.opens("shop", {"a": 3, "b": 0})
    await street.partners("wholesale", "shop", "b", factor=2)
    return Shop(network.pool, street, ident)


async def test_orders_are_found_by_each_filter(shop: Shop) -> None:
    street = shop.street
    await street.orders("shop", ("a", 1), reference="WEB-1")
    await street.orders("shop", ("a", 9), reference="WEB-2")
    await street.orders("shop", ("b", 1), reference="COUNTER-1")
    await street.orders("shop", ("a", 1), reference="LATER-1", draft=True, paid=False)
    assert await shop.references() == ["LATER-1", "COUNTER-1", "WEB-2", "WEB-1"]
    assert await shop.references(status="waiting") == ["WEB-2"]
    assert await shop.references(misses=True) == ["WEB-2"]
    assert await shop.references(reference="WEB-") == ["WEB-1", "WEB-2"]
    assert await shop.references(reference="WEB-", status="complete") == ["WEB-1"]
    assert await shop.references(variant=await street.variant("shop", "b")) == ["COUNTER-1"]
    now = datetime.now(UTC)
    assert await shop.references(placed_since=now - timedelta(hours=1), status="draft") == [
        "LATER-1"
    ]
    assert await shop.references(placed_since=now + timedelta(hours=1)) == []
    assert await shop.references(reference="web-") == []


async def test_a_list_tells_lines_amount_and_what_is_missing(shop: Shop) -> None:
    await shop.street.orders("shop", ("a", 9), ("b", 7))
    (row,) = (await shop.listed()).rows
    assert (row.status, row.lines, row.amount, row.goods_missing) == ("waiting", 2, "40", 2)
    assert [each.quantity for each in row.missing] == ["6", "7"]


async def test_an_order_past_its_limit_is_among_the_cancelled_and_misses_nothing(
    shop: Shop,
) -> None:
    order = await shop.street.orders(
        "shop", ("a", 9), reference="SLOW", paid=False, policy="ship_complete"
    )
    await shop.street.network.set_clock_past(order["id"].removeprefix("ord_"))
    (row,) = (await shop.listed(status="cancelled")).rows
    assert (row.status, row.payment_status, row.missing) == ("cancelled", "cancelled", ())
    assert await shop.references(status="waiting") == []
    assert await shop.references(misses=True) == []


async def test_pages_go_on_where_they_ended_whatever_the_filter(shop: Shop) -> None:
    for number in range(5):
        await shop.street.orders("shop", ("a", 9), reference=f"W-{number}")
    for wanted, expected in (
        ({}, ["W-4", "W-3", "W-2", "W-1", "W-0"]),
        ({"misses": True}, ["W-4", "W-3", "W-2", "W-1", "W-0"]),
        ({"status": "waiting"}, ["W-4", "W-3", "W-2", "W-1", "W-0"]),
        ({"reference": "W-"}, ["W-0", "W-1", "W-2", "W-3", "W-4"]),
    ):
        found: list[str] = []
        page: Page | None = Page(2)
        while page is not None:
            stretch = await shop.listed(page, **wanted)
            found += [each.reference for each in stretch.rows]
            page = None if stretch.following is None else Page(2, stretch.following)
        assert found == expected


async def test_an_order_says_what_came_from_whom_and_what_would_go_back(shop: Shop) -> None:
    order = (await shop.street.orders("shop", ("a", 2), ("b", 3)))["id"].removeprefix("ord_")
    shown = await orders.show_order(shop.pool, caller_for(shop.id), order)
    assert not isinstance(shown, Refusal)
    own, moved = shown.lines
    assert (own.own, own.transfers, moved.own) == ("2", (), "0")
    (transfer,) = moved.transfers
    assert (transfer.partner_name, transfer.quantity, transfer.factor) == ("wholesale", "3", 2)
    assert (transfer.left, transfer.goes_back) == ("3", True)
    assert shown.may == {"ship", "change", "cancel"}

    counter = shop.street.counter
    await counter.done(shop.id, orders.CancelOrder(order, parts((2, 1))))
    shown = await orders.show_order(shop.pool, caller_for(shop.id), order)
    assert not isinstance(shown, Refusal)
    passed, back = shown.lines[1].transfers
    assert (passed.left, back.reverses, back.quantity) == ("2", passed.id, "1")
    assert (shown.lines[1].cancelled, shown.lines[1].open) == ("1", "2")


async def test_what_passed_between_others_is_not_told(shop: Shop, network: Network) -> None:
    market = await network.organisation("market")
    await network.right(shop.id, market, "marketplace")
    variant = await shop.street.variant("shop", "b")
    wanted = order_of((variant, 2), kind="marketplace", paid=True)
    order = (await shop.street.counter.place(market, wanted))["id"].removeprefix("ord_")
    assert await shop.street.transferred() == ["wholesale -> shop: 2 b"]
    shown = await orders.show_order(shop.pool, caller_for(market), order)
    assert not isinstance(shown, Refusal)
    (line,) = shown.lines
    assert (line.owner, line.givers, line.transfers) == ("shop", (), ())


async def test_what_was_agreed_to_keep_is_said_to_stay(shop: Shop, network: Network) -> None:
    order = (await shop.street.orders("shop", ("b", 1)))["id"].removeprefix("ord_")
    await network.close_week(shop.street.partnerships["wholesale", "shop"])
    shown = await orders.show_order(shop.pool, caller_for(shop.id), order)
    assert not isinstance(shown, Refusal)
    assert [each.goes_back for each in shown.lines[0].transfers] == [False]


async def test_what_may_be_done_follows_the_state(shop: Shop) -> None:
    street, counter = shop.street, shop.street.counter

    async def may(order: Any) -> frozenset[str]:  # noqa: ANN401 - an answer
        shown = await orders.show_order(
            shop.pool, caller_for(shop.id), order["id"].removeprefix("ord_")
        )
        assert not isinstance(shown, Refusal)
        return shown.may

    draft = await street.orders("shop", ("a", 1), draft=True, paid=False)
    assert await may(draft) == {"place", "change", "cancel"}
    unpaid = await street.orders("shop", ("a", 1), paid=False)
    assert await may(unpaid) == {"change", "cancel", "pay"}
    waiting = await street.orders("shop", ("a", 9))
    assert await may(waiting) == {"change", "cancel", "prioritise"}
    gone = await street.orders("shop", ("b", 1))
    await counter.done(shop.id, orders.ShipOrder(gone["id"].removeprefix("ord_")))
    assert await may(gone) == {"return"}
    await counter.done(shop.id, orders.CancelOrder(waiting["id"].removeprefix("ord_")))
    assert await may(waiting) == set()
    await street.network.set_clock_past(unpaid["id"].removeprefix("ord_"))
    assert await may(unpaid) == {"pay"}


async def test_a_history_tells_every_act_newest_first(shop: Shop) -> None:
    counter = shop.street.counter
    order = (await shop.street.orders("shop", ("a", 5), paid=False))["id"].removeprefix("ord_")
    await counter.done(shop.id, PrioritiseOrder(order, 7))
    await counter.done(shop.id, orders.RecordPayment(order, succeeded=True))
    await counter.receive(shop.id, await shop.street.variant("shop", "a"), 2)
    await counter.done(shop.id, orders.ShipOrder(order))
    await counter.done(shop.id, orders.ReturnGoods(order, parts((1, 1))))
    history = await orders.list_order_history(shop.pool, caller_for(shop.id), order)
    assert not isinstance(history, Refusal)
    told = [(each.act, each.held, each.shipped, each.returned, each.missing) for each in history]
    assert told == [
        ("orders.returned", "0", "0", "1", "0"),
        ("orders.shipped", "0", "5", "0", "0"),
        ("orders.released", "2", "0", "0", "0"),
        ("orders.paid", "0", "0", "0", "2"),
        ("orders.prioritised", "0", "0", "0", "2"),
        ("orders.placed", "3", "0", "0", "2"),
    ]
    assert {each.by for each in history} == {None}
    assert history[4].priority == 7


async def test_a_queue_names_who_stands_around_an_order(shop: Shop) -> None:
    street = shop.street
    before = await street.orders("shop", ("a", 5), reference="BEFORE", priority=3)
    one = (await street.orders("shop", ("a", 5)))["id"].removeprefix("ord_")
    await street.orders("shop", ("a", 5), reference="BEHIND")
    variant = await street.variant("shop", "a")
    queues = await orders.list_queues(shop.pool, caller_for(shop.id), one, [variant])
    assert not isinstance(queues, Refusal)
    (queue,) = queues
    assert [(each.reference, each.is_before) for each in queue.rivals] == [
        ("BEFORE", True),
        ("BEHIND", False),
    ]
    assert queue.priority_to_be_first == 4
    await street.counter.done(shop.id, PrioritiseOrder(before["id"].removeprefix("ord_"), 99))
    queues = await orders.list_queues(shop.pool, caller_for(shop.id), one, [variant])
    assert not isinstance(queues, Refusal)
    assert queues[0].priority_to_be_first is None


async def test_what_can_be_ordered_is_found_by_sku_name_and_gtin(shop: Shop) -> None:
    caller = caller_for(shop.id)
    sku = await shop.pool.fetchval(
        "SELECT sku FROM variants WHERE id = $1", await shop.street.variant("shop", "b")
    )
    await shop.pool.execute(
        "UPDATE variants SET name = 'Glass jar', gtin = '8712345678906' WHERE sku = $1", sku
    )
    for text in (sku, "glass", "JAR", "8712345678906"):
        found = await orders.search_orderable(shop.pool, caller, text)
        assert not isinstance(found, Refusal)
        assert [each.sku for each in found] == [sku]
        assert (found[0].own, found[0].offered, found[0].available_to_promise) == ("0", "5", "5")
    assert await orders.search_orderable(shop.pool, caller, "") == ()
    assert await orders.search_orderable(shop.pool, caller, "nothing") == ()


async def test_strangers_find_nothing(shop: Shop, network: Network) -> None:
    order = (await shop.street.orders("shop", ("a", 9)))["id"].removeprefix("ord_")
    sku = await shop.pool.fetchval("SELECT sku FROM variants WHERE organisation = $1", shop.id)
    stranger = caller_for(await network.organisation())
    stretch = await orders.search_orders(shop.pool, stranger, Page(), OrderFilter())
    assert not isinstance(stretch, Refusal)
    assert stretch.rows == ()
    shown = await orders.show_order(shop.pool, stranger, order)
    assert isinstance(shown, Refusal)
    assert shown.code == "orders.unknown_order"
    assert await orders.list_order_history(shop.pool, stranger, order) == ()
    variant = await shop.street.variant("shop", "a")
    assert await orders.list_queues(shop.pool, stranger, order, [variant]) == ()
    assert await orders.find_orderable(shop.pool, stranger, [sku]) == ()


@pytest.mark.damages_database
@pytest.mark.fresh_database("pages are counted")
async def test_what_is_shown_costs_the_same_however_much_there_is(
    pool: Pool, network: Network
) -> None:
    owner = await network.organisation()
    async with pool.acquire() as connection:
        await fill(connection, owner, 5_000)
        await connection.execute(
            "INSERT INTO order_lines (organisation, order_id, line_no, owner, variant, quantity,"
            " held) SELECT $1, o.id, 1, $1, $1, 2, 1 FROM orders AS o WHERE o.organisation = $1",
            owner,
        )
        await connection.execute(
            "INSERT INTO waiting_lines (owner, variant, place, line_no, organisation, order_id,"
            " missing) SELECT $1, $1, '1' || o.id, 1, $1, o.id, 1 FROM orders AS o"
            " WHERE o.organisation = $1",
            owner,
        )
        await connection.execute(
            "INSERT INTO audit (organisation, id, at, act, subject, answer)"
            " SELECT $1, uuidv7(), now(), 'orders.paid', 'ord_' || g % 500, '{}'"
            " FROM generate_series(1, 5000) AS g",
            owner,
        )
        await connection.execute("ANALYZE")
        middle = await connection.fetchval(
            "SELECT id FROM orders WHERE organisation = $1 ORDER BY reference LIMIT 1", owner
        )
        skus = [f"s{number}" for number in range(10)]
        cases: list[tuple[str, Sequence[object]]] = [
            ("seek_newest", (owner, HIGHEST, LOWEST, 51)),
            ("seek_of_status", (owner, HIGHEST, LOWEST, 51, "complete")),
            ("seek_missing", (owner, HIGHEST, LOWEST, 51)),
            ("seek_references", (owner, "r4", "r5", "r41", 51)),
            ("seek_to_ship", (owner, HIGHEST, LOWEST, 51)),
            ("show_orders", (owner, [middle] * 51, None, False, None, None, 51, False)),
            ("read_line_goods", (owner, middle)),
            ("read_transfers", (owner, middle, 100)),
            ("list_history", (owner, HIGHEST, "ord_77", 50, 200)),
            ("read_rivals", (owner, middle, 10, [owner])),
            ("read_orderable", (owner, skus)),
        ]
        for mode in ("force_custom_plan", "force_generic_plan"):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                for name, values in cases:
                    buffers, plan = await buffers_of(connection, showing.SQL[name], values)
                    assert buffers <= BUFFERS_MAX, f"{name}: {plan}"


async def test_reading_orders_needs_its_scope(shop: Shop) -> None:
    nobody = caller_for(shop.id, Scope.CATALOGUE_READ)
    order = (await shop.street.orders("shop", ("a", 1)))["id"].removeprefix("ord_")
    for answer in (
        await orders.search_orders(shop.pool, nobody, Page(), OrderFilter()),
        await orders.show_order(shop.pool, nobody, order),
        await orders.list_order_history(shop.pool, nobody, order),
        await orders.list_queues(shop.pool, nobody, order, []),
        await orders.find_orderable(shop.pool, nobody, ["a"]),
        await orders.search_orderable(shop.pool, nobody, "a"),
    ):
        assert isinstance(answer, Refusal)
        assert answer.code == "identity.scope_missing"
