"""A variant's page: it explains its number, and its stock is counted, received and corrected."""

from __future__ import annotations

from decimal import Decimal

import pytest

from entrepot.kernel import ids
from entrepot.kernel.ids import Id
from tests.factories.consignment import add_retailer, open_consignment
from tests.factories.counter import Counter, order_of
from tests.factories.looked_at import elements_of
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor
from tests.factories.wholesale import goods

CELLS = frozenset({"td", "th"})


@pytest.fixture
async def owner(network: Network) -> Id:
    return await network.organisation("shop")


@pytest.fixture
async def visitor(pages: Pages, owner: Id) -> Visitor:
    return await pages.log_in_as(owner)


def page_of(variant: Id, path: str = "") -> str:
    """The address of a variant's page."""
    return f"/variants/{ids.VARIANT}{variant}{path}"


def figures(page: Seen) -> list[str]:
    """The figures at the top of the page."""
    return [" ".join(each.to_text().split()) for each in page.all(".figures li")]


def table_of(page: Seen, caption: str) -> list[list[str]]:
    """The rows of the table with this caption, cell by cell."""
    (table,) = [each for each in page.all("table") if caption in each.to_text()]
    return [
        [" ".join(each.to_text().split()) for each in elements_of(row) if each.name in CELLS]
        for body in elements_of(table)
        if body.name == "tbody"
        for row in elements_of(body)
        if row.name == "tr"
    ]


