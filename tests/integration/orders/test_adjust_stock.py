"""Correcting stock by a difference: never below what is promised."""

from __future__ import annotations

from decimal import Decimal

from entrepot.orders import AdjustStock, Desk, StockLine, adjust_stock
from tests.factories.callers import caller_for
from tests.factories.counter import Counter, body_of, code_of, order_of
from tests.factories.network import Network


async def test_a_difference_is_applied_once_however_often_it_is_sent(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    command = AdjustStock((StockLine(variant, Decimal(-2)),), "broken")

    answers = [await adjust_stock(desk, caller_for(shop), command, "k") for _ in range(3)]

    assert {str(body_of(each)) for each in answers} == {str(body_of(answers[0]))}
    assert await counter.figures(variant) == (3, 0, 2)


async def test_what_is_promised_stands(desk: Desk, network: Network, counter: Counter) -> None:
    shop = await network.organisation()
    variant, other = await network.variant(shop), await network.variant(shop)
    await counter.receive(shop, variant, 5)
    await counter.place(shop, order_of((variant, 4), paid=True))
    lines = (StockLine(other, Decimal(1)), StockLine(variant, Decimal(-2)))

    refused = await adjust_stock(desk, caller_for(shop), AdjustStock(lines), "k")

    assert code_of(refused) == "stock.insufficient_available"
    assert refused.faults[0].field == "lines[1].quantity"  # type: ignore[union-attr] # a refusal, as the line above says
    assert await counter.figures(variant) == (5, 4, 2)
    assert (await counter.figures(other))[2] == 0


async def test_somebody_elses_variant_is_an_unknown_one(
    desk: Desk, network: Network, counter: Counter
) -> None:
    shop, stranger = await network.organisation(), await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 5)
    command = AdjustStock((StockLine(variant, Decimal(1)),))

    refused = await adjust_stock(desk, caller_for(stranger), command, "k")

    assert code_of(refused) == "orders.unknown_variant"
    assert await counter.figures(variant) == (5, 0, 1)
