"""Home: what needs one now and nothing else, this week against last, and the last weeks drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.infra.pool import Pool
from entrepot.infra.writing import Written
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.weeks import WEEK, week_begins, week_label, week_of
from entrepot.orders import SoldPart, SoldParts
from entrepot.partnerships import NewPartnershipInvitation, invite_retailer
from entrepot.portal.pages import home
from entrepot.portal.words import words_of
from entrepot.settlement import (
    SettlementFilter,
    acknowledge_settlement,
    close_due_weeks,
    dispute_settlement,
    list_settlements,
)
from tests.factories.callers import caller_for
from tests.factories.consignment import open_consignment
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen
from tests.factories.partnerships import ALL_STOCK
from tests.factories.transfers import AMSTERDAM, Trade, open_trade

CALM = "Nothing waits for you."


def needs(page: Seen) -> list[str]:
    """What needs one, as it is told."""
    return [" ".join(each.to_text().split()) for each in page.all(".need")]


def figures(page: Seen) -> dict[str, tuple[str, str]]:
    """This week's figures, each with how it compares."""
    found = {}
    for each in page.all(".figures li"):
        name, number, compared = (
            " ".join(part.to_text().split()) for part in each.children or () if part.name != "#text"
        )
        found[name] = number, compared
    return found


async def ordered(counter: Counter, shop: Id, variant: Id, quantity: int, reference: str) -> Id:
    """A paid order, which waits where there is not enough."""
    order = order_of((variant, quantity), policy="ship_complete", paid=True, reference=reference)
    await counter.place(shop, order)
    return order.order


async def backdate(pool: Pool, order: Id, at: datetime) -> None:
    """Let an order have been placed at another time."""
    async with pool.acquire() as connection:
        await connection.execute("UPDATE orders SET placed_at = $2 WHERE id = $1", order, at)


async def invite(pool: Pool, wholesaler: Id, days: int, note: str) -> None:
    """An invitation that is open for so many days."""
    new = NewPartnershipInvitation(ALL_STOCK, note, valid_days=days)
    done = await invite_retailer(pool, new_id, caller_for(wholesaler), new)
    assert isinstance(done, Written), done


async def test_a_new_organisation_is_shown_the_first_steps(
    pages: Pages, network: Network, pool: Pool
) -> None:
    organisation = await network.organisation("fresh")
    owner = await pages.log_in_as(organisation)
    page = await owner.get("/")
    assert page.heading == "fresh"
    assert page.links()["Import products"] == "/import"
    assert page.links()["Invite a retailer"] == "/retailers/invite"
    assert page.links()["Enter an invite key"] == "/wholesalers/accept"
    assert not page.all(".need, .figures, svg.chart")
    reader = await (await pages.log_in_as(organisation, "reader")).get("/")
    assert reader.links()["See the retailers"] == "/retailers"
    assert "Invite a retailer" not in reader.links()
    await network.variant(organisation)
    await invite(pool, organisation, 14, "")
    page = await owner.get("/")
    assert "Import products" not in page.links()
    assert "Invite a retailer" not in page.links()
    await network.partnership(organisation, await network.organisation())
    page = await owner.get("/")
    assert "First steps" not in page.text
    assert CALM in page.text


