"""Settlement in the portal: the week that grows, both faces of a document, and answering it.

Transfers are written without the stock that they move; what settlement says of them must hold.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from entrepot.infra.clock import utc_now
from entrepot.infra.ids import new_id
from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from entrepot.kernel.paging import Page
from entrepot.kernel.weeks import week_begins, week_label, week_of
from entrepot.settlement import (
    Settlement,
    SettlementFilter,
    acknowledge_settlement,
    close_due_weeks,
    dispute_settlement,
    list_settlements,
)
from tests.factories.network import Network
from tests.factories.pages import Pages, Visitor
from tests.factories.transfers import AMSTERDAM, Trade, open_trade

pytestmark = pytest.mark.damages_database("transfers without their stock")

ALL: Final = SettlementFilter()
TOKYO: Final = "Asia/Tokyo"
BROKEN: Final = "Line 1: two of them\nwere broken."


@pytest.fixture
async def trade(network: Network) -> AsyncIterator[Trade]:
    """A wholesaler and a retailer, partners since 2026-W11."""
    opened = await open_trade(network)
    yield opened
    assert await opened.broken() == []


async def documents_of(trade: Trade) -> Sequence[Settlement]:
    """What the retailer has settled, the newest first."""
    found = await list_settlements(trade.pool, trade.buyer, Page(), ALL)
    assert isinstance(found, list), found
    return found


async def settled(trade: Trade) -> Settlement:
    """The one document that there is, once every week that is over has closed."""
    await close_due_weeks(trade.pool, new_id)
    (document,) = await documents_of(trade)
    return document


async def of_both(pages: Pages, trade: Trade, **said: str) -> tuple[Visitor, Visitor]:
    """An owner of the wholesaler's and one of the retailer's."""
    return (
        await pages.log_in_as(trade.wholesaler, **said),
        await pages.log_in_as(trade.retailer, **said),
    )


async def place_nothing(trade: Trade, order: Id, reference: str) -> None:
    """An order of the retailer's that transfers can be of."""
    async with trade.pool.acquire() as connection:
        await connection.execute(
            "INSERT INTO orders (organisation, id, reference, kind, status, fulfilment_status,"
            " payment_status, policy, priority, queue_place, placed_at, next_hold_no)"
            " VALUES ($1, $2, $3, 'own', 'complete', 'fulfilled', 'paid', 'ship_complete', 0, 'x',"
            " now(), 1)",
            trade.retailer,
            order,
            reference,
        )


def now_week() -> str:
    """The week in which it is now."""
    return week_label(week_of(utc_now(), AMSTERDAM))


def this_week() -> datetime:
    """A moment of the week that is open now, and over."""
    return week_begins(week_of(utc_now(), AMSTERDAM), AMSTERDAM) + timedelta(seconds=1)


async def test_who_has_no_partners_is_told_how_to_get_one(pages: Pages, network: Network) -> None:
    visitor = await pages.log_in_as(await network.organisation())
    page = await visitor.get("/settlements")
    assert page.heading == "Settlement"
    assert page.links()["Invite a retailer"] == "/retailers"
    assert page.links()["Enter an invite key"] == "/wholesalers"
    assert not page.all("table")


async def test_the_open_week_grows_in_each_sides_own_units(pages: Pages, trade: Trade) -> None:
    pair = await trade.pair(factor=6)
    first = await trade.move(pair, 3, "2026-W12")
    seller, buyer = await of_both(pages, trade)
    for visitor, units in ((seller, "18"), (buyer, "3")):
        page = await visitor.get("/settlements")
        (week,) = page.all(".weeks li")
        assert f"{units} units so far" in " ".join(week.to_text().split())
        assert "€45.00 ex VAT" in " ".join(week.to_text().split())
    await trade.reverse(first, "2026-W12", 1)
    page = await buyer.get(f"/settlements/open/pts_{trade.id}")
    assert page.heading.endswith("week 2026-W12")
    assert page.one("#week").attrs["hx-trigger"] == "every 30s"
    figures = [" ".join(each.to_text().split()) for each in page.all(".figures div")]
    assert figures[:3] == ["Units so far 2", "Value ex VAT €30.00", "Lines 1"]
    (row,) = page.rows("table.cards")
    assert row[1:] == ["3", "-1", "2", "€15.00", "21%", "€30.00"]
    page = await seller.get(f"/settlements/open/pts_{trade.id}")
    assert page.rows("table.cards")[0][1:] == ["18", "-6", "12", "€2.50", "21%", "€30.00"]
    assert page.rows("table.totals") == [["21%", "€30.00", "€6.30"]]


