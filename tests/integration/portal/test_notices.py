"""Notices: what happened, told in the reader's language, with a way to it."""

from __future__ import annotations

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import writing
from entrepot.kernel.ids import Id
from entrepot.notices import raise_notices
from entrepot.orders.model import Notice
from tests.factories.network import Network
from tests.factories.pages import Pages, Visitor

UNMATCHED = (
    "0042 was not matched by itself in the partnership with Tulip: the retailer has no product with"
    " that GTIN. The retailer can make it, or match it by hand."
)


@pytest.fixture
async def hub(network: Network) -> Id:
    return await network.organisation("hub")


@pytest.fixture
async def reader(pages: Pages, hub: Id) -> Visitor:
    return await pages.log_in_as(hub, "reader")


async def tell(pool: Pool, organisation: Id, kind: str, subject: str, **facts: str) -> None:
    """Raise one notice."""
    async with writing(pool) as connection:
        told = Notice(organisation, kind, subject, facts)
        await raise_notices(connection, utc_now(), [told], new_id)


async def test_what_happened_is_told_newest_first_with_a_way_to_it(
    pages: Pages, hub: Id, reader: Visitor
) -> None:
    order, allocation = f"ord_{new_id()}", f"alc_{new_id()}"
    await tell(
        pages.pool, hub, "orders.line_short", order, reference="1001", line="2", quantity="1500"
    )
    await tell(
        pages.pool,
        hub,
        "partnerships.match_failed",
        allocation,
        sku="0042",
        partner="Tulip",
        reason="none",
    )
    page = await reader.get("/notices")
    assert [row[1] for row in page.rows()] == [
        UNMATCHED,
        "Order 1001 is short by 1,500 on line 2: the stock turned out not to be there.",
    ]
    assert [each.attrs["href"] for each in page.all("main a.row")] == [
        f"/allocations/{allocation}",
        f"/orders/{order}",
    ]
    dutch = await pages.log_in_as(hub, "reader", language="nl")
    page = await dutch.get("/notices")
    assert page.rows()[1][1].startswith("Order 1001 komt 1.500 tekort op regel 2")


async def test_what_has_no_page_and_no_sentence_is_still_told(
    pages: Pages, hub: Id, reader: Visitor
) -> None:
    await tell(pages.pool, hub, "webhooks.gone_mad", f"whk_{new_id()}", description="Stock")
    page = await reader.get("/notices")
    assert page.rows()[0][1] == "webhooks.gone_mad"
    assert page.all("main a.row") == []


async def test_notices_go_on_page_by_page(pages: Pages, hub: Id, reader: Visitor) -> None:
    for number in range(51):
        await tell(pages.pool, hub, "partnerships.paused", f"pts_{new_id()}", partner=f"P{number}")
    first = await reader.get("/notices")
    assert (len(first.rows()), first.rows()[0][1][:5]) == (50, "P50 p")
    last = await reader.follow(first, "Next page")
    assert [row[1][:3] for row in last.rows()] == ["P0 "]
    assert "Next page" not in last.links()
    assert (await reader.follow(last, "First page")).rows() == first.rows()
    await reader.get("/notices?cursor=nonsense", 400)


async def test_nobody_reads_anothers(pages: Pages, network: Network, hub: Id) -> None:
    await tell(pages.pool, hub, "partnerships.paused", f"pts_{new_id()}", partner="Tulip")
    stranger = await pages.log_in_as(await network.organisation("stranger"), "owner")
    page = await stranger.get("/notices")
    assert page.rows() == []
    assert page.one(".empty").to_text().startswith("Nothing happened")
