"""Opens the demo network's sales sessions: two hubs sell one farm's goods, over some days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from entrepot import sales_sessions
from entrepot.app import Services
from entrepot.catalogue import Variant
from entrepot.cli.demo.finding import was_taken
from entrepot.cli.opening import accepted
from entrepot.infra.clock import utc_now
from entrepot.kernel.caller import Caller
from entrepot.kernel.paging import Page
from entrepot.sales_sessions import NewSalesSession, SalesSessionFilter, SessionProduct

PRODUCER: Final = "jeans-farm"


class Selling(NamedTuple):
    """A session of a hub: how long it goes on, and what it asks for what, by sku."""

    hub: str
    name: str
    reference: str
    lasts: timedelta
    prices: Mapping[str, Decimal]


SELLING: Final = (
    Selling(
        "hub-a",
        "Groenten van deze week",
        "groenten",
        timedelta(days=4),
        {"CARROTS": Decimal("2.60"), "LEEKS": Decimal("3.40"), "KALE": Decimal("3.75")},
    ),
    Selling(
        "hub-b",
        "Weekend box",
        "weekend-box",
        timedelta(days=2),
        {"CARROTS": Decimal("2.55"), "EGGS-6": Decimal("3.20")},
    ),
)


async def open_sessions(
    services: Services,
    callers: Mapping[str, Caller],
    variants: Mapping[str, Mapping[str, Variant]],
) -> None:
    """Open the session of each hub that has never had one, from now on."""
    for each in SELLING:
        caller = callers[each.hub]
        had = accepted(
            await sales_sessions.list_sales_sessions(
                services.pool, caller, Page(1), SalesSessionFilter()
            )
        )
        goods = variants[PRODUCER]
        products = tuple(
            [
                SessionProduct(goods[sku].inner_id, None, price)
                for sku, price in each.prices.items()
                if sku in goods
            ]
        )
        if had or not products:
            continue
        now = utc_now()
        new = NewSalesSession(each.name, each.reference, now, now + each.lasts, products)
        opened = await sales_sessions.open_sales_session(
            services.pool, services.desk.new_id, caller, new
        )
        if not was_taken(opened, sales_sessions.REFERENCE_TAKEN):
            accepted(opened)