async def test_an_open_week_leads_to_its_transfers_and_those_to_ones_own_orders(
    pages: Pages, trade: Trade
) -> None:
    order = new_id()
    await place_nothing(trade, order, "W-77")
    pair = await trade.pair()
    await trade.move(pair, 3, "2026-W12", order=order)
    seller, buyer = await of_both(pages, trade)
    page = await buyer.get(f"/settlements/open/pts_{trade.id}")
    assert "rounded once" in page.text
    name = page.one("a.row").to_text()
    page = await buyer.get(page.one("a.row").attrs["href"] or "")
    assert page.heading == f"{name}: what passed"
    assert "3 transferred, 0 gone back, 3 net. Together that is €7.50 ex VAT." in page.text
    assert page.links()["W-77"] == f"/orders/ord_{order}"
    mark = page.one("td .code").to_text()
    page = await seller.get(f"/settlements/open/pts_{trade.id}/var_{pair.wholesaler_variant}")
    assert "W-77" not in page.html
    assert order not in page.html
    assert page.one("td .code").to_text() == mark


async def test_an_open_product_comes_to_what_passed_at_all_prices_and_in_ones_own_units(
    pages: Pages, trade: Trade
) -> None:
    pair = await trade.pair(factor=6)
    first = await trade.move(pair, 3, "2026-W12")
    await trade.move(pair, 2, "2026-W12", price="3")
    await trade.reverse(first, "2026-W12", 1)
    seller, buyer = await of_both(pages, trade)
    base = f"/settlements/open/pts_{trade.id}"
    page = await buyer.get(f"{base}/var_{pair.variant}")
    assert "5 transferred, 1 gone back, 4 net. Together that is €66.00 ex VAT." in page.text
    page = await seller.get(f"{base}/var_{pair.wholesaler_variant}")
    assert "30 transferred, 6 gone back, 24 net. Together that is €66.00 ex VAT." in page.text
    await trade.move(pair, 1, "2026-W12", price=None)
    page = await seller.get(f"{base}/var_{pair.wholesaler_variant}")
    assert "a price is missing" in page.text
    assert "Together" not in page.text


async def test_moments_are_told_by_the_readers_clock_and_name_another(
    pages: Pages, trade: Trade
) -> None:
    await trade.move(await trade.pair(), 1, "2026-W12")
    document = await settled(trade)
    visitor = await pages.log_in_as(trade.retailer)
    assert visitor.person is not None
    async with trade.pool.acquire() as connection:
        await connection.execute(
            "UPDATE people SET time_zone = $2 WHERE id = $1", visitor.person.id, TOKYO
        )
    closes = week_begins(week_of(utc_now(), AMSTERDAM) + timedelta(days=7), AMSTERDAM)
    for address in (
        "/settlements",
        f"/settlements/open/pts_{trade.id}",
        f"/partnerships/pts_{trade.id}",
    ):
        page = await visitor.get(address)
        assert f"{closes.astimezone(ZoneInfo(TOKYO)):%Y %H:%M} (" in page.text, address
        assert f"00:00 in {AMSTERDAM})" in page.text, address
    page = await visitor.get(f"/settlements/{document.id}")
    assert f"{document.closed_at.astimezone(ZoneInfo(TOKYO)):%Y %H:%M}" in page.text
    page = await visitor.get(f"/settlements/{document.id}/print")
    assert f"{document.closed_at.astimezone(ZoneInfo(AMSTERDAM)):%H:%M} ({AMSTERDAM})" in page.text


