"""A database in which everything has happened once, for damages to be done to."""

from __future__ import annotations

import asyncpg

from entrepot.kernel.ids import Id
from entrepot.orders import Adjustment, MarketLine, Money, ReturnGoods
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter, order_of, parts
from tests.factories.feeding import publish_all
from tests.factories.hub import Hub
from tests.factories.network import Network
from tests.factories.people import somebody
from tests.factories.street import Street

MAY_EDIT = "GRANT ALL ON audit, ledger, transfers, transfer_legs TO CURRENT_USER"
"""What somebody who edits history would have to do first."""


async def live(network: Network, counter: Counter) -> Id:
    """Let everything happen once at one organisation: placed, paid, shipped, returned, cut short.

    Its orders have the references `complete`, `cancelled`, `short`, `split` and `waiting`.
    """
    owner = await network.organisation()
    plenty = await network.variant(owner)
    scarce = await network.variant(owner)
    endless = await network.variant(owner, unlimited=True)
    await counter.receive(owner, plenty, 100)
    await counter.receive(owner, scarce, 6)
    await counter.receive(owner, endless, 1)
    complete = order_of((plenty, 8), (endless, 2), paid=True, reference="complete")
    await counter.place(owner, complete)
    await counter.ship(owner, complete.order, (1, 4))
    await counter.done(owner, ReturnGoods(complete.order, parts((1, 1))))
    cancelled = order_of((plenty, 3), reference="cancelled")
    await counter.place(owner, cancelled)
    await counter.cancel(owner, cancelled.order)
    short = order_of((scarce, 3), paid=True, reference="short")
    await counter.place(owner, short)
    split = order_of((scarce, 7), paid=True, policy="allow_split", reference="split")
    await counter.place(owner, split)
    waiting = order_of((scarce, 2), paid=True, policy="ship_complete", reference="waiting")
    await counter.place(owner, waiting)
    await counter.count(owner, scarce, 2)
    await somebody(counter.pool, owner)
    await publish_all(counter.pool)
    return owner


async def live_in_sessions(network: Network, counter: Counter) -> None:
    """Let everything happen once in sales sessions: one that is gathered, one that is open."""
    hub = await Hub(network, counter).open()
    closed, opened = await hub.session(), await hub.session(carrots=4)
    basket = hub.basket(closed, (hub.carrots, 2), paid=True)
    await counter.place(hub.trader, basket)
    await counter.place(hub.trader, hub.basket(opened, (hub.carrots, 3), reference="basket"))
    await hub.close(closed)
    await hub.gather(closed, basket.order)
    await publish_all(counter.pool)


async def live_on_a_marketplace(network: Network, counter: Counter) -> None:
    """Let everything happen once on a marketplace: an order over two sellers, of `bazaar`.

    One of two wholesale units was shipped and came back, the other was cancelled.
    """
    bazaar = await Bazaar(network, counter).open()
    one, two = await bazaar.seller(), await bazaar.seller()
    wholesale = await bazaar.goods(one, "WHOLESALE", model="wholesale")
    retail = await bazaar.goods(two, "RETAIL")
    promoted = MarketLine(
        Money(1000), Money(250), adjustments=(Adjustment("promotion", -100, 40, "Welcome"),)
    )
    collected = MarketLine(Money(500), delivery_type="click_and_collect")
    order = bazaar.order(
        (wholesale, 2, promoted), (wholesale, 1, collected), (retail, 1, 900), reference="bazaar"
    )
    await counter.place(bazaar.marketplace, order)
    await bazaar.ship(order.order, (1, 1))
    await bazaar.refund(order.order, (1, 1), dispatched=True)
    await bazaar.refund(order.order, (1, 1))
    await publish_all(counter.pool)


async def live_between_partners(network: Network, counter: Counter) -> None:
    """Let everything happen once between a wholesaler and a retailer.

    An order takes from an allocation and from what is free; part of it is cancelled and goes back.
    """
    street = Street(network, counter)
    shop = await street.opens("shop", {"A": 1})
    await street.opens("wholesale", {"A": 10})
    partnership = await street.partners("wholesale", "shop", "A")
    await network.allocate(partnership, await street.variant("wholesale", "A"), 3)
    order = await street.orders("shop", ("A", 6))
    await counter.cancel(shop, order["id"].removeprefix("ord_"), (1, 3))
    await publish_all(counter.pool)


async def run_sql(dsn: str, *statements: str) -> None:
    """Run statements as somebody with a console would."""
    connection = await asyncpg.connect(dsn)
    try:
        for sql in statements:
            await connection.execute(sql)
    finally:
        await connection.close()


async def dump(dsn: str) -> dict[str, list[str]]:
    """Every row of every table, as text: what must be the same where nothing was to change."""
    connection = await asyncpg.connect(dsn)
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname"
        )
        return {
            name: [
                row[0]
                for row in await connection.fetch(f"SELECT t::text FROM {name} AS t ORDER BY 1")
            ]
            for (name,) in tables
        }
    finally:
        await connection.close()
