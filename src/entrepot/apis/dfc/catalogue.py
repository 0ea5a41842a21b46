"""Enterprises and what they supply, as those who may order from them read it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

from entrepot import sales_sessions
from entrepot.apis.dfc.problems import NOT_MODIFIED, OK, Reply
from entrepot.apis.dfc.routes import Call, Route, granted, page_of, show, show_page
from entrepot.apis.dfc.writing import (
    Document,
    WrittenEnterprise,
    WrittenProduct,
    document_of,
)
from entrepot.kernel import ids
from entrepot.kernel.caller import Scope
from entrepot.kernel.paging import Page
from entrepot.kernel.refusal import RefusedError, refuse
from entrepot.orders import UNKNOWN_VARIANT
from entrepot.sales_sessions import Producer, Supplied

PRODUCTS_AT_ONCE: Final = 200
"""Products that are read and written at once: what bounds the memory of a catalogue."""
_CASE: Final = "-case"


async def list_enterprises(call: Call) -> Reply:
    """Show whom the caller may order from, and itself."""
    page = page_of(call, None)
    found = await sales_sessions.list_producers(call.services.database, call.caller, page)

    def write(rows: Sequence[Producer]) -> Document:
        return document_of([call.writer_of(row.slug).enterprise(_enterprise(row)) for row in rows])

    return show_page(found, page, write, lambda row: row.slug)


async def find_enterprise(call: Call) -> Reply:
    """Show one of them."""
    found = granted(
        await sales_sessions.find_producer(call.services.database, call.caller, call.slug)
    )
    return show(document_of([call.writer.enterprise(_enterprise(found))]))


async def show_catalogue(call: Call) -> Reply:
    """Show all that a producer supplies, as one document that is written while it is read."""
    database, caller = call.services.database, call.caller
    producer = granted(await sales_sessions.find_producer(database, caller, call.slug))
    stamp = granted(await sales_sessions.stamp_supplied(database, caller, producer))
    tag = f'W/"{stamp}"'.encode("ascii")
    headers = ((b"etag", tag), (b"cache-control", b"private, no-cache"))
    if call.knows(tag):
        return Reply(NOT_MODIFIED, b"", headers=headers)
    rest = call.writer.stream(_enterprise(producer), _pages(call, producer))
    # Until the first part is there, a failure is still a problem.
    head = await anext(rest)
    first = await anext(rest)
    return Reply(OK, head + first, headers=headers, rest=rest)


async def _pages(call: Call, producer: Producer) -> AsyncIterator[Sequence[WrittenProduct]]:
    """Read what a producer supplies, some products at a time."""
    after: str | None = None
    while True:
        page = Page(PRODUCTS_AT_ONCE, None if after is None else (after,))
        rows = granted(
            await sales_sessions.list_supplied(call.services.database, call.caller, producer, page)
        )
        shown = rows[:PRODUCTS_AT_ONCE]
        yield [_product(row, producer) for row in shown]
        if len(rows) <= PRODUCTS_AT_ONCE:
            return
        after = shown[-1].sku
        await asyncio.sleep(0)  # a long catalogue lets other requests have their turn


async def find_product(call: Call) -> Reply:
    """Show one variant, by the address of the product, of its catalogue item or of its offer."""
    named = call.path["product"]
    variant = ids.from_wire(ids.VARIANT, named.removesuffix(_CASE)) or ""
    producer, found = granted(
        await sales_sessions.find_supplied(call.services.database, call.caller, call.slug, variant)
    )
    if named.endswith(_CASE) and found.units_per_case == 1:
        raise RefusedError(
            refuse(
                UNKNOWN_VARIANT,
                "This product is not sold by the case. Leave -case out of its address.",
                facts={"variant": ids.VARIANT + variant},
            )
        )
    return show(call.writer.product(_product(found, producer)))


def _enterprise(found: Producer) -> WrittenEnterprise:
    return WrittenEnterprise(found.slug, found.name)


def _product(row: Supplied, producer: Producer) -> WrittenProduct:
    return WrittenProduct(
        row.variant,
        row.name,
        row.sku,
        row.unit,
        row.available,
        row.unit_price,
        producer.currency,
        row.vat_rate,
        row.units_per_case,
    )


ROUTES: Final = (
    Route("GET", "/Enterprises", None, list_enterprises, "Whom one may order from, and oneself"),
    Route("GET", "/Enterprises/{slug}", None, find_enterprise, "One of them"),
    Route(
        "GET",
        "/Enterprises/{slug}/SuppliedProducts",
        Scope.CATALOGUE_READ,
        show_catalogue,
        "All that an enterprise supplies, in one document",
    ),
    Route(
        "GET",
        "/Enterprises/{slug}/SuppliedProducts/{product}",
        Scope.CATALOGUE_READ,
        find_product,
        "One product, with its catalogue item, its offer and its case",
    ),
    Route(
        "GET",
        "/Enterprises/{slug}/CatalogItems",
        Scope.CATALOGUE_READ,
        show_catalogue,
        "The same document as that of the products",
    ),
    Route(
        "GET",
        "/Enterprises/{slug}/CatalogItems/{product}",
        Scope.CATALOGUE_READ,
        find_product,
        "One catalogue item, with its product and its offer",
    ),
    Route(
        "GET",
        "/Enterprises/{slug}/Offers/{product}",
        Scope.CATALOGUE_READ,
        find_product,
        "One offer, with its product and its catalogue item",
    ),
)