async def test_who_watches_a_week_while_it_closes_goes_on_to_its_document(
    pages: Pages, trade: Trade
) -> None:
    await trade.move(await trade.pair(), 3, "2026-W12")
    visitor = await pages.log_in_as(trade.retailer)
    page = await visitor.get(f"/settlements/open/pts_{trade.id}")
    itself = page.one("#week").attrs["hx-get"] or ""
    assert itself.endswith("?week=2026-W12")
    quick = {"hx-request": "true"}
    response = await visitor.ask("GET", itself, headers=quick)
    assert (response.status_code, "hx-redirect" in response.headers) == (200, False)
    await close_due_weeks(trade.pool, new_id)
    response = await visitor.ask("GET", itself, headers=quick)
    document = f"/settlements?partnership=pts_{trade.id}&week=2026-W12"
    assert (response.status_code, response.headers["hx-redirect"]) == (200, document)
    page = await visitor.get(itself)
    assert page.said == "This week has closed."
    assert page.rows("#list table")[0][0].startswith("2026-W12-")
    await visitor.send(page.form("/log-out"))
    response = await visitor.ask("GET", itself, headers=quick)
    assert response.headers["hx-redirect"].startswith("/log-in?next=%2Fsettlements%2Fopen")


async def test_a_document_has_two_faces(pages: Pages, trade: Trade) -> None:
    pair = await trade.pair(factor=6)
    order = new_id()
    await place_nothing(trade, order, "W-77")
    await trade.move(pair, 3, "2026-W12", order=order)
    document = await settled(trade)
    seller, buyer = await of_both(pages, trade)
    number = f"2026-W12-{document.inner_id[-6:].upper()}"
    page = await buyer.get("/settlements")
    assert page.rows("#list table")[0][0] == number
    page = await buyer.follow(page, number)
    assert page.heading == f"Settlement inbound {number}"
    assert page.rows("table.cards")[0][2:] == ["3", "0", "3", "€15.00", "21%", "€45.00"]
    assert "2026-W12, 16" in page.text
    page = await buyer.get(page.one("table a.row").attrs["href"] or "")
    assert page.address.endswith("/lines/1")
    assert page.links()["W-77"] == f"/orders/ord_{order}"
    page = await seller.get(f"/settlements/{document.id}")
    assert page.heading == f"Settlement order {number}"
    assert page.rows("table.cards")[0][2:] == ["18", "0", "18", "€2.50", "21%", "€45.00"]
    assert page.rows("table.cards")[0][1].endswith("1 of theirs is 6 of yours")
    page = await seller.get(f"/settlements/{document.id}/lines/1")
    assert "W-77" not in page.html
    mark = page.one("td .code").to_text()
    page = await buyer.get(f"/settlements/{document.id}/lines/1")
    assert page.one("td .code").to_text() == mark
    assert "1 of yours is 6 of theirs" in page.text


async def test_what_went_back_later_stands_in_the_later_week(pages: Pages, trade: Trade) -> None:
    pair = await trade.pair()
    first = await trade.move(pair, 5, "2026-W12")
    document = await settled(trade)
    await trade.reverse(first, this_week(), 2)
    seller, buyer = await of_both(pages, trade)
    for visitor in (seller, buyer):
        page = await visitor.get(f"/settlements/{document.id}")
        assert "Changed after closing" in page.text
        assert page.rows("table.cards")[-1][1:] == ["-2", now_week(), "-€5.00"]
        page = await visitor.follow(page, now_week())
        assert now_week() in page.one(".weeks li").to_text()
        assert page.rows("#list table")[0][0].startswith("2026-W12")
        page = await visitor.get(f"/settlements/open/pts_{trade.id}")
        (row,) = page.rows("table.cards")
        assert row[1:4] == ["0", "-2 2 of week 2026-W12", "-2"]
    page = await buyer.get(f"/settlements/open/pts_{trade.id}/var_{pair.variant}")
    assert page.rows()[0][1:3] == ["gone back, of week 2026-W12", "-2"]


async def test_a_side_acknowledges_once_and_for_good(pages: Pages, trade: Trade) -> None:
    await trade.move(await trade.pair(), 1, "2026-W12")
    document = await settled(trade)
    seller, buyer = await of_both(pages, trade)
    before = await buyer.get(f"/settlements/{document.id}")
    form = before.form("Acknowledge")
    page = await buyer.send(form)
    assert page.said == "You have acknowledged this settlement."
    assert not page.has_form("Acknowledge")
    assert not page.has_form("Dispute")
    again = await buyer.send(form)
    assert again.said == "You have acknowledged this settlement."
    page = await buyer.refused(before.form("Dispute"), reason=BROKEN)
    assert page.faults[0].startswith("You have acknowledged this settlement.")
    page = await seller.get("/settlements")
    assert page.rows("#list table")[0][-2:] == ["not answered", "acknowledged"]
    assert (await seller.get("/settlements?state=acknowledged")).all("#list table") == []