@pytest.mark.damages_database("orders placed in other weeks")
async def test_orders_that_wait_are_counted_and_the_oldest_is_named(
    pages: Pages, network: Network, counter: Counter, pool: Pool
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    owner = await pages.log_in_as(shop)
    first = await ordered(counter, shop, variant, 5, "W-1")
    await backdate(pool, first, utc_now() - timedelta(days=3))
    page = await owner.get("/")
    assert needs(page)[0] == (
        "One order waits for stock. W-1 was placed 3 days ago. See what it waits for"
    )
    assert page.links()["See what it waits for"] == f"/orders/ord_{first}"
    await ordered(counter, shop, variant, 5, "W-2")
    page = await owner.get("/")
    assert needs(page)[0].startswith(
        "2 orders wait for stock. The oldest, W-1, was placed 3 days ago."
    )
    assert page.links()["See what they wait for"] == "/orders?status=waiting"
    await counter.receive(shop, variant, 10)
    assert needs(await owner.get("/")) == [
        "2 orders are ready to ship. The oldest is W-1. Ship them"
    ]


async def test_orders_to_ship_are_counted_until_they_have_left(
    pages: Pages, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 20)
    owner = await pages.log_in_as(shop)
    first = await ordered(counter, shop, variant, 9, "S-1")
    page = await owner.get("/")
    assert needs(page) == ["An order is ready to ship. S-1. Ship it"]
    assert page.links()["Ship it"] == f"/orders/ord_{first}"
    await ordered(counter, shop, variant, 2, "S-2")
    unpaid = order_of((variant, 1), policy="ship_complete", paid=False, reference="LATER")
    await counter.place(shop, unpaid)
    page = await owner.get("/")
    assert needs(page) == ["2 orders are ready to ship. The oldest is S-1. Ship them"]
    page = await owner.follow(page, "Ship them")
    assert [row[0] for row in page.rows("table.orders")] == ["S-2", "S-1"]
    page = await owner.send((await owner.get(f"/orders/ord_{first}/ship")).form("Ship this"))
    assert needs(await owner.get("/")) == ["An order is ready to ship. S-2. Ship it"]


async def test_an_order_that_lost_what_it_was_promised_comes_first(
    pages: Pages, network: Network, counter: Counter
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 10)
    first = await ordered(counter, shop, variant, 8, "W-1")
    await ordered(counter, shop, variant, 5, "W-2")
    await counter.count(shop, variant, 3)
    page = await (await pages.log_in_as(shop)).get("/")
    assert needs(page)[0].startswith(
        "An order lacks stock that it was promised. A count found too little for W-1;"
    )
    assert needs(page)[1].startswith("One order waits for stock. W-2")
    assert page.links()["See what is missing"] == f"/orders/ord_{first}"
    await counter.receive(shop, variant, 20)
    assert needs(await (await pages.log_in_as(shop)).get("/")) == [
        "2 orders are ready to ship. The oldest is W-1. Ship them"
    ]


async def test_a_failed_match_is_told_to_both_until_it_is_matched(
    pages: Pages, network: Network, counter: Counter
) -> None:
    consignment = await open_consignment(network, counter)
    (retailer,) = consignment.retailers
    other = await network.variant(consignment.wholesaler, "BEETS")
    await counter.receive(consignment.wholesaler, other, 10)
    await network.allocate(retailer.partnership, other, 4)
    buyer = await pages.log_in_as(retailer.organisation)
    seller = await pages.log_in_as(consignment.wholesaler)
    page = await buyer.get("/")
    assert needs(page)[0].startswith("wholesaler keeps a product for you that is not matched yet.")
    assert page.links()["Match it"] == f"/partnerships/pts_{retailer.partnership}"
    assert needs(await seller.get("/"))[0].startswith(
        "You keep a product for retailer that is not matched there."
    )
    own = await network.variant(retailer.organisation)
    await network.match(
        retailer.partnership, (consignment.wholesaler, other), (retailer.organisation, own)
    )
    assert not needs(await buyer.get("/"))
    assert not needs(await seller.get("/"))


@pytest.mark.damages_database("transfers without their stock")
async def test_documents_to_answer_and_disputes(pages: Pages, network: Network) -> None:
    trade = await open_trade(network)
    pair = await trade.pair()
    await trade.move(pair, 1, "2026-W12")
    await trade.move(pair, 1, "2026-W13")
    await close_due_weeks(trade.pool, new_id)
    buyer = await pages.log_in_as(trade.retailer)
    seller = await pages.log_in_as(trade.wholesaler)
    page = await buyer.get("/")
    assert needs(page) == [
        "2 settlements wait for your answer. The oldest is of week 2026-W12. Look them over"
    ]
    page = await buyer.follow(page, "Look them over")
    assert len(page.rows("#list table")) == 2
    found = await list_settlements(trade.pool, trade.buyer, Page(), SettlementFilter())
    assert isinstance(found, list)
    await dispute_settlement(trade.pool, new_id, trade.buyer, found[0].inner_id, "Not so.")
    await acknowledge_settlement(trade.pool, new_id, trade.buyer, found[1].inner_id)
    (need,) = needs(await buyer.get("/"))
    assert need.startswith("You dispute a settlement. Acknowledge it once you agree")
    page = await seller.get("/")
    assert [need.split(". ")[0] for need in needs(page)] == [
        "A partner disputes a settlement",
        "2 settlements wait for your answer",
    ]
    page = await seller.follow(page, "Read why")
    assert page.rows("#list table")[0][0].startswith("2026-W13")


async def test_invitations_that_expire_and_partnerships_that_stand_still(
    pages: Pages, network: Network, pool: Pool
) -> None:
    wholesaler = await network.organisation()
    await network.variant(wholesaler)
    await invite(pool, wholesaler, 14, "Later")
    await invite(pool, wholesaler, 2, "De Hoek")
    paused = await network.partnership(wholesaler, await network.organisation("north"))
    ending = await network.partnership(wholesaler, await network.organisation("south"))
    await network.set_partnership_state(paused, "paused")
    await network.set_partnership_state(ending, "ending")
    page = await (await pages.log_in_as(wholesaler)).get("/")
    assert needs(page)[0].startswith("An invitation expires soon. De Hoek: expires in 2 days.")
    assert needs(page)[1].startswith("The partnership with north is paused.")
    assert needs(page)[2].startswith("The partnership with south is ending.")
    assert page.links()["See the partnership"] == f"/partnerships/pts_{ending}"


@pytest.mark.damages_database("orders placed in other weeks")
async def test_this_week_is_compared_with_last_week_by_the_same_moment(
    pages: Pages, network: Network, counter: Counter, pool: Pool
) -> None:
    shop = await network.organisation()
    variant = await network.variant(shop)
    await counter.receive(shop, variant, 100)
    owner = await pages.log_in_as(shop)
    assert not figures(await owner.get("/"))
    span = home.span_of(utc_now(), AMSTERDAM)
    last = span.starts[-3]
    for number, at in enumerate(
        (None, last + timedelta(seconds=1), span.starts[-1] - timedelta(seconds=1))
    ):
        order = await ordered(counter, shop, variant, number + 2, f"W-{number}")
        if at is not None:
            await backdate(pool, order, at)
    await counter.cancel(shop, await ordered(counter, shop, variant, 50, "W-9"))
    page = await owner.get("/")
    assert figures(page) == {
        "Orders": ("1", "The same as this time last week. All of last week: 2."),
        "Units sold": ("2", "Down 1 on this time last week. All of last week: 7."),
        "Sold for, ex VAT": (
            "€5.00",
            "Down €2.50 on this time last week. All of last week: €17.50.",
        ),
    }
    rows = page.rows(".as-table table")
    assert [row[0] for row in rows] == [week_label(each) for each in span.mondays[-2:]]
    assert rows[0][1:] == ["0", "7", "0", "7"]
    assert rows[1][1:] == ["100", "2", "0", "2"]


async def test_what_passed_between_partners_counts_on_both_sides(
    pages: Pages, network: Network, counter: Counter
) -> None:
    consignment = await open_consignment(network, counter)
    (retailer,) = consignment.retailers
    await ordered(counter, retailer.organisation, retailer.variant, 4, "W-1")
    page = await (await pages.log_in_as(retailer.organisation)).get("/")
    assert figures(page)["Units from wholesalers"] == (
        "4",
        "Up 4 on this time last week. All of last week: 0.",
    )
    assert page.rows(".as-table table")[-1][1:] == ["0", "4", "4", "4"]
    page = await (await pages.log_in_as(consignment.wholesaler)).get("/")
    assert figures(page)["Units to retailers"][0] == "4"
    assert "Orders" not in figures(page)


@pytest.mark.damages_database("transfers without their stock")
async def test_weeks_that_closed_are_summed_from_their_documents(
    pages: Pages, network: Network
) -> None:
    this = week_of(utc_now(), AMSTERDAM)
    closed = week_label(this - 4 * WEEK)
    trade: Trade = await open_trade(network, week_label(this - 5 * WEEK))
    pair = await trade.pair(factor=6)
    await trade.move(pair, 2, closed)
    first = await trade.move(pair, 5, week_label(this - WEEK))
    await close_due_weeks(trade.pool, new_id)
    await trade.reverse(first, week_begins(this, AMSTERDAM) + timedelta(seconds=1), 1)
    for organisation, factor in ((trade.retailer, 1), (trade.wholesaler, 6)):
        page = await (await pages.log_in_as(organisation)).get("/")
        moved = {row[0]: row[3] for row in page.rows(".as-table table")}
        assert moved == {
            closed: str(2 * factor),
            week_label(this - 3 * WEEK): "0",
            week_label(this - 2 * WEEK): "0",
            week_label(this - WEEK): str(5 * factor),
            week_label(this): str(-factor),
        }


async def test_it_speaks_dutch(pages: Pages, network: Network, counter: Counter) -> None:
    shop = await network.organisation()
    await ordered(counter, shop, await network.variant(shop), 5, "W-1")
    page = await (await pages.log_in_as(shop, language="nl")).get("/")
    assert needs(page)[0].startswith("Eén order wacht op voorraad.")
    assert "Eerste stappen" in page.text


def test_last_week_goes_no_further_than_its_own_end() -> None:
    """In the week after the clocks went forward, last week was an hour shorter."""
    now = datetime(2026, 4, 5, 21, 59, 59, tzinfo=UTC)
    span = home.span_of(now, AMSTERDAM)
    assert span.mondays[-1] == week_of(now, AMSTERDAM)
    assert span.by_then < span.starts[-1]
    assert sorted(span.starts) == list(span.starts)


def test_of_more_orders_than_are_summed_only_whole_weeks_are_drawn() -> None:
    words = words_of("en", AMSTERDAM)
    span = home.span_of(datetime(2026, 11, 18, 12, tzinfo=UTC), AMSTERDAM)
    part = SoldPart(10, Decimal(20), Decimal(1), Decimal(30), Decimal(5))
    chart, opening = home.chart_of(words, span, SoldParts((part,) * 7, whole_from=3), ())
    assert chart is not None
    assert opening is None
    assert [row.label for row in chart.rows] == ["2026-W45", "2026-W46", "2026-W47"]
    assert chart.rows[1].figures == ("10", "2", "0", "40")


def test_an_opening_stock_is_told_and_not_drawn() -> None:
    words = words_of("en", AMSTERDAM)
    span = home.span_of(datetime(2026, 11, 18, 12, tzinfo=UTC), AMSTERDAM)
    empty, part = SoldPart(), SoldPart(10, Decimal(20), Decimal(1), Decimal(30), Decimal(5))
    full = SoldPart(0, Decimal(0), Decimal(0), Decimal(0), Decimal(5_000))
    parts = (*[empty] * 2, full, part, part, part, part)
    chart, opening = home.chart_of(words, span, SoldParts(parts, 0), ())
    assert chart is not None
    assert opening == home.Opening("2026-W44", Decimal(5_000))
    assert [row.label for row in chart.rows] == ["2026-W45", "2026-W46", "2026-W47"]
