"""Orders: the list with its filters, one order, and why it waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from entrepot.portal.words import NOTHING
from tests.factories.counter import Counter, order_of
from tests.factories.looked_at import value_of
from tests.factories.network import Network
from tests.factories.pages import Pages, Visitor
from tests.factories.street import Street


@dataclass
class Shop:
    """A shop with three of `a` and two of `c`; a wholesaler offers it five of `b`.

    A clerk of it has logged in.
    """

    street: Street
    id: str
    visitor: Visitor

    async def sku(self, product: str) -> str:
        variant = await self.street.variant("shop", product)
        rows = await self.street.counter.rows("SELECT sku FROM variants WHERE id = $1", variant)
        return str(rows[0][0])

    async def orders(self, *lines: tuple[str, object], **said: Any) -> str:  # noqa: ANN401 - as a street's orders
        """Place an order; the address of its page."""
        order = await self.street.orders("shop", *lines, **said)
        return f"/orders/{order['id']}"


async def open_shop(network: Network, counter: Counter, pages: Pages) -> Shop:
    street = Street(network, counter)
    await street.opens("wholesale", {"b": 5})
    ident = await street.opens("shop", {"a": 3, "b": 0, "c": 2})
    await street.partners("wholesale", "shop", "b")
    return Shop(street, ident, await pages.log_in_as(ident, "clerk"))


@pytest.fixture
async def shop(network: Network, counter: Counter, pages: Pages) -> Shop:
    return await open_shop(network, counter, pages)


async def test_the_list_shows_orders_with_a_badge_and_what_is_missing(shop: Shop) -> None:
    await shop.orders(("a", 9), reference="WEB-1")
    await shop.orders(("b", 2), reference="WEB-2")
    page = await shop.visitor.get("/orders")
    rows = page.rows("table.orders")
    assert [row[:3] for row in rows] == [
        ["WEB-2", "To ship", f"{NOTHING} nothing"],
        ["WEB-1", "Waiting", f"6 of {await shop.sku('a')}"],
    ]
    assert (rows[0][4], rows[0][5]) == ("€5.00", "Paid")


async def test_filters_stand_in_the_address_and_in_their_fields(shop: Shop) -> None:
    await shop.orders(("a", 9), reference="WEB-1")
    await shop.orders(("b", 2), reference="COUNTER-1")
    await shop.orders(("a", 1), reference="COUNTER-2", paid=False, draft=True)
    page = await shop.visitor.get("/orders")
    form = page.form("/orders")

    async def found(**typed: Any) -> list[str]:  # noqa: ANN401 - what is typed
        listed = await shop.visitor.send_typed(form, typed)
        return [row[0] for row in listed.rows("table.orders")]

    assert await found(status="waiting") == ["WEB-1"]
    assert await found(waiting="yes") == ["WEB-1"]
    assert await found(reference="COUNTER") == ["COUNTER-1", "COUNTER-2"]
    assert await found(reference="COUNTER", status="draft") == ["COUNTER-2"]
    assert await found(variant=await shop.sku("b")) == ["COUNTER-1"]
    assert await found(days="1") == ["COUNTER-2", "COUNTER-1", "WEB-1"]
    typed = {"reference": "COUNTER", "status": "draft", "days": "7"}
    page = await shop.visitor.send_typed(form, typed)
    assert page.form("/orders").fields == {
        "reference": ["COUNTER"],
        "status": ["draft"],
        "variant": [""],
        "days": ["7"],
    }
    page = await shop.visitor.send(form, variant="no-such-sku")
    assert "You have no product with sku no-such-sku." in page.text
    page = await shop.visitor.send_typed(form, {"status": "cancelled"})
    assert "No order fits." in page.text
    page = await shop.visitor.get("/orders?status=to_ship")
    assert [row[0] for row in page.rows("table.orders")] == ["COUNTER-1"]
    assert page.form("/orders").value("status") == "to_ship"
    assert await found(status="to_ship", reference="WEB") == []
    page = await shop.visitor.get("/orders?status=nonsense&days=x")
    assert len(page.rows("table.orders")) == 3


async def test_a_list_goes_on_where_it_ended(shop: Shop) -> None:
    for number in range(52):
        await shop.orders(("b", 1), reference=f"D-{number:02}", paid=False, draft=True)
    page = await shop.visitor.get("/orders?status=draft")
    assert [row[0] for row in page.rows("table.orders")][:1] == ["D-51"]
    page = await shop.visitor.follow(page, "Next page")
    assert [row[0] for row in page.rows("table.orders")] == ["D-01", "D-00"]
    page = await shop.visitor.follow(page, "First page")
    assert len(page.rows("table.orders")) == 50
    await shop.visitor.get("/orders?cursor=nonsense", 400)


async def test_an_empty_list_says_where_orders_come_from(pages: Pages, network: Network) -> None:
    organisation = await network.organisation()
    page = await (await pages.log_in_as(organisation, "clerk")).get("/orders")
    assert page.links()["Place the first order"] == "/orders/new"
    page = await (await pages.log_in_as(organisation, "reader")).get("/orders")
    assert "Place the first order" not in page.links()
    assert "New order" not in page.links()


async def test_an_order_tells_its_lines_and_where_they_come_from(shop: Shop) -> None:
    address = await shop.orders(("a", 2), ("b", 3))
    page = await shop.visitor.get(address)
    own, moved = page.rows("table.lines")
    assert own[1:] == ["2", "2", "0", "0", "€5.00 €2.50 each", "Own stock"]
    assert moved[1:5] == ["3", "3", "0", "0"]
    assert moved[6] == "wholesale: 3"
    (transfer,) = page.rows("#transfers")
    assert (transfer[0], transfer[1], transfer[4:]) == (
        await shop.sku("b"),
        "wholesale",
        ["3", "3", NOTHING],
    )
    assert page.links()["wholesale"].startswith("/partnerships/pts_")
    assert "Placed. 5 set aside. Of that, 3 passed from partners." in page.text


async def test_who_did_it_stands_in_the_history(shop: Shop) -> None:
    address = await shop.orders(("a", 1), paid=False)
    page = await shop.visitor.get(address)
    page = await shop.visitor.send(page.form("Payment came in"))
    assert page.said == "The payment is written down. All of it is held, and it can be shipped."
    (told, placed) = [each.to_text() for each in page.all(".timeline li")]
    assert "by Ann Other" in told
    assert "Payment received." in told
    assert "Placed." in placed


async def test_why_an_order_waits_and_what_would_release_it(shop: Shop) -> None:
    sku = await shop.sku("a")
    held = await shop.orders(("a", 2), reference="HOLDS")
    before = await shop.orders(("a", 4), reference="BEFORE")
    address = await shop.orders(("a", 5), ("b", 7), reference="WAITS")
    page = await shop.visitor.get(address)
    assert page.one(".lead").to_text().strip() == (
        f"It can go once at least 5 of {sku} and 2 of {await shop.sku('b')} has come, with you or"
        " from a partner, as stands below at each."
    )
    first = page.all(".why article")[0].to_text()
    links = page.links()
    assert (links["HOLDS"], links["BEFORE"]) == (held, before)
    for sentence in (
        "5 of the 5 asked for",
        "A receipt of at least 5 with you.",
        "1 order before it misses 3 and is served first: for both together 8 must come in.",
        "frees 2 of the 5",
        "nothing: no partner's product is matched to it",
    ):
        assert sentence in " ".join(first.split())
    second = " ".join(page.all(".why article")[1].to_text().split())
    assert "wholesale : 5" in second
    assert "A receipt of at least 2, with you or with wholesale." in second


async def test_other_companies_holds_are_only_a_quantity(shop: Shop, network: Network) -> None:
    stranger = await network.organisation("stranger")
    await network.right(shop.id, stranger, "session")
    variant = await shop.street.variant("shop", "a")
    secret = order_of((variant, 2), kind="session", reference="SECRET", paid=True)
    await shop.street.counter.place(stranger, secret)
    page = await shop.visitor.get(await shop.orders(("a", 3)))
    assert "other companies: 2" in page.text
    assert "SECRET" not in page.html
    assert "stranger" not in page.html


async def test_serving_one_first_says_what_it_does_to_others_and_does_it(shop: Shop) -> None:
    await shop.orders(("a", 9), reference="FIRST")
    address = await shop.orders(("a", 5), reference="SECOND")
    page = await shop.visitor.get(address)
    text = page.text
    assert "Before it come FIRST ." in text
    assert "that order is served after it and may wait longer" in text
    page = await shop.visitor.send(page.form("Serve this one first"))
    assert page.said == "Its priority is 1 now."
    first = "It is the first that waits: what comes in with you is offered to it before all others."
    assert first in page.text
    assert "A later order" not in page.text
    assert not page.has_form("Serve this one first")
    assert "Moved in the queue: priority 1." in page.text
    listed = await shop.visitor.get("/orders?reference=SECOND")
    assert "priority 1" in listed.rows("table.orders")[0][1]


async def test_a_priority_out_of_bounds_is_refused_beside_its_field(shop: Shop) -> None:
    page = await shop.visitor.get(await shop.orders(("a", 9)))
    refused = await shop.visitor.refused(page.form("Set priority"), priority="100")
    assert refused.fault("priority")
    refused = await shop.visitor.refused(page.form("Set priority"), priority="many")
    assert refused.fault("priority")
    refused = await shop.visitor.refused(page.form("Set priority"), priority="")
    assert refused.fault("priority")


async def test_goods_that_come_in_release_it_and_the_page_says_so(shop: Shop) -> None:
    address = await shop.orders(("a", 5), reference="WAITS")
    await shop.street.receives("shop", "a", 2)
    page = await shop.visitor.get(address)
    assert not page.all(".why")
    assert "Goods became free: released from backorder. 2 set aside." in page.text
    assert page.links()["Ship"] == f"{address}/ship"


async def test_an_unpaid_order_says_that_payment_opens_partners(shop: Shop) -> None:
    page = await shop.visitor.get(await shop.orders(("b", 2), paid=False))
    assert page.one(".lead").to_text().strip() == (
        "It waits for payment. Once it is paid it can go: wholesale offers 5."
    )
    assert value_of(page.one("svg.gauge"), "aria-label") == (
        "offered by partners once it is paid 2"
    )
    first = page.all(".releases li")[0].to_text().strip()
    assert first == "Payment: only paid orders may draw on partners, who offer 5."
    assert "Nothing is held for it yet. Without payment it is cancelled at " in page.text
    assert "Or ask less" not in page.text
    page = await shop.visitor.send(page.form("Payment came in"))
    assert "All of it is held, and it can be shipped. 2 passed from partners for it." in page.said


async def test_an_unpaid_order_says_what_payment_alone_does_not_bring(shop: Shop) -> None:
    page = await shop.visitor.get(await shop.orders(("b", 7), ("a", 1), paid=False))
    sku = await shop.sku("b")
    assert page.one(".lead").to_text().strip() == (
        f"It can go once at least 7 of {sku} has come in with you; or once it is paid and at least"
        f" 2 of {sku} has come, for partners offer the rest."
    )
    assert "The goods are held until " in page.text


async def test_what_lacks_may_come_in_with_the_partner_that_shares_it(shop: Shop) -> None:
    page = await shop.visitor.get(await shop.orders(("b", 7)))
    assert page.one(".lead").to_text().strip() == (
        f"It can go once at least 2 of {await shop.sku('b')} has come in, with you or with"
        " wholesale."
    )
    overtakes = "A later order that needs less may still take what a partner offers"
    assert overtakes in page.text
    later = await shop.visitor.get(await shop.orders(("b", 2), reference="LATER"))
    assert later.all(".badge")[0].to_text() == "To ship"


async def test_a_partner_that_shares_what_it_allocates_has_to_allocate_more(
    shop: Shop, network: Network
) -> None:
    """What comes in there does not help, and what it has is not told."""
    street = shop.street
    await street.opens("choosy", {"c": 44})
    partnership = await street.partners("choosy", "shop", "c", policy="allocated_only")
    await network.allocate(partnership, await street.variant("choosy", "c"), 3)
    address = await shop.orders(("c", 11), reference="WAITS")
    page = await shop.visitor.get(address)
    assert page.one(".lead").to_text().strip() == (
        "It can go once choosy allocates at least 6 more to you, or you receive 6 of"
        f" {await shop.sku('c')} yourself."
    )
    text = page.text
    assert "A receipt of at least 6 with you." in text
    assert "choosy has to allocate at least 6 more to you: it shares only what it all" in text
    assert "44" not in text
    assert "41" not in text
    await network.allocate(partnership, await street.variant("choosy", "c"), 6)
    await street.receives("shop", "a", 1)
    page = await shop.visitor.get(address)
    assert "choosy has to allocate" not in page.text


async def test_what_a_cap_keeps_back_is_said_to_need_a_higher_one(shop: Shop) -> None:
    await shop.street.opens("capped", {"c": 44})
    await shop.street.partners("capped", "shop", "c", cap=4)
    page = await shop.visitor.get(await shop.orders(("c", 9)))
    assert page.one(".lead").to_text().strip() == (
        f"It can go once at least 3 of {await shop.sku('c')} has come in with you: the cap that you"
        " agreed with capped lets it offer no more than 4."
    )
    assert "A higher cap: you agreed that capped offers at most 4 of it" in page.text
    assert "A receipt of at least 3 with you." in page.text


async def test_units_of_a_partner_that_are_others_are_told_apart(shop: Shop) -> None:
    await shop.street.opens("choosy", {"c": 44})
    await shop.street.partners("choosy", "shop", "c", policy="allocated_only", factor=6)
    page = await shop.visitor.get(await shop.orders(("c", 3)))
    assert "at least 1 more to you, each 6 of its own units" in page.text


async def test_what_passed_is_told_in_the_money_of_the_partnership(shop: Shop) -> None:
    pool = shop.street.counter.pool
    await pool.execute("UPDATE organisations SET currency = 'AUD' WHERE id = $1", shop.id)
    await pool.execute(
        "UPDATE variants SET wholesale_price = 4.464 WHERE id = $1",
        await shop.street.variant("wholesale", "b"),
    )
    page = await shop.visitor.get(await shop.orders(("b", 3)))
    (transfer,) = page.rows("#transfers")
    assert transfer[5:] == ["3 €4.464 each", "€13.392"]
    assert page.rows("table.lines")[0][5] == "A$7.50 A$2.50 each"


async def test_a_paused_partnership_is_named_as_what_would_release_it(
    shop: Shop, network: Network
) -> None:
    await network.set_partnership_state(shop.street.partnerships["wholesale", "shop"], "paused")
    page = await shop.visitor.get(await shop.orders(("b", 2)))
    assert page.one(".lead").to_text().strip() == (
        f"It can go once at least 2 of {await shop.sku('b')} has come in with you: nothing passes"
        " from wholesale while the partnership is paused or ends."
    )
    assert page.links()["To the partnership"].startswith("/partnerships/pts_")


async def test_short_after_a_count_is_explained_too(shop: Shop) -> None:
    address = await shop.orders(("a", 3))
    await shop.street.counter.count(shop.id, await shop.street.variant("shop", "a"), 1)
    page = await shop.visitor.get(address)
    assert "Why this order cannot leave whole" in page.text
    assert "2 after a count" in page.rows("table.lines")[0][4]


async def test_a_reader_sees_it_all_and_may_do_nothing(shop: Shop, pages: Pages) -> None:
    address = await shop.orders(("a", 9))
    reader = await pages.log_in_as(shop.id, "reader")
    page = await reader.get(address)
    assert page.all(".why")
    assert [each.action for each in page.forms() if address in each.action] == []
    for act in ("ship", "cancel", "return", "lines"):
        await reader.get(f"{address}/{act}", 403)
    await reader.get("/orders/new", 403)


async def test_anothers_order_is_like_an_absent_one(
    shop: Shop, pages: Pages, network: Network
) -> None:
    address = await shop.orders(("a", 9))
    stranger = await pages.log_in_as(await network.organisation(), "owner")
    absent = "/orders/ord_" + "0" * 32
    for act in ("", "/ship", "/cancel", "/return", "/lines"):
        theirs = await stranger.get(address + act, 404)
        none = await stranger.get(absent + act, 404)
        assert theirs.text == none.text
    await stranger.get("/orders/nonsense", 404)


async def test_it_reads_as_well_in_dutch(shop: Shop, pages: Pages) -> None:
    await shop.orders(("a", 9), reference="EERST")
    address = await shop.orders(("a", 5), ("b", 7))
    dutch = await pages.log_in_as(shop.id, "clerk", language="nl")
    page = await dutch.get(address)
    text = page.text
    for sentence in (
        "Waarom deze order wacht",
        "Waardoor de order vrijkomt",
        "1 order ervoor mist er 6 en gaat voor: voor beide samen moeten er 11 binnenkomen.",
        "Ervoor staan EERST .",
    ):
        assert sentence in text
    assert [row[1] for row in (await dutch.get("/orders")).rows("table.orders")] == ["Wachtend"] * 2