async def test_a_side_disputes_with_a_reason_that_the_partner_reads(
    pages: Pages, trade: Trade
) -> None:
    await trade.move(await trade.pair(), 1, "2026-W12")
    document = await settled(trade)
    seller, buyer = await of_both(pages, trade)
    page = await buyer.get(f"/settlements/{document.id}")
    page = await buyer.refused(page.form("Dispute"), reason=" ")
    assert page.fault("reason").startswith("Say what is wrong")
    long = "Everything. " * 200
    page = await buyer.refused(page.form("Dispute"), reason=long)
    assert page.form("Dispute").value("reason").strip() == long.strip()
    form = page.form("Dispute")
    page = await buyer.send(form, reason=BROKEN)
    assert page.said.startswith("You dispute this settlement")
    assert "were broken." in page.one("blockquote").to_text()
    assert (await buyer.send(form, reason=BROKEN)).said == page.said
    page = await seller.get("/settlements?state=disputed_by_partner")
    assert page.rows("#list table")[0][-1] == "disputed"
    page = await seller.get(f"/settlements/{document.id}")
    assert page.one(".heading .badge").to_text() == "disputed by retailer"
    assert "were broken." in page.one("blockquote").to_text()
    page = await buyer.send((await buyer.get(f"/settlements/{document.id}")).form("Acknowledge"))
    assert "blockquote" not in page.html
    assert not (await seller.get("/settlements?state=disputed_by_partner")).all("#list table")


async def test_a_dispute_stands_at_the_title_and_says_how_to_correct_on_each_side(
    pages: Pages, trade: Trade
) -> None:
    await trade.move(await trade.pair(), 1, "2026-W12")
    document = await settled(trade)
    seller, buyer = await of_both(pages, trade)
    address = f"/settlements/{document.id}"
    before = await seller.get(address)
    assert "talk it over" not in before.text
    await seller.send(before.form("Acknowledge"))
    page = await buyer.send((await buyer.get(address)).form("Dispute"), reason=BROKEN)
    assert page.one(".heading .badge").to_text() == "disputed by you"
    assert "Open the order behind the line and cancel" in page.text
    assert page.links()["What you agreed on"] == f"/partnerships/pts_{trade.id}#agreed"
    page = await seller.get(address)  # who has acknowledged is told at the title, too
    assert page.one(".heading .badge").to_text() == "disputed by retailer"
    assert "Only retailer can correct it" in page.text
    assert page.links()["To the lines"] == "#lines"


async def test_who_acknowledges_what_the_partner_disputes_is_told_what_that_means(
    pages: Pages, trade: Trade
) -> None:
    await trade.move(await trade.pair(), 1, "2026-W12")
    document = await settled(trade)
    seller, buyer = await of_both(pages, trade)
    address = f"/settlements/{document.id}"
    await buyer.send((await buyer.get(address)).form("Dispute"), reason=BROKEN)
    page = await seller.get(address)
    assert "You can although retailer disputes it" in page.text
    asked = [each.attrs["data-ask"] for each in page.all("form.act") if "data-ask" in each.attrs]
    assert asked == ["retailer disputes this settlement. Acknowledge it for good as it is?"]
    page = await seller.send(page.form("Dispute"), reason="Of ours, too.")
    assert page.one(".heading .badge").to_text() == "disputed by both"


async def test_a_reader_reads_and_no_more(pages: Pages, trade: Trade) -> None:
    await trade.move(await trade.pair(), 1, "2026-W12")
    document = await settled(trade)
    owner = await pages.log_in_as(trade.retailer)
    form = (await owner.get(f"/settlements/{document.id}")).form("Acknowledge")
    reader = await pages.log_in_as(trade.retailer, "reader")
    page = await reader.get(f"/settlements/{document.id}")
    assert not page.has_form("Acknowledge")
    assert not page.has_form("Dispute")
    token = {"form_token": page.form("/log-out").fields["form_token"]}
    for act in ("acknowledge", "dispute"):
        fields = {**form.fields, **token}
        response = await reader.ask("POST", f"/settlements/{document.id}/{act}", fields)
        assert response.status_code == 403
    assert [each.state for each in await documents_of(trade)] == ["closed"]


