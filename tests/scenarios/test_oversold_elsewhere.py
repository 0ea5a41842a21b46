"""Ways in which others sold what was not there, as stories that must end well here.

The cases with races are in tests/integration/races; these two need none.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from entrepot.kernel.ids import Id
from entrepot.orders import CancelOrder, ChangeOrder, PlaceOrder, RecordPayment
from tests.factories.counter import Counter, code_of, order_of, parts, wanted
from tests.factories.network import Network


@pytest.fixture
async def shop(network: Network) -> Id:
    return await network.organisation("greengrocer")


@pytest.fixture
async def carrots(network: Network, shop: Id) -> Id:
    return await network.variant(shop, "CARROTS")


async def test_goods_are_held_before_the_money_is_asked_for(
    counter: Counter, shop: Id, carrots: Id
) -> None:
    """R8: while one customer pays, nobody else gets her carrots; paying moves no stock.

    Open Food Network checked a basket when it changed, not when it was paid: money was taken for
    goods that were gone.
    """
    await counter.receive(shop, carrots, 3)
    basket = order_of((carrots, 3))
    await counter.place(shop, basket)
    before = await counter.figures(carrots)
    late = await counter.act(shop, order_of((carrots, 1), paid=True))
    assert code_of(late) == "stock.insufficient_available"
    paid = await counter.done(shop, RecordPayment(basket.order, succeeded=True))
    assert (paid["status"], paid["payment_status"]) == ("complete", "paid")
    assert await counter.figures(carrots) == before, "a payment only says that the goods stay"


@pytest.mark.parametrize("edits", [(3, 5), (2, 9, 2), (9, 3)])
async def test_edits_of_what_is_missing_free_nothing(
    counter: Counter, shop: Id, carrots: Id, edits: tuple[int, ...]
) -> None:
    """R10: lowering and raising the part of a line that waits never makes a unit of stock.

    Spree turned such a phantom unit into stock that somebody else could buy.
    """
    await counter.receive(shop, carrots, 2)
    order: PlaceOrder = order_of((carrots, 5), policy="ship_complete", paid=True)
    await counter.place(shop, order)
    for quantity in edits:
        await counter.done(shop, ChangeOrder(order.order, wanted((carrots, quantity))))
        on_hand, held, _ = await counter.figures(carrots)
        assert (on_hand, held) == (Decimal(2), Decimal(2))
        other = await counter.act(shop, order_of((carrots, 1), paid=True))
        assert code_of(other) == "stock.insufficient_available"


async def test_cancelling_what_is_missing_frees_nothing(
    counter: Counter, shop: Id, carrots: Id
) -> None:
    """R10 again: the missing part goes first, and then the order goes with what it has."""
    await counter.receive(shop, carrots, 2)
    order = order_of((carrots, 5), policy="ship_complete", paid=True)
    await counter.place(shop, order)
    await counter.done(shop, CancelOrder(order.order, parts((1, 2))))
    assert await counter.lines(order.order) == ["1: 5 = 2 held + 2 cancelled + 1 missing"]
    last = await counter.done(shop, CancelOrder(order.order, parts((1, 1))))
    assert last["status"] == "complete"
    assert (await counter.figures(carrots))[:2] == (Decimal(2), Decimal(2))
