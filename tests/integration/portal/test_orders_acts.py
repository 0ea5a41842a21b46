"""Acts on an order by its page: pay, ship, cancel, take back. Refusals stand beside their lines."""

from __future__ import annotations

import pytest

from tests.factories.counter import Counter
from tests.factories.network import Network
from tests.factories.pages import Pages, Visitor
from tests.integration.portal.test_orders import Shop, open_shop


@pytest.fixture
async def shop(network: Network, counter: Counter, pages: Pages) -> Shop:
    return await open_shop(network, counter, pages)


async def test_a_part_ships_and_then_the_rest(shop: Shop) -> None:
    visitor = shop.visitor
    address = await shop.orders(("a", 2), ("b", 3))
    page = await visitor.get(f"{address}/ship")
    assert page.form("Ship this").fields["quantity"] == ["2", "3"]
    page = await visitor.send(page.form("Ship this"), quantity=["2", "0"])
    assert (page.said, page.all(".badge")[0].to_text()) == ("Shipped.", "Partly shipped")
    assert "2 shipped." in page.text
    page = await visitor.get(f"{address}/ship")
    assert page.form("Ship this").fields["quantity"] == ["3"]
    page = await visitor.send(page.form("Ship this"))
    assert page.all(".badge")[0].to_text() == "Shipped"
    assert "Ship" not in page.links()
    page = await visitor.get(f"{address}/ship")
    assert "There is nothing to ship" in page.text
    assert not page.has_form("Ship this")


async def test_each_refusal_stands_beside_its_line_and_keeps_what_was_typed(shop: Shop) -> None:
    visitor = shop.visitor
    address = await shop.orders(("a", 2), ("b", 3))
    form = (await visitor.get(f"{address}/ship")).form("Ship this")
    page = await visitor.refused(form, quantity=["2", "4"])
    assert page.fault("lines-1-quantity")
    assert not page.fault("lines-0-quantity")
    assert page.form("Ship this").fields["quantity"] == ["2", "4"]
    page = await visitor.refused(form, quantity=["0", "4"])
    assert page.fault("lines-1-quantity")
    page = await visitor.refused(form, quantity=["x", "-1"])
    assert page.fault("lines-0-quantity")
    page = await visitor.refused(form, quantity=["", "0"])
    assert page.faults
    shelf = await shop.street.shelf("shop", "a")
    assert shelf == ("3", "2", "0")


async def test_cancelling_says_what_becomes_of_what_passed_and_gives_it_back(shop: Shop) -> None:
    visitor = shop.visitor
    address = await shop.orders(("a", 2), ("b", 3))
    page = await visitor.get(f"{address}/cancel")
    assert "up to 3 from wholesale, week" in page.text
    assert "go back to it, and out of the settlement" in page.text
    page = await visitor.send(page.form("Cancel this"), quantity=["0", "1"])
    assert page.said == "Cancelled."
    assert "A part of it was cancelled. 1 let go. 1 went back to partners." in page.text
    passed, back = page.rows("#transfers")
    assert (passed[4], back[4]) == ("3", "-1")
    assert "went back" in back[0]
    page = await visitor.get(f"{address}/cancel")
    page = await visitor.send(page.form("Cancel this"))
    assert page.all(".badge")[0].to_text() == "Cancelled"
    assert await shop.street.shelf("wholesale", "b") == ("5", "0", "0")
    assert "Cancel" not in page.links()


async def test_of_what_has_left_nothing_goes_back(shop: Shop) -> None:
    address = await shop.orders(("b", 3))
    page = await shop.visitor.get(f"{address}/ship")
    await shop.visitor.send(page.form("Ship this"), quantity="2")
    page = await shop.visitor.get(f"{address}/cancel")
    assert "up to 1 from wholesale" in page.text


async def test_a_long_order_goes_in_parts_or_all_at_once(shop: Shop) -> None:
    visitor = shop.visitor
    await shop.street.receives("shop", "a", 60)
    address = await shop.orders(*[("a", 1)] * 60)
    page = await visitor.get(address)
    assert len(page.rows("table.lines")) == 50
    page = await visitor.follow(page, "Next page")
    assert len(page.rows("table.lines")) == 10
    page = await visitor.get(f"{address}/ship")
    form = page.form("Ship this")
    assert len(form.fields["quantity"]) == 50
    assert "Only the first 50 lines are here." in page.text
    page = await visitor.send(form, all="yes")
    assert page.all(".badge")[0].to_text() == "Shipped"
    page = await visitor.get(f"{address}/return")
    assert "The others follow once these are done." in page.text


async def test_what_was_agreed_to_keep_stays_and_is_said_to(shop: Shop, network: Network) -> None:
    address = await shop.orders(("b", 1))
    await network.close_week(shop.street.partnerships["wholesale", "shop"])
    page = await shop.visitor.get(f"{address}/cancel")
    assert "stay yours: so you agreed for what is cancelled then" in page.text