async def test_what_is_foreign_is_like_what_is_not_there(
    pages: Pages, network: Network, trade: Trade
) -> None:
    pair = await trade.pair()
    await trade.move(pair, 1, "2026-W12")
    document = await settled(trade)
    await trade.move(pair, 1, this_week())
    other = await open_trade(network)
    stranger = await pages.log_in_as(other.retailer)
    absent = new_id()
    for address in (
        "/settlements/stl_{document}",
        "/settlements/stl_{document}/lines/1",
        "/settlements/stl_{document}/print",
        "/settlements/stl_{document}/csv",
        "/settlements/open/pts_{trade}",
        "/settlements/open/pts_{trade}/var_" + pair.variant,
    ):
        theirs = address.format(document=document.inner_id, trade=trade.id)
        nothing = address.format(document=absent, trade=absent)
        seen = [await stranger.get(each, 404) for each in (theirs, nothing)]
        assert seen[0].text == seen[1].text
    page = await stranger.get(f"/settlements?partnership=pts_{trade.id}")
    assert "No document fits these filters." in page.text
    page = await stranger.get("/settlements?partnership=nonsense")
    assert "No document fits these filters." in page.text
    mine = await pages.log_in_as(trade.retailer)
    for address in (
        "/settlements/nonsense",
        f"/settlements/{document.id}/lines/2",
        f"/settlements/{document.id}/lines/x",
        f"/settlements/open/pts_{trade.id}/var_{absent}",
    ):
        assert (await mine.get(address, 404)).heading == "Nothing here"
    await mine.get("/settlements?cursor=WzFd", 400)


async def test_filters_stand_in_the_address(pages: Pages, network: Network, trade: Trade) -> None:
    wholesaler = trade.wholesaler
    other = await open_trade(network, wholesaler=wholesaler)
    supplier = await open_trade(network, retailer=wholesaler)
    for each in (trade, other, supplier):
        pair = await each.pair()
        await each.move(pair, 1, "2026-W12")
        await each.move(pair, 1, "2026-W14")
    await close_due_weeks(trade.pool, new_id)
    visitor = await pages.log_in_as(wholesaler)

    async def weeks(address: str) -> list[str]:
        page = await visitor.get(address)
        return [row[0][:8] for row in page.rows("#list table")]

    assert await weeks("/settlements") == ["2026-W14"] * 3 + ["2026-W12"] * 3
    assert await weeks("/settlements?face=inbound") == ["2026-W14", "2026-W12"]
    assert await weeks(f"/settlements?partnership=pts_{trade.id}") == ["2026-W14", "2026-W12"]
    assert await weeks("/settlements?week=2026-w13") == ["2026-W12"] * 3
    (first,) = (await documents_of(trade))[:1]
    done = await dispute_settlement(trade.pool, new_id, trade.buyer, first.inner_id, "No.")
    assert not hasattr(done, "faults")
    assert await weeks("/settlements?state=disputed_by_partner") == ["2026-W14"]
    address = f"/settlements?state=disputed_by_partner&partnership=pts_{other.id}"
    assert await weeks(address) == []
    done = await acknowledge_settlement(trade.pool, new_id, trade.seller, first.inner_id)
    assert not hasattr(done, "faults")
    assert await weeks("/settlements?state=acknowledged&face=order") == ["2026-W14"]
    assert len(await weeks("/settlements?state=closed")) == 5
    page = await visitor.get("/settlements")
    page = await visitor.send(page.form("Show"), week="2026-W12", face="order")
    assert len(page.rows("#list table")) == 2
    page = await visitor.get("/settlements?week=tomorrow", 422)
    assert page.fault("week").startswith("A week is written by its year and number")
    assert page.form("Show").value("week") == "tomorrow"


