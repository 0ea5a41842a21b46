"""Placing a draft that was saved before."""

from __future__ import annotations

from entrepot.orders import Desk, PlaceDraft, place_draft
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of
from tests.factories.network import Network


async def test_a_draft_holds_nothing_until_it_is_placed(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    order = order_of((variant, 4), draft=True)
    await counter.place(shop, order)
    assert await counter.order(order.order) == ("draft", "unfulfilled", "unpaid")
    assert await counter.figures(variant) == (5, 0, 1)

    command = PlaceDraft(order.order, paid=True)
    answer = body_of(await place_draft(desk, caller_for(shop), command, "k"))

    assert answer["status"] == "complete"
    assert await counter.figures(variant) == (5, 4, 2)
    assert code_of(await place_draft(desk, caller_for(shop), command, "again")) == (
        "orders.not_a_draft"
    )


async def test_a_draft_that_is_refused_stays_a_draft(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    order = order_of((variant, 4), draft=True)
    await counter.place(shop, order)

    refused = await place_draft(desk, caller_for(shop), PlaceDraft(order.order), "k")

    assert code_of(refused) == "stock.insufficient_available"
    assert await counter.order(order.order) == ("draft", "unfulfilled", "unpaid")


async def test_a_strangers_draft_is_an_unknown_one(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop, stranger = await network.organisation(), await network.organisation()
    variant = await network.variant(shop)
    order = order_of((variant, 1), draft=True)
    await counter.place(shop, order)

    refused = await place_draft(desk, caller_for(stranger), PlaceDraft(order.order), "k")

    assert code_of(refused) == "orders.unknown_order"
