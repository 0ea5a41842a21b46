"""Products are added to a session, and limits change, but never below what customers hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from entrepot.infra.ids import new_id
from entrepot.infra.writing import Sent, Written
from entrepot.sales_sessions import SessionProduct, begin_closing, set_session_products
from tests.factories.callers import caller_for
from tests.factories.fair import Fair
from tests.factories.people import code_of


async def set_products(
    fair: Fair, session: str, *products: SessionProduct, sent: Sent | None = None
) -> Any:  # noqa: ANN401 - written or refused
    return await set_session_products(
        fair.pool, new_id, fair.trader, session, tuple(products), sent
    )


async def test_a_product_is_added_and_can_be_ordered(fair: Fair) -> None:
    session = await fair.open(SessionProduct(fair.hub.carrots))
    basket = fair.hub.basket(session, (fair.hub.leeks, 1))
    assert code_of(await fair.counter.act(fair.hub.trader, basket)) == "orders.not_in_sales_session"
    done = await set_products(fair, session, SessionProduct(fair.hub.leeks, unit_price=Decimal(4)))
    assert done.answer.product_count == 2
    answer = await fair.counter.place(
        fair.hub.trader, fair.hub.basket(session, (fair.hub.leeks, 1))
    )
    assert answer["lines"][0]["unit_price"] == "4"


async def test_a_limit_is_never_below_what_is_held(fair: Fair) -> None:
    session = await fair.open()
    await fair.buy(session, 4)
    below = SessionProduct(fair.hub.carrots, Decimal(3))
    refused = await set_products(fair, session, below)
    assert code_of(refused) == "sales_sessions.limit_below_held"
    assert refused.faults[0].facts["held"] == "4"
    await set_products(fair, session, SessionProduct(fair.hub.carrots, Decimal(4)))
    (carrots, _) = (await fair.show(session)).products
    assert (carrots.held, carrots.left) == ("4", "0")
    short = await fair.counter.act(fair.hub.trader, fair.hub.basket(session, (fair.hub.carrots, 1)))
    assert code_of(short) == "stock.insufficient_available"
    await set_products(fair, session, SessionProduct(fair.hub.carrots))
    await fair.buy(session, 6)


async def test_sent_again_and_after_closing(fair: Fair) -> None:
    session, sent = await fair.open(), Sent("key", b"c")
    product = SessionProduct(fair.hub.carrots, Decimal(5))
    first = await set_products(fair, session, product, sent=sent)
    assert isinstance(first, Written)
    assert (await set_products(fair, session, product, sent=sent)).replayed
    await begin_closing(fair.pool, new_id, fair.trader, session)
    refused = await set_products(fair, session, SessionProduct(fair.hub.carrots))
    assert code_of(refused) == "sales_sessions.already_closed"


async def test_another_traders_session_is_unknown(fair: Fair) -> None:
    session = await fair.open()
    stranger = caller_for(await fair.network.organisation())
    product = (SessionProduct(fair.hub.carrots),)
    refused = await set_session_products(fair.pool, new_id, stranger, session, product)
    assert code_of(refused) == "orders.unknown_sales_session"