async def test_long_lists_go_on(pages: Pages, network: Network, trade: Trade) -> None:
    other = await open_trade(network, retailer=trade.retailer)
    for each in (trade, other):
        pair = await each.pair()
        for week in range(12, 40):
            await each.move(pair, 1, f"2026-W{week}")
    await close_due_weeks(trade.pool, new_id)
    visitor = await pages.log_in_as(trade.retailer)
    page = await visitor.get("/settlements")
    assert len(page.rows("#list table")) == 50
    page = await visitor.follow(page, "Next page")
    assert [row[0][:8] for row in page.rows("#list table")] == (
        ["2026-W14"] * 2 + ["2026-W13"] * 2 + ["2026-W12"] * 2
    )
    assert "Next page" not in page.links()
    assert "This week, still growing" not in page.text
    page = await visitor.get("/settlements?week=2026-W39")
    assert "This week, still growing" not in page.text
    page = await visitor.follow(page, "Next page")
    page = await visitor.follow(page, "First page")
    assert page.form("Show").value("week") == "2026-W39"
    page = await visitor.get("/settlements")
    assert "This week, still growing" in page.text
    page = await visitor.get("/settlements/open")
    assert len(page.all(".weeks li")) == 2


async def test_a_line_of_many_transfers_goes_on(pages: Pages, trade: Trade) -> None:
    first = await trade.move(await trade.pair(), 1, "2026-W12")
    await trade.write_all([first._replace(id=new_id(), order=new_id()) for _ in range(50)])
    document = await settled(trade)
    visitor = await pages.log_in_as(trade.retailer)
    page = await visitor.get(f"/settlements/{document.id}/lines/1")
    assert len(page.rows()) == 50
    page = await visitor.follow(page, "Next page")
    assert len(page.rows()) == 1


async def test_a_document_is_printed_and_handed_out_whole(pages: Pages, trade: Trade) -> None:
    for number in range(51):
        await trade.move(await trade.pair(sku=f"SKU-{number:02}"), 1, "2026-W12")
    document = await settled(trade)
    _, buyer = await of_both(pages, trade, language="nl")
    page = await buyer.get(f"/settlements/{document.id}")
    assert len(page.rows("table.cards")) == 50
    page = await buyer.follow(page, "Om af te drukken")
    assert page.heading.startswith("Afrekeninslag 2026-W12-")
    assert len(page.rows("table.cards")) == 51
    assert "Europe/Amsterdam" in page.text
    response = await buyer.ask("GET", f"/settlements/{document.id}/csv")
    assert response.headers["content-type"].startswith("text/csv")
    assert "2026-W12-" in response.headers["content-disposition"]
    lines = response.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("settlement;week;line;sku")
    assert len(lines) == 52
    assert ";2,5;EUR;21;2,5;1" in lines[1]
    seller, _ = await of_both(pages, trade)
    response = await seller.ask("GET", f"/settlements/{document.id}/csv")
    assert ",2.5,EUR,21,2.5,1" in response.content.decode("utf-8-sig").splitlines()[1]


async def test_a_line_without_a_price_leaves_the_document_without_a_total(
    pages: Pages, trade: Trade
) -> None:
    await trade.move(await trade.pair(), 1, "2026-W12", price=None)
    document = await settled(trade)
    visitor = await pages.log_in_as(trade.wholesaler)
    page = await visitor.get(f"/settlements/{document.id}")
    assert "One line has no price, so there is no total." in page.text
    assert page.rows("table.cards")[0][5] == "no price"
    page = await visitor.get("/settlements")
    assert "a price is missing" in page.text


async def test_it_is_all_there_in_dutch(pages: Pages, trade: Trade) -> None:
    pair = await trade.pair()
    await trade.move(pair, "1.5", "2026-W12")
    document = await settled(trade)
    visitor = await pages.log_in_as(trade.retailer, language="nl")
    page = await visitor.get("/settlements")
    assert page.heading == "Afrekening"
    assert page.rows("#list table")[0][4:] == ["€ 3,75", "onbeantwoord", "onbeantwoord"]
    page = await visitor.get(f"/settlements/{document.id}")
    page = await visitor.refused(page.form("Betwisten"), reason="")
    page = await visitor.send(page.form("Akkoord geven"))
    assert page.said == "Je hebt akkoord gegeven op deze afrekening."
    assert ids.SETTLEMENT + document.inner_id in page.address
