"""A marketplace's orders and its sellers' invoices on pages: who sees what, and why so much."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
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
)
from tests.factories.bazaar import Bazaar
from tests.factories.counter import Counter, order_of
from tests.factories.network import Network
from tests.factories.pages import Pages, Seen, Visitor
from tests.factories.statements import statements

UNTAXED = "without sales tax"
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
        core = order_of(
            (self.chairs, 2), (self.rugs, rugs), kind="marketplace", paid=True, reference=reference
        )
        market = Market(
            (
                MarketLine(Money(20_000), Money(500)),
                MarketLine(Money(1_000 * rugs), adjustments=(promotion,)),
            ),
            TRISHA,
            external_ids=(KeyValue("shop", reference),),
        )
        order = msgspec.structs.replace(core, policy="refuse_short", market=market)
        answer = await self.bazaar.counter.place(self.bazaar.marketplace, order)
        return f"/marketplace-orders/{answer['id']}"

    async def marketplace(self, role: str = "reader", language: str = "en") -> Visitor:
        return await self.pages.log_in_as(self.bazaar.marketplace, role, language=language)

    async def seller(self, seller: Id, role: str = "clerk") -> Visitor:
        return await self.pages.log_in_as(seller, role)


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


async def shipped(visitor: Visitor, page: Seen) -> Seen:
    """The invoice once all of it has left."""
    form = (await visitor.follow(page, "Ship")).form("Ship this")
    return await visitor.send(form, tracking_number="AP-9")


def needs(page: Seen) -> list[str]:
    """What Home says that needs one."""
    return [" ".join(each.to_text().split()) for each in page.all(".need")]


def stages(page: Seen) -> list[str]:
    """How far the invoice is."""
    return [" ".join(each.to_text().split()) for each in page.all(".stages li")]


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
        f"A$109.00 2 at the wholesale price of A$52.00, {UNTAXED}, and the postage of A$5.00",
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
    sums = {row[0]: row[1] for row in invoice.rows("table.totals")}
    assert sums["Owed for the lines"] == "A$10.00"
    assert sums["Less what the seller bears of promotions and fees"] == "-A$1.00"
    assert "That is more than the customer pays." in invoice.text
    for foreign in (
        "CHAIR",
        "A$213",
        "A$205",
        "web-1",
        "ord_",
        "marketplace-orders",
        "chair-house",
    ):
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
            nobodys = await other.get(f"/seller-invoices/inv_{none}{rest}", 404)
            assert answered.text == nobodys.text


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
    for seller in (mall.one, mall.two):
        clerk = await mall.seller(seller)
        await shipped(clerk, await invoice_of(clerk))
    invoices = await visitor.get("/seller-invoices")
    assert [row[3].split()[0] for row in invoices.rows()] == ["Shipped", "Shipped", "To", "To"]
    to_ship = await visitor.send(invoices.form("Show"), to_ship="yes")
    assert [row[3].split()[0] for row in to_ship.rows()] == ["To", "To"]
    (oldest,) = [row[0].split()[0] for row in to_ship.rows() if row[1] == "rug-house"]
    one = await visitor.send(invoices.form("Show"), number=oldest)
    assert [row[1] for row in one.rows()] == ["rug-house"]


async def test_an_invoice_is_shipped_in_parts_by_its_seller(mall: Mall) -> None:
    """Each mistake stands beside its field; sent twice, goods leave once."""
    await mall.place(rugs=4)
    seller = await mall.seller(mall.two)
    page = await invoice_of(seller)
    assert stages(page)[1] == "Shipped 0 of 4 units"
    form = (await seller.follow(page, "Ship")).form("Ship this")
    assert form.value("quantity") == "4"
    wrong = await seller.refused(form, quantity="many", tracking_number="", dispatched_on="")
    for field in ("lines-0-quantity", "tracking_number", "dispatched_on"):
        assert wrong.fault(field), field
    early = {"quantity": "5", "tracking_number": "AP1", "dispatched_on": "2020-01-01"}
    wrong = await seller.send_typed(wrong.form("Ship this"), early, 422)
    assert wrong.fault("lines-0-quantity")
    assert wrong.fault("dispatched_on")
    assert wrong.form("Ship this").value("tracking_number") == "AP1"
    sent = {"quantity": "3", "tracking_number": "AP1", "note": "Two parcels"}
    done = await seller.send_typed(form, sent)
    assert done.said == "Shipped."
    again = await seller.send_typed(form, sent)
    assert stages(again)[1] == "Shipped 3 of 4 units"
    (_, _, number, what), *_ = again.rows("table.tight")
    assert number == "AP1 Two parcels"
    assert what.startswith("3 ")
    assert again.one(".badge").to_text() == "Partly shipped"
    done = await shipped(seller, again)
    assert stages(done)[1] == "Shipped 4 of 4 units"
    assert not {"Ship", "Cancel"} & set(done.links())
    assert "nothing left to ship" in (await seller.get(f"{page.address}/ship")).text
    printed = await seller.follow(done, "Print")
    assert printed.heading == page.heading
    assert "chair-house" not in printed.html
    assert not printed.all("main table a")


async def test_goods_are_cancelled_and_their_money_goes_back(mall: Mall) -> None:
    """The seller asks, and says that they do not leave; the marketplace pays back."""
    await mall.place(rugs=4)
    seller, owner = await mall.seller(mall.two), await mall.marketplace("manager")
    page = await invoice_of(seller)
    form = (await seller.follow(page, "Cancel")).form("Cancel this")
    nothing = await seller.refused(form)
    assert "at one line at least" in nothing.faults[0]
    asked = await seller.send(
        form, quantity="3", reason="out of stock", restock="no", note="Sorry."
    )
    assert asked.said == "They are no longer to be shipped."
    assert stages(asked)[1:] == ["Shipped 0 of 1 units", "Refund money is to go back"]
    for said in ("is cancelled", "(out of stock)", "by the seller", "Sorry.", "do not go back"):
        assert said in asked.text
    assert not asked.has_form("Deny"), "that is the marketplace's"
    theirs = await owner.get(page.address)
    early = theirs.form("The goods are here")
    taken = await seller.send(asked.form("The goods are here"))
    assert "The marketplace sends the money back." in taken.text
    late = await owner.send(early, 422)
    assert late.faults
    mine = await owner.get(page.address)
    form = mine.form("The money went back")
    for amount in ("much", "0.005", "999999"):
        assert (await owner.refused(form, cash_amount=amount)).faults, amount
    paid = await owner.send(form, cash_amount="20")
    assert "Together A$20.00" in paid.text
    assert "What went back since, A$20.00, is not taken off here." in paid.text
    assert stages(paid)[1:] == [
        "Shipped 0 of 1 units",
        "Cancelled 3 units",
        "Refunded A$20.00",
    ]
    ((on_hand,),) = await mall.bazaar.counter.rows(
        "SELECT on_hand FROM positions WHERE variant = $1", mall.rugs
    )
    assert on_hand == 97, "what is not there is not put back on sale"


async def test_a_return_is_denied_and_the_denial_taken_back(mall: Mall) -> None:
    await mall.place(rugs=2)
    seller, owner = await mall.seller(mall.two), await mall.marketplace("clerk")
    await shipped(seller, await invoice_of(seller))
    page = await owner.get((await invoice_of(seller)).address)
    form = (await owner.follow(page, "Take goods back")).form("Take this back")
    too_much = await owner.refused(form, quantity="3")
    assert too_much.fault("lines-0-quantity")
    asked = await owner.send(form, quantity="1", reason="damaged")
    assert "goods are to come back" in stages(asked)[-1]
    denied = await owner.send(asked.form("Deny"))
    assert denied.said == "The refund is denied."
    restored = await owner.send(denied.form("Take the denial back"))
    back = await owner.send(restored.form("The goods are here"))
    paid = await owner.send(back.form("The money went back"))
    assert stages(paid)[-1].startswith("Refunded")
    assert "damaged" in paid.text


async def test_home_says_what_each_side_has_to_do(mall: Mall) -> None:
    await mall.place("web-1")
    await mall.place("web-2")
    seller, owner = await mall.seller(mall.one), await mall.marketplace("owner")
    assert needs(await owner.get("/")) == [], "it leaves from its sellers"
    page = await seller.get("/")
    (oldest, *_) = await mall.bazaar.counter.rows(
        "SELECT legacy_id FROM seller_invoices WHERE seller = $1 ORDER BY id", mall.one
    )
    assert needs(page) == [
        f"2 seller invoices are to be shipped. The oldest is {oldest[0]}. Ship them"
    ]
    assert not page.all(".first-steps")
    shown = await invoice_of(seller)
    form = (await seller.follow(shown, "Cancel")).form("Cancel this")
    await seller.send(form, quantity="2")
    page = await seller.get("/")
    assert needs(page)[0].startswith("A seller invoice is to be shipped."), "the other is not"
    assert "A refund request waits for its goods." in needs(page)[1]
    listed = (await seller.get("/seller-invoices?to_ship=yes")).rows()
    assert [row[0].split()[0] for row in listed] == [str(oldest[0])]
    asked = await seller.follow(page, "See the invoice")
    await seller.send(asked.form("The goods are here"))
    page = await owner.get("/")
    assert "A refund request waits to be paid." in needs(page)[0]
    mine = await owner.follow(page, "See the invoice")
    await owner.send(mine.form("The money went back"))
    assert needs(await owner.get("/")) == []
    assert needs(await seller.get("/")) == [
        f"A seller invoice is to be shipped. Number {oldest[0]}. Ship it"
    ]


async def test_only_who_may_acts_on_an_invoice(mall: Mall, network: Network) -> None:
    """A reader has no buttons; another seller finds neither the pages nor the refund request."""
    await mall.place(rugs=2)
    seller, other = await mall.seller(mall.two), await mall.seller(mall.one)
    reader = await mall.seller(mall.two, "reader")
    page = await invoice_of(reader)
    assert not {"Ship", "Cancel", "Take goods back"} & set(page.links())
    await reader.get(f"{page.address}/ship", 403)
    for rest in ("ship", "cancel", "return"):
        absent = f"/seller-invoices/inv_{'0' * 32}/{rest}"
        theirs = await other.get(f"{page.address}/{rest}", 404)
        assert theirs.text == (await other.get(absent, 404)).text
    form = (await seller.get(f"{page.address}/cancel")).form("Cancel this")
    asked = await seller.send(form, quantity="1")
    step = asked.form("The goods are here")
    for visitor in (other, await mall.pages.log_in_as(await network.organisation("stranger"))):
        token = (await visitor.get("/preferences")).form("/log-out").value("form_token")
        fields = {"form_token": [token], "key": ["k"]}
        assert (await visitor.ask("POST", step.action, fields)).status_code == 404


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