async def test_a_number_is_explained_by_what_it_is_made_of(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    shop = await network.location(owner, "shop", rank=1)
    back = await network.location(owner, "returns", rank=2, ships_orders=False)
    variant = await goods(network, owner, "A", name="Oil")
    await counter.receive(owner, variant, 10)
    await counter.receive(owner, variant, 4, shop)
    await counter.receive(owner, variant, 3, back)
    await counter.place(owner, order_of((variant, 6), paid=True, reference="monday"))
    page = await visitor.get(page_of(variant))
    assert figures(page) == ["8 available to promise", "8 of our own"]
    assert table_of(page, "How this number is made") == [
        ["main 10 on hand \N{MINUS SIGN} 6 held \N{MINUS SIGN} 0 allocated", "4"],
        ["shop 4 on hand \N{MINUS SIGN} 0 held \N{MINUS SIGN} 0 allocated", "4"],
    ]
    assert "returns holds 3 more; no order ships from there" in page.text
    assert table_of(page, "Held for orders") == [["monday", "6", "main", "shipped"]]
    assert page.links()["monday"].startswith("/orders/ord_")
    page = await visitor.follow(page, "returns")
    assert "What happened at returns" in page.text


async def test_what_partners_offer_is_added_and_no_more_is_told(
    pages: Pages, network: Network, counter: Counter
) -> None:
    one = await open_consignment(network, counter, retailers=0, on_hand=20)
    retailer = await add_retailer(network, one.wholesaler, one.variant, factor=2, buffer=3, cap=7)
    await counter.receive(retailer.organisation, retailer.variant, 5)
    page = await (await pages.log_in_as(retailer.organisation)).get(page_of(retailer.variant))
    assert figures(page) == ["12 available to promise", "5 of our own", "7 from partners"]
    assert table_of(page, "How this number is made")[-1] == [
        (
            "wholesaler each of ours is 2 of theirs; shows at most 7; what the partnership opens"
            " to us now"
        ),
        "7",
    ]
    assert page.links()["wholesaler"] == f"/partnerships/{ids.PARTNERSHIP}{retailer.partnership}"
    assert "buffer" not in page.text.lower()
    page = await (await pages.log_in_as(one.wholesaler)).get(page_of(one.variant))
    assert table_of(page, "The pool is what the partnership opens") == [
        ["retailer", "all stock", "20", "\N{MINUS SIGN} 3", "2", "7", "7"]
    ]


async def test_allocations_and_matches_stand_on_the_page(
    pages: Pages, network: Network, counter: Counter
) -> None:
    one = await open_consignment(network, counter)
    (retailer,) = one.retailers
    await network.allocate(retailer.partnership, one.variant, 30)
    page = await (await pages.log_in_as(one.wholesaler)).get(page_of(one.variant))
    assert table_of(page, "How this number is made")[0] == [
        "main 100 on hand \N{MINUS SIGN} 0 held \N{MINUS SIGN} 30 allocated",
        "70",
    ]
    assert table_of(page, "Allocated to retailers") == [
        ["retailer", "30", "0", "30", "it is closed"]
    ]
    assert table_of(page, "Matched with")[0][2:] == ["one for one", "active"]


async def test_a_variant_without_history_offers_the_first_step(
    visitor: Visitor, owner: Id, network: Network
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    page = await visitor.get(page_of(variant))
    assert figures(page) == ["0 available to promise", "0 of our own"]
    page = await visitor.follow(page, "Receive the first goods")
    assert page.heading == "Receive Oil"


async def test_what_is_unlimited_says_so(visitor: Visitor, owner: Id, network: Network) -> None:
    variant = await network.variant(owner, "ENDLESS", unlimited=True)
    page = await visitor.get(page_of(variant))
    assert figures(page) == ["unlimited available to promise", "unlimited of our own"]
    assert "Count" not in page.links()


async def test_goods_arrive(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    page = await visitor.get(page_of(variant, "/receive"))
    form = page.form("Receive the goods")
    assert (await visitor.refused(form)).fault("quantity")
    page = await visitor.refused(form, quantity="-3", reason="pallet 7")
    assert page.fault("quantity")
    assert page.form("Receive the goods").value("reason") == "pallet 7"
    form = page.form("Receive the goods")
    page = await visitor.send(form, quantity="12.5")
    assert page.said == (
        "The goods are in; orders that waited for them were served first."
        " At main there are now 12.5 on hand, 12.5 of them available."
    )
    assert figures(page)[0] == "12.5 available to promise"
    history = table_of(page, "Every change")
    assert history[0][1:] == ["Goods arrived “pallet 7” Ann Other", "+12.5 12.5", "0", "0", "12.5"]
    again = await visitor.send(form, quantity="12.5")
    assert again.said == page.said
    assert await counter.figures(variant) == (Decimal("12.5"), 0, 1)


async def test_a_correction_needs_its_reason_and_keeps_promises(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    await counter.receive(owner, variant, 10)
    await counter.place(owner, order_of((variant, 8), paid=True))
    form = (await visitor.get(page_of(variant, "/adjust"))).form("Correct the stock")
    page = await visitor.refused(form, quantity="-1")
    assert page.fault("reason")
    page = await visitor.refused(form, quantity="-3", reason="broken")
    assert page.fault("quantity")
    assert page.form("Correct the stock").value("quantity") == "-3"
    page = await visitor.send(page.form("Correct the stock"), quantity="-2")
    assert page.said == "Corrected. At main there are now 8 on hand, 0 of them available."
    assert "Corrected by hand “broken”" in page.text


async def test_a_count_sets_the_figure_and_says_whom_it_costs(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    await counter.receive(owner, variant, 10)
    await counter.place(owner, order_of((variant, 8), paid=True))
    form = (await visitor.get(page_of(variant, "/count"))).form("Set to what was counted")
    page = await visitor.send(form, quantity="5")
    assert page.said == (
        "Counted. At main there are now 5 on hand, 0 of them available."
        " 1 order has too little now; a notice names it."
    )


async def test_a_count_that_is_late_says_what_happened_meanwhile(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    await counter.receive(owner, variant, 10)
    form = (await visitor.get(page_of(variant, "/count"))).form("Set to what was counted")
    await counter.receive(owner, variant, 2)
    page = await visitor.refused(form, quantity="9", reason="yearly")
    assert "What happened while you counted" in page.text
    assert "Goods arrived: on hand +2" in page.text
    assert "The books now say 12 on hand." in page.text
    form = page.form("Set to what was counted")
    assert (form.value("quantity"), form.value("reason")) == ("9", "yearly")
    page = await visitor.send(form)
    assert page.said.startswith("Counted. At main there are now 9 on hand")


async def test_stock_is_counted_at_the_location_that_was_chosen(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    shop = await network.location(owner, "shop", rank=1)
    variant = await goods(network, owner, "A", name="Oil")
    await counter.receive(owner, variant, 10)
    page = await visitor.get(page_of(variant, "/count"))
    page = await visitor.send(page.form("Choose"), location=ids.LOCATION + shop)
    assert figures(page)[0] == "0 on hand by the books"
    page = await visitor.send(page.form("Set to what was counted"), quantity="3")
    assert page.said == "Counted. At shop there are now 3 on hand, 3 of them available."
    assert page.one(".pick [aria-current]").to_text().strip() == "shop"
    foreign = await network.location(await network.organisation("other"), "theirs")
    for location in (ids.LOCATION + foreign, "nonsense"):
        await visitor.get(page_of(variant, f"/count?location={location}"), 404)
        await visitor.get(page_of(variant, f"?location={location}"), 404)


async def test_the_history_goes_on_by_pages(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    for _ in range(23):
        await counter.receive(owner, variant, 1)
    page = await visitor.get(page_of(variant))
    assert [row[2] for row in table_of(page, "Every change")][:2] == ["+1 23", "+1 22"]
    page = await visitor.follow(page, "Next page")
    assert [row[2] for row in table_of(page, "Every change")] == ["+1 3", "+1 2", "+1 1"]


async def test_who_did_it_is_told_to_those_who_may_read_the_audit(
    pages: Pages, visitor: Visitor, owner: Id, network: Network
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    page = await visitor.get(page_of(variant, "/receive"))
    await visitor.send(page.form("Receive the goods"), quantity="1", reason="gift")
    clerk = await pages.log_in_as(owner, "clerk")
    page = await clerk.get(page_of(variant))
    assert "Goods arrived" in page.text
    assert "Ann Other" not in page.text


async def test_a_partners_order_has_no_name_here(
    pages: Pages, network: Network, counter: Counter
) -> None:
    one = await open_consignment(network, counter)
    (retailer,) = one.retailers
    order = order_of((retailer.variant, 4), paid=True, reference="secret", policy="ship_complete")
    await counter.place(retailer.organisation, order)
    page = await (await pages.log_in_as(one.wholesaler)).get(page_of(one.variant))
    assert table_of(page, "Every change")[0][1] == "Passed to a retailer, who sold it"
    assert "secret" not in page.html
    page = await (await pages.log_in_as(retailer.organisation)).get(page_of(retailer.variant))
    assert "Passed to us by a wholesaler, for an order: secret" in page.text


async def test_the_chart_shows_the_figures_at_the_end_of_each_day(
    visitor: Visitor, owner: Id, network: Network, counter: Counter
) -> None:
    variant = await goods(network, owner, "A", name="Oil")
    await counter.receive(owner, variant, 10)
    await counter.place(owner, order_of((variant, 4), paid=True))
    page = await visitor.get(page_of(variant))
    assert page.rows(".charted table")[-1][1:] == ["10", "4", "6"]
    assert len(page.all(".chart .spot")) == 1
    assert len(page.all(".labels span")) == 8


async def test_the_page_speaks_dutch(pages: Pages, owner: Id, network: Network) -> None:
    variant = await goods(network, owner, "A", name="Olie")
    visitor = await pages.log_in_as(owner, language="nl")
    page = await visitor.get(page_of(variant))
    assert "Zo komt dit getal tot stand" in page.text
    page = await visitor.get(page_of(variant, "/count"))
    assert page.heading == "Olie tellen"
