"""Products are taken out of a session as long as nobody has ordered them."""

from __future__ import annotations

from typing import Any

from entrepot.infra.ids import new_id
from entrepot.kernel.refusal import Refusal
from entrepot.sales_sessions import begin_closing, remove_session_products
from tests.factories.callers import acts_of, caller_for
from tests.factories.fair import Fair
from tests.factories.people import code_of


async def remove(fair: Fair, session: str, *variants: str) -> Any:  # noqa: ANN401 - written or refused
    return await remove_session_products(fair.pool, new_id, fair.trader, session, variants)


async def test_what_nobody_ordered_goes(fair: Fair) -> None:
    session = await fair.open()
    done = await remove(fair, session, fair.hub.leeks)
    assert done.answer.product_count == 1
    basket = fair.hub.basket(session, (fair.hub.leeks, 1))
    assert code_of(await fair.counter.act(fair.hub.trader, basket)) == "orders.not_in_sales_session"


async def test_what_is_held_or_short_stays_and_all_of_it_is_named(fair: Fair) -> None:
    session = await fair.open()
    order = await fair.buy(session, 4)
    refused = await remove(fair, session, fair.hub.carrots, fair.hub.leeks, "", new_id())
    assert isinstance(refused, Refusal)
    assert [(each.code, each.field) for each in refused.faults] == [
        ("orders.unknown_variant", "variants[2]"),
        ("orders.unknown_variant", "variants[3]"),
        ("sales_sessions.product_has_orders", "variants[0]"),
    ]
    await fair.counter.count(fair.hub.producer, fair.hub.carrots, 0)  # none were there
    refused = await remove(fair, session, fair.hub.carrots)
    assert code_of(refused) == "sales_sessions.product_has_orders"
    await fair.counter.cancel(fair.hub.trader, order)
    assert (await remove(fair, session, fair.hub.carrots)).answer.product_count == 1
    acts = [act for act, _, _ in await acts_of(fair.pool, fair.hub.trader)]
    assert acts.count("sales_sessions.products_removed") == 1


async def test_not_from_a_closed_session_nor_from_anothers(fair: Fair) -> None:
    session = await fair.open()
    stranger = caller_for(await fair.network.organisation())
    refused = await remove_session_products(fair.pool, new_id, stranger, session, (fair.hub.leeks,))
    assert code_of(refused) == "orders.unknown_sales_session"
    await begin_closing(fair.pool, new_id, fair.trader, session)
    refused = await remove(fair, session, fair.hub.leeks)
    assert code_of(refused) == "sales_sessions.already_closed"
