"""A marketplace's orders and its sellers' invoices on pages: who sees what, and why so much."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from entrepot.kernel.ids import Id
from entrepot.orders import (
    Address,
    Adjustment,
    Buyer,
    KeyValue,
    Market,
    MarketLine,
    Money,
    PlaceOrder,
)
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor
from tests.factories.statements import statements

TRISHA = Buyer(
    first_name="Trisha",
    surname="Connors",
    phone="07944242424",
    email="trisha.connors@email.com",
    address=Address("34 Casino Road", None, "Melbourne", "3000", "Victoria", "AU"),
    message_to_seller="Leave it at the door.",
)


class Mall(NamedTuple):
    """A marketplace in which chairs are sold at wholesale and rugs at the marketplace price."""

    bazaar: Bazaar
    pages: Pages
    one: Id
    two: Id
    chairs: Id
    rugs: Id

    async def place(self, reference: str = "web-1", rugs: int = 1) -> str:
        """An order of two chairs and some rugs, with a promotion on these; its address."""
        promotion = Adjustment("promotion", -200, 100, "Spring sale")
        order = PlaceOrder(
            *_core(reference, (self.chairs, 2), (self.rugs, rugs)),
            paid=True,
            market=Market(
                (
                    MarketLine(Money(20_000, None), Money(500)),
                    MarketLine(Money(1_000 * rugs), adjustments=(promotion,)),
                ),
                TRISHA,
                external_ids=(KeyValue("shop", reference),),
            ),
        )
        answer = await self.bazaar.counter.place(self.bazaar.marketplace, order)
        return f"/marketplace-orders/{answer['id']}"

    async def marketplace(self, role: str = "reader", language: str = "en") -> Visitor:
        return await self.pages.log_in_as(self.bazaar.marketplace, role, language=language)

    async def seller(self, seller: Id, role: str = "clerk") -> Visitor:
        return await self.pages.log_in_as(seller, role)


def _core(reference: str, *lines: tuple[Id, int]) -> tuple[object, ...]:
    order = order_of(*lines, kind="marketplace", paid=True, reference=reference)
    return order.order, reference, "marketplace", "refuse_short", order.lines


@pytest.fixture
async def mall(network: Network, counter: Counter, pages: Pages) -> Mall:
    bazaar = await Bazaar(network, counter).open()
    one, two = await bazaar.seller("chair-house"), await bazaar.seller("rug-house")
    return Mall(
        bazaar,
        pages,
        one,
        two,
        await bazaar.goods(one, "CHAIR", model="wholesale", wholesale="52.00", stock=100),
        await bazaar.goods(two, "RUG", stock=100),
    )


async def invoice_of(visitor: Visitor) -> Seen:
    """The newest invoice that somebody sees."""
    page = await visitor.get("/seller-invoices")
    (address, *_) = [
        each for each in page.links().values() if each.startswith("/seller-invoices/inv_")
    ]
    return await visitor.get(address)


async def test_a_marketplace_sees_who_pays_what_and_who_gets_what(mall: Mall) -> None:
    address = await mall.place()
    visitor = await mall.marketplace()
    (row,) = (await visitor.get("/marketplace-orders")).rows()
    assert row[1:3] == ["Trisha Connors", "To ship"]
    assert row[3].startswith("chair-house, rug-house")
    assert row[4] == "A$213.00"
    page = await visitor.get(address)
    assert "34 Casino Road" in page.text
    assert "Melbourne Victoria 3000" in page.text
    assert "Australia" in page.text
    assert "Leave it at the door." in page.text
    assert "shop: web-1" in page.text
    figures = [each.to_text().strip() for each in page.all(".figures dd")]
    assert figures == ["A$213.00", "A$118.00", "A$95.00"]
    invoices, lines = page.rows("table.cards:not(.lines)"), page.rows("table.lines")
    assert [each[1:] for each in invoices] == [
        ["chair-house", "Wholesale price", "Sent to the customer", "A$205.00", "A$109.00"],
        ["rug-house", "Marketplace price", "Sent to the customer", "A$8.00", "A$9.00"],
    ]
    assert lines[0][2:] == [
        "2",
        "A$200.00 A$100.00 each and postage A$5.00",
        "A$109.00 2 at the wholesale price of A$52.00, without sales tax,"
        " and the postage of A$5.00",
    ]
    assert lines[1][4] == "A$10.00 what the customer pays for it"
    assert "Placed." in page.text
    svg = page.one("main svg.gauge")
    assert "chair-house A$205.00" in str(svg.attrs["aria-label"])


async def test_a_seller_sees_its_own_invoice_and_nothing_beyond(mall: Mall) -> None:
    await mall.place()
    seller = await mall.seller(mall.two)
    page = await seller.get("/seller-invoices")
    ((_, market, customer, status, lines, owed, _),) = page.rows()
    assert (market, customer, lines, owed) == ("bazaar", "Trisha Connors Melbourne", "1", "A$9.00")
    assert status == "To ship 1 unit to ship"
    invoice = await invoice_of(seller)
    assert "34 Casino Road" in invoice.text
    assert "Leave it at the door." in invoice.text
    assert [row[0].partition("-")[0] for row in invoice.rows("table.lines")] == ["RUG"]
    assert "Spring sale" in invoice.text
    sums = dict(tuple(row) for row in invoice.rows("table.totals"))
    assert sums["Owed for the lines"] == "A$10.00"
    assert sums["Less what the seller bears of promotions and fees"] == "-A$1.00"
    assert "That is more than the customer pays." in invoice.text
    for foreign in ("CHAIR", "213", "205", "web-1", "ord_", "marketplace-orders", "chair-house"):
        assert foreign not in invoice.html, foreign
        assert foreign not in page.html, foreign


async def test_each_side_finds_the_way_and_others_do_not(mall: Mall, network: Network) -> None:
    """Only who has to do with a marketplace sees these pages in the frame."""
    address = await mall.place()
    places = {"Marketplace orders", "Seller invoices"}
    marketplace, seller = await mall.marketplace(), await mall.seller(mall.one)
    stranger = await mall.pages.log_in_as(await network.organisation("stranger"))
    assert places <= set((await marketplace.get("/orders")).links())
    assert places & set((await seller.get("/orders")).links()) == {"Seller invoices"}
    assert not places & set((await stranger.get("/orders")).links())
    assert "You are in no marketplace." in (await stranger.get("/seller-invoices")).text
    assert "No orders yet." in (await stranger.get("/marketplace-orders")).text
    invoice = (await invoice_of(marketplace)).address
    none = "0" * 32
    for visitor, theirs in ((stranger, invoice), (stranger, address), (seller, address)):
        absent = f"{theirs[: theirs.index('_') + 1]}{none}"
        answered = await visitor.get(theirs, 404)
        assert answered.text == (await visitor.get(absent, 404)).text
    rugs = await mall.seller(mall.two)
    for own in (await invoice_of(rugs)).address, (await invoice_of(seller)).address:
        other = seller if own == (await invoice_of(rugs)).address else rugs
        for rest in ("", "/print"):
            answered = await other.get(f"{own}{rest}", 404)
            absent = await other.get(f"/seller-invoices/inv_{none}{rest}", 404)
            assert answered.text == absent.text


async def test_lists_are_narrowed_by_what_stands_in_their_address(mall: Mall) -> None:
    first, second = await mall.place(), await mall.place("web-2")
    visitor = await mall.marketplace()
    number = (await visitor.get(first)).heading.removeprefix("Marketplace order ")
    for query, found in (
        (f"number={number}", [first]),
        ("number=999999", []),
        ("number=twelve", []),
        ("number=99999999999999", []),
        ("key=shop&value=web-2", [second]),
        ("key=shop&value=web-9", []),
        ("days=1", [second, first]),
    ):
        page = await visitor.get(f"/marketplace-orders?{query}")
        links = [each for each in page.links().values() if "/ord_" in each]
        assert links == found, query
    assert "by its key and its value" in (await visitor.get("/marketplace-orders?key=shop")).text
    await mall.bazaar.counter.ship(
        mall.bazaar.marketplace, second.partition("ord_")[2], (1, 2), (2, 1)
    )
    invoices = await visitor.get("/seller-invoices")
    assert [row[3].split()[0] for row in invoices.rows()] == ["Shipped", "Shipped", "To", "To"]
    to_ship = await visitor.send(invoices.form("Show"), to_ship="yes")
    assert [row[3].split()[0] for row in to_ship.rows()] == ["To", "To"]
    (oldest,) = [row[0].split()[0] for row in to_ship.rows() if row[1] == "rug-house"]
    one = await visitor.send(invoices.form("Show"), number=oldest)
    assert [row[1] for row in one.rows()] == ["rug-house"]


async def test_an_invoice_says_how_far_it_is(mall: Mall) -> None:
    address = await mall.place(rugs=4)
    order = address.partition("ord_")[2]
    seller, counter = await mall.seller(mall.two), mall.bazaar.counter
    invoice = (await invoice_of(seller)).address

    async def stages() -> list[str]:
        page = await seller.get(invoice)
        return [" ".join(each.to_text().split()) for each in page.all(".stages li")]

    assert [each.partition(" ")[0] for each in await stages()] == ["Paid", "Shipped"]
    assert (await stages())[1] == "Shipped 0 of 4 units"
    await counter.ship(mall.bazaar.marketplace, order, (2, 3))
    assert (await stages())[1] == "Shipped 3 of 4 units"
    await counter.cancel(mall.bazaar.marketplace, order, (2, 1))
    assert (await stages())[1:] == ["Shipped 3 of 3 units", "Cancelled 1 unit"]
    page = await seller.get(invoice)
    assert page.one(".badge").to_text() == "Shipped"
    printed = await seller.follow(page, "Print")
    assert printed.heading == page.heading
    assert "chair-house" not in printed.html
    assert not printed.all("main table a")


async def test_it_is_said_in_dutch(mall: Mall) -> None:
    address = await mall.place()
    visitor = await mall.marketplace(language="nl")
    page = await visitor.get(address)
    assert page.heading.startswith("Marktplaatsorder ")
    assert "tegen de groothandelsprijs van AU$ 52,00" in page.text.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "Australië" in page.text


async def test_long_lists_go_on_and_cost_the_same(mall: Mall) -> None:
    """However many orders a page shows, it is read by the same number of statements."""
    addresses = [await mall.place("web-0")]
    visitor, seller = await mall.marketplace(), await mall.seller(mall.one)
    lists = (
        (visitor, "/marketplace-orders"),
        (visitor, "/seller-invoices"),
        (seller, "/seller-invoices"),
    )
    few = []
    for each, path in lists:
        with statements() as seen:
            await each.get(path)
        few.append(len(seen))
    addresses += [await mall.place(f"web-{number}") for number in range(1, 26)]
    for (each, path), count, left in zip(lists, few, (1, 27, 1), strict=True):
        with statements() as seen:
            page = await each.get(path)
        assert len(seen) == count, path
        assert len(page.rows()) == 25
        rest = await each.follow(page, "Next page")
        assert len(rest.rows()) == min(left, 25)
        assert len(page.response.content) < 100_000
