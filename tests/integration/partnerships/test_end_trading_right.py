"""Ending a trading right closes the seller's variants again; orders that were placed stand."""

from __future__ import annotations

from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.kernel.caller import Scope
from entrepot.kernel.refusal import Refusal
from entrepot.partnerships import TradingRight, end_trading_right
from tests.factories.callers import acts_of, caller_for
from tests.factories.counter import Counter, code_of, order_of
from tests.factories.network import Network


async def test_new_orders_end_and_placed_ones_stand(
    pool: Pool, network: Network, counter: Counter
) -> None:
    seller, buyer = await network.organisation("farm"), await network.organisation("hub")
    variant = await network.variant(seller)
    await counter.receive(seller, variant, 10)
    await network.right(seller, buyer)
    placed = order_of((variant, 4), kind="session")
    await counter.place(buyer, placed)
    ended = await end_trading_right(pool, new_id, caller_for(seller), buyer, "session")
    assert isinstance(ended, TradingRight)
    assert ended.state == "ended"
    refused = await counter.act(buyer, order_of((variant, 1), kind="session"))
    assert code_of(refused) == "orders.unknown_variant"
    assert (await counter.order(placed.order))[0] == "held"
    await counter.pay(buyer, placed.order)


async def test_ended_again_nothing_happens(pool: Pool, network: Network) -> None:
    seller, buyer = await network.organisation(), await network.organisation()
    await network.right(seller, buyer)
    caller = caller_for(seller)
    first = await end_trading_right(pool, new_id, caller, buyer, "session")
    assert await end_trading_right(pool, new_id, caller, buyer, "session") == first
    assert [act for act, _, _ in await acts_of(pool, seller)] == [
        "partnerships.trading_right_ended"
    ]


async def test_what_is_refused(pool: Pool, network: Network) -> None:
    seller, buyer = await network.organisation(), await network.organisation()
    await network.right(seller, buyer)
    answers = (
        await end_trading_right(pool, new_id, caller_for(seller), buyer, "marketplace"),
        await end_trading_right(pool, new_id, caller_for(seller), "", "session"),
        # It is the seller's to end: to the buyer, no such right was given by it.
        await end_trading_right(pool, new_id, caller_for(buyer), seller, "session"),
        await end_trading_right(
            pool, new_id, caller_for(seller, Scope.STOCK_WRITE), buyer, "session"
        ),
    )
    assert [answer.code for answer in answers if isinstance(answer, Refusal)] == [
        "partnerships.unknown_trading_right",
        "partnerships.unknown_trading_right",
        "partnerships.unknown_trading_right",
        "identity.scope_missing",
    ]