async def test_goods_come_back_to_where_they_left_or_apart(shop: Shop, network: Network) -> None:
    visitor = shop.visitor
    apart = await network.location(shop.id, "apart", ships_orders=False)
    address = await shop.orders(("a", 3))
    await visitor.send((await visitor.get(f"{address}/ship")).form("Ship this"))
    page = await visitor.get(f"{address}/return")
    assert page.form("Take this back").fields["quantity"] == [""]
    refused = await visitor.refused(page.form("Take this back"), quantity="4")
    assert refused.fault("lines-0-quantity")
    page = await visitor.send(page.form("Take this back"), quantity="1")
    assert page.said == "The goods are back in stock."
    assert "1 came back" in page.rows("table.lines")[0][3]
    page = await visitor.get(f"{address}/return")
    await visitor.send(page.form("Take this back"), quantity="2", location=f"loc_{apart}")
    rows = await shop.street.counter.rows(
        "SELECT on_hand::int FROM positions WHERE owner = $1 AND location = $2", shop.id, apart
    )
    assert rows[0][0] == 2
    assert "Nothing of it is with the customer." in (await visitor.get(f"{address}/return")).text


async def test_a_location_that_is_none_is_refused(shop: Shop) -> None:
    visitor = shop.visitor
    address = await shop.orders(("a", 1))
    await visitor.send((await visitor.get(f"{address}/ship")).form("Ship this"))
    form = (await visitor.get(f"{address}/return")).form("Take this back")
    form.choices["location"].append("loc_nonsense")
    page = await visitor.refused(form, quantity="1", location="loc_nonsense")
    assert page.fault("location")


async def test_a_form_sent_twice_is_done_once(shop: Shop) -> None:
    visitor = shop.visitor
    address = await shop.orders(("a", 3))
    form = (await visitor.get(f"{address}/ship")).form("Ship this")
    first = await visitor.send(form, quantity="1")
    again = await visitor.send(form, quantity="1")
    assert first.rows("table.lines") == again.rows("table.lines")
    assert await shop.street.shelf("shop", "a") == ("2", "2", "0")
    assert again.text.count("1 shipped.") == 1


async def test_a_payment_that_failed_cancels(shop: Shop) -> None:
    page = await shop.visitor.get(await shop.orders(("a", 2), paid=False))
    page = await shop.visitor.send(page.form("Payment failed"))
    assert "the order is cancelled" in page.said
    assert await shop.street.shelf("shop", "a") == ("3", "0", "0")
    assert not page.has_form("Payment came in")


async def test_a_payment_after_the_limit_places_it_anew_or_is_refused(
    shop: Shop, network: Network
) -> None:
    visitor = shop.visitor
    address = await shop.orders(("a", 3), paid=False)
    await network.set_clock_past(address.removeprefix("/orders/ord_"))
    page = await visitor.get(address)
    assert page.all(".badge")[0].to_text() == "Cancelled"
    assert "A late payment can still be written down" in page.text
    assert not page.has_form("Payment failed")
    taken = await shop.orders(("a", 1))
    refused = await visitor.refused(page.form("Payment came in"))
    assert len(refused.faults) == 2
    cancel = await visitor.get(f"{taken}/cancel")
    await visitor.send(cancel.form("Cancel this"))
    page = await visitor.send(refused.form("Payment came in"))
    assert page.all(".badge")[0].to_text() == "To ship"


async def test_what_the_state_does_not_allow_is_refused_on_the_order(shop: Shop) -> None:
    """A form that was drawn before somebody else acted."""
    visitor = shop.visitor
    address = await shop.orders(("a", 1), paid=False)
    pay = (await visitor.get(address)).form("Payment came in")
    await visitor.send((await visitor.get(address)).form("Payment came in"))
    page = await visitor.refused(pay)
    assert page.heading.startswith("Order ")
    ship = (await visitor.get(f"{address}/ship")).form("Ship this")
    cancel = (await visitor.get(f"{address}/cancel")).form("Cancel this")
    await visitor.send(cancel)
    page = await visitor.refused(ship)
    assert "There is nothing to ship" in page.text


async def test_a_draft_is_placed_from_its_page(shop: Shop) -> None:
    visitor: Visitor = shop.visitor
    address = await shop.orders(("a", 2), paid=False, draft=True)
    page = await visitor.get(address)
    assert page.all(".badge")[0].to_text() == "Draft"
    page = await visitor.send(page.form("Place order"), paid="later", hold_minutes="120")
    assert page.said == "All of it is held until it is paid."
    assert "Placed. 2 set aside." in page.text
    page = await visitor.get(await shop.orders(("b", 1), paid=False, draft=True))
    page = await visitor.send(page.form("Place order"), paid="now")
    assert "All of it is held, and it can be shipped." in page.said


async def test_a_draft_that_cannot_be_placed_says_why(shop: Shop) -> None:
    address = await shop.orders(("a", 9), paid=False, draft=True, policy="refuse_short")
    page = await shop.visitor.get(address)
    page = await shop.visitor.refused(page.form("Place order"), paid="now")
    assert "3" in page.fault("line-1")
    assert page.form("Place order").value("paid") == "now"


async def test_what_no_page_of_ours_sends_is_refused_without_leading_astray(shop: Shop) -> None:
    page = await shop.visitor.get(await shop.orders(("a", 9), paid=False))
    form = page.form("Payment came in")
    refused = await shop.visitor.refused(form, succeeded="perhaps")
    assert refused.heading == page.heading
    draft = await shop.orders(("a", 1), paid=False, draft=True)
    form = (await shop.visitor.get(draft)).form("Place order")
    form.choices["hold_minutes"] += ["0", "soon"]
    for minutes in ("0", "soon"):
        refused = await shop.visitor.refused(form, hold_minutes=minutes)
        assert refused.fault("hold_minutes")
    await shop.visitor.send(form)
    refused = await shop.visitor.refused(form, hold_minutes="soon")
    assert not refused.fault("hold_minutes")
