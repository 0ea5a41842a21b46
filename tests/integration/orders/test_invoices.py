"""Reading orders over many sellers and seller invoices: what fits, in which order, at what cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from entrepot.infra.clock import utc_now
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import Refusal
from entrepot.orders import (
    InvoiceFilter,
    MarketOrderFilter,
    ShownInvoice,
    ShownMarketplaceOrder,
    Side,
    find_invoice,
    find_marketplace_order,
    list_invoices,
    list_marketplace_orders,
)
from tests.factories.bazaar import Bazaar
from tests.factories.callers import caller_for
from tests.factories.counter import Counter
from tests.factories.network import Network

ORDERS = 5
HOUR = timedelta(hours=1)
USUAL = Page()


class Street:
    """Five orders at two sellers, `order-0` to `order-4`, each also called `A0` to `A4`."""

    one: Id
    two: Id
    orders: Sequence[Id]

    def __init__(self, bazaar: Bazaar) -> None:
        self.bazaar = bazaar

    async def invoices(
        self,
        caller: Id,
        side: Side = "seller",
        limit: int = 50,
        **wanted: Any,  # noqa: ANN401 - fields of a filter
    ) -> list[ShownInvoice]:
        """All invoices that fit, read page by page."""
        found: list[ShownInvoice] = []
        page = Page(limit)
        while True:
            some = await list_invoices(
                self.bazaar.counter.pool, caller_for(caller), page, InvoiceFilter(**wanted), side
            )
            assert not isinstance(some, Refusal), some
            found += some.rows
            if some.following is None:
                return found
            page = Page(limit, some.following)

    async def found(self, **wanted: Any) -> list[str]:  # noqa: ANN401 - fields of a filter
        """The references of orders that fit."""
        return [each.reference for each in await self.listed(MarketOrderFilter(**wanted))]

    async def listed(
        self, wanted: MarketOrderFilter, page: Page = USUAL
    ) -> Sequence[ShownMarketplaceOrder]:
        some = await list_marketplace_orders(
            self.bazaar.counter.pool, caller_for(self.bazaar.marketplace), page, wanted
        )
        assert not isinstance(some, Refusal), some
        return some


@pytest.fixture
async def street(network: Network, counter: Counter) -> Street:
    bazaar = await Bazaar(network, counter).open()
    street = Street(bazaar)
    street.one, street.two = await bazaar.seller("one"), await bazaar.seller("two")
    mugs = await bazaar.goods(street.one, "MUGS", stock=100)
    pans = await bazaar.goods(street.two, "PANS", stock=100)
    orders = [
        bazaar.order((mugs, 2, 100 + n), (pans, 1, 50), reference=f"order-{n}", external_id=f"A{n}")
        for n in range(ORDERS)
    ]
    for order in orders:
        await counter.place(bazaar.marketplace, order)
    street.orders = [order.order for order in orders]
    return street


async def test_orders_newest_first_page_by_page(street: Street) -> None:
    first = await street.listed(MarketOrderFilter(), Page(3))
    assert [each.reference for each in first] == ["order-4", "order-3", "order-2", "order-1"]
    after = Page(3, (first[2].id.removeprefix("ord_"),))
    rest = await street.listed(MarketOrderFilter(), after)
    assert [each.reference for each in rest] == ["order-1", "order-0"]
    assert [(i.seller_name, len(i.lines)) for i in first[0].invoices] == [("one", 1), ("two", 1)]
    assert first[0].external_ids[0].value == "A4"


async def test_orders_that_fit(street: Street) -> None:
    (second,) = await street.listed(MarketOrderFilter(external_id=("shop", "A1")))
    assert second.reference == "order-1"
    assert await street.found(legacy_id=second.legacy_id) == ["order-1"]
    assert await street.found(legacy_id=second.legacy_id, external_id=("shop", "A2")) == []
    assert await street.found(external_id=("shop", "A9")) == []
    now = utc_now()
    assert len(await street.found(created_since=now - HOUR)) == ORDERS
    assert await street.found(created_since=now + HOUR) == []
    assert await street.found(created_since=now + HOUR, external_id=("shop", "A1")) == []


@pytest.mark.parametrize("sort", ["created_at", "paid_at"])
@pytest.mark.parametrize("descending", [False, True])
async def test_a_sellers_invoices_in_order(street: Street, sort: str, descending: bool) -> None:  # noqa: FBT001 - a case of a table
    costs = [100 + 2 * (n // 2 + n % 2) for n in range(ORDERS)]  # whole cents a unit
    found = await street.invoices(street.one, limit=2, sort=sort, descending=descending)
    assert [each.subtotal for each in found] == (costs[::-1] if descending else costs)
    assert {each.seller_name for each in found} == {"one"}
    assert {each.order for each in found} == {None}


async def test_a_marketplaces_invoices_name_their_order(street: Street) -> None:
    found = await street.invoices(street.bazaar.marketplace, "marketplace", limit=3)
    assert [each.seller_name for each in found] == ["one", "two"] * ORDERS
    assert [each.order for each in found[::2]] == [f"ord_{order}" for order in street.orders]
    assert await street.invoices(street.bazaar.marketplace) == []
    assert await street.invoices(street.one, "marketplace") == []


async def test_invoices_that_fit(street: Street) -> None:
    own = await street.invoices(street.one)
    assert await street.invoices(street.one, legacy_id=own[1].legacy_id) == [own[1]]
    assert await street.invoices(street.two, legacy_id=own[1].legacy_id) == []
    assert await street.invoices(street.one, external_id=("shop", "A3")) == [own[3]]
    both = await street.invoices(
        street.bazaar.marketplace, "marketplace", external_id=("shop", "A3")
    )
    assert [each.seller_name for each in both] == ["one", "two"]
    now = utc_now()
    for sort in ("created_at", "paid_at"):
        for field in ("created_since", "paid_since"):
            before: dict[str, Any] = {"sort": sort, field: now - HOUR}
            assert await street.invoices(street.one, **before) == own
            after: dict[str, Any] = {"sort": sort, field: now + HOUR}
            assert await street.invoices(street.one, **after) == []


async def test_what_has_not_been_dispatched(street: Street) -> None:
    bazaar = street.bazaar
    await bazaar.ship(street.orders[0], (1, 2))
    await bazaar.ship(street.orders[1], (1, 1))
    await bazaar.refund(street.orders[2], (1, 2))
    own = await street.invoices(street.one)
    left = [own[1], own[3], own[4]]
    assert await street.invoices(street.one, limit=1, not_dispatched=True) == left
    backwards = await street.invoices(street.one, limit=2, not_dispatched=True, descending=True)
    assert backwards == left[::-1]
    assert own[1].lines[0].shipped == "1"


async def test_one_invoice_and_one_order(street: Street) -> None:
    pool, marketplace = street.bazaar.counter.pool, street.bazaar.marketplace
    (own, *_) = await street.invoices(street.one)
    ident = own.id.removeprefix("inv_")
    assert await find_invoice(pool, caller_for(street.one), ident, "seller") == own
    seen = await find_invoice(pool, caller_for(marketplace), ident, "marketplace")
    assert isinstance(seen, ShownInvoice)
    assert (seen.lines, seen.order) == (own.lines, f"ord_{street.orders[0]}")
    sides: tuple[tuple[Id, Side], ...] = (
        (street.two, "seller"),
        (street.one, "marketplace"),
        (marketplace, "seller"),
    )
    for caller, side in sides:
        refused = await find_invoice(pool, caller_for(caller), ident, side)
        assert isinstance(refused, Refusal)
        assert refused.code == "orders.unknown_invoice"
    order = await find_marketplace_order(pool, caller_for(marketplace), street.orders[0])
    assert isinstance(order, ShownMarketplaceOrder)
    assert order.invoices[0].id == own.id
    foreign = await find_marketplace_order(pool, caller_for(street.one), street.orders[0])
    assert isinstance(foreign, Refusal)
    assert foreign.code == "orders.unknown_order"


async def test_a_page_looks_through_so_many_and_no_more(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("store.invoices", "model.market_showing"):
        monkeypatch.setattr(f"entrepot.orders.{module}.INVOICES_LOOKED_AT_MAX", 2)
    for order in street.orders[:4]:
        await street.bazaar.ship(order, (1, 2))
    pool, caller = street.bazaar.counter.pool, caller_for(street.one)
    wanted = InvoiceFilter(not_dispatched=True)
    first = await list_invoices(pool, caller, Page(10), wanted, "seller")
    assert not isinstance(first, Refusal)
    assert first.rows == ()
    assert first.following is not None
    assert [each.subtotal for each in await street.invoices(street.one, not_dispatched=True)] == [
        104
    ]


@pytest.mark.parametrize("limit", [1, 4])
async def test_a_page_of_orders_is_one_statement_a_level(street: Street, limit: int) -> None:
    """Orders, invoices, lines, adjustments and external ids, however many there are."""
    sent: list[str] = []
    pool = street.bazaar.counter.pool

    def note(query: Any) -> None:  # noqa: ANN401 - the driver ships no types
        sent.append(query.query)

    async def levels(read: Any) -> int:  # noqa: ANN401 - a view that waits to be read
        async with pool.acquire() as connection:
            connection.add_query_logger(note)
        sent.clear()
        await read
        count = sum(each.lstrip().startswith(("--", "SELECT", "WITH")) for each in sent)
        async with pool.acquire() as connection:
            connection.remove_query_logger(note)
        return count

    await street.listed(MarketOrderFilter(), Page(limit))  # the driver asks for types once
    assert await levels(street.listed(MarketOrderFilter(), Page(limit))) == 7
    page = Page(limit)
    wanted = InvoiceFilter()
    read = list_invoices(pool, caller_for(street.one), page, wanted, "seller")
    assert await levels(read) == 6
