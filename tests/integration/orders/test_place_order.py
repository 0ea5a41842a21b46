"""Placing an order: what each policy makes of stock that does not suffice."""

from __future__ import annotations

import pytest

from entrepot.orders import Desk, place_order
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of
from tests.factories.network import Network


@pytest.mark.parametrize(
    ("policy", "paid", "status", "lines"),
    [
        ("line_by_line", True, "complete", ["1: 2 = 2 held"]),
        ("ship_complete", True, "waiting", ["1: 2 = 2 held", "2: 5 = 3 held + 2 missing"]),
        ("ship_complete", False, "waiting", ["1: 2 = 2 held", "2: 5 = 3 held + 2 missing"]),
        ("allow_split", True, "complete", ["1: 2 = 2 held", "2: 5 = 3 held + 2 cancelled"]),
        ("allow_split", False, "waiting", ["1: 2 = 2 held", "2: 5 = 3 held + 2 missing"]),
        ("no_backorder", True, "complete", ["1: 2 = 2 held", "2: 5 = 3 held + 2 cancelled"]),
        ("no_backorder", False, "held", ["1: 2 = 2 held", "2: 5 = 3 held + 2 cancelled"]),
    ],
)
async def test_a_short_order_is_what_its_policy_says(
    desk: Desk,
    network: Network,
    counter: Counter,
    policy: str,
    paid: bool,  # noqa: FBT001 - a row of the table
    status: str,
    lines: list[str],
) -> None:
    shop = await network.organisation()
    plenty, scarce = await network.variant(shop), await network.variant(shop)
    await counter.receive(shop, plenty, 10)
    await counter.receive(shop, scarce, 3)
    order = order_of((plenty, 2), (scarce, 5), policy=policy, paid=paid)

    answer = body_of(await place_order(desk, caller_for(shop), order, ""))

    assert answer["status"] == status
    assert await counter.lines(order.order) == lines
    if policy == "line_by_line":
        assert [(each["line"], each["available"]) for each in answer["dropped_lines"]] == [(2, "3")]


async def test_the_rest_of_a_split_order_waits_in_exactly_one_successor(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 3)
    order = order_of((variant, 8), policy="allow_split", paid=True)

    answer = body_of(await place_order(desk, caller_for(shop), order, ""))
    successor = answer["followed_by"].removeprefix("ord_")
    for quantity in (1, 2, 1):
        await counter.receive(shop, variant, quantity)
        assert (await counter.order(successor))[0] == "waiting"
    await counter.receive(shop, variant, 1)

    assert await counter.order(successor) == ("complete", "unfulfilled", "paid")
    assert await counter.lines(successor) == ["1: 5 = 5 held"]
    assert await counter.rows("SELECT count(*) FROM orders") == [(2,)]


async def test_all_shortages_are_named_at_once_and_nothing_is_stored(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    first, second = await network.variant(shop), await network.variant(shop)
    await counter.receive(shop, first, 1)
    order = order_of((first, 2), (second, 1), policy="refuse_short", paid=True)

    refused = await place_order(desk, caller_for(shop), order, "")

    assert code_of(refused) == "stock.insufficient_available"
    assert [(f.facts["line"], f.facts["available"]) for f in refused.faults] == [(1, "1"), (2, "0")]  # type: ignore[union-attr] # a refusal, as the line above says
    assert await counter.rows("SELECT count(*) FROM orders") == [(0,)]
    assert await counter.rows("SELECT count(*) FROM order_lines") == [(0,)]
    assert await counter.rows("SELECT count(*) FROM holds") == [(0,)]
    assert await counter.rows("SELECT count(*) FROM waiting_lines") == [(0,)]
    assert await counter.rows("SELECT count(*) FROM idempotency_keys") == [(1,)]  # the receipt's


async def test_a_refused_order_may_succeed_under_the_same_reference_after_restocking(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    order = order_of((variant, 2), policy="refuse_short", paid=True)
    assert code_of(await place_order(desk, caller_for(shop), order, "")).startswith("stock.")

    await counter.receive(shop, variant, 2)

    assert body_of(await place_order(desk, caller_for(shop), order, ""))["status"] == "complete"


async def test_lines_of_one_variant_are_summed(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    caller = caller_for(shop)

    twice = order_of((variant, 3), (variant, 3), paid=True)
    assert code_of(await place_order(desk, caller, twice, "")) == "stock.insufficient_available"
    fits = order_of((variant, 3), (variant, 2), paid=True)
    assert body_of(await place_order(desk, caller, fits, ""))["status"] == "complete"


async def test_the_first_location_serves_first_and_quarantine_never(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    far = await network.location(shop, "far", rank=9)
    quarantine = await network.location(shop, "quarantine", rank=5, ships_orders=False)
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 2)
    await counter.receive(shop, variant, 4, far)
    await counter.receive(shop, variant, 50, quarantine)
    order = order_of((variant, 5), paid=True)

    answer = body_of(await place_order(desk, caller_for(shop), order, ""))

    assert [each["quantity"] for each in answer["holds"]] == ["2", "3"]
    assert answer["holds"][1]["location"] == f"loc_{far}"
    more = order_of((variant, 2), paid=True)
    assert code_of(await place_order(desk, caller_for(shop), more, "")).startswith("stock.")


async def test_unlimited_stock_is_held_without_figures(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    service = await network.variant(shop, unlimited=True)
    order = order_of((service, 1_000_000), paid=True)

    assert body_of(await place_order(desk, caller_for(shop), order, ""))["status"] == "complete"

    assert await counter.figures(service) == (0, 0, 1)
    assert await counter.rows("SELECT quantity FROM holds WHERE state = 'live'") == [(1_000_000,)]


async def test_where_waiting_holds_nothing_an_order_waits_empty_handed(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation(waiting_holds=False)
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 3)
    order = order_of((variant, 5), policy="ship_complete", paid=True)

    body_of(await place_order(desk, caller_for(shop), order, ""))
    assert await counter.lines(order.order) == ["1: 5 = 5 missing"]

    await counter.receive(shop, variant, 2)
    assert await counter.lines(order.order) == ["1: 5 = 5 held"]


async def test_only_own_orders_may_wait(desk: Desk, network: Network) -> None:
    seller, buyer = await network.organisation(), await network.organisation()
    await network.right(seller, buyer, "marketplace")
    variant = await network.variant(seller)
    order = order_of((variant, 1), kind="marketplace", policy="ship_complete", paid=True)

    refused = await place_order(desk, caller_for(buyer), order, "")

    assert code_of(refused) == "orders.policy_needs_own_stock"


async def test_a_free_text_reference_is_kept_to_the_letter(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 1)
    reference = 'NULL,{"a",\\x00} \'; DROP TABLE orders; -- é'
    order = order_of((variant, 1), reference=reference, paid=True)

    body_of(await place_order(desk, caller_for(shop), order, ""))

    assert await counter.rows("SELECT reference FROM orders") == [(reference,)]


async def test_a_reference_that_cannot_be_stored_is_refused_before_it_meets_others(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 1)
    order = order_of((variant, 1), reference="a\0b", paid=True)

    refused = await place_order(desk, caller_for(shop), order, "")

    assert code_of(refused) == "orders.reference_not_valid"
